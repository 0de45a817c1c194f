"""Writes of attendance, a file per group of verbs."""

from __future__ import annotations

from xinshi.attendance.actions.approving import approve, approve_activity
from xinshi.attendance.actions.checking_in import check_in, take_back_check_in
from xinshi.attendance.actions.checking_out import check_out, correct_presence
from xinshi.attendance.actions.deadlines import remind_of_due, renew_due_days
from xinshi.attendance.actions.entering import record_many
from xinshi.attendance.actions.refusing import refuse
from xinshi.attendance.actions.settling import Settled, settle_missing, settle_record

__all__ = [
    "Settled",
    "approve",
    "approve_activity",
    "check_in",
    "check_out",
    "correct_presence",
    "record_many",
    "refuse",
    "remind_of_due",
    "renew_due_days",
    "settle_missing",
    "settle_record",
    "take_back_check_in",
]
