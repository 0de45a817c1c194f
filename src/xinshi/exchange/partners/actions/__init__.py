"""Writes of partners."""

from __future__ import annotations

from xinshi.exchange.partners.actions.alarms import tell_of_silence
from xinshi.exchange.partners.actions.contracting import put_contract_in_force, write_contract
from xinshi.exchange.partners.actions.keys import add_key, confirm_key, revoke_key
from xinshi.exchange.partners.actions.registering import (
    change_limits,
    change_partner,
    confirm_limits,
    register_partner,
)
from xinshi.exchange.partners.actions.states import dispute, note_heard, pause, resume

__all__ = [
    "add_key",
    "change_limits",
    "change_partner",
    "confirm_key",
    "confirm_limits",
    "dispute",
    "note_heard",
    "pause",
    "put_contract_in_force",
    "register_partner",
    "resume",
    "revoke_key",
    "tell_of_silence",
    "write_contract",
]
