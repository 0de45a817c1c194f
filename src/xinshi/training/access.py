"""Who manages courses, who takes them, who marks a session."""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet

from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.people.access import is_own
from xinshi.training.models import Certificate, Course, Enrolment, Place, Session

MANAGERS: Final = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
READERS: Final = MANAGERS | {Role.AUDITOR}


def is_manager(actor: Actor) -> bool:
    return actor.has(*MANAGERS)


def sees_all(actor: Actor) -> bool:
    return actor.has(*READERS)


def require_manager(actor: Actor) -> None:
    """Coordinators and administrators make courses and sessions."""
    if not is_manager(actor):
        raise NotAllowed


def require_reader(actor: Actor) -> None:
    """Who manages, and auditors, read every course and everybody's records."""
    if not sees_all(actor):
        raise NotAllowed


def require_person(actor: Actor) -> int:
    """Whoever takes a course is somebody in the archive."""
    if actor.person_id is None:
        raise NotAllowed
    return actor.person_id


def courses_visible_to(actor: Actor) -> QuerySet[Course]:
    """Drafts are seen by who manages and audits; what was closed, by who took it as well."""
    if sees_all(actor):
        return Course.objects.all()
    taken = Enrolment.objects.filter(is_own(actor)).values("course_id")
    return Course.objects.filter(Q(state=Course.State.OPEN) | Q(state=Course.State.CLOSED, pk__in=taken))


def sessions_visible_to(actor: Actor) -> QuerySet[Session]:
    """Everybody signed in sees sessions of courses that are open, and meetings."""
    if sees_all(actor):
        return Session.objects.all()
    own = Place.objects.filter(is_own(actor)).values("session_id")
    trains = Q(trainer_id=actor.person_id or 0)
    return Session.objects.filter(trains | Q(pk__in=own) | Q(course=None) | Q(course__state=Course.State.OPEN))


def certificates_visible_to(actor: Actor) -> QuerySet[Certificate]:
    return Certificate.objects.all() if sees_all(actor) else Certificate.objects.filter(is_own(actor))


def may_mark(actor: Actor, session: Session) -> bool:
    """The session's trainer and who manages, but nobody themself alone: see `require_marker`."""
    return is_manager(actor) or (actor.person_id is not None and session.trainer_id == actor.person_id)


def require_marker(actor: Actor, session: Session) -> None:
    """What one may not mark is not there."""
    if not may_mark(actor, session):
        raise NotFound


def require_not_oneself(actor: Actor, person_id: int) -> None:
    """Nobody judges, marks or lets pass themself."""
    if not actor.is_system and actor.person_id == person_id:
        raise NotAllowed
