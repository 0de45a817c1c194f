"""Words for what attendance stores as codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import gettext

from xinshi.activities.access import is_planner
from xinshi.attendance.anomalies import queries as anomalies
from xinshi.attendance.anomalies.models import Anomaly
from xinshi.attendance.anomalies.wording import name_of, reason_of
from xinshi.attendance.models import OutcomeMeasure, ServiceRecord
from xinshi.attendance.outcomes import wording
from xinshi.doors.pages import refusal_text
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, gettext_noop

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
    if reference.startswith("kiosk:"):
        return gettext("the kiosk")
    return gettext("the system") if reference.startswith("system:") else gettext("a member of staff")


@register.filter
def why_not(refusal: DomainError) -> str:
    """A refusal as a sentence."""
    return refusal_text(refusal)


@register.filter
def anomaly_name(kind: str) -> str:
    return name_of(kind)


@register.filter
def anomaly_reason(row: Anomaly) -> str:
    return reason_of(row)


@register.inclusion_tag("attendance/anomalies/_marks.html", takes_context=True)
def anomaly_marks(context: Context, record_id: int) -> dict[str, Any]:
    """What keeps a record of the approvals' page from being approved; one query for the whole page."""
    request = context["request"]
    if not hasattr(request, "anomalies_shown"):
        found = context.get("found")
        groups = getattr(found, "groups", None) or ([context["group"]] if "group" in context else [])
        request.anomalies_shown = anomalies.of_records(row.pk for group in groups for row in group.rows)
    return {"rows": request.anomalies_shown.get(record_id, ())}


@register.inclusion_tag("attendance/anomalies/_trail.html", takes_context=True)
def anomaly_trail(context: Context, record_id: int) -> dict[str, Any]:
    """Everything that was ever odd about a record and what was decided, for who works on it."""
    return {"rows": anomalies.of_record(context["request"].actor, record_id)}


@register.filter
def measure_name(measure: OutcomeMeasure) -> str:
    return wording.measure_name(measure)


@register.filter
def measure_unit(measure: OutcomeMeasure) -> str:
    return wording.measure_unit(measure)


@register.filter
def may_plan(actor: Actor) -> bool:
    """Whether the reader may enter things at the desk."""
    return is_planner(actor)


CONFLICTS = {
    "elsewhere": gettext_noop("Hours elsewhere that day"),
    "long_day": gettext_noop("More than 12 hours that day"),
}
"""What `records.queries.conflicts_among` found, in words."""


@register.filter
def conflict_of(record_id: int, conflicts: Mapping[int, str]) -> str:
    """Why this record should be looked at before it is approved; empty where nothing contradicts it."""
    code = conflicts.get(record_id)
    return gettext(CONFLICTS[code]) if code else ""
