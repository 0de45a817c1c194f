"""Sessions face to face: make, change, cancel them; keep the minutes of a meeting."""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, gettext_noop
from xinshi.training.access import require_manager, require_marker
from xinshi.training.actions.describing import session_values
from xinshi.training.actions.locking import locked_session
from xinshi.training.actions.telling import promote_waiting, tell_session
from xinshi.training.domain import (
    NewSession,
    PlacesTaken,
    SessionClosed,
    SessionMarked,
    SessionNotBegun,
    checked_reason,
)
from xinshi.training.models import Place, Session

MINUTES_LENGTH_MAX = 20_000


@transaction.atomic
def create_session(*, actor: Actor, session: NewSession) -> int:
    """A date of a course, or a meeting; its id."""
    require_manager(actor)
    values = session_values(session)
    if session.starts_at <= clock.now():
        raise Invalid(field="starts_at", reason=gettext_noop("A session begins in the future."))
    made = Session.objects.create(**values, created_at=clock.now(), created_by_ref=actor.reference)
    record(actor=actor, action="training.create_session", object_ref=f"session:{made.pk}", course=made.course_id)
    return made.pk


@transaction.atomic
def change_session(*, actor: Actor, session_id: int, session: NewSession) -> list[str]:
    """Bring a session to what `session` says; who has a place is told. More places let people in who wait."""
    require_manager(actor)
    row = locked_session(session_id)
    values = session_values(session, trained_by=row.trainer_id)
    if row.state != Session.State.OPEN:
        raise SessionClosed
    if _is_marked(row):
        raise SessionMarked
    if session.places < row.taken:
        raise PlacesTaken(taken=row.taken)
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if "course_id" in changed and row.taken:
        raise PlacesTaken(taken=row.taken)
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
        record(actor=actor, action="training.change_session", object_ref=f"session:{row.pk}", fields=changed)
        if {"place", "starts_at", "ends_at", "title"}.intersection(changed):
            Place.objects.filter(session=row).update(reminded_at=None)
            tell_session(
                row, gettext_noop("“%(title)s” has changed. Please look at its time and place again."), "changed"
            )
        promote_waiting(row)
    return changed


@transaction.atomic
def cancel_session(*, actor: Actor, session_id: int, reason: str) -> None:
    """It is not held; everybody who has a place or waits for one is told why."""
    require_manager(actor)
    reason = checked_reason(reason)
    row = locked_session(session_id)
    if row.state == Session.State.CANCELLED:
        return
    if _is_marked(row):
        raise SessionMarked
    row.state, row.cancel_reason = Session.State.CANCELLED, reason
    row.save(update_fields=["state", "cancel_reason"])
    record(actor=actor, action="training.cancel_session", object_ref=f"session:{row.pk}")
    tell_session(row, gettext_noop("“%(title)s” will not be held. Choose another date, please."), "cancelled")


@transaction.atomic
def write_minutes(*, actor: Actor, session_id: int, text: str) -> None:
    """Keep the minutes of a meeting (会议纪要), once it has begun; by its host or who manages."""
    row = locked_session(session_id)
    require_marker(actor, row)
    text = text.strip()
    if row.starts_at > clock.now():
        raise SessionNotBegun
    if len(text) > MINUTES_LENGTH_MAX:
        raise Invalid(field="text", reason=gettext_noop("At most 20,000 signs."))
    row.minutes_text = text
    row.save(update_fields=["minutes_text"])
    record(actor=actor, action="training.write_minutes", object_ref=f"session:{row.pk}", signs=len(text))


def _is_marked(row: Session) -> bool:
    return Place.objects.filter(session=row).exclude(presence="").exists()
