"""Writes on overlaps: doubtful minutes set aside, then accepted or discarded by a person with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from xinshi.audit.actions import record
from xinshi.bank.actions import reverse_deposit
from xinshi.bank.models import Deposit, DepositReversal, Passbook
from xinshi.exchange.access import require_keeper
from xinshi.exchange.models import Partner
from xinshi.interbank.overlaps.domain import doubt
from xinshi.interbank.overlaps.known import service_of, services_on
from xinshi.interbank.overlaps.models import OverlapReview
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotAllowed, NotFound, gettext_noop
from xinshi.ledger.actions import hold, release, system_account
from xinshi.ledger.domain import AccountKind, InsufficientMinutes

HOLD_KIND: Final = "overlap"
HELD_DAYS_MAX: Final = 3_650
"""A review ends with its decision, not with a date; this only keeps a forgotten one from lasting for ever."""
AT_ONCE_MAX: Final = 500
REASON_LENGTH_MAX: Final = 300
State = OverlapReview.State


class OverlapDecided(DomainError):
    code = "overlap_decided"
    message = gettext_noop("Somebody has decided on these hours already. Load the list again.")


class OwnOverlap(DomainError):
    code = "own_overlap"
    message = gettext_noop("Nobody decides on their own hours. Ask another coordinator.")


@transaction.atomic
def hold_back_overlaps(*, actor: Actor, deposit_ids: Sequence[int]) -> int:
    """Look at deposits that were just made and set aside what may have been counted before; returns how many are new.

    Only service that a time bank told is compared with other sources here; 志愿汇 and this house's own presence are compared
    when a file comes in. Done again it changes nothing.
    """
    if not actor.is_system:
        raise NotAllowed
    banks = set(Partner.objects.filter(kind=Partner.Kind.BANK).values_list("code", flat=True))
    if not banks:
        return 0
    ids = sorted(set(deposit_ids))
    return sum(_look_at_part(actor, ids[at : at + AT_ONCE_MAX], banks) for at in range(0, len(ids), AT_ONCE_MAX))


def look_again(*, actor: Actor) -> int:
    """Look once more at every deposit of a day of which a time bank told anything; how many are new.

    For a bank with deposits that were not looked at when they came in: an earlier version looked at the first 500 of a
    batch alone. Each portion is a transaction of its own, so that it can be interrupted; done again it changes nothing.
    """
    told = Deposit.objects.filter(
        worked_on=OuterRef("worked_on"), partner__in=Partner.objects.filter(kind=Partner.Kind.BANK).values("code")
    )
    rows = Deposit.objects.filter(Exists(told), reversal=None).order_by("pk")
    found, last = 0, 0
    while ids := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:AT_ONCE_MAX]):
        found += hold_back_overlaps(actor=actor, deposit_ids=ids)
        last = ids[-1]
    return found


def _look_at_part(actor: Actor, deposit_ids: Sequence[int], banks: set[str]) -> int:
    """Of these, only days of which a bank told anything, under whichever record of the person, are looked at one by one."""
    rows = list(Deposit.objects.select_related("passbook").filter(pk__in=deposit_ids).order_by("pk"))
    people = {row.passbook.person_id for row in rows}
    whose = Q(passbook__person__in=people) | Q(passbook__person__merged_into__in=people)
    told = Deposit.objects.filter(whose, partner__in=banks).order_by()
    columns = ("passbook__person_id", "passbook__person__merged_into_id", "worked_on")
    days = {(of, day) for own, stays, day in told.values_list(*columns) for of in (own, stays)}
    return sum(_look_at(actor, row, banks) for row in rows if (row.passbook.person_id, row.worked_on) in days)


def _look_at(actor: Actor, row: Deposit, banks: set[str]) -> bool:
    known = services_on(row.passbook.person_id, row.worked_on)
    new = next((one for one in known if one.ref == f"deposit:{row.pk}"), service_of(row))
    earlier = [one for one in known if _is_before(one.ref, row.pk)]
    concerned = [one for one in earlier if row.partner in banks or one.source in banks]
    found = doubt(new, concerned)
    if found is None or DepositReversal.objects.filter(deposit=row).exists():
        return False
    why, other = found
    review, is_new = OverlapReview.objects.get_or_create(
        deposit=row,
        defaults={
            "person_id": row.passbook.person_id,
            "other_ref": other.ref,
            "why": why.value,
            "held_minutes": 0,
            "found_at": clock.now(),
        },
    )
    if is_new:
        _set_aside(actor, review)
        record(
            actor=actor,
            action="interbank.hold_back",
            object_ref=f"deposit:{row.pk}",
            other=other.ref,
            why=why.value,
            held_minutes=review.held_minutes,
        )
    return is_new


def _is_before(ref: str, deposit_id: int) -> bool:
    """Of two deposits the later one waits; presence that is not deposited yet is known before any deposit."""
    return not ref.startswith("deposit:") or int(ref.removeprefix("deposit:")) < deposit_id


def _set_aside(actor: Actor, review: OverlapReview) -> bool:
    """Hold the deposit's spendable minutes; False where they are not there (in public notice, or spent)."""
    minutes = review.deposit.spendable_minutes
    passbook = Passbook.objects.select_related("merged_into").get(pk=review.deposit.passbook_id)
    try:
        with transaction.atomic():
            made = hold(
                key=f"{HOLD_KIND}:{review.deposit_id}",
                account_id=(passbook.merged_into or passbook).account_id,
                to_id=system_account(AccountKind.CORRECTION),
                minutes=minutes,
                kind=HOLD_KIND,
                expires_at=clock.now() + timedelta(days=HELD_DAYS_MAX),
                actor_ref=actor.reference,
            )
    except InsufficientMinutes:
        return False
    review.hold_id, review.held_minutes = made.id, minutes
    review.save(update_fields=["hold_id", "held_minutes"])
    return True


@transaction.atomic
def set_aside_waiting(*, actor: Actor) -> int:
    """Try again for what could not be set aside at first, for example in public notice; returns how many. For the worker."""
    if not actor.is_system:
        raise NotAllowed
    rows = OverlapReview.objects.select_for_update(of=("self",)).select_related("deposit")
    waiting = rows.filter(state=State.WAITING, hold_id=None, deposit__transfer_id__isnull=False).order_by("pk")
    return sum(_set_aside(actor, review) for review in waiting[:AT_ONCE_MAX])


@transaction.atomic
def accept_overlap(*, actor: Actor, review_id: int, reason: str) -> None:
    """They are two services: the minutes are free again. OverlapDecided, OwnOverlap, Invalid (`reason`)."""
    review = _locked(actor, review_id, reason)
    _release(actor, review)
    _decide(actor, review, State.ACCEPTED, reason)


@transaction.atomic
def discard_overlap(*, actor: Actor, review_id: int, reason: str) -> None:
    """It is one service: the later deposit is taken back by a reversal. Also the bank's refusals (InsufficientMinutes)."""
    review = _locked(actor, review_id, reason)
    _release(actor, review)
    if not DepositReversal.objects.filter(deposit_id=review.deposit_id).exists():
        reverse_deposit(actor=actor, deposit_id=review.deposit_id, reason=reason.strip()[:REASON_LENGTH_MAX])
    _decide(actor, review, State.DISCARDED, reason)


def _locked(actor: Actor, review_id: int, reason: str) -> OverlapReview:
    require_keeper(actor)
    if not reason.strip():
        raise Invalid(field="reason", reason=gettext_noop("Say how you know whether these are one service or two."))
    found = OverlapReview.objects.select_for_update(of=("self",)).select_related("deposit").filter(pk=review_id).first()
    if found is None:
        raise NotFound
    if found.state != State.WAITING:
        raise OverlapDecided
    if found.person_id == actor.person_id:
        raise OwnOverlap
    return found


def _release(actor: Actor, review: OverlapReview) -> None:
    if review.hold_id is not None:
        release(hold_id=review.hold_id, actor_ref=actor.reference)


def _decide(actor: Actor, review: OverlapReview, state: OverlapReview.State, reason: str) -> None:
    review.state, review.decided_at, review.decided_by_ref = state, clock.now(), actor.reference
    review.decision_reason = reason.strip()[:REASON_LENGTH_MAX]
    review.save(update_fields=["state", "decided_at", "decided_by_ref", "decision_reason"])
    record(
        actor=actor,
        action="interbank.accept_overlap" if state is State.ACCEPTED else "interbank.discard_overlap",
        object_ref=f"deposit:{review.deposit_id}",
        other=review.other_ref,
        why=review.why,
    )
