"""Writes of the bank."""

from __future__ import annotations

from xinshi.bank.actions.depositing import deposit_many, reverse_deposit
from xinshi.bank.actions.issuing import issue_statement
from xinshi.bank.actions.noticing import end_notice, extend_notice
from xinshi.bank.actions.opening import open_passbooks
from xinshi.bank.actions.policy import propose_policy, put_policy_in_force
from xinshi.bank.actions.settling import Settlement, apply_policy, warn_of_expiry
from xinshi.bank.actions.stars import raise_stars
from xinshi.bank.actions.states import change_passbook_state
from xinshi.bank.domain import DepositResult, NewDeposit

__all__ = [
    "DepositResult",
    "NewDeposit",
    "Settlement",
    "apply_policy",
    "change_passbook_state",
    "deposit_many",
    "end_notice",
    "extend_notice",
    "issue_statement",
    "open_passbooks",
    "propose_policy",
    "put_policy_in_force",
    "raise_stars",
    "reverse_deposit",
    "warn_of_expiry",
]
