"""Sessions for programs: dates and meetings, places in them, who came; and the desk that makes and changes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field

from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.training import access, actions, queries
from xinshi.training.actions import Mark
from xinshi.training.actions.holding import MINUTES_LENGTH_MAX
from xinshi.training.domain import PLACES_MAX, TITLE_LENGTH_MAX, NewSession
from xinshi.training.models import Place
from xinshi.training.queries.people import possible_trainers
from xinshi.training.schemas import (
    ID_MAX,
    CertificateIdOut,
    Cursor,
    Identifier,
    Limit,
    Moment,
    Reason,
    Reference,
    SessionOut,
    session_out,
)

router = Router(tags=["training"])
MARKS_MAX = 1_000
CourseFilter = Annotated[int | None, Query(ge=1, le=ID_MAX)]


class OwnPlaceOut(Schema):
    """The caller's own place; `position` among those who wait, from 1."""

    place_id: int
    state: str
    presence: str
    position: int | None


class SessionDetailOut(SessionOut):
    """`waiting` and `came` are numbers of people; `minutes_text` is empty for who was not there and does not keep them."""

    trainer_id: int
    trainer_name: str
    reserve: int
    cancel_reason: str
    waiting: int
    came: int
    minutes_text: str
    may_sign_up: bool
    own_place: OwnPlaceOut | None


class SessionIn(Schema):
    """A date of a course; without `course_id` a meeting to exchange experience. `reserve` is how many may wait."""

    course_id: Reference | None = None
    title: Annotated[str, Field(min_length=1, max_length=TITLE_LENGTH_MAX, pattern=NO_NUL)]
    topic: Annotated[str, Field(max_length=300, pattern=NO_NUL)] = ""
    place: Annotated[str, Field(min_length=1, max_length=120, pattern=NO_NUL)]
    starts_at: Moment
    ends_at: Moment
    trainer_id: Reference
    places: Annotated[int, Field(ge=1, le=PLACES_MAX)]
    reserve: Annotated[int, Field(ge=0, le=PLACES_MAX)] = 0

    def as_new(self) -> NewSession:
        return NewSession(**self.dict())


class CancellationIn(Schema):
    """Everybody who has a place or waits for one reads the reason."""

    reason: Reason


class MinutesIn(Schema):
    text: Annotated[str, Field(max_length=MINUTES_LENGTH_MAX, pattern=NO_NUL)]


class PracticalIn(Schema):
    place_id: Reference


class TrainerOut(Schema):
    person_id: int
    name: str


class PlaceOut(Schema):
    place_id: int
    is_waiting: bool


class GivenUpOut(Schema):
    place_id: int


class MarkIn(Schema):
    place_id: Reference
    mark: Mark


class MarksIn(Schema):
    marks: Annotated[list[MarkIn], Field(max_length=MARKS_MAX)]


class MarkedOut(Schema):
    changed: int


class RosterLineOut(Schema):
    place_id: int
    person_id: int
    name: str
    state: str
    presence: str
    came_at: datetime | None
    left_at: datetime | None


def _detail(actor: Actor, session_id: int) -> SessionDetailOut:
    found = queries.session_view(actor, session_id)
    row = found.session
    return SessionDetailOut(
        **session_out(row).dict(),
        trainer_id=row.trainer_id,
        trainer_name=row.trainer.name,
        reserve=row.reserve,
        cancel_reason=row.cancel_reason,
        waiting=found.waiting,
        came=found.came,
        minutes_text=row.minutes_text if found.reads_minutes else "",
        may_sign_up=found.may_sign_up,
        own_place=_own(found.place, found.position),
    )


def _own(place: Place | None, position: int | None) -> OwnPlaceOut | None:
    if place is None:
        return None
    return OwnPlaceOut(place_id=place.pk, state=place.state, presence=place.presence, position=position)


@router.get("/sessions", response=CursorPage[SessionOut])
def sessions(
    request: HttpRequest,
    *,
    when: Annotated[Literal["", "coming", "past"], Query()] = "",
    kind: Annotated[Literal["", "course", "meeting"], Query()] = "",
    course_id: CourseFilter = None,
    is_trained: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Sessions and meetings that the caller may see, newest first; with `is_trained` only those that the caller gives."""
    actor = actor_of(request)
    rows = queries.narrowed(actor, when=when, kind=kind, course_id=course_id)
    if is_trained:
        rows = rows.filter(trainer_id=actor.person_id or 0)
    return cursor_page(rows, cursor=cursor, limit=limit, render=session_out)


@router.post("/sessions", response={201: SessionDetailOut})
@idempotent
def create_session(request: HttpRequest, payload: SessionIn) -> Status[SessionDetailOut]:
    """A session that is open for sign-up at once; coordinators and administrators."""
    actor = actor_of(request)
    made = actions.create_session(actor=actor, session=payload.as_new())
    return Status(201, _detail(actor, made))


@router.get("/sessions/{session_id}", response=SessionDetailOut)
def session(request: HttpRequest, session_id: Identifier) -> SessionDetailOut:
    """One session: when, where, with whom, and the caller's own place."""
    return _detail(actor_of(request), session_id)


@router.put("/sessions/{session_id}", response=SessionDetailOut)
@idempotent
def change_session(request: HttpRequest, session_id: Identifier, payload: SessionIn) -> SessionDetailOut:
    """Bring a session to what is sent; who has a place is told, and more places let people in who wait."""
    actor = actor_of(request)
    actions.change_session(actor=actor, session_id=session_id, session=payload.as_new())
    return _detail(actor, session_id)


@router.post("/sessions/{session_id}/cancellation", response=SessionDetailOut)
@idempotent
def cancel_session(request: HttpRequest, session_id: Identifier, payload: CancellationIn) -> SessionDetailOut:
    """It is not held; who signed up is told why."""
    actor = actor_of(request)
    actions.cancel_session(actor=actor, session_id=session_id, reason=payload.reason)
    return _detail(actor, session_id)


@router.put("/sessions/{session_id}/minutes", response=SessionDetailOut)
@idempotent
def write_minutes(request: HttpRequest, session_id: Identifier, payload: MinutesIn) -> SessionDetailOut:
    """Keep the minutes of a meeting (会议纪要), once it has begun; by its host or who manages."""
    actor = actor_of(request)
    actions.write_minutes(actor=actor, session_id=session_id, text=payload.text)
    return _detail(actor, session_id)


@router.post("/sessions/{session_id}/practicals", response=CertificateIdOut)
@idempotent
def judge_practical(request: HttpRequest, session_id: Identifier, payload: PracticalIn) -> CertificateIdOut:
    """Say that who has this place can do in practice what the course teaches; by its trainer or who manages."""
    actor = actor_of(request)
    place = queries.place_in(actor, session_id, payload.place_id)
    course_id = place.session.course_id
    if course_id is None:
        raise NotFound
    issued = actions.judge_practical(actor=actor, person_id=place.person_id, course_id=course_id)
    return CertificateIdOut(certificate_id=issued)


@router.get("/trainers", response=list[TrainerOut])
def trainers(request: HttpRequest) -> list[TrainerOut]:
    """Whom a session can have as its trainer, for who manages; at most 500."""
    access.require_manager(actor_of(request))
    return [TrainerOut(person_id=person_id, name=name) for person_id, name in possible_trainers()]


@router.post("/sessions/{session_id}/places", response=PlaceOut)
@idempotent
def sign_up(request: HttpRequest, session_id: Identifier) -> PlaceOut:
    """Take a place for oneself, or wait for one."""
    taken = actions.sign_up(actor=actor_of(request), session_id=session_id)
    return PlaceOut(place_id=taken.place_id, is_waiting=taken.is_waiting)


@router.post("/places/{place_id}/give-up", response=GivenUpOut)
@idempotent
def give_up(request: HttpRequest, place_id: Identifier) -> GivenUpOut:
    """Give one's place back; the first who waits gets it."""
    actions.give_up(actor=actor_of(request), place_id=place_id)
    return GivenUpOut(place_id=place_id)


@router.get("/sessions/{session_id}/places", response=list[RosterLineOut])
def roster(request: HttpRequest, session_id: Identifier) -> list[RosterLineOut]:
    """Who has a place or waits, for the session's trainer and who manages; at most 1,000."""
    _, places = queries.roster(actor_of(request), session_id)
    return [_line(row) for row in places[:MARKS_MAX]]


def _line(row: Place) -> RosterLineOut:
    return RosterLineOut(
        place_id=row.pk,
        person_id=row.person_id,
        name=row.person.name,
        state=row.state,
        presence=row.presence,
        came_at=row.came_at,
        left_at=row.left_at,
    )


@router.post("/sessions/{session_id}/marks", response=MarkedOut)
@idempotent
def mark(request: HttpRequest, session_id: Identifier, payload: MarksIn) -> MarkedOut:
    """Mark who came, left, or did not come."""
    marks = {row.place_id: row.mark for row in payload.marks}
    return MarkedOut(changed=actions.mark(actor=actor_of(request), session_id=session_id, marks=marks))
