"""The hospital's lists, the pledge, and spreadsheets that come in."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Path
from ninja.files import UploadedFile

from xinshi.archive import actions, queries
from xinshi.archive.access import READERS, require_keeper
from xinshi.archive.api.schemas import (
    Content,
    KindIn,
    KindOut,
    ListLineIn,
    ListLineOut,
    MadeOut,
    PledgeOut,
    PledgeSignIn,
    PledgeTextIn,
    SheetReportOut,
)
from xinshi.archive.api.shell import router
from xinshi.archive.domain import NewKind
from xinshi.archive.pages.listing import REJECTED, as_file
from xinshi.archive.sheets.insurance import import_insurance
from xinshi.archive.sheets.profiles import import_profiles
from xinshi.documents.keeping import keep, kept
from xinshi.documents.sheets import FILE_BYTES_MAX, FileTooLarge
from xinshi.documents.workbook import XLSX_CONTENT_TYPE
from xinshi.doors.api import actor_of, idempotent
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound

IMPORTS: Final = {"profiles": import_profiles, "insurance": import_insurance}


@router.get("/kinds", response=list[KindOut])
def list_kinds(request: HttpRequest) -> list[KindOut]:
    """What a role may ask for; anybody who is signed in. How many have it, for those who keep or audit the archive."""
    actor = actor_of(request)
    is_reader = actor.has(*READERS)
    return [
        KindOut(
            id=line.id,
            code=line.code,
            name=line.name,
            category=line.category,
            valid_months=line.valid_months,
            is_active=line.is_active,
            includes=line.includes,
            holders=line.holders if is_reader else 0,
        )
        for line in queries.kinds(on=clock.today())
    ]


@router.put("/kinds/{code}", response=MadeOut)
@idempotent
def save_kind(request: HttpRequest, code: Annotated[str, Path(max_length=40)], payload: KindIn) -> MadeOut:
    """Create a kind of qualification or change the one with this code; no kind includes itself, by whatever way."""
    kind = NewKind(
        code=code,
        name=payload.name,
        name_en=payload.name_en,
        category=payload.category,
        valid_months=payload.valid_months,
        includes=tuple(payload.includes),
    )
    return MadeOut(id=actions.save_kind(actor=actor_of(request), kind=kind, is_active=payload.is_active))


@router.get("/lists/{table}", response=list[ListLineOut])
def show_list(request: HttpRequest, table: Literal["skill", "site"]) -> list[ListLineOut]:
    """The hospital's skills or sites that are in use."""
    actor_of(request)
    rows = queries.skills() if table == "skill" else queries.sites()
    return [ListLineOut(code=row.code, name=queries.name_of(row)) for row in rows]


@router.put("/lists/{table}/{code}", response=MadeOut)
@idempotent
def save_list_line(
    request: HttpRequest,
    table: Literal["skill", "site"],
    code: Annotated[str, Path(max_length=40)],
    payload: ListLineIn,
) -> MadeOut:
    made = actions.save_line(
        actor=actor_of(request),
        table=table,
        code=code,
        name=payload.name,
        name_en=payload.name_en,
        address=payload.address,
        is_active=payload.is_active,
    )
    return MadeOut(id=made)


@router.get("/pledge", response=PledgeOut)
def show_pledge(request: HttpRequest) -> PledgeOut:
    """The words of the pledge in force today."""
    actor_of(request)
    found = queries.pledge_text_on(clock.today())
    if found is None:
        raise NotFound
    return PledgeOut(id=found.pk, effective_from=found.effective_from, text=found.text, text_en=found.text_en)


@router.post("/pledge", response=MadeOut)
@idempotent
def sign_pledge(request: HttpRequest, payload: PledgeSignIn) -> MadeOut:
    """Sign the words that were read; a second time signs nothing anew."""
    return MadeOut(id=actions.sign_pledge(actor=actor_of(request), text_id=payload.text_id))


@router.post("/pledge/texts", response=MadeOut)
@idempotent
def publish_pledge_text(request: HttpRequest, payload: PledgeTextIn) -> MadeOut:
    made = actions.publish_pledge_text(
        actor=actor_of(request),
        effective_from=payload.effective_from,
        text=payload.text,
        text_en=payload.text_en,
    )
    return MadeOut(id=made)


@router.post("/import/{content}", response=SheetReportOut)
@idempotent(in_one_transaction=False)
def import_sheet(
    request: HttpRequest, content: Content, file: File[UploadedFile], *, dry_run: Annotated[bool, Form()] = False
) -> dict[str, Any]:
    """Profiles or insurance from a spreadsheet; good rows go in although others are rejected."""
    actor = actor_of(request)
    require_keeper(actor)
    if (file.size or 0) > FILE_BYTES_MAX:
        raise FileTooLarge
    name = (file.name or "")[-200:]
    report = IMPORTS[content](actor=actor, data=file.read(), file_name=name, dry_run=dry_run)
    key = ""
    if report.rejected_workbook:
        key = keep(actor=actor, purpose=REJECTED, name=name, data=report.rejected_workbook)
    return report.as_json() | {"rejected_key": key, "dry_run": dry_run}


@router.get("/import/rejected/{key}", response={200: None})
def download_rejected(
    request: HttpRequest, key: Annotated[str, Path(max_length=60, pattern=r"^[0-9A-Za-z_-]+$")]
) -> HttpResponse:
    """The rejected rows of one's own import as an xlsx file."""
    return as_file(
        kept(actor=actor_of(request), purpose=REJECTED, key=key).data, XLSX_CONTENT_TYPE, "rejected-rows.xlsx"
    )
