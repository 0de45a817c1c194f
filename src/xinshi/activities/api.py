"""Activities, shifts and sign-ups for programs."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from xinshi.activities import actions, queries
from xinshi.activities.domain import (
    CLOSES_MINUTES_MAX,
    ROLE_DESCRIPTION_LENGTH_MAX,
    ROLE_NAME_LENGTH_MAX,
    ROLES_MAX,
    SHIFTS_MAX,
    NewActivity,
    NewRole,
    NewShift,
)
from xinshi.activities.fields import ID_MAX, Moment, Reason, Reference
from xinshi.activities.models import Activity
from xinshi.activities.notes.api import router as notes_router
from xinshi.activities.patterns.api import router as patterns_router
from xinshi.activities.programmes.api import router as programmes_router
from xinshi.activities.requests.api import router as requests_router
from xinshi.activities.requirements import AGE_MAX, Requirements
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.doors.pages import refusal_text
from xinshi.kernel.codes import HoursKind

__all__ = ["ID_MAX", "Moment", "Reason", "Reference", "router"]

router = Router(tags=["activities"])
router.add_router("", requests_router)
router.add_router("", programmes_router)
router.add_router("", patterns_router)
router.add_router("", notes_router)
ALIVE = ("confirmed", "offered", "waiting", "requested")
Identifier = Annotated[int, Path(ge=1, le=ID_MAX)]
Cursor = Annotated[int | None, Query(ge=1, le=ID_MAX)]
Limit = Annotated[int, Query(ge=1, le=200)]
CategoryFilter = Annotated[str, Query(max_length=4, pattern=r"^\d*$", description="A code of the national list")]

KEPT_IF_LEFT_OUT: Final = (
    "recruits",
    "team_id",
    "sign_up_way",
    "is_coupled",
    "is_dangerous",
    "sign_up_closes_minutes",
    "cancel_closes_minutes",
    "allowance_yuan",
    "is_off_duty",
)


class RequirementsIn(Schema):
    """Who can take the role: codes of qualifications, groups, ages in whole years, lifting."""

    qualifications: Annotated[
        list[Annotated[str, Field(max_length=40, pattern=r"^[\w-]+$")]], Field(max_length=20)
    ] = []
    groups: Annotated[list[Literal["staff", "student", "citizen"]], Field(max_length=3)] = []
    age_min: Annotated[int | None, Field(ge=0, le=AGE_MAX)] = None
    age_max: Annotated[int | None, Field(ge=0, le=AGE_MAX)] = None
    is_heavy: bool = False


class RoleIn(Schema):
    """What volunteers do; the name is empty where an activity has one role only."""

    name: Annotated[str, Field(max_length=ROLE_NAME_LENGTH_MAX, pattern=NO_NUL)] = ""
    description: Annotated[str, Field(max_length=ROLE_DESCRIPTION_LENGTH_MAX, pattern=NO_NUL)] = ""
    requirements: RequirementsIn = RequirementsIn()

    def as_new(self) -> NewRole:
        asked = self.requirements
        return NewRole(
            name=self.name.strip(),
            description=self.description,
            requirements=Requirements(
                qualifications=tuple(asked.qualifications),
                groups=tuple(asked.groups),
                age_min=asked.age_min,
                age_max=asked.age_max,
                is_heavy=asked.is_heavy,
            ),
        )


class ShiftIn(Schema):
    """A shift begins and ends on one day of the hospital; `id` names one that is changed.

    What is left out of `role`, `minimum` and `reserve` stays as it is; in a new shift it is the first role, one, none.
    """

    id: Reference | None = None
    starts_at: Moment
    ends_at: Moment
    places: Annotated[int, Field(ge=1, le=5_000)]
    role: Annotated[str | None, Field(max_length=ROLE_NAME_LENGTH_MAX, pattern=NO_NUL)] = None
    minimum: Annotated[int | None, Field(ge=0, le=5_000)] = None
    reserve: Annotated[int | None, Field(ge=0, le=1_000)] = None

    def as_new(self, current: NewShift | None, first_role: str) -> NewShift:
        role = self.role if self.role is not None else current.role if current else first_role
        minimum = self.minimum if self.minimum is not None else current.minimum if current else 1
        reserve = self.reserve if self.reserve is not None else current.reserve if current else 0
        return NewShift(
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            places=self.places,
            minimum=min(minimum, self.places) if self.minimum is None else minimum,
            reserve=reserve,
            role=role,
            shift_id=self.id,
        )


class ActivityIn(Schema):
    """An activity with all its shifts; `category` is a code of the national list.

    On a change, what is left out of the roles and of the rules of signing up stays as it is.
    """

    title: Annotated[str, Field(min_length=1, max_length=80, pattern=NO_NUL)]
    category: Annotated[str, Field(pattern=r"^\d{4}$")]
    place: Annotated[str, Field(min_length=1, max_length=120, pattern=NO_NUL)]
    organizer_id: Reference
    person_in_charge_id: Reference
    programme_id: Reference | None = None
    description: Annotated[str, Field(max_length=2_000, pattern=NO_NUL)] = ""
    risks: Annotated[str, Field(max_length=1_000, pattern=NO_NUL)] = ""
    hours_kind: HoursKind = HoursKind.VERIFIED
    recruits: Literal["everybody", "team", "invited"] | None = None
    team_id: Reference | None = None
    sign_up_way: Literal["at_once", "on_request"] | None = None
    is_coupled: bool | None = None
    is_dangerous: bool | None = None
    sign_up_closes_minutes: Annotated[int | None, Field(ge=0, le=CLOSES_MINUTES_MAX)] = None
    cancel_closes_minutes: Annotated[int | None, Field(ge=0, le=CLOSES_MINUTES_MAX)] = None
    allowance_yuan: Annotated[int | None, Field(ge=0, le=1_000_000)] = None
    is_off_duty: bool | None = None
    """Declared: invited staff serve outside their working time, and it is no part of their duties."""
    is_compulsory: bool = False
    rewards_donations: bool = False
    roles: Annotated[list[RoleIn] | None, Field(min_length=1, max_length=ROLES_MAX)] = None
    shifts: Annotated[list[ShiftIn], Field(min_length=1, max_length=SHIFTS_MAX)]

    @classmethod
    def of(cls, activity: NewActivity) -> ActivityIn:
        """The activity as it would be sent."""
        values = asdict(activity)
        values["shifts"] = [{**shift, "id": shift.pop("shift_id")} for shift in values["shifts"]]
        return cls(**values)

    def as_new(self, current: NewActivity | None = None) -> NewActivity:
        """What is sent, on top of the activity as it is."""
        roles = (
            tuple(role.as_new() for role in self.roles) if self.roles else current.roles if current else (NewRole(),)
        )
        known = {shift.shift_id: shift for shift in current.shifts} if current else {}
        fixed = NewActivity(
            title=self.title,
            category=self.category,
            place=self.place,
            organizer_id=self.organizer_id,
            person_in_charge_id=self.person_in_charge_id,
            programme_id=self.programme_id,
            description=self.description,
            risks=self.risks,
            hours_kind=self.hours_kind,
            is_compulsory=self.is_compulsory,
            rewards_donations=self.rewards_donations,
            roles=roles,
            shifts=tuple(new.as_new(known.get(new.id), roles[0].name) for new in self.shifts),
        )
        kept = {name: getattr(self, name) for name in KEPT_IF_LEFT_OUT}
        stored = {name: getattr(current or fixed, name) for name in KEPT_IF_LEFT_OUT}
        return replace(fixed, **{name: stored[name] if value is None else value for name, value in kept.items()})


class OfferedShiftOut(Schema):
    """A shift as the caller sees it: the place they have in it, or why they cannot take one."""

    id: int
    activity_id: int
    title: str
    category: str
    place: str
    hours_kind: HoursKind
    starts_at: datetime
    ends_at: datetime
    places: int
    taken: int
    my_signup_id: int | None
    my_state: str
    may_sign_up: bool
    may_wait: bool
    refusal_code: str | None
    refusal: str | None
    help: str
    """What would help, as a code: other_time, qualification, course, insurance, limits and others."""
    risks: str
    """What volunteers are told before they sign up; empty where there is nothing to tell."""


class ActivityOut(Schema):
    id: int
    title: str
    category: str
    place: str
    state: Activity.State
    hours_kind: HoursKind
    programme: str | None
    organizer_id: int
    organizer: str
    person_in_charge_id: int


class ActivityDetailOut(ActivityOut):
    person_in_charge: str
    description: str
    risks: str
    cancellation_reason: str
    shifts: list[OfferedShiftOut]


class CalledOffOut(Schema):
    activity_id: int
    people_told: int


class ReasonIn(Schema):
    reason: Reason


class SignUpIn(Schema):
    """For whom a place is taken: oneself, or somebody else where the caller leads the activity.

    `override_reason`: a coordinator gives the place against rules of the hospital that may be set aside.
    """

    person_id: Reference | None = None
    note: Annotated[str, Field(max_length=300, pattern=NO_NUL)] = ""
    override_reason: Annotated[str, Field(max_length=300, pattern=NO_NUL)] = ""


class SignUpOut(Schema):
    id: int
    shift_id: int
    person_id: int
    state: str


class ComingShiftOut(Schema):
    """A shift in which the caller has a place, or waits for one."""

    state: str
    offered_until: datetime | None
    signup_id: int
    shift_id: int
    activity_id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    attended_at: datetime | None


def offered_shift_out(shift: queries.OfferedShift) -> OfferedShiftOut:
    return OfferedShiftOut(
        id=shift.id,
        activity_id=shift.activity_id,
        title=shift.title,
        category=shift.category,
        place=shift.place,
        hours_kind=HoursKind(shift.hours_kind),
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        places=shift.places,
        taken=shift.taken,
        my_signup_id=shift.my_signup_id,
        my_state=shift.my_state,
        may_wait=shift.may_wait,
        help=shift.help.value,
        may_sign_up=shift.my_signup_id is None and shift.refusal is None,
        refusal_code=shift.refusal.code if shift.refusal else None,
        refusal=refusal_text(shift.refusal) if shift.refusal else None,
        risks=shift.risks,
    )


def _activity(row: Activity) -> dict[str, Any]:
    return {
        "id": row.pk,
        "title": row.title,
        "category": row.category,
        "place": row.place,
        "state": Activity.State(row.state),
        "hours_kind": HoursKind(row.hours_kind),
        "programme": row.programme.name if row.programme else None,
        "organizer_id": row.organizer_id,
        "organizer": row.organizer.name,
        "person_in_charge_id": row.person_in_charge_id,
    }


def _detail(request: HttpRequest, activity_id: int) -> ActivityDetailOut:
    found = queries.activity_detail(actor_of(request), activity_id)
    return ActivityDetailOut(
        **_activity(found.activity),
        person_in_charge=found.activity.person_in_charge.name,
        description=found.activity.description,
        risks=found.activity.risks,
        cancellation_reason=found.activity.cancellation_reason,
        shifts=[offered_shift_out(shift) for shift in found.shifts],
    )


@router.get("", response=CursorPage[ActivityOut])
def list_activities(
    request: HttpRequest,
    state: Activity.State | None = None,
    category: CategoryFilter = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The activities that the caller may see, newest first."""
    rows = queries.visible_activities(actor_of(request), state=state.value if state else "", category=category)
    return cursor_page(rows, cursor=cursor, limit=limit, render=lambda row: ActivityOut(**_activity(row)))


@router.post("", response=ActivityDetailOut)
@idempotent
def create_activity(request: HttpRequest, payload: ActivityIn) -> ActivityDetailOut:
    """A new draft with its shifts; coordinators only."""
    made = actions.create_activity(actor=actor_of(request), activity=payload.as_new())
    return _detail(request, made.activity_id)


@router.get("/open-shifts", response=CursorPage[OfferedShiftOut])
def list_open_shifts(
    request: HttpRequest,
    category: CategoryFilter = "",
    day: date | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Coming shifts that take sign-ups, each with the caller's own place or why they cannot take one."""
    actor = actor_of(request)
    found = cursor_page(
        queries.open_rows(category=category, day=day), cursor=cursor, limit=limit, render=lambda shift: shift
    )
    return found | {"items": [offered_shift_out(shift) for shift in queries.offered(actor, found["items"])]}


@router.get("/my-shifts", response=list[ComingShiftOut])
def list_my_shifts(request: HttpRequest, limit: Limit = 50) -> list[ComingShiftOut]:
    """The caller's coming shifts, the next one first; also what is offered, waited for or asked for."""
    return [
        ComingShiftOut(
            state=row.state,
            offered_until=row.offered_until,
            signup_id=row.signup_id,
            shift_id=row.shift_id,
            activity_id=row.activity_id,
            title=row.title,
            place=row.place,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            attended_at=row.attended_at,
        )
        for row in queries.coming_shifts(actor_of(request).person_id, limit=limit, states=ALIVE)
    ]


@router.post("/shifts/{shift_id}/sign-ups", response=SignUpOut)
@idempotent
def sign_up(request: HttpRequest, shift_id: Identifier, payload: SignUpIn) -> SignUpOut:
    """Take a place, or ask for one (state `requested`).

    Refused: shift_full, time_conflict, qualification_missing, wave_not_open and others, each as the list of shifts says it.
    """
    place = actions.sign_up(
        actor=actor_of(request),
        shift_id=shift_id,
        person_id=payload.person_id,
        note=payload.note,
        override_reason=payload.override_reason,
    )
    return SignUpOut(id=place.signup_id, shift_id=place.shift_id, person_id=place.person_id, state=place.state)


@router.post("/sign-ups/{signup_id}/cancel", response=SignUpOut)
@idempotent
def cancel_sign_up(request: HttpRequest, signup_id: Identifier) -> SignUpOut:
    """Give a place back: one's own until the shift begins, anybody's by who leads the activity."""
    place = actions.cancel_sign_up(actor=actor_of(request), signup_id=signup_id)
    return SignUpOut(id=place.signup_id, shift_id=place.shift_id, person_id=place.person_id, state="cancelled")


@router.get("/{int:activity_id}", response=ActivityDetailOut)
def show_activity(request: HttpRequest, activity_id: Identifier) -> ActivityDetailOut:
    """One activity with its shifts."""
    return _detail(request, activity_id)


@router.put("/{int:activity_id}", response=ActivityDetailOut)
@idempotent
def change_activity(request: HttpRequest, activity_id: Identifier, payload: ActivityIn) -> ActivityDetailOut:
    """Bring an activity to what is sent: shifts with an id are changed, others added, those left out removed."""
    actor = actor_of(request)
    current = queries.planned_activity(actor, activity_id)
    actions.change_activity(actor=actor, activity_id=activity_id, activity=payload.as_new(current))
    return _detail(request, activity_id)


@router.post("/{activity_id}/publish", response=ActivityDetailOut)
@idempotent
def publish_activity(request: HttpRequest, activity_id: Identifier) -> ActivityDetailOut:
    """Open a draft for sign-up."""
    actions.publish(actor=actor_of(request), activity_id=activity_id)
    return _detail(request, activity_id)


@router.post("/{activity_id}/unpublish", response=ActivityDetailOut)
@idempotent
def unpublish_activity(request: HttpRequest, activity_id: Identifier) -> ActivityDetailOut:
    """Take a publication back while nobody has signed up."""
    actions.unpublish(actor=actor_of(request), activity_id=activity_id)
    return _detail(request, activity_id)


@router.get("/{activity_id}/plan", response=ActivityIn)
def show_plan(request: HttpRequest, activity_id: Identifier) -> ActivityIn:
    """An activity as it would be sent to change it: roles, requirements, numbers; for who leads it."""
    return ActivityIn.of(queries.planned_activity(actor_of(request), activity_id))


@router.post("/{activity_id}/cancel", response=CalledOffOut)
@idempotent
def call_activity_off(request: HttpRequest, activity_id: Identifier, payload: ReasonIn) -> CalledOffOut:
    """Call an activity off; everybody who had a place is told the reason."""
    told = actions.cancel_activity(actor=actor_of(request), activity_id=activity_id, reason=payload.reason)
    return CalledOffOut(activity_id=activity_id, people_told=told)


from xinshi.activities import signing_api  # noqa: E402  # It builds on what stands above.

router.add_router("", signing_api.router)
