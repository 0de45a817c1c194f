"""What a request may be about: whose it is, what it says now, and who had a part in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from xinshi.activities.models import Shift
from xinshi.appeals.domain import CorrectionKind, Remedy
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.queries import parts_in_record
from xinshi.bank.models import Deposit, Passbook
from xinshi.bank.notices import in_notice
from xinshi.benefits.models import Voucher
from xinshi.people.models import User

NUMBER_LENGTH_MAX = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """`kinds` are what may be asked about it while it `stands`; `parts` are users and people with what they did."""

    reference: str
    person_id: int
    title: str
    kinds: tuple[CorrectionKind, ...]
    day: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    minutes: int | None = None
    spendable_minutes: int = 0
    deposit_id: int | None = None
    stands: bool = True
    is_in_notice: bool = False
    remedies: tuple[Remedy, ...] = ()
    parts: dict[str, str] = field(default_factory=dict)


def subject(reference: str) -> Subject | None:
    """What `kind:number` names; None where there is nothing, or nothing that anybody could ask about any more."""
    found = subject_as_it_was(reference)
    return found if found is not None and found.stands else None


def subject_as_it_was(reference: str) -> Subject | None:
    """The same, though it was put right or taken back meanwhile: to show what a request was about."""
    kind, _, number = reference.partition(":")
    if kind not in READERS or not (number.isascii() and number.isdigit() and len(number) <= NUMBER_LENGTH_MAX):
        return None
    return READERS[kind](int(number))


def about_missing(*, person_id: int, reference: str, title: str, shift_id: int | None) -> Subject:
    """Service that has no record: whoever was in charge of the shift should have taken it down, so they had a part."""
    parts = {f"person:{person_id}": "served"}
    shift = Shift.objects.select_related("activity").filter(pk=shift_id).first() if shift_id else None
    if shift is not None:
        parts[f"person:{shift.activity.person_in_charge_id}"] = "led"
        title = shift.activity.title
    return Subject(
        reference=reference,
        person_id=person_id,
        title=title,
        kinds=(CorrectionKind.MISSING,),
        parts=with_their_users(parts),
    )


def with_their_users(parts: dict[str, str]) -> dict[str, str]:
    """The parts by user and by person: who is known by one reference is known by the other."""
    users = [int(ref.removeprefix("user:")) for ref in parts if ref.startswith("user:")]
    people = [int(ref.removeprefix("person:")) for ref in parts if ref.startswith("person:")]
    found = dict(parts)
    for user_id, person_id in User.objects.filter(pk__in=users, person__isnull=False).values_list("pk", "person_id"):
        found.setdefault(f"person:{person_id}", parts[f"user:{user_id}"])
    for user_id, person_id in User.objects.filter(person_id__in=people).values_list("pk", "person_id"):
        found.setdefault(f"user:{user_id}", parts[f"person:{person_id}"])
    return found


def _record(number: int) -> Subject | None:
    row = ServiceRecord.objects.select_related("shift__activity").filter(pk=number).first()
    if row is None:
        return None
    return Subject(
        reference=f"service-record:{number}",
        person_id=row.person_id,
        title=row.shift.activity.title,
        kinds=(CorrectionKind.RECORD,),
        starts_at=row.checked_in_at,
        ends_at=row.checked_out_at,
        minutes=row.credited_minutes if row.deposit_id else None,
        stands=row.state not in (ServiceRecord.State.WITHDRAWN, ServiceRecord.State.REPLACED),
        deposit_id=row.deposit_id,
        parts=with_their_users(parts_in_record(number)),
    )


def _deposit(number: int) -> Subject | None:
    row = Deposit.objects.select_related("passbook", "reversal").filter(pk=number).first()
    if row is None:
        return None
    parts = {row.approved_by_ref: "approved", f"person:{row.passbook.person_id}": "served"}
    kind, _, record_id = row.source_ref.partition(":")
    if kind == "service-record" and ServiceRecord.objects.filter(pk=int(record_id)).exists():
        parts = parts_in_record(int(record_id)) | parts
    return Subject(
        reference=f"deposit:{number}",
        person_id=row.passbook.person_id,
        title=row.title,
        kinds=(CorrectionKind.DEPOSIT, CorrectionKind.NOTICE),
        day=row.worked_on,
        minutes=row.credited_minutes,
        spendable_minutes=row.credited_minutes - row.donation_minutes,
        deposit_id=row.pk,
        stands=not hasattr(row, "reversal"),
        is_in_notice=row.pk in in_notice([row.pk]),
        parts=with_their_users(parts),
    )


def _voucher(number: int) -> Subject | None:
    row = Voucher.objects.select_related("benefit").filter(pk=number).first()
    if row is None:
        return None
    parts = {row.reserved_by_ref: "reserved", row.ended_by_ref: "ended", f"person:{row.person_id}": "served"}
    return Subject(
        reference=f"voucher:{number}",
        person_id=row.person_id,
        title=row.benefit.name,
        kinds=(CorrectionKind.VOUCHER,),
        day=row.slot.day if row.slot else None,
        minutes=row.minutes,
        remedies=REMEDIES.get(Voucher.State(row.state), ()),
        parts=with_their_users({reference: part for reference, part in parts.items() if reference}),
    )


REMEDIES: Final = {
    Voucher.State.RESERVED: (Remedy.CANCEL,),
    Voucher.State.NO_SHOW: (Remedy.EXCUSE,),
    Voucher.State.FULFILLED: (Remedy.REFUND,),
}
"""What can be done about a voucher, by the state in which it is."""


def _passbook(number: int) -> Subject | None:
    row = Passbook.objects.filter(pk=number).first()
    if row is None:
        return None
    return Subject(
        reference=f"passbook:{number}",
        person_id=row.person_id,
        title=row.number,
        kinds=(CorrectionKind.STAR,),
        minutes=row.certified_minutes,
        parts=with_their_users({f"person:{row.person_id}": "served"}),
    )


READERS = {"service-record": _record, "deposit": _deposit, "voucher": _voucher, "passbook": _passbook}
