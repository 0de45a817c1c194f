"""Reads of the inbox, always one's own; and of texts on their way out, for those who look after sending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext

from xinshi.doors.links import object_url
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.messages.access import require_sending_keeper
from xinshi.messages.gateways import is_for_developing
from xinshi.messages.models import Message, OutgoingText


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


@dataclass(frozen=True, slots=True)
class OutgoingLine:
    """A text on its way out. `text` is empty but for the development gateway: codes are secrets."""

    id: int
    shown_to: str
    text: str
    purpose: str
    state: str
    attempts: int
    last_error: str
    created_at: datetime
    ended_at: datetime | None


def outgoing(actor: Actor, *, state: str = "") -> QuerySet[OutgoingText]:
    """Texts on their way out, newest first; administrators only."""
    require_sending_keeper(actor)
    rows = OutgoingText.objects.order_by("-id")
    return rows.filter(state=state) if state else rows


def outgoing_line(row: OutgoingText) -> OutgoingLine:
    return OutgoingLine(
        id=row.pk,
        shown_to=row.shown_to,
        text=row.text if is_for_developing() else "",
        purpose=row.purpose,
        state=row.state,
        attempts=row.attempts,
        last_error=row.last_error,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
