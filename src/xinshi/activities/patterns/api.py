"""Templates and copies of activities for programs: the same actions as the pages."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router, Schema
from ninja.responses import Status
from pydantic import Field

from xinshi.activities.access import require_planner
from xinshi.activities.domain import CreatedActivity
from xinshi.activities.fields import ID_MAX
from xinshi.activities.patterns import actions, queries
from xinshi.activities.patterns.actions import NAME_LENGTH_MAX
from xinshi.doors.api import NO_NUL, actor_of, idempotent

router = Router(tags=["activities"])
Identifier = Annotated[int, Path(ge=1, le=ID_MAX)]


class TemplateOut(Schema):
    """`times` are the clock times of its shifts, on `days` days with `places` places in all."""

    id: int
    name: str
    place: str
    category: str
    times: list[str]
    days: int
    places: int
    times_used: int


class TemplateIn(Schema):
    """Without a name the template is called as the activity is."""

    activity_id: Annotated[int, Field(ge=1, le=ID_MAX)]
    name: Annotated[str, Field(max_length=NAME_LENGTH_MAX, pattern=NO_NUL)] = ""


class KeptTemplateOut(Schema):
    id: int


class FirstDayIn(Schema):
    """The day of the first shift, by the hospital's calendar."""

    first: date


class WeekIn(Schema):
    """Any day of the week to copy, and of the week to fill."""

    source: date
    target: date


class DraftOut(Schema):
    """A draft that was made, with its shifts in order of time."""

    activity_id: int
    shift_ids: list[int]


def _draft(made: CreatedActivity) -> DraftOut:
    return DraftOut(activity_id=made.activity_id, shift_ids=list(made.shift_ids))


@router.get("/templates", response=list[TemplateOut])
def list_templates(request: HttpRequest) -> list[TemplateOut]:
    """Templates that are offered, those used most first; coordinators and administrators."""
    require_planner(actor_of(request))
    return [
        TemplateOut(
            id=line.id,
            name=line.name,
            place=line.place,
            category=line.category,
            times=line.times,
            days=line.days,
            places=line.places,
            times_used=line.times_used,
        )
        for line in queries.patterns()
    ]


@router.post("/templates", response={201: KeptTemplateOut})
@idempotent
def keep_a_template(request: HttpRequest, payload: TemplateIn) -> Status[KeptTemplateOut]:
    """Keep an activity as a template."""
    made = actions.save_pattern(actor=actor_of(request), activity_id=payload.activity_id, name=payload.name)
    return Status(201, KeptTemplateOut(id=made))


@router.delete("/templates/{template_id}", response={204: None})
def drop_a_template(request: HttpRequest, template_id: Identifier) -> Status[None]:
    """It is offered no more; activities made of it stay."""
    actions.drop_pattern(actor=actor_of(request), pattern_id=template_id)
    return Status(204, None)


@router.post("/templates/{template_id}/drafts", response={201: DraftOut})
@idempotent
def use_a_template(request: HttpRequest, template_id: Identifier, payload: FirstDayIn) -> Status[DraftOut]:
    """A draft whose first shift is on this day."""
    made = actions.create_from_pattern(actor=actor_of(request), pattern_id=template_id, first=payload.first)
    return Status(201, _draft(made))


@router.post("/{activity_id}/copies", response={201: DraftOut})
@idempotent
def copy_an_activity(request: HttpRequest, activity_id: Identifier, payload: FirstDayIn) -> Status[DraftOut]:
    """The same activity as a draft that begins on this day: roles, shifts and rules, but no people."""
    made = actions.copy_activity(actor=actor_of(request), activity_id=activity_id, first=payload.first)
    return Status(201, _draft(made))


@router.post("/week-copies", response={201: list[DraftOut]})
def copy_a_week(request: HttpRequest, payload: WeekIn) -> Status[list[DraftOut]]:
    """Drafts of a week's activities in another week; what stands there already is not copied, so it may be sent twice."""
    made = actions.copy_week(actor=actor_of(request), source=payload.source, target=payload.target)
    return Status(201, [_draft(one) for one in made])
