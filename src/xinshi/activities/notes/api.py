"""Notes for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router, Schema
from pydantic import Field

from xinshi.activities.fields import ID_MAX
from xinshi.activities.notes.actions import take_back_note, write_note
from xinshi.activities.notes.domain import TEXT_LENGTH_MAX, NoteAudience
from xinshi.activities.notes.queries import Notes, notes_of
from xinshi.doors.api import NO_NUL, actor_of, idempotent

Identifier = Annotated[int, Path(ge=1, le=ID_MAX)]
router: Router = Router(tags=["activities"])


class NoteIn(Schema):
    """Volunteers write to `leaders` only; who leads also to those with a place, or to everybody."""

    text: Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH_MAX, pattern=NO_NUL)]
    audience: NoteAudience = NoteAudience.LEADERS


class NoteOut(Schema):
    id: int
    text: str
    audience: NoteAudience
    written_at: datetime
    by: str
    """Who wrote it, for who leads the activity; empty else."""
    is_mine: bool


class NotesOut(Schema):
    """The newest fifty that the caller may read."""

    items: list[NoteOut]


@router.get("/{int:activity_id}/notes", response=NotesOut)
def list_notes(request: HttpRequest, activity_id: Identifier) -> NotesOut:
    """The notes of an activity that the caller may read, the newest first."""
    return _out(notes_of(actor_of(request), activity_id))


@router.post("/{int:activity_id}/notes", response=NotesOut)
@idempotent
def write(request: HttpRequest, activity_id: Identifier, payload: NoteIn) -> NotesOut:
    """Write a note; whoever it is for is told."""
    actor = actor_of(request)
    write_note(actor=actor, activity_id=activity_id, text=payload.text, audience=payload.audience)
    return _out(notes_of(actor, activity_id))


@router.post("/notes/{note_id}/take-back", response=NotesOut)
@idempotent
def take_back(request: HttpRequest, note_id: Identifier) -> NotesOut:
    """Take a note back: by who wrote it or who leads the activity."""
    actor = actor_of(request)
    return _out(notes_of(actor, take_back_note(actor=actor, note_id=note_id)))


def _out(found: Notes) -> NotesOut:
    return NotesOut(
        items=[
            NoteOut(
                id=row.id,
                text=row.text,
                audience=row.audience,
                written_at=row.written_at,
                by=row.by,
                is_mine=row.is_mine,
            )
            for row in found.rows
        ]
    )
