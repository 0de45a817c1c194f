"""Reads of the inbox: always one's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext

from xinshi.doors.links import object_url
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.messages.models import Message


@dataclass(frozen=True, slots=True)
class InboxLine:
    """A message in the reader's language; `url` is the page of what it is about, empty where there is none."""

    id: int
    text: str
    object_ref: str
    url: str
    sent_at: datetime
    read_at: datetime | None


def inbox(actor: Actor, *, only_unread: bool = False) -> QuerySet[Message]:
    """The actor's own messages, newest first; none for somebody who is no person of the archive."""
    if actor.person_id is None:
        return Message.objects.none()
    own = Message.objects.filter(recipient_ref=f"person:{actor.person_id}").order_by("-id")
    return own.filter(read_at=None) if only_unread else own


def unread_count(actor: Actor) -> int:
    """How many of the actor's messages wait to be read: the figure beside the bell."""
    return inbox(actor, only_unread=True).count()


def message(actor: Actor, message_id: int) -> Message:
    """One of the actor's own messages; NotFound for anybody else's."""
    found = inbox(actor).filter(pk=message_id).first()
    if found is None:
        raise NotFound
    return found


def line_of(row: Message) -> InboxLine:
    text = gettext(row.text)
    return InboxLine(
        id=row.pk,
        text=text % row.parameters if row.parameters else text,
        object_ref=row.object_ref,
        url=object_url(row.object_ref),
        sent_at=row.sent_at,
        read_at=row.read_at,
    )
