"""Days that nobody came on: marked at the desk or by itself, with what the benefit's rule makes of the hours; excused."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.benefits import access
from xinshi.benefits.actions.locking import locked_voucher
from xinshi.benefits.actions.marking import end, hold_of, undo
from xinshi.benefits.actions.telling import tell
from xinshi.benefits.domain import (
    REASON_LENGTH_MAX,
    NotANoShow,
    OwnAffair,
    ReasonMissing,
    VoucherState,
    ended_refusal,
    missed_refusal,
)
from xinshi.benefits.events import VoucherExcused, VoucherMissed
from xinshi.benefits.models import Voucher
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.ledger.actions import capture, release, reverse
from xinshi.ledger.models import Transfer
from xinshi.outbox.actions import publish


@transaction.atomic
def mark_no_show(*, actor: Actor, voucher_id: int) -> None:
    """A clerk says that nobody came: once its day or time has begun, never about one's own voucher."""
    access.require_clerk(actor)
    voucher = locked_voucher(voucher_id)
    at = clock.now()
    slot = voucher.slot
    if voucher.state != VoucherState.RESERVED:
        ended = ended_refusal(
            state=VoucherState(voucher.state),
            ended_at=voucher.ended_at,
            expires_at=voucher.expires_at,
            at=at,
            slot_day=slot.day if slot else None,
        )
        assert ended is not None, "what is not reserved has ended"
        raise ended
    refusal = missed_refusal(
        slot_day=slot.day if slot else None,
        starts_at=slot.starts_at if slot else None,
        expires_at=voucher.expires_at,
        at=at,
    )
    if refusal is not None:
        raise refusal
    if access.is_owner(actor, voucher):
        raise OwnAffair
    end_as_missed(voucher, actor=actor, at=at)


def end_as_missed(voucher: Voucher, *, actor: Actor, at: datetime) -> None:
    """The locked voucher was not used: its hours are kept or go back, by the rule of when it was made; its place is gone."""
    end(voucher, VoucherState.NO_SHOW, actor=actor, at=at)
    kept = voucher.minutes if voucher.keeps_minutes else 0
    if voucher.keeps_minutes:
        capture(hold_id=hold_of(voucher), actor_ref=actor.reference)
        text = gettext_noop(
            "You did not come for “%(name)s”. As its rules say, the %(hours)s hours stay used. "
            "If something kept you from coming, tell the volunteer service station: it can be excused."
        )
    else:
        release(hold_id=hold_of(voucher), actor_ref=actor.reference)
        text = gettext_noop(
            "You did not come for “%(name)s”; %(hours)s hours are back in your passbook. "
            "If something kept you from coming, tell the volunteer service station: it can be excused."
        )
    record(actor=actor, action="benefits.no_show", object_ref=f"voucher:{voucher.pk}", kept_minutes=kept)
    publish(
        VoucherMissed(
            voucher_id=voucher.pk, benefit_id=voucher.benefit_id, person_id=voucher.person_id, kept_minutes=kept
        )
    )
    tell(voucher, text, "missed")


@transaction.atomic
def excuse_no_show(*, actor: Actor, voucher_id: int, reason: str) -> int | None:
    """Somebody had a good reason: hours that were kept come back by a reversal, and the day no longer counts as missed.

    Coordinators and administrators, never about their own. Returns the reversal's id, None where nothing was kept.
    """
    access.require_manager(actor)
    why = reason.strip()[:REASON_LENGTH_MAX]
    if not why:
        raise ReasonMissing
    voucher = locked_voucher(voucher_id)
    if access.is_owner(actor, voucher):
        raise OwnAffair
    if voucher.state != VoucherState.NO_SHOW:
        raise NotANoShow
    undo(voucher, VoucherState.EXCUSED, actor=actor, at=clock.now(), reason=why)
    reversal = reverse_capture(voucher, actor=actor) if voucher.keeps_minutes else None
    record(
        actor=actor, action="benefits.excuse_no_show", object_ref=f"voucher:{voucher.pk}", reason=why, transfer=reversal
    )
    publish(
        VoucherExcused(
            voucher_id=voucher.pk,
            benefit_id=voucher.benefit_id,
            person_id=voucher.person_id,
            returned_minutes=voucher.minutes if reversal is not None else 0,
        )
    )
    tell(
        voucher,
        gettext_noop("Not coming for “%(name)s” is excused: %(reason)s. None of your %(hours)s hours is lost."),
        "excused",
        reason=why,
    )
    return reversal


def reverse_capture(voucher: Voucher, *, actor: Actor) -> int:
    """Book the opposite of what the voucher booked, linked to it; once. The reversal's id."""
    booked = Transfer.objects.get(hold_id=hold_of(voucher))
    reversal = reverse(
        transfer_id=booked.pk,
        key=f"voucher:{voucher.pk}:reversal",
        actor_ref=actor.reference,
        memo=voucher.benefit.name,
    )
    return reversal.id
