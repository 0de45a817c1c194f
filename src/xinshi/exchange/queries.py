"""Reads of the exchange."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from xinshi.bank.models import Deposit
from xinshi.exchange.access import is_keeper, require_keeper, require_reader, visible_to
from xinshi.exchange.domain import ZHIYUANHUI
from xinshi.exchange.known import SOURCE_PREFIX
from xinshi.exchange.models import (
    ColumnMapping,
    ExportCarry,
    HonoraryExport,
    HonoraryExportPart,
    ImportFile,
    ImportLine,
    ImportRun,
    Partner,
)
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.ledger import queries as ledger
from xinshi.ledger.domain import AccountKind
from xinshi.people import queries as people
from xinshi.people.models import Person
from xinshi.people.queries import names_by_reference

State = ImportLine.State
OPEN_RUNS_MAX: Final = 20
CANDIDATES_MAX: Final = 10
SAME_NAME_MAX: Final = 200
NAME_AND_TAIL: Final = re.compile(r"(\D*[^\d\s])\s*(\d{4})")
"""A name and the last four digits of the phone, with or without a space between them."""


@dataclass(frozen=True, slots=True)
class FileCard:
    """A file with what became of its rows: {state: lines}, and the minutes credited from it."""

    file: ImportFile
    counts: dict[str, int] = field(default_factory=dict)
    credited_minutes: int = 0

    @property
    def credited(self) -> int:
        return self.counts.get(State.CREDITED, 0)

    @property
    def held_back(self) -> int:
        return self.counts.get(State.HELD_BACK, 0)

    @property
    def unmatched(self) -> int:
        return self.counts.get(State.UNMATCHED, 0)

    @property
    def rejected(self) -> int:
        return self.counts.get(State.REJECTED, 0)

    @property
    def to_correct(self) -> int:
        """Rows of the spreadsheet in which somebody may correct what was not taken: a wrong number is also not found."""
        return self.rejected + self.unmatched

    @property
    def states(self) -> list[tuple[State, int]]:
        """Every state with its count, in the order of the model."""
        return [(state, self.counts.get(state.value, 0)) for state in State]


@dataclass(frozen=True, slots=True)
class Overview:
    """The exchange with 志愿汇 at a glance. `came_in_minutes` stand on its clearing account: hours that it owes."""

    files: int
    came_in_minutes: int
    held_back: int
    unmatched: int
    to_correct: int
    went_out_minutes: int
    carried_minutes: int


@dataclass(frozen=True, slots=True)
class LineDetail:
    """One line with what came of it; `people` are names by reference."""

    line: ImportLine
    deposit: Deposit | None
    is_taken_back: bool
    people: dict[str, str]
    may_decide: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class ExportCard:
    export: HonoraryExport
    people: int
    minutes: int
    tenths: int
    parts: int = 1

    @property
    def sent_minutes(self) -> int:
        """What the file says, in minutes."""
        return self.tenths * 6


def overview(actor: Actor) -> Overview:
    require_reader(actor)
    clearing = (AccountKind.CLEARING.value, f"partner:{ZHIYUANHUI}")
    came_in = [one.minutes for one in ledger.system_totals() if (one.kind, one.owner_ref) == clearing]
    lines = ImportLine.objects.aggregate(
        held=Count("pk", filter=Q(state=State.HELD_BACK)),
        unmatched=Count("pk", filter=Q(state=State.UNMATCHED)),
        wrong=Count("pk", filter=Q(state=State.REJECTED)),
    )
    return Overview(
        files=ImportFile.objects.count(),
        came_in_minutes=-sum(came_in),
        held_back=lines["held"],
        unmatched=lines["unmatched"],
        to_correct=lines["wrong"],
        went_out_minutes=6 * (HonoraryExport.objects.aggregate(n=Sum("lines__tenths"))["n"] or 0),
        carried_minutes=ExportCarry.objects.aggregate(n=Sum("minutes"))["n"] or 0,
    )


def files(actor: Actor) -> QuerySet[ImportFile]:
    """Imported files, the newest first."""
    require_reader(actor)
    return ImportFile.objects.select_related("sender").order_by("-last_imported_at", "-pk")


def file_cards(rows: Iterable[ImportFile]) -> list[FileCard]:
    """These files with their counts, by one query."""
    wanted = list(rows)
    found = {row.pk: FileCard(row) for row in wanted}
    minutes: dict[int, int] = {}
    lines = ImportLine.objects.filter(file_id__in=list(found)).order_by()
    for file_id, state, count, total in lines.values_list("file_id", "state").annotate(Count("pk"), Sum("minutes")):
        found[file_id].counts[state] = count
        if state == State.CREDITED:
            minutes[file_id] = total
    return [FileCard(row, found[row.pk].counts, minutes.get(row.pk, 0)) for row in wanted]


def file(actor: Actor, file_id: int) -> FileCard:
    """One file with its counts; NotFound for an unknown one."""
    found = files(actor).filter(pk=file_id).first()
    if found is None:
        raise NotFound
    return file_cards([found])[0]


def lines(actor: Actor, *, state: str = "", file_id: int | None = None) -> QuerySet[ImportLine]:
    """The lines that the actor may see, in the order of the file."""
    rows = visible_to(actor).select_related("file")
    if state:
        rows = rows.filter(state=state)
    if file_id is not None:
        rows = rows.filter(file_id=file_id)
    return rows.order_by("sheet", "row_number", "pk")


def held_back(actor: Actor) -> QuerySet[ImportLine]:
    """What waits for a decision, the oldest first."""
    require_reader(actor)
    return ImportLine.objects.filter(state=State.HELD_BACK).select_related("file", "person").order_by("pk")


def held_back_count(actor: Actor) -> int:
    """How many lines wait for a decision of the actor's; none for who may not decide, never their own."""
    if not is_keeper(actor):
        return 0
    waiting = ImportLine.objects.filter(state=State.HELD_BACK)
    if actor.person_id is not None:
        waiting = waiting.exclude(person_id=actor.person_id)
    return waiting.count()


def line(actor: Actor, line_id: int) -> LineDetail:
    """One line that the actor may see, with its deposit; NotFound otherwise."""
    found = visible_to(actor).select_related("file", "person").filter(pk=line_id).first()
    if found is None:
        raise NotFound
    deposit = Deposit.objects.select_related("reversal").filter(source_ref=f"{SOURCE_PREFIX}{found.pk}").first()
    is_own = found.person_id is not None and found.person_id == actor.person_id
    return LineDetail(
        line=found,
        deposit=deposit,
        is_taken_back=deposit is not None and hasattr(deposit, "reversal"),
        people=names_by_reference([found.decided_by_ref, found.file.first_imported_by_ref]),
        may_decide=found.state == State.HELD_BACK and is_keeper(actor) and not is_own,
        is_own=is_own,
    )


def exports(actor: Actor) -> QuerySet[HonoraryExport]:
    """Files that went out, the newest first."""
    require_reader(actor)
    return HonoraryExport.objects.order_by("-pk")


def export_cards(rows: Iterable[HonoraryExport]) -> list[ExportCard]:
    wanted = list(rows)
    totals = HonoraryExport.objects.filter(pk__in=[row.pk for row in wanted]).annotate(
        people=Count("lines", filter=Q(lines__tenths__gt=0)), minutes=Sum("lines__minutes"), tenths=Sum("lines__tenths")
    )
    found = {row.pk: row for row in totals}
    files = dict(
        HonoraryExportPart.objects.filter(export__in=[row.pk for row in wanted])
        .order_by()
        .values_list("export_id")
        .annotate(Max("number"))
    )
    return [
        ExportCard(
            row, found[row.pk].people, found[row.pk].minutes or 0, found[row.pk].tenths or 0, files.get(row.pk, 1)
        )
        for row in wanted
    ]


def run(actor: Actor, run_id: int) -> ImportRun:
    """One run of an import with its file; NotFound for an unknown one."""
    require_reader(actor)
    found = ImportRun.objects.select_related("file", "sender").filter(pk=run_id).first()
    if found is None:
        raise NotFound
    return found


def runs(actor: Actor) -> QuerySet[ImportRun]:
    """Every taking-in of a file, with its file."""
    require_reader(actor)
    return ImportRun.objects.select_related("file", "sender")


def open_runs(actor: Actor) -> list[ImportRun]:
    """Imports that go on or rest, the newest first."""
    require_reader(actor)
    rows = ImportRun.objects.filter(state__in=["running", "stopped"]).exclude(path="").select_related("file")
    return list(rows.order_by("-pk")[:OPEN_RUNS_MAX])


def unmatched(actor: Actor, *, term: str = "") -> QuerySet[ImportLine]:
    """Rows whose person was not found or cannot be credited, by number and name; `term` is part of either."""
    require_reader(actor)
    rows = ImportLine.objects.filter(state=State.UNMATCHED).select_related("file", "person")
    wanted = term.strip().replace("\0", "")
    if wanted:
        rows = rows.filter(Q(name__contains=wanted) | Q(volunteer_number__contains=wanted))
    return rows.order_by("volunteer_number", "name", "pk")


def unmatched_count(actor: Actor) -> int:
    """How many rows wait for their person; none for who may not match them."""
    return ImportLine.objects.filter(state=State.UNMATCHED).count() if is_keeper(actor) else 0


def candidates(actor: Actor, term: str) -> list[Person]:
    """Who may be meant: by volunteer number, whole phone or identity number, part of the name, or name and phone's end."""
    require_keeper(actor)
    wanted = unicodedata.normalize("NFKC", term).strip()
    if not wanted:
        return []
    if match := NAME_AND_TAIL.fullmatch(wanted):
        same_name = people.search(actor).filter(name=match[1]).order_by("pk")[:SAME_NAME_MAX]
        return [person for person in same_name if person.phone.endswith(match[2])][:CANDIDATES_MAX]
    return list(people.search(actor, term=wanted).order_by("name", "pk")[:CANDIDATES_MAX])


def remembered_columns(actor: Actor) -> QuerySet[ColumnMapping]:
    """What people said about titles, the newest first."""
    require_reader(actor)
    return ColumnMapping.objects.select_related("sender").order_by("-said_at", "-pk")


def remembered_mapping(actor: Actor, mapping_id: int) -> ColumnMapping:
    """What was said about some titles; NotFound for an unknown mapping."""
    found = remembered_columns(actor).filter(pk=mapping_id).first()
    if found is None:
        raise NotFound
    return found


def senders() -> list[str]:
    """Names of who handed files over before, whoever did last first; 志愿汇 itself is always among them."""
    partner = Partner.objects.get(code=ZHIYUANHUI)
    names = list(partner.file_senders.order_by(F("used_at").desc(nulls_last=True), "pk").values_list("name", flat=True))
    return names if partner.name in names else [*names, partner.name]


def export(actor: Actor, export_id: int) -> HonoraryExport:
    """One file that went out; NotFound for an unknown one."""
    found = exports(actor).filter(pk=export_id).first()
    if found is None:
        raise NotFound
    return found


def first_day_not_sent() -> date | None:
    """The day after the last period that went out, to begin the next one with."""
    last = HonoraryExport.objects.order_by("-to_day").values_list("to_day", flat=True).first()
    return date.fromordinal(last.toordinal() + 1) if last else None
