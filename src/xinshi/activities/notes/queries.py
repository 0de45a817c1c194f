"""Notes as one person reads them: one query beside those for the activity and for the reader's part in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from xinshi.activities.access import leads, visible_to
from xinshi.activities.models import Activity
from xinshi.activities.notes.access import audiences_of, notes_for, part_in
from xinshi.activities.notes.domain import NOTES_SHOWN, NoteAudience
from xinshi.doors.prepared import PreparedRead
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


NEWEST: Final = PreparedRead(
    lambda activity, person, first, second, third: (
        notes_for(activity, person, (first, second, third))
        .order_by("-written_at", "-pk")[:NOTES_SHOWN]
        .values_list("pk", "text", "audience", "written_at", "written_by_ref", "written_by__name")
    ),
    activity=int,
    person=int,
    first=str,
    second=str,
    third=str,
)


def notes_on(actor: Actor, activity: Activity, part: frozenset[str]) -> Notes:
    """The newest notes of an activity that the actor may see, and whether they may write; `part` as of `part_in`."""
    may_lead = leads(actor, activity.person_in_charge_id)
    is_open = activity.state in (Activity.State.PUBLISHED, Activity.State.FINISHED)
    first, second, third = audiences_of(actor, activity, part)
    rows = NEWEST.rows(
        activity=activity.pk,
        person=actor.person_id or 0,
        first=first.value,
        second=second.value,
        third=third.value,
    )
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
    return notes_on(actor, activity, part_in(actor, activity))


def _note(actor: Actor, row: tuple[Any, ...], *, may_lead: bool) -> Note:
    pk, text, audience, written_at, written_by_ref, name = row
    is_mine = actor.user_id is not None and written_by_ref == actor.reference
    return Note(
        id=pk,
        text=text,
        audience=NoteAudience(audience),
        written_at=written_at,
        by=name or "" if may_lead else "",
        is_mine=is_mine,
        may_take_back=is_mine or may_lead,
    )
