"""Carrying out what was granted, by the actions of the rooms whose it is, inside the answer's own transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from xinshi.activities.actions import create_activity
from xinshi.activities.domain import NewActivity, NewShift
from xinshi.activities.models import Activity
from xinshi.appeals.domain import (
    CorrectionKind,
    Given,
    MinutesSpent,
    OrganiserMissing,
    Remedy,
    StarNotReached,
    TimesMissing,
    check_times,
)
from xinshi.appeals.events import StarReviewGranted
from xinshi.appeals.models import CorrectionRequest
from xinshi.attendance.actions import Settled, settle_missing, settle_record
from xinshi.bank.actions import reverse_deposit
from xinshi.bank.domain import star_level
from xinshi.bank.models import Passbook
from xinshi.bank.queries import policy_in_force
from xinshi.benefits.actions import cancel, excuse_no_show, refund
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.ledger.domain import InsufficientMinutes
from xinshi.outbox.actions import publish


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What was made and what was taken back; `minutes` are those of the new deposit."""

    minutes: int | None = None
    new_record_id: int | None = None
    new_deposit_id: int | None = None
    reversed_deposit_id: int | None = None


def apply(row: CorrectionRequest, given: Given, *, actor: Actor, reason: str, at: datetime) -> Applied:
    """Do what the request's kind means; MinutesSpent where the balance does not hold what would be taken back."""
    try:
        with transaction.atomic():
            return APPLIERS[CorrectionKind(row.kind)](row, given, actor, reason, at)
    except InsufficientMinutes as refusal:
        raise MinutesSpent(**refusal.parameters) from refusal


def _record(row: CorrectionRequest, given: Given, actor: Actor, reason: str, at: datetime) -> Applied:
    starts_at, ends_at = _times(given, at)
    settled = settle_record(
        actor=actor,
        record_id=_number(row),
        checked_in_at=starts_at,
        checked_out_at=ends_at,
        reason=reason,
    )
    return _applied(settled)


def _missing(row: CorrectionRequest, given: Given, actor: Actor, reason: str, at: datetime) -> Applied:
    starts_at, ends_at = _times(given, at)
    shift_id = given.shift_id
    if shift_id is None:
        shift_id = _shift_of_its_own(row, given, actor, (starts_at, ends_at))
    settled = settle_missing(
        actor=actor,
        person_id=row.person_id,
        shift_id=shift_id,
        checked_in_at=starts_at,
        checked_out_at=ends_at,
        reason=reason,
    )
    return _applied(settled)


def _shift_of_its_own(row: CorrectionRequest, given: Given, actor: Actor, times: tuple[datetime, datetime]) -> int:
    """A finished activity of one shift and one place (补录项目), with organiser and person in charge as the norm wants."""
    if given.organizer_id is None or given.person_in_charge_id is None or not row.title:
        raise OrganiserMissing
    made = create_activity(
        actor=actor,
        activity=NewActivity(
            title=row.title,
            category=row.category,
            place=row.place,
            organizer_id=given.organizer_id,
            person_in_charge_id=given.person_in_charge_id,
            hours_kind=HoursKind.HONORARY,
            shifts=(NewShift(starts_at=times[0], ends_at=times[1], places=1),),
            state=Activity.State.FINISHED,
        ),
    )
    return made.shift_ids[0]


def _deposit(row: CorrectionRequest, given: Given, actor: Actor, reason: str, at: datetime) -> Applied:  # noqa: ARG001
    """The same signature for every kind: hours that should not be there need no times."""
    deposit_id = _number(row)
    reverse_deposit(actor=actor, deposit_id=deposit_id, reason=reason[:300])
    return Applied(reversed_deposit_id=deposit_id)


def _voucher(row: CorrectionRequest, given: Given, actor: Actor, reason: str, at: datetime) -> Applied:  # noqa: ARG001
    """To cancel is the desk's right; the answer gives it to its author for this one voucher."""
    voucher_id, why = _number(row), reason[:300]
    if row.remedy == Remedy.EXCUSE:
        excuse_no_show(actor=actor, voucher_id=voucher_id, reason=why)
    elif row.remedy == Remedy.REFUND:
        refund(actor=actor, voucher_id=voucher_id, reason=why)
    else:
        cancel(actor=replace(actor, roles=actor.roles | {Role.CLERK}), voucher_id=voucher_id, reason=why)
    return Applied()


def _star(row: CorrectionRequest, given: Given, actor: Actor, reason: str, at: datetime) -> Applied:  # noqa: ARG001
    """Stars are the policy's to give: the room that gives them looks again, once this transaction stands."""
    passbook = Passbook.objects.get(pk=_number(row))
    rules = policy_in_force().rules
    reached = star_level(
        passbook.certified_minutes,
        rules.star_thresholds_minutes,
        verified_minutes=passbook.verified_minutes,
        verified_percent=rules.star_verified_percent,
    )
    if reached <= passbook.star_level:
        raise StarNotReached
    publish(StarReviewGranted(passbook_id=passbook.pk, person_id=passbook.person_id))
    return Applied()


APPLIERS = {
    CorrectionKind.RECORD: _record,
    CorrectionKind.MISSING: _missing,
    CorrectionKind.DEPOSIT: _deposit,
    CorrectionKind.NOTICE: _deposit,
    CorrectionKind.VOUCHER: _voucher,
    CorrectionKind.STAR: _star,
}


def _times(given: Given, at: datetime) -> tuple[datetime, datetime]:
    if given.starts_at is None or given.ends_at is None:
        raise TimesMissing
    check_times(given.starts_at, given.ends_at, now=at)
    return given.starts_at, given.ends_at


def _number(row: CorrectionRequest) -> int:
    return int(row.subject_ref.partition(":")[2])


def _applied(settled: Settled) -> Applied:
    return Applied(
        minutes=settled.minutes,
        new_record_id=settled.record_id,
        new_deposit_id=settled.deposit_id,
        reversed_deposit_id=settled.reversed_deposit_id,
    )
