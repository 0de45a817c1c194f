"""Certificates and training records for programs: one's own, all for the desk; on paper, revoked, checked by number."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema

from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.training import access, actions, queries
from xinshi.training.exporting import as_download, record_workbook, records_workbook
from xinshi.training.models import Certificate
from xinshi.training.printing import certificate_pdf
from xinshi.training.queries.record import records_of_year
from xinshi.training.schemas import PDF, XLSX, Cursor, Identifier, Limit, Reason

router = Router(tags=["training"])
Year = Annotated[int | None, Query(ge=1990, le=2100)]
Number = Annotated[str, Path(min_length=1, max_length=40)]


class CertificateOut(Schema):
    """`state` is valid, expired or revoked."""

    id: int
    number: str
    course_id: int
    person_id: int
    issued_on: date
    expires_on: date | None
    state: str


class CertificateDetailOut(CertificateOut):
    """`reason` where it was revoked: its owner reads it."""

    name: str
    title: str
    provider: str
    revoked_on: date | None
    reason: str


class CheckedCertificateOut(Schema):
    """What anybody may know who has the number: no more than is printed, and the name masked."""

    number: str
    state: str
    title: str
    title_en: str
    masked_name: str
    provider: str
    issued_on: date
    expires_on: date | None
    revoked_on: date | None


class RevocationIn(Schema):
    reason: Reason


class RecordLineOut(Schema):
    """A line of the training record; `kind` and `way` are the norm's codes."""

    title: str
    content: str
    minutes: int
    provider: str
    day: date
    kind: str
    way: str
    is_meeting: bool


@router.get("/certificates", response=CursorPage[CertificateOut])
def certificates(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """The caller's own certificates, or all for who manages courses; newest first."""
    rows = access.certificates_visible_to(actor_of(request))
    return cursor_page(rows, cursor=cursor, limit=limit, render=_certificate)


def _certificate(row: Certificate) -> CertificateOut:
    return CertificateOut(
        id=row.pk,
        number=row.number,
        course_id=row.course_id,
        person_id=row.person_id,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        state=queries.state_of_today(row),
    )


@router.get("/certificates/check/{number}", response=CheckedCertificateOut)
def check_certificate(request: HttpRequest, number: Number) -> CheckedCertificateOut:
    """Is the certificate with this number genuine and valid; its signs may be grouped in any way."""
    actor_of(request)
    found = queries.checked_certificate(number)
    if found is None:
        raise NotFound
    names = CheckedCertificateOut.model_fields
    return CheckedCertificateOut(**{name: getattr(found, name) for name in names})


@router.get("/certificates/{certificate_id}", response=CertificateDetailOut)
def certificate(request: HttpRequest, certificate_id: Identifier) -> CertificateDetailOut:
    """One certificate: one's own, or any for who manages courses."""
    return _detail(actor_of(request), certificate_id)


def _detail(actor: Actor, certificate_id: int) -> CertificateDetailOut:
    row = queries.certificate_of(actor, certificate_id).row
    return CertificateDetailOut(
        **_certificate(row).dict(),
        name=row.person.name,
        title=row.course.title,
        provider=row.course.provider,
        revoked_on=clock.local_day(row.revoked_at) if row.revoked_at else None,
        reason=row.reason,
    )


@router.get("/certificates/{certificate_id}/certificate.pdf", openapi_extra=PDF)
def certificate_paper(request: HttpRequest, certificate_id: Identifier) -> HttpResponse:
    """The certificate to print and hang on a wall, in the language of `Accept-Language`."""
    return as_download(certificate_pdf(queries.certificate_of(actor_of(request), certificate_id)))


@router.post("/certificates/{certificate_id}/revocation", response=CertificateDetailOut)
@idempotent
def revoke_certificate(request: HttpRequest, certificate_id: Identifier, payload: RevocationIn) -> CertificateDetailOut:
    """It is valid no more, and neither is the qualification that came with it; by who manages, never one's own."""
    actor = actor_of(request)
    actions.revoke_certificate(actor=actor, certificate_id=certificate_id, reason=payload.reason)
    return _detail(actor, certificate_id)


@router.get("/record", response=list[RecordLineOut])
def record(request: HttpRequest, year: Year = None) -> list[RecordLineOut]:
    """The caller's own training record, the newest first."""
    actor = actor_of(request)
    if actor.person_id is None:
        raise NotFound
    names = RecordLineOut.model_fields
    return [
        RecordLineOut(**{name: getattr(line, name) for name in names})
        for line in queries.training_record(actor.person_id, year=year)
    ]


@router.get("/record.xlsx", openapi_extra=XLSX)
def record_sheet(request: HttpRequest, year: Year = None) -> HttpResponse:
    """The caller's own training record as a spreadsheet by the norm's fields."""
    actor = actor_of(request)
    if actor.person_id is None:
        raise NotFound
    return as_download(record_workbook(queries.training_record(actor.person_id, year=year)))


@router.get("/records.xlsx", openapi_extra=XLSX)
def records_sheet(request: HttpRequest, year: Year = None) -> HttpResponse:
    """Everybody's training of a year (this one where none is named), for the ministry's system; who manages or audits."""
    access.require_reader(actor_of(request))
    return as_download(records_workbook(records_of_year(year or clock.today().year)))
