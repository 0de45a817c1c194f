"""Who may look after texts on their way out."""

from __future__ import annotations

from typing import Final

from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed

SENDING_KEEPERS: Final = frozenset({Role.ADMINISTRATOR})


def require_sending_keeper(actor: Actor) -> None:
    if not actor.has(*SENDING_KEEPERS):
        raise NotAllowed
