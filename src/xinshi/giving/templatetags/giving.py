"""Tones for what giving stores as codes."""

from __future__ import annotations

from typing import Final

from django import template

from xinshi.giving.models import Donation
from xinshi.giving.queries import why_taken_back

register = template.Library()
REQUEST_TONES: Final = {
    "proposed": "warn",
    "returned": "warn",
    "approved": "good",
    "refused": "bad",
    "withdrawn": "",
    "reversed": "bad",
}
RELATIVE_TONES: Final = {"asked": "warn", "accepted": "good", "declined": "", "ended": ""}


@register.filter
def request_tone(state: str) -> str:
    """The pill's tone for the state of a grant or of a group's hours."""
    return REQUEST_TONES.get(state, "")


@register.filter
def relative_tone(state: str) -> str:
    return RELATIVE_TONES.get(state, "")


@register.filter
def taken_back(row: Donation) -> bool:
    """True where it was reversed."""
    return bool(why_taken_back(row))
