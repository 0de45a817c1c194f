"""Writing the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from xinshi.audit.models import AuditEntry
from xinshi.doors.rows import insert_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor


def record(*, actor: Actor, action: str, object_ref: str, **detail: Any) -> None:
    """One line: `action` is `room.verb`, `object_ref` is `kind:id`; `detail` is JSON without personal data."""
    record_many(actor=actor, action=action, objects=[(object_ref, detail)])


def record_many(*, actor: Actor, action: str, objects: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """One line per object of a bulk write."""
    assert connection.in_atomic_block, "an audit line is written in the transaction that it describes"
    lines = list(objects)
    insert_many(
        AuditEntry,
        each={"object_ref": [reference for reference, _ in lines], "detail": [detail for _, detail in lines]},
        same={"at": clock.now(), "actor_ref": actor.reference, "action": action},
        wants_ids=False,
    )
