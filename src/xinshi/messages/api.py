"""The inbox for programs in a person's own name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema

from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.messages import actions, queries
from xinshi.messages.models import Message

router = Router(tags=["messages"])
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]


class MessageOut(Schema):
    """A message in the caller's language; `object_ref` names what it is about."""

    id: int
    text: str
    object_ref: str
    sent_at: datetime
    read_at: datetime | None


class UnreadOut(Schema):
    unread: int


class MarkedReadOut(Schema):
    """How many messages were unread before."""

    changed: int


@router.get("", response=CursorPage[MessageOut])
def list_messages(
    request: HttpRequest, *, unread: bool = False, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """One's own messages, newest first."""
    found = queries.inbox(actor_of(request), only_unread=unread)
    return cursor_page(found, cursor=cursor, limit=limit, render=_out)


@router.get("/unread", response=UnreadOut)
def count_unread_messages(request: HttpRequest) -> UnreadOut:
    return UnreadOut(unread=queries.unread_count(actor_of(request)))


@router.post("/read", response=MarkedReadOut)
@idempotent
def mark_all_messages_read(request: HttpRequest) -> MarkedReadOut:
    return MarkedReadOut(changed=actions.mark_read(actor=actor_of(request)))


@router.post("/{message_id}/read", response=MarkedReadOut)
@idempotent
def mark_message_read(request: HttpRequest, message_id: Identifier) -> MarkedReadOut:
    """Mark one of one's own messages read; 404 for anybody else's."""
    actor = actor_of(request)
    queries.message(actor, message_id)
    return MarkedReadOut(changed=actions.mark_read(actor=actor, message_id=message_id))


def _out(row: Message) -> MessageOut:
    line = queries.line_of(row)
    return MessageOut(
        id=line.id, text=line.text, object_ref=line.object_ref, sent_at=line.sent_at, read_at=line.read_at
    )
