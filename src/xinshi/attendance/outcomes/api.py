"""Outcomes for programs: report and correct figures, read what is on record, sum it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from xinshi.activities.api import ID_MAX, Identifier, Reference
from xinshi.attendance.outcomes import actions, queries
from xinshi.attendance.outcomes.domain import AMOUNT_MAX, FIGURES_MAX, REASON_LENGTH_MAX, NewFigure
from xinshi.attendance.outcomes.models import OutcomeReport
from xinshi.attendance.outcomes.wording import measure_name, measure_unit
from xinshi.doors.api import NO_NUL, actor_of, idempotent

router = Router(tags=["attendance"])
Code = Annotated[str, Field(min_length=2, max_length=32, pattern=r"^[a-z][a-z0-9_]*$")]
Amount = Annotated[int, Field(ge=0, le=AMOUNT_MAX)]
Year = Annotated[int | None, Query(ge=1990, le=2199)]


class OutcomeMeasureOut(Schema):
    code: str
    name: str
    unit: str


class OutcomeTotalOut(Schema):
    """`amount` in `unit`, of `activities` activities; `group` is the programme's name, the category's code or the year."""

    code: str
    name: str
    unit: str
    amount: int
    activities: int
    group: str


class OutcomeReportOut(Schema):
    """A figure that was reported; `counts` is False where a newer one corrects it."""

    id: int
    activity_id: int
    shift_id: int | None
    measure: str
    amount: int
    on_day: date
    corrects_id: int | None
    reason: str
    reported_at: datetime
    counts: bool


class FigureIn(Schema):
    """`amount` is the whole of it; without `shift_id` it is the whole activity's."""

    measure: Code
    amount: Amount
    shift_id: Reference | None = None


class ReportOutcomesIn(Schema):
    """All figures or none; `reason` where one on record is corrected."""

    figures: Annotated[list[FigureIn], Field(min_length=1, max_length=FIGURES_MAX)]
    reason: Annotated[str, Field(max_length=REASON_LENGTH_MAX, pattern=NO_NUL)] = ""


def _report(row: OutcomeReport, *, counts: bool) -> OutcomeReportOut:
    return OutcomeReportOut(
        id=row.pk,
        activity_id=row.activity_id,
        shift_id=row.shift_id,
        measure=row.measure.code,
        amount=row.amount,
        on_day=row.on_day,
        corrects_id=row.corrects_id,
        reason=row.reason,
        reported_at=row.reported_at,
        counts=counts,
    )


@router.get("/measures", response=list[OutcomeMeasureOut])
def list_outcome_measures(request: HttpRequest) -> list[OutcomeMeasureOut]:
    """In what outcomes can be reported."""
    actor_of(request)
    return [
        OutcomeMeasureOut(code=row.code, name=measure_name(row), unit=measure_unit(row)) for row in queries.measures()
    ]


@router.get("/totals", response=list[OutcomeTotalOut])
def list_outcome_totals(
    request: HttpRequest,
    year: Year = None,
    category: Annotated[str, Query(max_length=4, pattern=NO_NUL)] = "",
    programme_id: Annotated[int | None, Query(ge=1, le=ID_MAX)] = None,
    by: Literal["", "programme", "category", "year"] = "",
) -> list[OutcomeTotalOut]:
    """Sums of what counts, by measure and by what `by` says."""
    actor_of(request)
    found = queries.outcome_totals(year=year, category=category, programme_id=programme_id, by=by)
    return [
        OutcomeTotalOut(
            code=total.code,
            name=total.name,
            unit=total.unit,
            amount=total.amount,
            activities=total.activities,
            group=total.group,
        )
        for total in found
    ]


@router.get("/activities/{activity_id}", response=list[OutcomeReportOut])
def list_outcomes_of_activity(request: HttpRequest, activity_id: Identifier) -> list[OutcomeReportOut]:
    """Everything that was reported of an activity that the caller leads, newest first."""
    found = queries.activity_outcomes(actor_of(request), activity_id)
    current = {row.pk for row in found.current.values()}
    return [_report(row, counts=row.pk in current) for row in found.history]


@router.post("/activities/{activity_id}", response=list[OutcomeReportOut])
@idempotent
def report_outcomes(request: HttpRequest, activity_id: Identifier, payload: ReportOutcomesIn) -> list[OutcomeReportOut]:
    """Put figures on record or correct them; what is on record now, newest first."""
    figures = [NewFigure(one.measure, one.amount, one.shift_id) for one in payload.figures]
    actions.report_outcomes(actor=actor_of(request), activity_id=activity_id, figures=figures, reason=payload.reason)
    found = queries.activity_outcomes(actor_of(request), activity_id)
    return [_report(row, counts=True) for row in sorted(found.current.values(), key=lambda row: -row.pk)]
