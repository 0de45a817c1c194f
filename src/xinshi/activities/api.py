"""Activities, shifts and sign-ups for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import AfterValidator, AwareDatetime, Field

from xinshi.activities import actions, queries
from xinshi.activities.domain import FIRST_DAY, LAST_DAY, SHIFTS_MAX, NewActivity, NewShift
from xinshi.activities.models import Activity, Programme
from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.doors.pages import refusal_text
from xinshi.kernel.codes import HoursKind

router = Router(tags=["activities"])
ID_MAX = 2**63 - 1
Identifier = Annotated[int, Path(ge=1, le=ID_MAX)]
Cursor = Annotated[int | None, Query(ge=1, le=ID_MAX)]
Limit = Annotated[int, Query(ge=1, le=200)]
CategoryFilter = Annotated[str, Query(max_length=4, pattern=r"^\d*$", description="A code of the national list")]
Reference = Annotated[int, Field(ge=1, le=ID_MAX)]
Reason = Annotated[str, Field(min_length=1, max_length=300, pattern=NO_NUL)]


def _within_calendar(moment: datetime) -> datetime:
    if not FIRST_DAY < moment.date() < LAST_DAY:
        raise ValueError("a day between 1990 and 2199")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_within_calendar)]
"""A moment with its offset from UTC."""


class ProgrammeOut(Schema):
    id: int
    name: str
    theme: str


class ShiftIn(Schema):
    """A shift begins and ends on one day of the hospital; `id` names one that is changed."""

    id: Reference | None = None
    starts_at: Moment
    ends_at: Moment
    places: Annotated[int, Field(ge=1, le=5_000)]


class ActivityIn(Schema):
    """An activity with all its shifts; `category` is a code of the national list."""

    title: Annotated[str, Field(min_length=1, max_length=80, pattern=NO_NUL)]
    category: Annotated[str, Field(pattern=r"^\d{4}$")]
    place: Annotated[str, Field(min_length=1, max_length=120, pattern=NO_NUL)]
    organizer_id: Reference
    person_in_charge_id: Reference
    programme_id: Reference | None = None
    description: Annotated[str, Field(max_length=2_000, pattern=NO_NUL)] = ""
    risks: Annotated[str, Field(max_length=1_000, pattern=NO_NUL)] = ""
    hours_kind: HoursKind = HoursKind.VERIFIED
    shifts: Annotated[list[ShiftIn], Field(min_length=1, max_length=SHIFTS_MAX)]

    def as_new(self) -> NewActivity:
        return NewActivity(
            title=self.title,
            category=self.category,
            place=self.place,
            organizer_id=self.organizer_id,
            person_in_charge_id=self.person_in_charge_id,
            programme_id=self.programme_id,
            description=self.description,
            risks=self.risks,
            hours_kind=self.hours_kind,
            shifts=tuple(
                NewShift(starts_at=new.starts_at, ends_at=new.ends_at, places=new.places, shift_id=new.id)
                for new in self.shifts
            ),
        )


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
    may_sign_up: bool
    refusal_code: str | None
    refusal: str | None


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
    """For whom a place is taken: oneself, or somebody else where the caller leads the activity."""

    person_id: Reference | None = None


class SignUpOut(Schema):
    id: int
    shift_id: int
    person_id: int
    state: str


class ComingShiftOut(Schema):
    """A shift in which the caller has a place."""

    signup_id: int
    shift_id: int
    activity_id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    attended_at: datetime | None


def _programme(row: Programme) -> ProgrammeOut:
    return ProgrammeOut(id=row.pk, name=row.name, theme=row.theme)


def _shift(shift: queries.OfferedShift) -> OfferedShiftOut:
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
        may_sign_up=shift.my_signup_id is None and shift.refusal is None,
        refusal_code=shift.refusal.code if shift.refusal else None,
        refusal=refusal_text(shift.refusal) if shift.refusal else None,
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
        shifts=[_shift(shift) for shift in found.shifts],
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


@router.get("/programmes", response=list[ProgrammeOut])
def list_programmes(request: HttpRequest) -> list[ProgrammeOut]:
    """Programmes under which activities are held."""
    actor_of(request)
    return [_programme(row) for row in queries.programmes()]


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
    return found | {"items": [_shift(shift) for shift in queries.offered(actor, found["items"])]}


@router.get("/my-shifts", response=list[ComingShiftOut])
def list_my_shifts(request: HttpRequest, limit: Limit = 50) -> list[ComingShiftOut]:
    """The caller's coming shifts, the next one first."""
    return [
        ComingShiftOut(
            signup_id=row.signup_id,
            shift_id=row.shift_id,
            activity_id=row.activity_id,
            title=row.title,
            place=row.place,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            attended_at=row.attended_at,
        )
        for row in queries.coming_shifts(actor_of(request).person_id, limit=limit)
    ]


@router.post("/shifts/{shift_id}/sign-ups", response=SignUpOut)
@idempotent
def sign_up(request: HttpRequest, shift_id: Identifier, payload: SignUpIn) -> SignUpOut:
    """Take a place. Refused: shift_full, time_conflict, already_signed_up, shift_started, passbook_missing and others."""
    place = actions.sign_up(actor=actor_of(request), shift_id=shift_id, person_id=payload.person_id)
    return SignUpOut(id=place.signup_id, shift_id=place.shift_id, person_id=place.person_id, state="confirmed")


@router.post("/sign-ups/{signup_id}/cancel", response=SignUpOut)
@idempotent
def cancel_sign_up(request: HttpRequest, signup_id: Identifier) -> SignUpOut:
    """Give a place back: one's own until the shift begins, anybody's by who leads the activity."""
    place = actions.cancel_sign_up(actor=actor_of(request), signup_id=signup_id)
    return SignUpOut(id=place.signup_id, shift_id=place.shift_id, person_id=place.person_id, state="cancelled")


@router.get("/{activity_id}", response=ActivityDetailOut)
def show_activity(request: HttpRequest, activity_id: Identifier) -> ActivityDetailOut:
    """One activity with its shifts."""
    return _detail(request, activity_id)


@router.put("/{activity_id}", response=ActivityDetailOut)
@idempotent
def change_activity(request: HttpRequest, activity_id: Identifier, payload: ActivityIn) -> ActivityDetailOut:
    """Bring an activity to what is sent: shifts with an id are changed, others added, those left out removed."""
    actions.change_activity(actor=actor_of(request), activity_id=activity_id, activity=payload.as_new())
    return _detail(request, activity_id)


@router.post("/{activity_id}/publish", response=ActivityDetailOut)
@idempotent
def publish_activity(request: HttpRequest, activity_id: Identifier) -> ActivityDetailOut:
    """Open a draft for sign-up."""
    actions.publish(actor=actor_of(request), activity_id=activity_id)
    return _detail(request, activity_id)


@router.post("/{activity_id}/cancel", response=CalledOffOut)
@idempotent
def call_activity_off(request: HttpRequest, activity_id: Identifier, payload: ReasonIn) -> CalledOffOut:
    """Call an activity off; everybody who had a place is told the reason."""
    told = actions.cancel_activity(actor=actor_of(request), activity_id=activity_id, reason=payload.reason)
    return CalledOffOut(activity_id=activity_id, people_told=told)
