"""Writes of giving, a file per group of verbs."""

from __future__ import annotations

from xinshi.giving.actions.donating import donate, donate_group_hours
from xinshi.giving.actions.gifting import give
from xinshi.giving.actions.granting import change_grant, decide_grant, propose_grant, withdraw_grant
from xinshi.giving.actions.grouping import decide_group_hours, enter_group_hours, withdraw_group_hours
from xinshi.giving.actions.registering import answer_relative, ask_relative, end_relative, register_relatives
from xinshi.giving.actions.taking_back import reverse_donation, reverse_gift, reverse_grant, reverse_group_hours
from xinshi.giving.domain import Given

__all__ = [
    "Given",
    "answer_relative",
    "ask_relative",
    "change_grant",
    "decide_grant",
    "decide_group_hours",
    "donate",
    "donate_group_hours",
    "end_relative",
    "enter_group_hours",
    "give",
    "propose_grant",
    "register_relatives",
    "reverse_donation",
    "reverse_gift",
    "reverse_grant",
    "reverse_group_hours",
    "withdraw_grant",
    "withdraw_group_hours",
]
