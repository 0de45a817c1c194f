"""What people do with hours between banks."""

from __future__ import annotations

from xinshi.interbank.moving.actions.asking import ask_to_bring, ask_transfer
from xinshi.interbank.moving.actions.deciding import confirm_decision, propose_decision
from xinshi.interbank.moving.actions.rotating import (
    confirm_own_key,
    discard_own_key,
    note_partner_told,
    rotate_key,
)

__all__ = [
    "ask_to_bring",
    "ask_transfer",
    "confirm_decision",
    "confirm_own_key",
    "discard_own_key",
    "note_partner_told",
    "propose_decision",
    "rotate_key",
]
