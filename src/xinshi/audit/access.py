"""Who may read the audit trail."""

from __future__ import annotations

from typing import Final

from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed

READERS: Final = frozenset({Role.AUDITOR})
"""Auditors alone: administrators are among those whom the trail watches (separation of powers)."""


def require_reader(actor: Actor) -> None:
    if not actor.has(*READERS):
        raise NotAllowed
