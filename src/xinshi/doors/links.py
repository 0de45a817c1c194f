"""Links from opaque references such as `voucher:12` to the page that shows them."""

from __future__ import annotations

from django.conf import settings
from django.urls import NoReverseMatch, reverse


def object_url(reference: str) -> str:
    """The address of the page that shows `reference`; empty where there is none."""
    kind, _, identifier = reference.partition(":")
    name = settings.OBJECT_LINKS.get(kind)
    if not name or not identifier:
        return ""
    try:
        return reverse(name, args=[identifier])
    except NoReverseMatch:
        return ""
