"""Opening accounts by program: one person, or a roster."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Path, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from xinshi.bank.roster.importing import import_roster
from xinshi.bank.roster.opening import open_account
from xinshi.bank.roster.pages import REJECTED, workbook_response
from xinshi.documents.keeping import keep, kept
from xinshi.documents.sheets import FILE_BYTES_MAX, FileTooLarge
from xinshi.doors.api import NO_NUL, actor_of, idempotent
from xinshi.people.access import require_archive_keeper
from xinshi.people.actions import NewPerson
from xinshi.people.domain import plain_name

router = Router()
Word = Annotated[str, Field(max_length=64, pattern=NO_NUL)]


class NewAccountIn(Schema):
    """Basic data of 民政部令67; at least one of `id_number` and `volunteer_number`. `sex`: 1 male, 2 female.

    `has_consented` says that the person signed the consent to volunteer service, `is_public` that they may be named.
    """

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
    sex: Literal["", "1", "2"] = ""
    birth_date: date | None = None
    id_kind: Annotated[str, Field(max_length=2, pattern=NO_NUL)] = ""
    id_number: Word = ""
    volunteer_number: Word = ""
    phone: Annotated[str, Field(max_length=20, pattern=NO_NUL)] = ""
    area: Word = ""
    group: Literal["staff", "student", "citizen"] = "citizen"
    skills: Annotated[list[Word], Field(max_length=20)] = []
    service_categories: Annotated[list[Word], Field(max_length=30)] = []
    organization_id: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    has_consented: Literal[True]
    is_public: bool = False


class OpenedAccountOut(Schema):
    person_id: int
    passbook_id: int
    passbook_number: str


class RejectedRowOut(Schema):
    """`row` is the row's number in the sheet, `column` its title there; `message` says what would be right."""

    row: int
    column: str
    code: str
    message: str


class RosterReportOut(Schema):
    """What an import did, or on a dry run would do: every row stands in exactly one of the three.

    `rejected_key` gets the rejected rows as a spreadsheet for an hour; empty where there is none.
    """

    rows: int
    accounts: int
    already_known: int
    rejected: list[RejectedRowOut]
    rejected_key: str
    dry_run: bool


@router.post("/accounts", response=OpenedAccountOut)
@idempotent
def open_an_account(request: HttpRequest, payload: NewAccountIn) -> OpenedAccountOut:
    """Register one person and open their passbook; coordinators and administrators."""
    person = NewPerson(
        name=plain_name(payload.name),
        sex=payload.sex,
        birth_date=payload.birth_date,
        id_kind=payload.id_kind,
        id_number=payload.id_number.upper(),
        volunteer_number=payload.volunteer_number,
        phone=payload.phone,
        area=payload.area,
        group=payload.group,
        skills=tuple(payload.skills),
        service_categories=tuple(payload.service_categories),
        is_public=payload.is_public,
    )
    opened = open_account(actor=actor_of(request), person=person, organization_id=payload.organization_id)
    return OpenedAccountOut(person_id=opened.person_id, passbook_id=opened.passbook_id, passbook_number=opened.number)


@router.post("/rosters", response=RosterReportOut)
@idempotent(in_one_transaction=False)
def import_a_roster(
    request: HttpRequest, file: File[UploadedFile], *, dry_run: Annotated[bool, Form()] = False
) -> dict[str, Any]:
    """Open an account for everybody in a spreadsheet who has none; sending the same file again changes nothing."""
    actor = actor_of(request)
    require_archive_keeper(actor)
    if (file.size or 0) > FILE_BYTES_MAX:
        raise FileTooLarge
    name = (file.name or "")[-200:]
    report = import_roster(actor=actor, data=file.read(), file_name=name, dry_run=dry_run)
    key = ""
    if report.rejected_workbook:
        key = keep(actor=actor, purpose=REJECTED, name=name, data=report.rejected_workbook)
    return report.as_json() | {"rejected_key": key, "dry_run": dry_run}


@router.get("/rosters/rejected/{key}", response={200: None})
def download_rejected_rows(
    request: HttpRequest, key: Annotated[str, Path(max_length=60, pattern=r"^[0-9A-Za-z_-]+$")]
) -> HttpResponse:
    """The rejected rows of one's own import as an xlsx file, to be corrected and sent again."""
    return workbook_response(kept(actor=actor_of(request), purpose=REJECTED, key=key).data, "rejected-rows.xlsx")
