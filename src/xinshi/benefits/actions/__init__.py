"""Writes of benefits, a file per group of verbs."""

from __future__ import annotations

from xinshi.benefits.actions.ending import call_off_slot, cancel, expire_overdue, fulfil
from xinshi.benefits.actions.making import ReservedVoucher
from xinshi.benefits.actions.missing import excuse_no_show, mark_no_show
from xinshi.benefits.actions.offering import add_slots, change_benefit, change_slot, create_benefit
from xinshi.benefits.actions.refunding import can_undo, refund, undo_redeeming
from xinshi.benefits.actions.reminding import remind_owners
from xinshi.benefits.actions.reserving import reserve
from xinshi.benefits.actions.settling import confirm_settlement, draft_settlement, settle
from xinshi.benefits.actions.training_places import link_training
from xinshi.benefits.actions.waiting import (
    accept_offer,
    join_waiting_list,
    leave_waiting_list,
    tend_waiting_lists,
)

__all__ = [
    "ReservedVoucher",
    "accept_offer",
    "add_slots",
    "call_off_slot",
    "can_undo",
    "cancel",
    "change_benefit",
    "change_slot",
    "confirm_settlement",
    "create_benefit",
    "draft_settlement",
    "excuse_no_show",
    "expire_overdue",
    "fulfil",
    "join_waiting_list",
    "leave_waiting_list",
    "link_training",
    "mark_no_show",
    "refund",
    "remind_owners",
    "reserve",
    "settle",
    "tend_waiting_lists",
    "undo_redeeming",
]
