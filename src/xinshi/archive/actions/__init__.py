"""Writes of the archive, a file per group of verbs."""

from __future__ import annotations

from xinshi.archive.actions.entering import enter_profiles
from xinshi.archive.actions.forgetting import carry_over, forget_person
from xinshi.archive.actions.granting import ensure_kinds, grant_many
from xinshi.archive.actions.kinds import save_kind, save_line
from xinshi.archive.actions.pledging import publish_pledge_text, sign_pledge
from xinshi.archive.actions.profiles import (
    CareData,
    add_exception,
    change_profile,
    remove_exception,
    reveal_care,
)
from xinshi.archive.actions.reminding import remind_holders
from xinshi.archive.actions.submitting import refuse, revoke, submit, verify
from xinshi.archive.actions.withdrawing import withdraw_granted

__all__ = [
    "CareData",
    "add_exception",
    "carry_over",
    "change_profile",
    "ensure_kinds",
    "enter_profiles",
    "forget_person",
    "grant_many",
    "publish_pledge_text",
    "refuse",
    "remind_holders",
    "remove_exception",
    "reveal_care",
    "revoke",
    "save_kind",
    "save_line",
    "sign_pledge",
    "submit",
    "verify",
    "withdraw_granted",
]
