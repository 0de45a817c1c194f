"""Importing a roster: read, judge every row, then open what can be opened, all in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext

from xinshi.audit.actions import record
from xinshi.bank.actions import open_passbooks
from xinshi.bank.roster.columns import EXAMPLE_ROW, FILLED_DOWN, REASON_TITLES, SYNONYMS, TITLES
from xinshi.bank.roster.domain import Judgement, RosterRow, data_rows, judge, read_row
from xinshi.bank.roster.known import known_people
from xinshi.documents.sheets import (
    FileTooLarge,
    Header,
    HeaderNotFound,
    Sheet,
    find_header,
    plain_title,
    read_sheets,
)
from xinshi.documents.workbook import write_workbook
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.organizations.actions import ensure_departments, join_many
from xinshi.people.access import require_archive_keeper
from xinshi.people.actions import register_people
from xinshi.people.basic_data import Fault
from xinshi.people.domain import masked_id, masked_phone
from xinshi.people.wording import fault_text

ROSTER_ROWS_MAX: Final = 50_000
PREVIEW_ROWS: Final = 10
PROGRESS_EVERY: Final = 500

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row was not imported: its number in the sheet, the column's title, a stable code, a sentence."""

    row: int
    column: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as it will be registered, numbers masked."""

    row: int
    name: str
    masked_id_number: str
    volunteer_number: str
    masked_phone: str
    group: str
    department: str


@dataclass(frozen=True, slots=True)
class RosterReport:
    """What an import did, or on a dry run would do. Every row stands in exactly one of the three."""

    rows: int
    accounts: int
    already_known: int
    rejected: Sequence[Rejection]
    first_rows: Sequence[PreviewRow]
    rejected_workbook: bytes | None
    """The rejected rows in their own columns and why; None where there is none."""

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "accounts": self.accounts,
            "already_known": self.already_known,
            "rejected": [
                {"row": one.row, "column": one.column, "code": one.code, "message": one.message}
                for one in self.rejected
            ],
        }


def import_roster(
    *, actor: Actor, data: bytes, file_name: str, dry_run: bool = False, progress: Progress | None = None
) -> RosterReport:
    """Open a passbook for everybody in the roster who has none; good rows go in although others are rejected."""
    require_archive_keeper(actor)
    sheet, header = _find_table(read_sheets(data, file_name=file_name))
    rows = _read_rows(sheet, header, progress)
    with transaction.atomic():
        judgement = _judge(rows)
        if not dry_run:
            _open(actor, judgement)
            record(
                actor=actor,
                action="bank.import_roster",
                object_ref=f"file:{hashlib.sha256(data).hexdigest()[:32]}",
                rows=len(rows),
                accounts=len(judgement.new) + len(judgement.without_passbook),
                rejected=len(judgement.rejected),
            )
    return _report(judgement, rows, header)


def check_is_roster(data: bytes, *, file_name: str) -> None:
    """Refuse what cannot be read or has no header of a roster, before it is kept for a preview."""
    _find_table(read_sheets(data, file_name=file_name))


def empty_template() -> bytes:
    """A roster to fill in, with one invented person as an example."""
    return write_workbook(sheet_name="志愿者花名册", headers=list(TITLES.values()), rows=[EXAMPLE_ROW])


def _find_table(sheets: Sequence[Sheet]) -> tuple[Sheet, Header]:
    """The first sheet with a header that names people and a number to know them by."""
    for sheet in sheets:
        for number in ("id_number", "volunteer_number"):
            header = find_header(sheet, SYNONYMS, required=("name", number))
            if header:
                return sheet, header
    raise HeaderNotFound(columns=f"{TITLES['name']}, {TITLES['id_number']}")


def _read_rows(sheet: Sheet, header: Header, progress: Progress | None) -> list[RosterRow]:
    sheet.fill_merged([header.columns[name] for name in FILLED_DOWN if name in header.columns])
    found = list(data_rows(sheet, header))
    if len(found) > ROSTER_ROWS_MAX:
        raise FileTooLarge
    today = clock.today()
    rows = []
    for done, (number, cells) in enumerate(found, start=1):
        rows.append(read_row(number, cells, header, today=today))
        if progress and (done % PROGRESS_EVERY == 0 or done == len(found)):
            progress(done, len(found))
    return rows


def _judge(rows: Sequence[RosterRow]) -> Judgement:
    by_id, by_number = known_people([row.person for row in rows if not row.faults])
    return judge(rows, by_id=by_id, by_number=by_number)


def _open(actor: Actor, judgement: Judgement) -> None:
    new = judgement.new
    person_ids = register_people(actor=actor, people=[row.person for row in new], given_through="roster")
    departments = ensure_departments(actor=actor, names=[row.department for row in new])
    memberships = [
        (person_id, departments[row.department])
        for person_id, row in zip(person_ids, new, strict=True)
        if row.department
    ]
    join_many(actor=actor, memberships=memberships)
    to_open = [*person_ids, *judgement.without_passbook]
    if to_open:
        open_passbooks(actor=actor, person_ids=to_open, opened_through="roster")


def _report(judgement: Judgement, rows: Sequence[RosterRow], header: Header) -> RosterReport:
    rejections = [_rejection(row, faults, header) for row, faults in judgement.rejected]
    return RosterReport(
        rows=len(rows),
        accounts=len(judgement.new) + len(judgement.without_passbook),
        already_known=judgement.already_known,
        rejected=rejections,
        first_rows=[_preview(row) for row in judgement.new[:PREVIEW_ROWS]],
        rejected_workbook=_rejected_workbook(judgement, rejections, header) if rejections else None,
    )


def _rejection(row: RosterRow, faults: Sequence[Fault], header: Header) -> Rejection:
    """One message per row: the first fault, and after it what else would have to be corrected."""
    first, *others = faults
    sentences = [fault_text(first), *(f"{_column_title(fault, header)}: {fault_text(fault)}" for fault in others)]
    return Rejection(row=row.number, column=_column_title(first, header), code=first.code, message=" ".join(sentences))


def _column_title(fault: Fault, header: Header) -> str:
    column = header.columns.get(fault.field)
    return header.titles[column] if column is not None else TITLES[fault.field]


def _preview(row: RosterRow) -> PreviewRow:
    return PreviewRow(
        row=row.number,
        name=row.person.name,
        masked_id_number=masked_id(row.person.id_number),
        volunteer_number=row.person.volunteer_number,
        masked_phone=masked_phone(row.person.phone),
        group=row.person.group,
        department=row.department,
    )


def _rejected_workbook(judgement: Judgement, rejections: Sequence[Rejection], header: Header) -> bytes:
    """The rejected rows as they came, in the same columns, and the reason; it can be corrected and imported again."""
    reasons = {plain_title(title) for title in REASON_TITLES}
    kept = [column for column, title in enumerate(header.titles) if plain_title(title) not in reasons]
    reason_title = gettext("Why this row was not imported")
    return write_workbook(
        sheet_name=gettext("Rejected rows"),
        headers=[*(header.titles[column] for column in kept), reason_title],
        rows=[
            [
                *(row.cells[column] if column < len(row.cells) else "" for column in kept),
                f"{rejection.column}: {rejection.message}",
            ]
            for (row, _), rejection in zip(judgement.rejected, rejections, strict=True)
        ],
    )
