"""Belonging for programs: one's own memberships and consents, and the members of organisations that one keeps."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import File, Form, Path, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.organizations import teams
from xinshi.organizations.belonging import deciding, enrolling, queries
from xinshi.organizations.figures import reserved_shifts
from xinshi.organizations.models import Enrolment, Membership
from xinshi.organizations.queries import organization
from xinshi.organizations.structure import roll_up

router = Router()
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]


class OwnMembershipOut(Schema):
    """`consented_at`: since when who keeps the organisation may see one; null where they see a masked name."""

    organization_id: int
    name: str
    kind: str
    since: date
    consented_at: datetime | None
    is_primary: bool
    is_leader: bool
    keepers: int


class MembershipConsentIn(Schema):
    is_given: bool


class MembershipConsentOut(Schema):
    organization_id: int
    is_given: bool


class PrimaryIn(Schema):
    organization_id: Annotated[int, Field(ge=1, le=2**63 - 1)]


class PrimaryOut(Schema):
    organization_id: int


class JoinOpenIn(Schema):
    consents: bool = False


class OwnEnrolmentOut(Schema):
    enrolment_id: int
    organization_id: int
    name: str
    asked_at: datetime


class EnrolmentAnswerIn(Schema):
    accepts: bool
    consents: bool = False


class EnrolmentAnswerOut(Schema):
    organization_id: int
    is_member: bool


class KeptOrganizationOut(Schema):
    id: int
    name: str
    kind: str
    members: int
    consented: int
    waiting: int


class KeptMemberOut(Schema):
    """Without the member's consent the name is masked and nothing else of them is said."""

    membership_id: int
    person_id: int
    shown_name: str
    volunteer_number: str
    masked_phone: str
    since: date
    is_leader: bool
    has_consented: bool


class EnrolmentIn(Schema):
    """A name and the volunteer number or identity number that belongs to it."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
    number: Annotated[str, Field(min_length=1, max_length=32, pattern=NO_NUL)]


class EnrolmentOut(Schema):
    enrolment_id: int
    name: str
    asked_at: datetime


class EnrolmentMadeOut(Schema):
    enrolment_id: int
    state: Enrolment.State


class EnrolRejectedRowOut(Schema):
    row: int
    column: str
    code: str
    message: str


class EnrolmentReportOut(Schema):
    rows: int
    asked: int
    already: int
    rejected: list[EnrolRejectedRowOut]


class RollUpOut(Schema):
    """People of an organisation and of all below it, and their certified service since January: each once."""

    organizations: int
    members: int
    staff: int
    students: int
    citizens: int
    newcomers: int
    active: int
    minutes_this_year: int
    person_times_this_year: int


class ReservedShiftOut(Schema):
    object_ref: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    taken: int
    places: int


@router.get("/mine/memberships", response=list[OwnMembershipOut])
def my_memberships(request: HttpRequest) -> list[queries.OwnMembership]:
    return queries.own_memberships(actor_of(request))


@router.put("/mine/primary", response=PrimaryOut)
@idempotent
def set_primary_organization(request: HttpRequest, payload: PrimaryIn) -> PrimaryOut:
    """The organisation that one counts for from today."""
    actor = actor_of(request)
    deciding.set_primary(actor=actor, person_id=actor.person_id or 0, organization_id=payload.organization_id)
    return PrimaryOut(organization_id=payload.organization_id)


@router.get("/mine/enrolments", response=list[OwnEnrolmentOut])
def my_enrolments(request: HttpRequest) -> list[queries.OpenEnrolment]:
    """Organisations that ask one to join them."""
    return queries.own_enrolments(actor_of(request))


@router.post("/mine/enrolments/{enrolment_id}/answer", response=EnrolmentAnswerOut)
@idempotent
def answer_enrolment(request: HttpRequest, enrolment_id: Identifier, payload: EnrolmentAnswerIn) -> EnrolmentAnswerOut:
    organization_id = deciding.answer_enrolment(
        actor=actor_of(request), enrolment_id=enrolment_id, accepts=payload.accepts, consents=payload.consents
    )
    return EnrolmentAnswerOut(organization_id=organization_id, is_member=payload.accepts)


@router.put("/{int:organization_id}/consent", response=MembershipConsentOut)
@idempotent
def set_my_consent(
    request: HttpRequest, organization_id: Identifier, payload: MembershipConsentIn
) -> MembershipConsentOut:
    """Let who keeps the organisation see one's name, number and phone, or no longer."""
    deciding.set_consent(actor=actor_of(request), organization_id=organization_id, is_given=payload.is_given)
    return MembershipConsentOut(organization_id=organization_id, is_given=payload.is_given)


@router.post("/{int:organization_id}/joining", response=EnrolmentAnswerOut)
@idempotent
def join_an_open_organization(
    request: HttpRequest, organization_id: Identifier, payload: JoinOpenIn
) -> EnrolmentAnswerOut:
    teams.join_by_oneself(actor=actor_of(request), organization_id=organization_id, consents=payload.consents)
    return EnrolmentAnswerOut(organization_id=organization_id, is_member=True)


@router.get("/kept", response=list[KeptOrganizationOut])
def kept_organizations(request: HttpRequest) -> list[queries.KeptOrganization]:
    """The organisations that one keeps oneself."""
    return queries.kept_organizations(actor_of(request))


@router.get("/{int:organization_id}/kept-members", response=CursorPage[KeptMemberOut])
def kept_members(
    request: HttpRequest,
    organization_id: Identifier,
    q: Annotated[str, Query(max_length=64)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Members of an organisation that one keeps, as far as they let themselves be seen."""
    rows = queries.kept_members(actor_of(request), organization_id, term=q)
    return cursor_page(rows, cursor=cursor, limit=limit, render=_member)


def _member(row: Membership) -> KeptMemberOut:
    line = queries.member_line(row)
    return KeptMemberOut(**{name: getattr(line, name) for name in KeptMemberOut.model_fields})


@router.get("/{int:organization_id}/enrolments", response=CursorPage[EnrolmentOut])
def open_enrolments(
    request: HttpRequest, organization_id: Identifier, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """Whom the organisation asked and who has not answered."""
    rows = queries.open_enrolments(actor_of(request), organization_id)
    return cursor_page(
        rows,
        cursor=cursor,
        limit=limit,
        render=lambda row: EnrolmentOut(enrolment_id=row.pk, name=row.person.name, asked_at=row.asked_at),
    )


@router.post("/{int:organization_id}/enrolments", response=EnrolmentMadeOut)
@idempotent
def enrol(request: HttpRequest, organization_id: Identifier, payload: EnrolmentIn) -> EnrolmentMadeOut:
    """Ask somebody to join; they say yes or no themselves."""
    made = enrolling.enrol(
        actor=actor_of(request), organization_id=organization_id, name=payload.name, number=payload.number
    )
    return EnrolmentMadeOut(enrolment_id=made, state=Enrolment.State.ASKED)


@router.post("/{int:organization_id}/enrolments/sheet", response=EnrolmentReportOut)
@idempotent
def enrol_a_sheet(
    request: HttpRequest, organization_id: Identifier, file: File[UploadedFile], *, dry_run: Form[bool] = False
) -> dict[str, Any]:
    """Ask everybody in a spreadsheet; `dry_run` only says what would happen."""
    report = enrolling.enrol_sheet(
        actor=actor_of(request),
        organization_id=organization_id,
        data=file.read(),
        file_name=file.name or "",
        dry_run=dry_run,
    )
    return report.as_json()


@router.delete("/{int:organization_id}/enrolments/{enrolment_id}", response=EnrolmentMadeOut)
@idempotent
def withdraw_enrolment(request: HttpRequest, organization_id: Identifier, enrolment_id: Identifier) -> EnrolmentMadeOut:
    enrolling.withdraw_enrolment(actor=actor_of(request), organization_id=organization_id, enrolment_id=enrolment_id)
    return EnrolmentMadeOut(enrolment_id=enrolment_id, state=Enrolment.State.WITHDRAWN)


@router.get("/{int:organization_id}/roll-up", response=RollUpOut)
def roll_up_members(request: HttpRequest, organization_id: Identifier) -> object:
    """Counts over the organisation and all below it, for the station, the auditor and who keeps it."""
    organization(actor_of(request), organization_id)
    return roll_up(actor_of(request), organization_id)


@router.get("/{int:organization_id}/reserved-shifts", response=list[ReservedShiftOut])
def shifts_kept_for_it(request: HttpRequest, organization_id: Identifier) -> object:
    """Coming shifts that only its members take, for who keeps it."""
    queries.kept_organization(actor_of(request), organization_id)
    return reserved_shifts(organization_id)
