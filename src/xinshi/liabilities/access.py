"""Who may see what the bank owes."""

from __future__ import annotations

from typing import Final

from xinshi.bank.access import PASSBOOK_KEEPERS
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed

READERS: Final = PASSBOOK_KEEPERS
"""Coordinators, administrators and auditors: the figures open to lists of passbooks, which these may see."""


def require_reader(actor: Actor) -> None:
    if not actor.has(*READERS):
        raise NotAllowed


def require_system(actor: Actor) -> None:
    """Snapshots are the worker's."""
    if not actor.is_system:
        raise NotAllowed
