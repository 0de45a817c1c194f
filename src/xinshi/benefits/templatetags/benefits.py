"""Words and tones for what benefits store as codes."""

from __future__ import annotations

from django import template

from xinshi.doors.pages import refusal_text
from xinshi.kernel.errors import DomainError

register = template.Library()
STATE_TONES = {"reserved": "info", "fulfilled": "good", "cancelled": "", "expired": "warn"}
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
