"""Sending hours out: the honorary template, each deposit once, what rounding keeps back carried to the next file."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from xinshi.audit.actions import record
from xinshi.bank.models import Deposit, DepositReversal
from xinshi.exchange.access import require_keeper
from xinshi.exchange.actions.importing import locked_partner
from xinshi.exchange.domain import VOLUNTEER_NUMBER, joined_reason, rounded_down
from xinshi.exchange.events import HoursExported
from xinshi.exchange.known import SOURCE_PREFIX, parts
from xinshi.exchange.models import (
    ExportCarry,
    ExportedDeposit,
    HonoraryExport,
    HonoraryExportLine,
    HonoraryExportPart,
    Partner,
)
from xinshi.exchange.zhiyuanhui.template import filled_template
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.outbox.actions import publish
from xinshi.people.domain import ZHIYUANHUI as CONSENT
from xinshi.people.models import Consent, Person

GENERAL_REASON: Final = "医院志愿服务时数补录"
BATCH_ROWS: Final = 1_000


class PeriodBackwards(DomainError):
    code = "period_backwards"
    message = gettext_noop("The last day of the period is before the first.")
    status = 422


@dataclass(frozen=True, slots=True)
class ExportReport:
    """A file that goes out. `export_id` is None where there was nothing to send; `is_new` False for a file written again.

    `without_consent` and `without_number` are people with hours in the period who are not in the file, and why.
    """

    export_id: int | None
    is_new: bool
    people: int
    tenths: int
    minutes: int
    carried_minutes: int
    without_consent: int
    without_number: int
    workbooks: Sequence[bytes]
    """The files to be handed in, one after the other: 志愿汇 takes so many rows at a time."""

    @property
    def workbook(self) -> bytes:
        """The first file; most exports have no other."""
        return self.workbooks[0]

    def as_json(self) -> dict[str, Any]:
        return {
            "export": self.export_id,
            "is_new": self.is_new,
            "rows": self.people,
            "hours": f"{self.tenths // 10}.{self.tenths % 10}",
            "minutes": self.minutes,
            "carried_minutes": self.carried_minutes,
            "without_consent": self.without_consent,
            "without_number": self.without_number,
        }


@dataclass(slots=True)
class Share:
    """One person's part of a file: fresh deposits and earlier ones to be taken back."""

    fresh: list[Deposit] = field(default_factory=list)
    taken_back: list[ExportedDeposit] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return sum(row.raw_minutes for row in self.fresh) - sum(row.minutes for row in self.taken_back)


@dataclass(slots=True)
class Selection:
    shares: dict[int, Share]
    people: Mapping[int, tuple[str, str]]
    """Name and volunteer number of those who may be in the file."""
    without_consent: int
    without_number: int

    @property
    def has_fresh(self) -> bool:
        return any(share.fresh for share in self.shares.values())


@transaction.atomic
def export_zhiyuanhui(*, actor: Actor, from_day: date, to_day: date) -> ExportReport:
    """The honorary file of what was served from `from_day` to `to_day` and did not go out yet.

    Only of people who consent to the exchange and have a volunteer number; never what came from the partner. Where
    nothing is new since the last file of the same period, that file is written again.
    """
    require_keeper(actor)
    if to_day < from_day:
        raise PeriodBackwards
    partner = locked_partner()
    selection = _select(from_day, to_day)
    export: HonoraryExport | None
    if selection.has_fresh:
        export = _write(actor, partner, selection, from_day, to_day)
    else:
        same = HonoraryExport.objects.filter(partner=partner, from_day=from_day, to_day=to_day)
        export = same.order_by("-pk").first()
    return _report(export, selection, is_new=selection.has_fresh)


def written_again(export: HonoraryExport, *, part: int = 1) -> bytes:
    """One file of an export, as it went out."""
    return filled_template(
        export.lines.filter(tenths__gt=0, part=part)
        .order_by("volunteer_number")
        .values_list("name", "volunteer_number", "tenths", "reason"),
        made_at=export.exported_at,
    )


def all_written_again(export: HonoraryExport) -> list[bytes]:
    """Every file of an export; one without rows where nothing reached a tenth of an hour."""
    numbers = list(export.parts.order_by("number").values_list("number", flat=True)) or [1]
    return [written_again(export, part=number) for number in numbers]


def _select(from_day: date, to_day: date) -> Selection:
    went_out = ExportedDeposit.objects.filter(deposit_id=OuterRef("pk"))
    deposits = (
        Deposit.objects.filter(worked_on__gte=from_day, worked_on__lte=to_day, reversal=None)
        .exclude(source_ref__startswith=SOURCE_PREFIX)
        .filter(~Exists(went_out))
        .select_related("passbook")
        .order_by("worked_on", "pk")
    )
    shares: dict[int, Share] = defaultdict(Share)
    for deposit in deposits:
        shares[deposit.passbook.person_id].fresh.append(deposit)
    people, without_number = _with_numbers(shares)
    consenting = _consenting(people)
    without_consent = len(people) - len(consenting)
    selection = Selection(
        shares={pk: share for pk, share in shares.items() if pk in consenting},
        people={pk: one for pk, one in people.items() if pk in consenting},
        without_consent=without_consent,
        without_number=without_number,
    )
    _add_taken_back(selection)
    return selection


def _with_numbers(person_ids: Iterable[int]) -> tuple[dict[int, tuple[str, str]], int]:
    """Name and number of those who have a number of the platform's form, and how many have none."""
    found: dict[int, tuple[str, str]] = {}
    wanted = sorted(person_ids)
    for part in parts(wanted):
        rows = Person.objects.filter(pk__in=part, erased_at=None, volunteer_number__isnull=False)
        for pk, name, number in rows.values_list("pk", "name", "volunteer_number"):
            if VOLUNTEER_NUMBER.fullmatch(str(number)):
                found[pk] = (name, str(number))
    return found, len(wanted) - len(found)


def _consenting(person_ids: Iterable[int]) -> set[int]:
    """B6: who agreed that their hours are handed to 志愿汇."""
    found: set[int] = set()
    for part in parts(sorted(person_ids)):
        rows = Consent.objects.filter(person_id__in=part, purpose=CONSENT, withdrawn_at=None)
        found |= set(rows.values_list("person_id", flat=True))
    return found


def _add_taken_back(selection: Selection) -> None:
    """Deposits that went out and were reversed since lower the figure of people who are in this file anyway."""
    reversals = DepositReversal.objects.filter(deposit_id=OuterRef("deposit_id"))
    for part in parts(sorted(selection.shares)):
        rows = ExportedDeposit.objects.filter(Exists(reversals), person_id__in=part, taken_back_in=None)
        for row in rows.order_by("pk"):
            selection.shares[row.person_id].taken_back.append(row)


def _write(actor: Actor, partner: Partner, selection: Selection, from_day: date, to_day: date) -> HonoraryExport:
    export = HonoraryExport.objects.create(
        partner=partner,
        from_day=from_day,
        to_day=to_day,
        exported_at=clock.now().replace(microsecond=0),
        exported_by_ref=actor.reference,
    )
    lines = _lines(export, selection, _carries(partner, selection.shares))
    _put_into_parts(lines)
    HonoraryExportLine.objects.bulk_create(lines, batch_size=BATCH_ROWS)
    _note_parts(export, lines)
    ExportCarry.objects.bulk_create(
        [ExportCarry(partner=partner, person_id=line.person_id, minutes=line.carry_after) for line in lines],
        update_conflicts=True,
        unique_fields=["partner", "person"],
        update_fields=["minutes"],
        batch_size=BATCH_ROWS,
    )
    ExportedDeposit.objects.bulk_create(
        [
            ExportedDeposit(deposit_id=row.pk, export=export, person_id=person_id, minutes=row.raw_minutes)
            for person_id, share in selection.shares.items()
            for row in share.fresh
        ],
        batch_size=BATCH_ROWS,
    )
    for part in parts(row.pk for share in selection.shares.values() for row in share.taken_back):
        ExportedDeposit.objects.filter(pk__in=part).update(taken_back_in=export)
    minutes = sum(line.minutes for line in lines)
    record(
        actor=actor,
        action="exchange.export",
        object_ref=f"exchange-export:{export.pk}",
        people=len(lines),
        minutes=minutes,
        from_day=from_day.isoformat(),
        to_day=to_day.isoformat(),
    )
    publish(HoursExported(export_id=export.pk, partner=partner.code, people=len(lines), minutes=minutes))
    return export


def _put_into_parts(lines: Sequence[HonoraryExportLine]) -> None:
    """Say in which file each line stands, in the order of the volunteer numbers."""
    rows_max: int = settings.ZHIYUANHUI_FILE_ROWS_MAX
    in_files = sorted((line for line in lines if line.tenths), key=lambda line: line.volunteer_number)
    for place, line in enumerate(in_files):
        line.part = place // rows_max + 1


def _note_parts(export: HonoraryExport, lines: Sequence[HonoraryExportLine]) -> None:
    """What each file says and what it hashes to: the record of what was handed in."""
    by_part: dict[int, list[HonoraryExportLine]] = defaultdict(list)
    for line in lines:
        if line.tenths:
            by_part[line.part].append(line)
    HonoraryExportPart.objects.bulk_create(
        HonoraryExportPart(
            export=export,
            number=number,
            rows=len(of_part),
            tenths=sum(line.tenths for line in of_part),
            sha256=hashlib.sha256(written_again(export, part=number)).hexdigest(),
        )
        for number, of_part in sorted(by_part.items())
    )


def _carries(partner: Partner, person_ids: Iterable[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for part in parts(sorted(person_ids)):
        rows = ExportCarry.objects.filter(partner=partner, person_id__in=part)
        found |= dict(rows.values_list("person_id", "minutes"))
    return found


def _lines(export: HonoraryExport, selection: Selection, carries: Mapping[int, int]) -> Sequence[HonoraryExportLine]:
    lines = []
    for person_id, share in selection.shares.items():
        name, number = selection.people[person_id]
        carry_before = carries.get(person_id, 0)
        rounded = rounded_down(carry_before, share.minutes)
        lines.append(
            HonoraryExportLine(
                export=export,
                person_id=person_id,
                name=name,
                volunteer_number=number,
                reason=joined_reason((row.title for row in share.fresh), general=GENERAL_REASON),
                minutes=share.minutes,
                carry_before=carry_before,
                tenths=rounded.tenths,
                carry_after=rounded.carry,
            )
        )
    return lines


def _report(export: HonoraryExport | None, selection: Selection, *, is_new: bool) -> ExportReport:
    lines = list(export.lines.all()) if export else []
    return ExportReport(
        export_id=export.pk if export else None,
        is_new=is_new,
        people=sum(1 for line in lines if line.tenths),
        tenths=sum(line.tenths for line in lines),
        minutes=sum(line.minutes for line in lines),
        carried_minutes=sum(line.carry_after for line in lines),
        without_consent=selection.without_consent,
        without_number=selection.without_number,
        workbooks=all_written_again(export) if export else [filled_template([], made_at=clock.now())],
    )
