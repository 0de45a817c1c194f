"""Words for what this room stores as codes, and the facts of a request side by side: what stands, what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.appeals.domain import CorrectionKind
from xinshi.appeals.models import CorrectionRequest
from xinshi.appeals.subjects import Subject
from xinshi.attendance.models import ServiceRecord
from xinshi.bank.models import Passbook
from xinshi.benefits.models import Voucher
from xinshi.doors.wording import NOTHING, day_text, hours_text
from xinshi.kernel import clock
from xinshi.people.wording import category_label

ROLE_NAMES: Final = {
    "asker": _("The person who asked"),
    "station": _("The volunteer service station, for the person"),
    "coordinator": _("A coordinator"),
    "administrator": _("An administrator"),
    "system": _("The clock"),
}
STATE_TONES: Final = {
    "open": "info",
    "more_asked": "warn",
    "granted": "good",
    "partly": "good",
    "refused": "bad",
    "withdrawn": "",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the comparison; an empty `asked` means that nothing else is asked there."""

    label: str
    stands: str
    asked: str = ""


def facts(row: CorrectionRequest, about: Subject | None) -> list[Fact]:
    """What stands now beside what is asked, by the kind of the request."""
    if row.kind == CorrectionKind.MISSING:
        return _facts_of_missing(row)
    assert about is not None, "rows that somebody asked about are never deleted"
    readers = {
        CorrectionKind.RECORD: _facts_of_record,
        CorrectionKind.DEPOSIT: _facts_of_deposit,
        CorrectionKind.NOTICE: _facts_of_deposit,
        CorrectionKind.VOUCHER: _facts_of_voucher,
        CorrectionKind.STAR: _facts_of_star,
    }
    return readers[CorrectionKind(row.kind)](row, about)


def _facts_of_record(row: CorrectionRequest, about: Subject) -> list[Fact]:
    record = ServiceRecord.objects.get(pk=int(about.reference.partition(":")[2]))
    return [
        Fact(gettext("Day"), day_text(record.checked_in_at), day_text(row.asked_from) if row.asked_from else ""),
        Fact(
            gettext("Time"),
            span_text(record.checked_in_at, record.checked_out_at),
            span_text(row.asked_from, row.asked_until) if row.asked_from else "",
        ),
        Fact(gettext("Hours credited"), hours_text(about.minutes), hours_text(asked_minutes(row))),
        Fact(gettext("Kind of hours"), str(record.get_hours_kind_display())),
        Fact(gettext("State"), str(record.get_state_display())),
    ]


def _facts_of_missing(row: CorrectionRequest) -> list[Fact]:
    title, place, category = row.title, row.place, category_label(row.category) if row.category else ""
    if row.shift is not None:
        activity = row.shift.activity
        title, place, category = activity.title, activity.place, category_label(activity.category)
    return [
        Fact(gettext("Service"), NOTHING, title),
        Fact(gettext("Place"), NOTHING, place),
        Fact(gettext("Service category"), NOTHING, category),
        Fact(gettext("Day"), NOTHING, day_text(row.asked_from)),
        Fact(gettext("Time"), NOTHING, span_text(row.asked_from, row.asked_until)),
        Fact(gettext("Hours credited"), NOTHING, hours_text(asked_minutes(row))),
    ]


def _facts_of_deposit(row: CorrectionRequest, about: Subject) -> list[Fact]:  # one signature for all
    return [
        Fact(gettext("Day"), day_text(about.day)),
        Fact(gettext("Hours credited"), hours_text(about.minutes), gettext("To be taken back")),
        Fact(
            gettext("Until the answer"),
            _set_aside_text(row),
        ),
    ]


def _set_aside_text(row: CorrectionRequest) -> str:
    if row.hold_id or row.notice_until:
        return gettext("The disputed hours were set aside until the answer")
    return gettext("Not set aside")


def _facts_of_voucher(row: CorrectionRequest, about: Subject) -> list[Fact]:
    voucher = Voucher.objects.get(pk=int(about.reference.partition(":")[2]))
    return [
        Fact(gettext("State"), str(voucher.get_state_display()), str(row.get_remedy_display())),
        Fact(gettext("Hours"), hours_text(about.minutes)),
        Fact(gettext("Day"), day_text(about.day)),
    ]


def _facts_of_star(row: CorrectionRequest, about: Subject) -> list[Fact]:  # noqa: ARG001  # one signature for all
    passbook = Passbook.objects.get(pk=int(about.reference.partition(":")[2]))
    return [
        Fact(gettext("Lifetime certified hours"), hours_text(passbook.certified_minutes)),
        Fact(gettext("Stars"), str(passbook.star_level), gettext("One more, by the policy in force")),
    ]


def asked_minutes(row: CorrectionRequest) -> int | None:
    """How long the service was by what is asked."""
    if row.asked_from is not None and row.asked_until is not None:
        return clock.whole_minutes_between(row.asked_from, row.asked_until)
    return row.asked_minutes


def span_text(start: datetime | None, end: datetime | None) -> str:
    """`09:00–11:00`; an open end stays open."""
    return f"{_time(start)}–{_time(end) if end else ''}" if start else NOTHING


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(clock.HOSPITAL_ZONE):%H:%M}"
