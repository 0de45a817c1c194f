"""Writes of this room, a file per group of verbs."""

from __future__ import annotations

from xinshi.appeals.actions.answering import ask_more, grant, leave_open, refuse
from xinshi.appeals.actions.asking import appeal, ask
from xinshi.appeals.actions.going_on import give_more, withdraw
from xinshi.appeals.actions.setting_aside import end_settled_notices
from xinshi.appeals.actions.watching import escalate_overdue

__all__ = [
    "appeal",
    "ask",
    "ask_more",
    "end_settled_notices",
    "escalate_overdue",
    "give_more",
    "grant",
    "leave_open",
    "refuse",
    "withdraw",
]
