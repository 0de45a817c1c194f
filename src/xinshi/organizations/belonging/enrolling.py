"""Who keeps an organisation asks people to join it: one by name and number, or a spreadsheet with a preview.

Nobody is made a member by another: they say yes themselves, and decide what may be seen of them. A name and a number must
fit each other, so that nobody learns from here whose number one is. Who has no account yet gets the invitation's link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext

from xinshi.audit.actions import record, record_many
from xinshi.documents.sheets import (
    ROUNDED_NUMBER,
    FileTooLarge,
    Header,
    HeaderNotFound,
    Sheet,
    find_header,
    read_sheets,
)
from xinshi.documents.workbook import write_workbook
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.organizations.access import require_keeps
from xinshi.organizations.membership import AlreadyMember
from xinshi.organizations.models import Enrolment, Membership, Organization
from xinshi.people.domain import plain_name
from xinshi.people.queries import FoundPerson, find_known

ROWS_MAX: Final = 2_000
OPEN_MAX: Final = 5_000
PREVIEW_ROWS: Final = 10
TITLES: Final = {"name": "姓名", "volunteer_number": "志愿者编号", "id_number": "证件号码"}
SYNONYMS: Final = {
    "name": ("姓名", "学生姓名", "志愿者姓名", "真实姓名", "name", "full name"),
    "volunteer_number": ("志愿者编号", "志愿者号", "志愿者号码", "志愿编号", "volunteer number"),
    "id_number": ("证件号码", "证件号", "身份证号", "身份证号码", "身份证", "公民身份号码", "id number"),
}
EXAMPLE: Final = ("张三", "990000010000000000", "")
ASKED: Final = gettext_noop(
    "%(organization)s asks you to join it. Open “My organisations” and say yes or no: you decide what it may see of you."
)
NAME_MISSING: Final = gettext_noop("The name is missing.")
NUMBER_MISSING: Final = gettext_noop("Write the volunteer number or the identity number.")
NUMBER_ROUNDED: Final = gettext_noop(
    "The spreadsheet program has rounded this long number. Set the column to text and enter the number again."
)
NOBODY: Final = gettext_noop("Nobody with this name and number has an account here. Send them your invitation link.")
TWICE: Final = gettext_noop("Row %(row)s names the same person. Keep one of the two rows.")


class NobodyFits(DomainError):
    code = "nobody_fits"
    message = NOBODY
    status = 422


class TooManyOpen(DomainError):
    code = "too_many_enrolments"
    message = gettext_noop("5,000 people have not answered yet. Take some questions back, or use the invitation link.")


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    name: str
    volunteer_number: str
    id_number: str
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    row: int
    column: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class EnrolmentReport:
    """What was asked, or on a dry run would be. Every row stands in exactly one of the three."""

    rows: int
    asked: int
    already: int
    """Members, and those whom the organisation has asked before."""
    rejected: Sequence[Rejection]
    rejected_workbook: bytes | None

    def as_json(self) -> dict[str, Any]:
        rejected = [
            {"row": one.row, "column": one.column, "code": one.code, "message": one.message} for one in self.rejected
        ]
        return {"rows": self.rows, "asked": self.asked, "already": self.already, "rejected": rejected}


@transaction.atomic
def enrol(*, actor: Actor, organization_id: int, name: str, number: str) -> int:
    """Ask one person to join; the enrolment's id, the same one when asked twice. NobodyFits, AlreadyMember."""
    organization = _kept(actor, organization_id)
    typed = "".join(number.split()).upper()
    row = Row(number=0, name=plain_name(name), volunteer_number=typed, id_number=typed)
    person = _find(row, *find_known(id_numbers=[typed], volunteer_numbers=[typed]))
    if person is None:
        raise NobodyFits
    if Membership.objects.filter(person_id=person.id, organization_id=organization_id, until=None).exists():
        raise AlreadyMember
    _ask(actor, organization, [person.id])
    return Enrolment.objects.get(person_id=person.id, organization_id=organization_id, state=Enrolment.State.ASKED).pk


@transaction.atomic
def withdraw_enrolment(*, actor: Actor, organization_id: int, enrolment_id: int) -> None:
    """Take a question back that has no answer yet."""
    require_keeps(actor, organization_id)
    waiting = Enrolment.objects.filter(pk=enrolment_id, organization_id=organization_id, state=Enrolment.State.ASKED)
    if not waiting.update(state=Enrolment.State.WITHDRAWN, answered_at=clock.now()):
        raise NotFound
    record(
        actor=actor,
        action="organizations.withdraw_enrolment",
        object_ref=f"organization:{organization_id}",
        enrolment=enrolment_id,
    )


@transaction.atomic
def enrol_sheet(
    *, actor: Actor, organization_id: int, data: bytes, file_name: str, dry_run: bool = False
) -> EnrolmentReport:
    """Ask everybody in a spreadsheet; good rows go in although others are rejected. Idempotent."""
    organization = _kept(actor, organization_id)
    sheet, header = _table(data, file_name)
    rows = list(_rows(sheet, header))
    if len(rows) > ROWS_MAX:
        raise FileTooLarge
    by_id, by_number = find_known(
        id_numbers=[row.id_number for row in rows], volunteer_numbers=[row.volunteer_number for row in rows]
    )
    found: dict[int, int] = {}
    rejected: list[tuple[Row, Rejection]] = []
    for row in rows:
        person = None
        fault = _fault(row)
        if fault is None:
            person = _find(row, by_id, by_number)
            fault = ("name", "nobody_fits", gettext(NOBODY)) if person is None else None
        if person is not None and person.id in found:
            fault = ("name", "same_person", gettext(TWICE) % {"row": found[person.id]})
        if fault is not None:
            field, code, message = fault
            rejected.append((row, Rejection(row.number, _title(field, header), code, message)))
        elif person is not None:
            found[person.id] = row.number
    new = _new(organization_id, list(found))
    if not dry_run:
        _ask(actor, organization, new)
    return EnrolmentReport(
        rows=len(rows),
        asked=len(new),
        already=len(found) - len(new),
        rejected=[one for _, one in rejected],
        rejected_workbook=_rejected_workbook(header, rejected) if rejected else None,
    )


def empty_template() -> bytes:
    """A list to fill in, with one invented person as an example."""
    return write_workbook(sheet_name="成员名单", headers=list(TITLES.values()), rows=[EXAMPLE])


def _kept(actor: Actor, organization_id: int) -> Organization:
    require_keeps(actor, organization_id)
    row = Organization.objects.select_for_update(no_key=True).filter(pk=organization_id, is_active=True).first()
    if row is None:
        raise NotFound
    return row


def _find(row: Row, by_id: Mapping[str, FoundPerson], by_number: Mapping[str, FoundPerson]) -> FoundPerson | None:
    """The one person whom every number of the row names, and whose name fits; None otherwise."""
    found = {
        person.id: person
        for person in (by_id.get(row.id_number), by_number.get(row.volunteer_number))
        if person is not None
    }
    [person] = found.values() if len(found) == 1 else [None]
    return person if person is not None and plain_name(person.name) == row.name else None


def _new(organization_id: int, person_ids: Sequence[int]) -> list[int]:
    """Who neither belongs nor has been asked."""
    known: set[int] = set()
    for start in range(0, len(person_ids), 500):
        part = person_ids[start : start + 500]
        present = Membership.objects.filter(organization_id=organization_id, until=None, person_id__in=part)
        asked = Enrolment.objects.filter(
            organization_id=organization_id, state=Enrolment.State.ASKED, person_id__in=part
        )
        known |= set(present.values_list("person_id", flat=True)) | set(asked.values_list("person_id", flat=True))
    return [person_id for person_id in person_ids if person_id not in known]


def _ask(actor: Actor, organization: Organization, person_ids: Sequence[int]) -> None:
    """The organisation's row is locked, so nobody is asked twice at once."""
    new = _new(organization.pk, person_ids)
    waiting = Enrolment.objects.filter(organization=organization, state=Enrolment.State.ASKED).count()
    if waiting + len(new) > OPEN_MAX:
        raise TooManyOpen
    at = clock.now()
    asked = Enrolment.objects.bulk_create(
        [Enrolment(organization=organization, person_id=pk, asked_at=at, asked_by_ref=actor.reference) for pk in new],
        batch_size=500,
    )
    send_many(
        NewMessage(
            recipient_ref=f"person:{row.person_id}",
            text=ASKED,
            parameters={"organization": organization.name},
            object_ref=f"organization:{organization.pk}",
            key=f"enrolment:{row.pk}",
        )
        for row in asked
    )
    record_many(
        actor=actor,
        action="organizations.ask_to_join",
        objects=[(f"person:{row.person_id}", {"organization": organization.pk}) for row in asked],
    )


def _table(data: bytes, file_name: str) -> tuple[Sheet, Header]:
    for sheet in read_sheets(data, file_name=file_name):
        for number in ("volunteer_number", "id_number"):
            header = find_header(sheet, SYNONYMS, required=("name", number))
            if header:
                return sheet, header
    raise HeaderNotFound(columns=f"{TITLES['name']}, {TITLES['volunteer_number']}")


def _rows(sheet: Sheet, header: Header) -> Iterator[Row]:
    for index, cells in enumerate(sheet.rows[header.row_index + 1 :], start=header.row_index + 2):
        texts = tuple(str(cell) for cell in cells)
        if not any(texts):
            continue

        def cell(field: str, texts: tuple[str, ...] = texts) -> str:
            column = header.columns.get(field)
            return texts[column].strip() if column is not None and column < len(texts) else ""

        yield Row(
            number=index,
            name=plain_name(cell("name")),
            volunteer_number=cell("volunteer_number").replace(" ", ""),
            id_number=cell("id_number").replace(" ", "").upper(),
            cells=texts,
        )


def _fault(row: Row) -> tuple[str, str, str] | None:
    """(field, code, sentence) of what is wrong with a row by itself."""
    if not row.name:
        return "name", "name_missing", gettext(NAME_MISSING)
    for field, number in (("volunteer_number", row.volunteer_number), ("id_number", row.id_number)):
        if number == ROUNDED_NUMBER:
            return field, "number_rounded", gettext(NUMBER_ROUNDED)
    if not row.volunteer_number and not row.id_number:
        return "volunteer_number", "number_missing", gettext(NUMBER_MISSING)
    return None


def _title(field: str, header: Header) -> str:
    column = header.columns.get(field)
    return header.titles[column] if column is not None else TITLES[field]


def _rejected_workbook(header: Header, rejected: Sequence[tuple[Row, Rejection]]) -> bytes:
    """The rejected rows as they came, and why; corrected, it can be handed in again."""
    width = len(header.titles)
    return write_workbook(
        sheet_name=gettext("Rejected rows"),
        headers=[*header.titles, gettext("Why this row was not imported")],
        rows=[
            [*(row.cells[:width] + ("",) * (width - len(row.cells))), f"{one.column}: {one.message}"]
            for row, one in rejected
        ],
    )
