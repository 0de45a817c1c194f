"""How a voucher's row says that it ended, and later that this was undone."""

from __future__ import annotations

from datetime import datetime

from xinshi.benefits.domain import VoucherState
from xinshi.benefits.models import Voucher
from xinshi.kernel.actor import Actor

PROVIDED = (VoucherState.FULFILLED, VoucherState.NO_SHOW)
"""Endings for which the providing department did its part: the voucher remembers which one that was."""


def end(voucher: Voucher, state: VoucherState, *, actor: Actor, at: datetime, reason: str = "") -> None:
    voucher.state = state.value
    voucher.ended_at = at
    voucher.ended_by_ref = actor.reference
    voucher.reason = reason
    if state in PROVIDED:
        voucher.provider_id = voucher.benefit.provider_id
    voucher.save(update_fields=["state", "ended_at", "ended_by_ref", "reason", "provider_id"])


def undo(voucher: Voucher, state: VoucherState, *, actor: Actor, at: datetime, reason: str) -> None:
    """The ending stays as it was; beside it stands that, when, by whom and why it was taken back."""
    voucher.state = state.value
    voucher.undone_at = at
    voucher.undone_by_ref = actor.reference
    voucher.undone_reason = reason
    voucher.save(update_fields=["state", "undone_at", "undone_by_ref", "undone_reason"])


def hold_of(voucher: Voucher) -> int:
    assert voucher.hold_id is not None, "a voucher is made together with its hold"
    return voucher.hold_id
