"""Sending and reading messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from xinshi.doors.rows import insert_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.messages.models import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """`key` makes sending idempotent; `text` is a message id marked with `gettext_noop`."""

    recipient_ref: str
    text: str
    key: str
    object_ref: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)


def send_many(messages: Iterable[NewMessage]) -> None:
    """Send each message once: one whose key was used before is passed over."""
    at = clock.now()
    wanted = list(messages)
    for message in wanted:
        assert not message.parameters or message.text % message.parameters, "the sentence has all that it names"
    insert_many(
        Message,
        each={
            "recipient_ref": [message.recipient_ref for message in wanted],
            "text": [message.text for message in wanted],
            "parameters": [message.parameters for message in wanted],
            "object_ref": [message.object_ref for message in wanted],
            "key": [message.key for message in wanted],
        },
        same={"sent_at": at},
        ignore_conflicts=True,
    )


def mark_read(*, actor: Actor, message_id: int | None = None) -> int:
    """Mark the actor's own messages read, one or all; returns how many changed."""
    if actor.person_id is None:
        return 0
    unread = Message.objects.filter(recipient_ref=f"person:{actor.person_id}", read_at=None)
    if message_id is not None:
        unread = unread.filter(pk=message_id)
    return unread.update(read_at=clock.now())
