"""Words and tones for what benefits store as codes."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext

from xinshi.benefits.queries import Offer
from xinshi.doors.pages import refusal_text
from xinshi.kernel.errors import DomainError
from xinshi.people.wording import GROUPS

register = template.Library()
STATE_TONES = {"reserved": "info", "fulfilled": "good", "cancelled": "", "expired": "warn", "no_show": "bad"}
KIND_ICONS = {
    "health_check": "stethoscope",
    "registration": "clipboard-plus",
    "meal": "utensils",
    "book": "book-open",
    "parking": "square-parking",
    "course": "graduation-cap",
    "goods": "gift",
    "other": "sparkles",
}


@register.filter
def why(refusal: DomainError) -> str:
    """A refusal as a sentence."""
    return refusal_text(refusal)


@register.filter
def voucher_tone(state: str) -> str:
    """The pill's tone for a state of a voucher."""
    return STATE_TONES.get(state, "")


@register.filter
def kind_icon(kind: str) -> str:
    """The lucide icon of a kind of benefit; the box for a kind that has none of its own yet."""
    return KIND_ICONS.get(kind, "package")


@register.filter
def for_whom(offer: Offer) -> str:
    """Who can have it, in words: stars, age, groups; everybody where there is no condition."""
    parts = []
    if offer.stars_min:
        parts.append(gettext("Star %(number)s and up") % {"number": offer.stars_min})
    if offer.row.age_min:
        parts.append(gettext("from %(years)s years") % {"years": offer.row.age_min})
    if offer.row.age_max:
        parts.append(gettext("up to %(years)s years") % {"years": offer.row.age_max})
    if offer.groups:
        parts.append(" / ".join(str(GROUPS[group]) for group in offer.groups))
    return " · ".join(parts) or gettext("For everybody")
