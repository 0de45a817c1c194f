"""Writes of benefits, a file per group of verbs."""

from __future__ import annotations

from xinshi.benefits.actions.ending import call_off_slot, cancel, expire_overdue, fulfil
from xinshi.benefits.actions.offering import add_slots, change_benefit, change_slot, create_benefit
from xinshi.benefits.actions.reserving import ReservedVoucher, reserve

__all__ = [
    "ReservedVoucher",
    "add_slots",
    "call_off_slot",
    "cancel",
    "change_benefit",
    "change_slot",
    "create_benefit",
    "expire_overdue",
    "fulfil",
    "reserve",
]
