"""Words for what activities store as codes."""

from __future__ import annotations

from django import template

from xinshi.activities.models import Activity, SignUp
from xinshi.doors.pages import refusal_text
from xinshi.kernel.errors import DomainError

register = template.Library()
STATE_TONES = {"draft": "info", "published": "good", "cancelled": "bad", "finished": ""}


@register.filter
def why(refusal: DomainError) -> str:
    """A refusal as a sentence."""
    return refusal_text(refusal)


@register.filter
def activity_state(code: str) -> str:
    return str(Activity.State(code).label)


@register.filter
def activity_tone(code: str) -> str:
    """The pill's tone for a state of an activity."""
    return STATE_TONES.get(code, "")


@register.filter
def hours_kind_name(code: str) -> str:
    return str(Activity.Hours(code).label)


@register.filter
def signup_state(code: str) -> str:
    return str(SignUp.State(code).label)
