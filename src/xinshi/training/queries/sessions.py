"""Sessions and who is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.training import access
from xinshi.training.models import Place, Session


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list, with the reader's own place in it: `mine` is empty, confirmed or waiting."""

    session: Session
    mine: str

    @property
    def free(self) -> int:
        return self.session.places - self.session.taken


def sessions(actor: Actor, *, when: str = "coming", kind: str = "") -> QuerySet[Session]:
    """Sessions the reader may see: those to come, soonest first, or those that are over, newest first.

    `kind` is course, meeting, or empty for both. Each comes with `mine`, the state of the reader's own place.
    """
    own = Place.objects.filter(session=OuterRef("pk"), person_id=actor.person_id or 0).exclude(
        state=Place.State.CANCELLED
    )
    rows = narrowed(actor, when="past" if when == "past" else "coming", kind=kind)
    rows = rows.select_related("course", "trainer").annotate(mine=Subquery(own.values("state")[:1]))
    return rows.order_by("-starts_at", "-pk") if when == "past" else rows.order_by("starts_at", "pk")


def narrowed(actor: Actor, *, when: str = "", kind: str = "", course_id: int | None = None) -> QuerySet[Session]:
    """Sessions the reader may see: `when` is coming or past, `kind` course or meeting; what is empty narrows nothing."""
    rows = access.sessions_visible_to(actor)
    if when:
        rows = rows.filter(ends_at__lte=clock.now()) if when == "past" else rows.filter(ends_at__gt=clock.now())
    if kind:
        rows = rows.filter(course=None) if kind == "meeting" else rows.exclude(course=None)
    return rows if course_id is None else rows.filter(course_id=course_id)


def coming_sessions_of_day(day: date) -> list[Session]:
    """Sessions of a day that are still open, by time: which of them a reward may be a place in."""
    first, after = clock.day_bounds(day)
    rows = Session.objects.filter(starts_at__gte=max(first, clock.now()), starts_at__lt=after, state=Session.State.OPEN)
    return list(rows.order_by("starts_at")[:50])


def trained_sessions(actor: Actor) -> QuerySet[Session]:
    """Sessions that the reader gives, the newest first."""
    return (
        Session.objects.filter(trainer_id=actor.person_id or 0)
        .select_related("course")
        .annotate(unmarked=Count("signed_up", filter=Q(signed_up__state="confirmed", signed_up__presence="")))
        .order_by("-starts_at")
    )


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session; `waiting` is how many wait, `position` the reader's own place among them."""

    session: Session
    place: Place | None
    waiting: int
    position: int | None
    may_mark: bool
    may_manage: bool
    may_sign_up: bool
    came: int
    reads_minutes: bool


def session_view(actor: Actor, session_id: int) -> SessionView:
    found = access.sessions_visible_to(actor).select_related("course", "trainer").filter(pk=session_id).first()
    if found is None:
        raise NotFound
    mine = None
    if actor.person_id is not None:
        own = Place.objects.filter(session=found, person_id=actor.person_id)
        mine = own.exclude(state=Place.State.CANCELLED).first()
    waiting = Place.objects.filter(session=found, state=Place.State.WAITING)
    is_waiting = mine is not None and mine.state == Place.State.WAITING
    is_to_come = found.state == Session.State.OPEN and found.starts_at > clock.now()
    number = waiting.count()
    may_mark = access.may_mark(actor, found)
    came = Place.objects.filter(session=found, presence=Place.Presence.PRESENT).count()
    return SessionView(
        session=found,
        place=mine,
        waiting=number,
        position=waiting.filter(pk__lte=mine.pk).count() if is_waiting and mine else None,
        may_mark=may_mark,
        may_manage=access.is_manager(actor),
        may_sign_up=is_to_come
        and mine is None
        and actor.person_id is not None
        and (found.taken < found.places or number < found.reserve),
        came=came,
        reads_minutes=may_mark
        or access.sees_all(actor)
        or (mine is not None and mine.presence == Place.Presence.PRESENT),
    )


def roster(actor: Actor, session_id: int) -> tuple[Session, QuerySet[Place]]:
    """A session and who has a place in it or waits, for its trainer and who manages; else it is not there."""
    found = access.sessions_visible_to(actor).select_related("course", "trainer").filter(pk=session_id).first()
    if found is None or not (access.may_mark(actor, found) or access.sees_all(actor)):
        raise NotFound
    rows = Place.objects.filter(session=found).exclude(state=Place.State.CANCELLED).select_related("person")
    return found, rows.order_by("state", "pk")


def place_in(actor: Actor, session_id: int, place_id: int) -> Place:
    """A place of a session's roster; NotFound where the reader may not see the roster or the place is none of it."""
    _, places = roster(actor, session_id)
    found = places.select_related("session").filter(pk=place_id).first()
    if found is None:
        raise NotFound
    return found
