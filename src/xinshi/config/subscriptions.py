"""The one list of who listens to which event. Handlers are idempotent; the worker calls them (see `outbox`)."""

from __future__ import annotations

from xinshi.bank import verification as bank_verification
from xinshi.bank.events import Deposited, PolicyEnforced
from xinshi.benefits import verification as benefits_verification
from xinshi.exchange import verification as exchange_verification
from xinshi.outbox.actions import subscribe
from xinshi.recognition import tasks as recognition_tasks


def register() -> None:
    """Connect every listener and every further check of `xinshi verify`; called once when the house starts."""
    bank_verification.register_checks()
    benefits_verification.register_checks()
    exchange_verification.register_checks()
    subscribe(Deposited, recognition_tasks.on_deposited)
    subscribe(PolicyEnforced, recognition_tasks.on_policy_enforced)
