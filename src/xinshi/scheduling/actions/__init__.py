"""Writes of scheduling: periods, plans wanted and stopped, what the planner found, edits by hand."""

from xinshi.scheduling.actions.editing import add, lock, remove, swap
from xinshi.scheduling.actions.periods import NewPeriod, change_period, close_period, create_period
from xinshi.scheduling.actions.planning import plan_waiting
from xinshi.scheduling.actions.wanting import stop_plan, want_plan

__all__ = [
    "NewPeriod",
    "add",
    "change_period",
    "close_period",
    "create_period",
    "lock",
    "plan_waiting",
    "remove",
    "stop_plan",
    "swap",
    "want_plan",
]
