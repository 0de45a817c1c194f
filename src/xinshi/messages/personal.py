"""What of this room is about one person: a copy for them, and what goes when they are erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xinshi.doors.copying import copied
from xinshi.kernel.actor import Actor
from xinshi.messages.models import Message


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """Their inbox. Texts on their way to a phone and codes are emptied by themselves once they are sent or run out."""
    rows = Message.objects.filter(recipient_ref__in=_references(person_ids)).order_by("pk")
    return {"messages": copied(rows, "sent_at", "read_at", "text", "parameters")}


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """The whole inbox goes."""
    del actor
    Message.objects.filter(recipient_ref__in=_references(person_ids)).delete()


def forget_told(*, object_refs: Sequence[str], name: str) -> int:
    """Messages to others in which a name stands, about these things, go too; how many went."""
    gone, _ = Message.objects.filter(object_ref__in=list(object_refs), parameters__name=name).delete()
    return gone


def _references(person_ids: Sequence[int]) -> list[str]:
    return [f"person:{person_id}" for person_id in person_ids]
