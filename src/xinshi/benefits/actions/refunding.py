"""Taking a redeemed voucher back: by a coordinator at any time, by the desk that redeemed it within ten minutes."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.benefits import access
from xinshi.benefits.actions.allotting import Share, give_back
from xinshi.benefits.actions.locking import locked_voucher
from xinshi.benefits.actions.marking import undo
from xinshi.benefits.actions.missing import reverse_capture
from xinshi.benefits.actions.serving_line import serve_line
from xinshi.benefits.actions.telling import tell
from xinshi.benefits.domain import (
    REASON_LENGTH_MAX,
    UNDO_MINUTES,
    NotRedeemed,
    OwnAffair,
    ReasonMissing,
    UndoTooLate,
    VoucherState,
)
from xinshi.benefits.events import VoucherRefunded
from xinshi.benefits.models import Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.outbox.actions import publish


@transaction.atomic
def refund(*, actor: Actor, voucher_id: int, reason: str) -> int:
    """The hours come back by a reversal, the place or piece and the budget too; returns the reversal's id.

    Coordinators and administrators, never their own voucher.
    """
    access.require_manager(actor)
    return _refund(actor, locked_voucher(voucher_id), reason)


@transaction.atomic
def undo_redeeming(*, actor: Actor, voucher_id: int, reason: str) -> int:
    """The desk's own mistake, noticed within ten minutes: the same as a refund. UndoTooLate for anything else."""
    access.require_clerk(actor)
    voucher = locked_voucher(voucher_id)
    if voucher.state == VoucherState.FULFILLED and not can_undo(actor, voucher):
        raise UndoTooLate
    return _refund(actor, voucher, reason)


def can_undo(actor: Actor, voucher: Voucher) -> bool:
    """True for what the actor redeemed themselves, for ten minutes."""
    is_recent = voucher.ended_at is not None and clock.now() - voucher.ended_at <= timedelta(minutes=UNDO_MINUTES)
    return is_recent and voucher.ended_by_ref == actor.reference


def _refund(actor: Actor, voucher: Voucher, reason: str) -> int:
    why = reason.strip()[:REASON_LENGTH_MAX]
    if not why:
        raise ReasonMissing
    if access.is_owner(actor, voucher):
        raise OwnAffair
    if voucher.state != VoucherState.FULFILLED:
        raise NotRedeemed
    at = clock.now()
    undo(voucher, VoucherState.REFUNDED, actor=actor, at=at, reason=why)
    give_back(Share.of_voucher(voucher))
    serve_line(voucher.benefit, voucher.slot, at=at)
    reversal = reverse_capture(voucher, actor=actor)
    record(actor=actor, action="benefits.refund", object_ref=f"voucher:{voucher.pk}", reason=why, transfer=reversal)
    publish(
        VoucherRefunded(
            voucher_id=voucher.pk,
            benefit_id=voucher.benefit_id,
            person_id=voucher.person_id,
            minutes=voucher.minutes,
        )
    )
    tell(
        voucher,
        gettext_noop("“%(name)s” was taken back: %(reason)s. %(hours)s hours are back in your passbook."),
        "refunded",
        reason=why,
    )
    return reversal
