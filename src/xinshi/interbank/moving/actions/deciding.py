"""A transfer that stays unknown because the partner does not answer any more: two people decide, each with a reason."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import localtime

from xinshi.audit.actions import record
from xinshi.interbank.moving.access import require_decider
from xinshi.interbank.moving.advancing import advance
from xinshi.interbank.moving.domain import (
    REASON_LENGTH_MAX,
    NothingToConfirm,
    NotOverdue,
    NotUnknown,
    SecondPersonNeeded,
    decided_from,
)
from xinshi.interbank.moving.models import Decision, Transfer
from xinshi.interbank.moving.writing import locked_partner
from xinshi.interbank.protocol.states import Event, PayerState
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop

WHY = gettext_noop("Say how you know: whom you asked, when, and what they said.")


@transaction.atomic
def propose_decision(*, actor: Actor, transfer_id: int, outcome: PayerState, reason: str) -> int:
    """Say how an unknown transfer ended and how one knows; somebody else confirms. A newer proposal replaces the older one.

    NotUnknown, NotOverdue, OwnTransfer, Invalid.
    """
    assert outcome.is_final, "a decision is for an end"
    transfer, why = _locked(actor, transfer_id), _checked(reason)
    Decision.objects.filter(transfer=transfer, decided_at=None, is_withdrawn=False).update(is_withdrawn=True)
    decision = Decision.objects.create(
        transfer=transfer,
        outcome=outcome.value,
        proposed_by_ref=actor.reference,
        proposed_at=clock.now(),
        proposed_reason=why,
    )
    record(
        actor=actor,
        action="interbank.propose_decision",
        object_ref=f"bank-transfer:{transfer_id}",
        outcome=outcome.value,
    )
    return decision.pk


@transaction.atomic
def confirm_decision(*, actor: Actor, transfer_id: int, outcome: PayerState, reason: str) -> None:
    """Confirm what somebody else proposed: the minutes are booked away, or given back.

    `outcome` is what the confirming person saw proposed. NothingToConfirm, SecondPersonNeeded, NotUnknown, NotOverdue,
    OwnTransfer.
    """
    transfer, why = _locked(actor, transfer_id), _checked(reason)
    decision = Decision.objects.filter(transfer=transfer, decided_at=None, is_withdrawn=False).first()
    if decision is None or decision.outcome != outcome.value:
        raise NothingToConfirm
    if decision.proposed_by_ref == actor.reference:
        raise SecondPersonNeeded
    decision.decided_by_ref, decision.decided_at, decision.decided_reason = actor.reference, clock.now(), why
    decision.save(update_fields=["decided_by_ref", "decided_at", "decided_reason"])
    is_there = outcome is PayerState.CONFIRMED
    event = Event.DECIDED_APPLIED if is_there else Event.DECIDED_REFUSED
    record(
        actor=actor,
        action="interbank.confirm_decision",
        object_ref=f"bank-transfer:{transfer_id}",
        outcome=outcome.value,
    )
    advance(transfer, event, code="" if is_there else "decided", actor=actor)


def _locked(actor: Actor, transfer_id: int) -> Transfer:
    """An unknown transfer that goes out and has expired, with its partner locked."""
    found = Transfer.objects.filter(pk=transfer_id, direction=Transfer.Direction.OUT).first()
    if found is None:
        raise NotFound
    require_decider(actor, found)
    locked_partner(found.partner_id)
    transfer = Transfer.objects.select_related("partner").get(pk=transfer_id)
    if transfer.state != Transfer.State.UNKNOWN:
        raise NotUnknown
    moment = decided_from(transfer.expires_at)
    if clock.now() < moment:
        raise NotOverdue(moment=f"{localtime(moment):%Y-%m-%d %H:%M}")
    return transfer


def _checked(reason: str) -> str:
    why = reason.strip()
    if not why or len(why) > REASON_LENGTH_MAX or "\0" in why:
        raise Invalid(field="reason", reason=WHY)
    return why
