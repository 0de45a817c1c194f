"""Who may look into the book. Rooms above decide who may book what; nobody edits."""

from __future__ import annotations

from typing import Final

from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed

READERS: Final = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
ALARMED: Final = READERS | {Role.COORDINATOR}
"""Who must hear of it when the book does not agree with itself."""


def require_reader(actor: Actor) -> None:
    """Auditors and administrators."""
    if not actor.has(*READERS):
        raise NotAllowed
