"""The one list of who listens to which event. Handlers are idempotent; the worker calls them (see `outbox`)."""

from __future__ import annotations

from xinshi.bank import verification as bank_verification
from xinshi.benefits import verification as benefits_verification


def register() -> None:
    """Connect every listener and every further check of `xinshi verify`; called once when the house starts."""
    bank_verification.register_checks()
    benefits_verification.register_checks()
