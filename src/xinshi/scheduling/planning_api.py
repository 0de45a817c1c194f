"""Planning for programs: periods, versions, who goes where, edits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from xinshi.activities.api import Identifier, Reference
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.scheduling import access, actions
from xinshi.scheduling.domain import PlanSettings
from xinshi.scheduling.models import Assignment, PlanningPeriod, PlanVersion
from xinshi.scheduling.queries import periods as period_queries
from xinshi.scheduling.queries import tables
from xinshi.scheduling.queries import versions as version_queries

router = Router(tags=["scheduling"])
Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2199, 12, 31))]
Points = Annotated[int, Field(ge=0, le=100)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]


class PlanSettingsSchema(Schema):
    """Rules in minutes, weights in points (together at most 100); `fairness` in per cent of what is usual."""

    rest_minutes: Annotated[int, Field(ge=0, le=1_440)] = 660
    rest_after_hard_minutes: Annotated[int, Field(ge=0, le=4_320)] = 1_440
    hard_from_minutes: Annotated[int, Field(ge=60, le=1_440)] = 480
    shifts_a_day_max: Annotated[int, Field(ge=1, le=4)] = 1
    same_day_gap_minutes: Annotated[int, Field(ge=0, le=480)] = 0
    travel_minutes: Annotated[int, Field(ge=0, le=480)] = 30
    skill: Points = 30
    interest: Points = 25
    profession: Points = 15
    nearness: Points = 15
    wished_hour: Points = 15
    fairness: Annotated[int, Field(ge=0, le=300)] = 100
    teams: bool = True
    first_categories: Annotated[list[Annotated[str, Field(pattern=r"^\d{4}$")]], Field(max_length=22)] = []


class PlanningPeriodIn(Schema):
    """Days of one week, both included. No organisation and no activity: every shift of the hospital."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=NO_NUL)]
    first_day: Day
    last_day: Day
    organization_ids: Annotated[list[Reference], Field(max_length=200)] = []
    activity_ids: Annotated[list[Reference], Field(max_length=200)] = []
    settings: PlanSettingsSchema = PlanSettingsSchema()


class PlanningPeriodOut(Schema):
    id: int
    name: str
    first_day: date
    last_day: date
    is_closed: bool
    settings: PlanSettingsSchema


class PlanIn(Schema):
    """`parent_id`: the version that stands; what is fixed there stays, and of the rest at most `changes_max` goes."""

    parent_id: Reference | None = None
    changes_max: Annotated[int, Field(ge=0, le=100_000)] | None = None
    note: Annotated[str, Field(max_length=120, pattern=NO_NUL)] = ""
    time_limit_seconds: Annotated[int, Field(ge=1, le=120)] = 10
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    weighs_wishes: bool = False


class PlanVersionOut(Schema):
    """Worth and bound in the solver's unit; `coverage_bound` in places, each counted by its urgency. Null: no plan yet.

    With `changes_max` the bounds hold for plans within it: of the `stood` assignments that could stay so many are missing
    at most, and each further change allowed would raise `bound` by `change_price` at most.
    """

    id: int
    period_id: int
    number: int
    state: str
    note: str
    progress_permille: int
    stage: str
    failure: str
    parent_id: int | None
    wanted_at: datetime
    finished_at: datetime | None
    people: int
    places: int
    filled: int
    coverage: int | None
    match: int | None
    fairness: int | None
    teams: int | None
    kept: int | None
    bound: int | None
    coverage_bound: int | None
    changes_max: int | None
    stood: int
    change_price: int
    is_complete: bool
    solver_milliseconds: int


class AssignmentOut(Schema):
    """`value` is the sum of its five parts; `second_loss` what the plan would lose by moving them to `second_shift_id`."""

    id: int
    shift_id: int
    person_id: int
    value: int
    skill: int
    interest: int
    profession: int
    nearness: int
    wished_hour: int
    fairness: int
    second_shift_id: int | None
    second_loss: int
    is_locked: bool
    is_edited: bool


class StageOut(Schema):
    name: str
    left: int
    lost: int


class EmptyShiftOut(Schema):
    """Why places stay empty: the funnel, and after which question fewer are left than places."""

    shift_id: int
    places: int
    filled: int
    price: int
    people: int
    bottleneck: str
    stages: list[StageOut]


class AssignmentIn(Schema):
    """`instead_of_id`: an assignment of the same person that they give up for it."""

    shift_id: Reference
    person_id: Reference
    instead_of_id: Reference | None = None


class SwapIn(Schema):
    other_id: Reference


class LockIn(Schema):
    is_locked: bool


class WeighedOut(Schema):
    """What an edit changed: places filled and worth, after minus before."""

    filled: int
    worth: int


class WishCostOut(Schema):
    """What there would be more of without a wish; `changes`, of the limit on them alone, to what stood."""

    wish: str
    filled: int
    match: int
    changes: int | None


class ComparisonOut(Schema):
    """`filled`, `match` and `worth`: what the other has more than the one."""

    one_id: int
    other_id: int
    filled: int
    match: int
    worth: int
    same: int
    only_one: int
    only_other: int
    settings: list[str]
    """Names of the settings in which they differ."""


def _period_out(row: PlanningPeriod) -> PlanningPeriodOut:
    settings = PlanSettings.from_stored(row.settings)
    return PlanningPeriodOut(
        id=row.pk,
        name=row.name,
        first_day=row.first_day,
        last_day=row.last_day,
        is_closed=row.is_closed,
        settings=PlanSettingsSchema.from_orm(settings),
    )


def _new_period(payload: PlanningPeriodIn) -> actions.NewPeriod:
    values = payload.settings.dict()
    values["first_categories"] = tuple(values["first_categories"])
    return actions.NewPeriod(
        name=payload.name,
        first_day=payload.first_day,
        last_day=payload.last_day,
        organization_ids=tuple(payload.organization_ids),
        activity_ids=tuple(payload.activity_ids),
        settings=PlanSettings(**values),
    )


@router.get("/periods", response=list[PlanningPeriodOut])
def list_planning_periods(request: HttpRequest) -> list[PlanningPeriodOut]:
    """The latest periods, at most 100."""
    access.require_reader(actor_of(request))
    return [_period_out(line.period) for line in period_queries.period_lines(actor_of(request))]


@router.post("/periods", response=PlanningPeriodOut)
@idempotent
def create_planning_period(request: HttpRequest, payload: PlanningPeriodIn) -> PlanningPeriodOut:
    """A period to plan."""
    made = actions.create_period(actor=actor_of(request), period=_new_period(payload))
    return _period_out(access.period_of(actor_of(request), made))


@router.put("/periods/{period_id}", response=PlanningPeriodOut)
@idempotent
def change_planning_period(request: HttpRequest, period_id: Identifier, payload: PlanningPeriodIn) -> PlanningPeriodOut:
    """By what the next version is planned."""
    actions.change_period(actor=actor_of(request), period_id=period_id, period=_new_period(payload))
    return _period_out(access.period_of(actor_of(request), period_id))


@router.get("/periods/{period_id}/plans", response=list[PlanVersionOut])
def list_plan_versions(request: HttpRequest, period_id: Identifier) -> list[PlanVersion]:
    """A period's versions, the newest first."""
    return list(period_queries.period_detail(actor_of(request), period_id).versions)


@router.post("/periods/{period_id}/plans", response=PlanVersionOut)
@idempotent
def want_plan_version(request: HttpRequest, period_id: Identifier, payload: PlanIn) -> PlanVersion:
    """Ask for a further version; ask for it again until its state is `done`."""
    made = actions.want_plan(actor=actor_of(request), period_id=period_id, **payload.dict())
    return access.version_of(actor_of(request), made)


@router.get("/plans/{plan_id}", response=PlanVersionOut)
def show_plan_version(request: HttpRequest, plan_id: Identifier) -> PlanVersion:
    """One version: how far it is, or what came of it."""
    return access.version_of(actor_of(request), plan_id)


@router.post("/plans/{plan_id}/stop", response=PlanVersionOut)
@idempotent
def stop_plan_version(request: HttpRequest, plan_id: Identifier) -> PlanVersion:
    """Stop a plan that waits or is being made."""
    actions.stop_plan(actor=actor_of(request), version_id=plan_id)
    return access.version_of(actor_of(request), plan_id)


@router.get("/plans/{plan_id}/assignments", response=CursorPage[AssignmentOut])
def list_plan_assignments(
    request: HttpRequest, plan_id: Identifier, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    """Who goes where in a version."""
    version = access.version_of(actor_of(request), plan_id)
    return cursor_page(version.assignments.all(), cursor=cursor, limit=limit, render=AssignmentOut.from_orm)


@router.get("/plans/{plan_id}/empty", response=list[EmptyShiftOut])
def list_empty_shifts(request: HttpRequest, plan_id: Identifier) -> list[EmptyShiftOut]:
    """The shifts with empty places, and why; those first where one more person would be worth most."""
    _version, lines = tables.empty_lines(actor_of(request), plan_id)
    return [
        EmptyShiftOut(
            shift_id=one.line.shift_id,
            places=one.line.places,
            filled=one.filled,
            price=one.line.price,
            people=one.people,
            bottleneck=one.bottleneck,
            stages=[StageOut(name=stage.name, left=stage.left, lost=stage.lost) for stage in one.stages],
        )
        for one in lines
    ]


@router.get("/plans/{plan_id}/wishes", response=list[WishCostOut])
def list_wish_costs(request: HttpRequest, plan_id: Identifier) -> list[WishCostOut]:
    """What each wish costs; empty where that was not asked for."""
    found = version_queries.wish_lines(access.version_of(actor_of(request), plan_id))
    return [WishCostOut(wish=one.wish, filled=one.filled, match=one.match, changes=one.changes) for one in found]


@router.get("/plans/{plan_id}/compare/{other_id}", response=ComparisonOut)
def compare_plan_versions(request: HttpRequest, plan_id: Identifier, other_id: Identifier) -> ComparisonOut:
    """Two versions of one period side by side."""
    both = version_queries.comparison(actor_of(request), plan_id, other_id)
    return ComparisonOut(
        one_id=plan_id,
        other_id=other_id,
        filled=both.filled,
        match=both.match,
        worth=both.worth,
        same=both.same,
        only_one=both.only_one,
        only_other=both.only_other,
        settings=[one.name for one in both.settings],
    )


@router.post("/plans/{plan_id}/assignments", response=WeighedOut)
@idempotent
def add_plan_assignment(request: HttpRequest, plan_id: Identifier, payload: AssignmentIn) -> WeighedOut:
    """Put somebody into a shift of the plan."""
    done = actions.add(actor=actor_of(request), version_id=plan_id, **payload.dict())
    return WeighedOut(filled=done.filled, worth=done.worth)


@router.delete("/assignments/{assignment_id}", response=WeighedOut)
@idempotent
def remove_plan_assignment(request: HttpRequest, assignment_id: Identifier) -> WeighedOut:
    """Take somebody out of a shift of the plan."""
    done = actions.remove(actor=actor_of(request), assignment_id=assignment_id)
    return WeighedOut(filled=done.filled, worth=done.worth)


@router.post("/assignments/{assignment_id}/swap", response=WeighedOut)
@idempotent
def swap_plan_assignments(request: HttpRequest, assignment_id: Identifier, payload: SwapIn) -> WeighedOut:
    """Two people change places."""
    done = actions.swap(actor=actor_of(request), assignment_id=assignment_id, other_id=payload.other_id)
    return WeighedOut(filled=done.filled, worth=done.worth)


@router.put("/assignments/{assignment_id}/lock", response=AssignmentOut)
@idempotent
def lock_plan_assignment(request: HttpRequest, assignment_id: Identifier, payload: LockIn) -> Assignment:
    """Fix an assignment, or set it free."""
    actions.lock(actor=actor_of(request), assignment_id=assignment_id, is_locked=payload.is_locked)
    return Assignment.objects.get(pk=assignment_id)
