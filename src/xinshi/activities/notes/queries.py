"""Notes as one person reads them: at most two queries beside that for the activity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xinshi.activities.access import leads, visible_to
from xinshi.activities.models import Activity, ActivityNote
from xinshi.activities.notes.access import part_in, readable_by
from xinshi.activities.notes.domain import NOTES_SHOWN, NoteAudience
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    text: str
    audience: NoteAudience
    written_at: datetime
    by: str
    """Who wrote it, for who leads; empty for everybody else: a note of who leads is the activity's."""
    is_mine: bool
    may_take_back: bool


@dataclass(frozen=True, slots=True)
class Notes:
    rows: list[Note]
    may_lead: bool
    may_ask: bool
    """Whether the reader may write to who leads."""


def notes_on(actor: Actor, activity: Activity) -> Notes:
    """The newest notes of an activity that the actor may see, and whether they may write."""
    may_lead = leads(actor, activity.person_in_charge_id)
    is_open = activity.state in (Activity.State.PUBLISHED, Activity.State.FINISHED)
    part: frozenset[str] = frozenset() if may_lead else part_in(actor, activity)
    rows = readable_by(actor, activity, part).select_related("written_by").order_by("-written_at", "-pk")[:NOTES_SHOWN]
    return Notes(
        rows=[_note(actor, row, may_lead=may_lead) for row in rows],
        may_lead=may_lead,
        may_ask=not may_lead and is_open and bool(part),
    )


def notes_of(actor: Actor, activity_id: int) -> Notes:
    """The same by the activity's id; NotFound for what the actor may not see."""
    activity = visible_to(actor).filter(pk=activity_id).first()
    if activity is None:
        raise NotFound
    return notes_on(actor, activity)


def _note(actor: Actor, row: ActivityNote, *, may_lead: bool) -> Note:
    is_mine = actor.user_id is not None and row.written_by_ref == actor.reference
    return Note(
        id=row.pk,
        text=row.text,
        audience=NoteAudience(row.audience),
        written_at=row.written_at,
        by=row.written_by.name if may_lead and row.written_by else "",
        is_mine=is_mine,
        may_take_back=is_mine or may_lead,
    )
