"""Words for what attendance stores as codes."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext

from xinshi.attendance.models import ServiceRecord

register = template.Library()
STATE_TONES = {"open": "info", "submitted": "warn", "approved": "good", "refused": "bad"}


@register.filter
def record_state(code: str) -> str:
    return gettext("Expected") if code == "expected" else str(ServiceRecord.State(code).label)


@register.filter
def record_tone(code: str) -> str:
    """The pill's tone for a state of a record."""
    return STATE_TONES.get(code, "")


@register.filter
def record_hours_kind(code: str) -> str:
    return str(ServiceRecord.Hours(code).label)


@register.filter
def through_name(code: str) -> str:
    """By which way presence came to be known; a way that a later release knows is shown by its code."""
    known = dict(ServiceRecord.Through.choices)
    return str(known.get(code, code))


@register.filter
def who(reference: str, people: Mapping[str, str]) -> str:
    """The name behind a reference, or what kind of thing acted."""
    if reference in people:
        return people[reference]
    return gettext("the system") if reference.startswith("system:") else gettext("a member of staff")
