"""Places in sessions: sign up, wait, give up, be marked. Locks: people by id, the session, enrolments, places."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.db.models import F

from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.people.models import Person
from xinshi.training import access
from xinshi.training.actions.completing import complete
from xinshi.training.actions.describing import session_values
from xinshi.training.actions.learning import enrol, holds_for_long
from xinshi.training.actions.locking import lock_people, lock_person, locked_session
from xinshi.training.actions.telling import promote_waiting
from xinshi.training.domain import (
    AlreadySignedUp,
    NewSession,
    PresenceCounted,
    SessionClosed,
    SessionFull,
    SessionNotBegun,
    SessionOver,
    SessionOverlaps,
)
from xinshi.training.models import Course, Enrolment, Place, Session

REMINDER_BEFORE: Final = timedelta(hours=24)
REMINDED_AT_ONCE_MAX: Final = 2_000
MARKABLE_BEFORE: Final = timedelta(minutes=30)
"""So long before it begins people may be let in."""


class Mark(StrEnum):
    """What a trainer says of somebody: came, left now, was there from beginning to end, did not come, not marked."""

    CAME = "in"
    LEFT = "out"
    PRESENT = "present"
    ABSENT = "absent"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Taken:
    """`is_waiting` where there was no place and the person waits for one."""

    place_id: int
    is_waiting: bool


@transaction.atomic
def sign_up(*, actor: Actor, session_id: int) -> Taken:
    """Take a place for oneself, or the last position of the waiting list; SessionFull where both are full."""
    person_id = access.require_person(actor)
    if not access.sessions_visible_to(actor).filter(pk=session_id).exists():
        raise NotFound
    return _take(actor=actor, session_id=session_id, person_id=person_id, may_wait=True)


@transaction.atomic
def reserve_place(*, actor: Actor, session_id: int, person_id: int, source_ref: str) -> int:
    """A place that something else pays for, such as a voucher (`source_ref` makes it once); its id. It never waits.

    The caller has authorised it: only rooms above call this, for the person who acts or on the system's behalf.
    """
    assert source_ref, "a place that was not signed up for says where it comes from"
    known = Place.objects.filter(source_ref=source_ref).exclude(state=Place.State.CANCELLED).first()
    if known is not None:
        return known.pk
    taken = _take(actor=actor, session_id=session_id, person_id=person_id, may_wait=False, source_ref=source_ref)
    return taken.place_id


def _take(*, actor: Actor, session_id: int, person_id: int, may_wait: bool, source_ref: str = "") -> Taken:
    lock_person(person_id)
    row = locked_session(session_id)
    at = clock.now()
    if row.state != Session.State.OPEN or row.starts_at <= at:
        raise SessionClosed
    if Place.objects.filter(session=row, person_id=person_id).exclude(state=Place.State.CANCELLED).exists():
        raise AlreadySignedUp
    _require_free_time(person_id, row)
    if row.course_id is not None:
        _enrol(actor, person_id, row.course_id)
    is_waiting = _is_to_wait(row, may_wait=may_wait)
    if not is_waiting:
        Session.objects.filter(pk=row.pk).update(taken=F("taken") + 1)
    made = Place.objects.create(
        session=row,
        person_id=person_id,
        state=Place.State.WAITING if is_waiting else Place.State.CONFIRMED,
        signed_up_at=at,
        source_ref=source_ref,
    )
    record(
        actor=actor,
        action="training.sign_up",
        object_ref=f"session:{row.pk}",
        place=made.pk,
        person=person_id,
        is_waiting=is_waiting,
    )
    return Taken(made.pk, is_waiting)


def _is_to_wait(row: Session, *, may_wait: bool) -> bool:
    """Whether the session is full and its waiting list is not; SessionFull where there is room in neither."""
    if row.taken < row.places:
        return False
    if not may_wait or Place.objects.filter(session=row, state=Place.State.WAITING).count() >= row.reserve:
        raise SessionFull
    return True


def _require_free_time(person_id: int, row: Session) -> None:
    """A wait counts too, so that moving up never puts somebody into two sessions at once."""
    clash = (
        Place.objects.filter(
            person_id=person_id,
            session__state=Session.State.OPEN,
            session__starts_at__lt=row.ends_at,
            session__ends_at__gt=row.starts_at,
        )
        .exclude(state=Place.State.CANCELLED)
        .exclude(session=row)
        .values_list("session__title", flat=True)
        .first()
    )
    if clash is not None:
        raise SessionOverlaps(title=clash)


def _enrol(actor: Actor, person_id: int, course_id: int) -> None:
    """Who comes to a course's session takes the course; who has its certificate may listen again."""
    course = Course.objects.select_related("renews").get(pk=course_id)
    if not holds_for_long(person_id, course, today=clock.today()):
        enrol(actor=actor, person_id=person_id, course=course)


@transaction.atomic
def give_up(*, actor: Actor, place_id: int) -> None:
    """Give one's place back before the session begins; the first who waits gets it. Twice is once."""
    person_id = access.require_person(actor)
    found = Place.objects.filter(pk=place_id, person_id=person_id, source_ref="").first()
    if found is None:
        raise NotFound
    lock_people([person_id])
    _give_up(actor, found)


@transaction.atomic
def release_place(*, actor: Actor, source_ref: str) -> None:
    """Give back what `reserve_place` took, if it is still held and the session has not begun; the caller authorised it."""
    found = Place.objects.filter(source_ref=source_ref, state=Place.State.CONFIRMED).first()
    if found is not None and found.session.starts_at > clock.now():
        _give_up(actor, found)


def _give_up(actor: Actor, found: Place) -> None:
    row = locked_session(found.session_id)
    at = clock.now()
    place = Place.objects.select_for_update().get(pk=found.pk)
    if place.state == Place.State.CANCELLED:
        return
    if row.starts_at <= at:
        raise SessionOver
    had_place = place.state == Place.State.CONFIRMED
    Place.objects.filter(pk=place.pk).update(state=Place.State.CANCELLED, cancelled_at=at)
    record(actor=actor, action="training.give_up", object_ref=f"session:{row.pk}", place=place.pk)
    if had_place:
        Session.objects.filter(pk=row.pk).update(taken=F("taken") - 1)
        row.taken -= 1
        promote_waiting(row)


@transaction.atomic
def mark(*, actor: Actor, session_id: int, marks: Mapping[int, Mark]) -> int:
    """Mark who came, by place id; nobody marks themself. Whoever has nothing left to do passes. Returns how many changed."""
    visible = access.sessions_visible_to(actor).filter(pk=session_id).first()
    if visible is None:
        raise NotFound
    access.require_marker(actor, visible)
    people = dict(Place.objects.filter(pk__in=marks, session_id=session_id).values_list("pk", "person_id"))
    if len(people) != len(marks):
        raise NotFound
    if actor.person_id in people.values():
        raise NotAllowed
    lock_people(people.values())
    row = locked_session(session_id)
    at = clock.now()
    if row.state != Session.State.OPEN or row.starts_at - MARKABLE_BEFORE > at:
        raise SessionNotBegun
    places = list(Place.objects.select_for_update().filter(pk__in=marks).order_by("pk"))
    if any(place.state != Place.State.CONFIRMED for place in places):
        raise NotFound
    changed = [place for place in places if _mark(place, row, marks[place.pk], at=at, actor=actor)]
    if row.course_id is not None:
        _require_not_counted(
            row, row.course_id, [place.person_id for place in changed if place.presence != Place.Presence.PRESENT]
        )
    Place.objects.bulk_update(changed, ["presence", "came_at", "left_at", "attended_minutes", "marked_by_ref"])
    record_many(
        actor=actor,
        action="training.mark",
        objects=[(f"session:{row.pk}", {"place": place.pk, "mark": marks[place.pk].value}) for place in changed],
    )
    if row.course_id is not None:
        _pass(actor, row.course_id, [place.person_id for place in changed])
    return len(changed)


def _mark(place: Place, row: Session, wanted: Mark, *, at: datetime, actor: Actor) -> bool:
    """Write a mark onto a place; False where it says the same already."""
    before = (place.presence, place.came_at, place.left_at)
    if wanted in (Mark.ABSENT, Mark.CLEAR):
        place.presence = Place.Presence.ABSENT if wanted is Mark.ABSENT else Place.Presence.UNKNOWN
        place.came_at = place.left_at = None
    elif wanted is Mark.LEFT:
        came_at = place.came_at or row.starts_at
        place.presence, place.came_at, place.left_at = Place.Presence.PRESENT, came_at, max(at, came_at)
    elif wanted is Mark.CAME:
        came_at = place.came_at or at
        place.presence, place.came_at = Place.Presence.PRESENT, came_at
        place.left_at = place.left_at or max(row.ends_at, came_at)
    else:
        place.presence, place.came_at, place.left_at = Place.Presence.PRESENT, row.starts_at, row.ends_at
    place.attended_minutes = _attended(place, row)
    place.marked_by_ref = actor.reference if place.presence else ""
    return before != (place.presence, place.came_at, place.left_at)


def _attended(place: Place, row: Session) -> int:
    """Whole minutes of presence within the session's own time."""
    if place.came_at is None or place.left_at is None:
        return 0
    return max(0, clock.whole_minutes_between(max(place.came_at, row.starts_at), min(place.left_at, row.ends_at)))


def _require_not_counted(row: Session, course_id: int, person_ids: Collection[int]) -> None:
    """A course that was passed after this session stands on it: its certificate must be revoked first."""
    stands = Enrolment.objects.filter(
        person_id__in=person_ids,
        course_id=course_id,
        course__wants_session=True,
        passed_at__gte=row.starts_at,
        certificate__revoked_at=None,
    )
    present = Place.objects.filter(session=row, person_id__in=person_ids, presence=Place.Presence.PRESENT)
    if stands.filter(person_id__in=present.values("person_id")).exists():
        raise PresenceCounted


def _pass(actor: Actor, course_id: int, person_ids: Collection[int]) -> None:
    running = Enrolment.objects.select_for_update(of=("self",)).select_related("course__qualification")
    complete(
        actor=actor,
        enrolments=list(running.filter(course_id=course_id, person_id__in=person_ids, passed_at=None).order_by("pk")),
    )


@transaction.atomic
def remind_of_sessions(*, actor: Actor) -> int:
    """Remind everybody who has a place in a session that begins within a day, once; returns how many."""
    assert actor.is_system, "a duty of the worker"
    at = clock.now()
    due = Place.objects.filter(
        state=Place.State.CONFIRMED,
        reminded_at=None,
        session__state=Session.State.OPEN,
        session__starts_at__gt=at,
        session__starts_at__lte=at + REMINDER_BEFORE,
    )
    rows = list(due.select_related("session").order_by("pk")[:REMINDED_AT_ONCE_MAX])
    Place.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=at)
    send_many(
        NewMessage(
            recipient_ref=f"person:{row.person_id}",
            text=gettext_noop("Your session “%(title)s” begins at %(time)s, %(place)s."),
            parameters={
                "title": row.session.title,
                "time": row.session.starts_at.astimezone(clock.HOSPITAL_ZONE).strftime("%Y-%m-%d %H:%M"),
                "place": row.session.place,
            },
            object_ref=f"session:{row.session_id}",
            key=f"training-place:{row.pk}:reminder:{row.session.starts_at.isoformat()}",
        )
        for row in rows
    )
    return len(rows)


@transaction.atomic
def enter_held(*, actor: Actor, session: NewSession, person_ids: Collection[int]) -> int:
    """Enter a session that was held already, with who came from beginning to end, as from a signed paper list; its id.

    By who manages, never with oneself on the list. Whoever takes the course is brought on as if marked at the time.
    """
    access.require_manager(actor)
    people = sorted(set(person_ids))
    if actor.person_id in people:
        raise NotAllowed
    at = clock.now()
    if session.ends_at > at:
        raise SessionNotBegun
    if Person.objects.filter(pk__in=people, erased_at=None, merged_into=None).count() != len(people):
        raise NotFound
    lock_people(people)
    row = Session.objects.create(
        **session_values(session), taken=len(people), created_at=at, created_by_ref=actor.reference
    )
    Place.objects.bulk_create(
        [
            Place(
                session=row,
                person_id=person_id,
                state=Place.State.CONFIRMED,
                signed_up_at=at,
                presence=Place.Presence.PRESENT,
                came_at=row.starts_at,
                left_at=row.ends_at,
                attended_minutes=clock.whole_minutes_between(row.starts_at, row.ends_at),
                marked_by_ref=actor.reference,
            )
            for person_id in people
        ]
    )
    record(
        actor=actor,
        action="training.enter_held",
        object_ref=f"session:{row.pk}",
        course=row.course_id,
        people=len(people),
    )
    if row.course_id is not None:
        for person_id in people:
            _enrol(actor, person_id, row.course_id)
        _pass(actor, row.course_id, people)
    return row.pk
