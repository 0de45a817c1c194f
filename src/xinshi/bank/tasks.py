"""What the bank does when it hears of something, and every so often; idempotent."""

from __future__ import annotations

from collections.abc import Sequence

from xinshi.bank.actions import apply_policy, warn_of_expiry
from xinshi.kernel.actor import Actor
from xinshi.kernel.events import Event

SYSTEM = Actor.system("bank")


def on_policy_enforced(events: Sequence[Event]) -> None:  # noqa: ARG001  # Whichever version it was: today's holds.
    """A version that holds from today on takes effect on balances at once; a coming one on its day, by the duty."""
    settle_balances()


def settle_balances() -> None:
    """What has run out goes, what is beyond the cap can only be donated; nothing where the policy has no such rule."""
    apply_policy(actor=SYSTEM)


def warn() -> None:
    """Tell people which hours will run out."""
    warn_of_expiry(actor=SYSTEM)
