"""Organisations and their members for programs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, cast

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from xinshi.doors.api import NO_NUL, CursorPage, actor_of, cursor_page, idempotent
from xinshi.organizations import actions, queries, teams
from xinshi.organizations.access import require_sees_members, sees_members
from xinshi.organizations.agreements.api import router as agreements_router
from xinshi.organizations.belonging.api import router as belonging_router
from xinshi.organizations.designations.api import router as designations_router
from xinshi.organizations.models import Membership, Organization

router = Router(tags=["organizations"])
router.add_router("", belonging_router)
router.add_router("", agreements_router)
router.add_router("", designations_router)
Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)]
Contact = Annotated[str, Field(max_length=100, pattern=NO_NUL)]


class OrganizationOut(Schema):
    """`members` is how many people belong to it now; null for callers who may not see membership."""

    id: int
    name: str
    kind: Organization.Kind
    contact: str
    is_active: bool
    is_open: bool
    parent_id: int | None
    members: int | None


class NewOrganizationIn(Schema):
    name: Name
    kind: Organization.Kind
    contact: Contact = ""
    parent_id: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    is_open: bool = False


class OrganizationChangeIn(Schema):
    """What is left out of `is_open` and `parent_id` stays; `parent_id` null lets it stand by itself."""

    name: Name
    kind: Organization.Kind
    contact: Contact = ""
    is_active: bool = True
    is_open: bool | None = None
    parent_id: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None


class MemberOut(Schema):
    """A membership that lasts; the person's data are at `/people/{person_id}`."""

    membership_id: int
    person_id: int
    name: str
    volunteer_number: str
    since: date


class NewMemberIn(Schema):
    volunteer_number: Annotated[str, Field(min_length=1, max_length=32, pattern=NO_NUL)]


class MembershipOut(Schema):
    organization_id: int
    person_id: int
    is_member: bool


@router.get("", response=CursorPage[OrganizationOut])
def list_organizations(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=100)] = "",
    kind: Organization.Kind | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Newest first; `q` is a part of the name."""
    actor = actor_of(request)
    found = queries.organizations(actor, term=q, kind=kind.value if kind else "")
    return cursor_page(found, cursor=cursor, limit=limit, render=lambda row: _out(request, queries.card_of(row)))


@router.post("", response=OrganizationOut)
@idempotent
def create_organization(request: HttpRequest, payload: NewOrganizationIn) -> OrganizationOut:
    actor = actor_of(request)
    made = actions.create_organization(
        actor=actor,
        name=payload.name,
        kind=payload.kind,
        contact=payload.contact,
        parent_id=payload.parent_id,
        is_open=payload.is_open,
    )
    return _out(request, queries.organization(actor, made))


@router.get("/{int:organization_id}", response=OrganizationOut)
def show_organization(request: HttpRequest, organization_id: Identifier) -> OrganizationOut:
    return _out(request, queries.organization(actor_of(request), organization_id))


@router.put("/{int:organization_id}", response=OrganizationOut)
@idempotent
def change_organization(
    request: HttpRequest, organization_id: Identifier, payload: OrganizationChangeIn
) -> OrganizationOut:
    actor = actor_of(request)
    actions.change_organization(
        actor=actor,
        organization_id=organization_id,
        name=payload.name,
        kind=payload.kind,
        contact=payload.contact,
        is_active=payload.is_active,
        is_open=payload.is_open,
        parent_id=payload.parent_id if "parent_id" in payload.model_fields_set else actions.KEPT,
    )
    return _out(request, queries.organization(actor, organization_id))


@router.get("/{int:organization_id}/members", response=CursorPage[MemberOut])
def list_members(
    request: HttpRequest, organization_id: Identifier, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """Who belongs to it now; for those who keep or audit the archive."""
    actor = actor_of(request)
    require_sees_members(actor)
    queries.organization(actor, organization_id)
    return cursor_page(queries.members(actor, organization_id), cursor=cursor, limit=limit, render=_member)


@router.post("/{int:organization_id}/members", response=MembershipOut)
@idempotent
def add_member(request: HttpRequest, organization_id: Identifier, payload: NewMemberIn) -> MembershipOut:
    person_id = actions.join(
        actor=actor_of(request), organization_id=organization_id, volunteer_number=payload.volunteer_number
    )
    return MembershipOut(organization_id=organization_id, person_id=person_id, is_member=True)


@router.delete("/{int:organization_id}/members/{person_id}", response=MembershipOut)
@idempotent
def end_membership(request: HttpRequest, organization_id: Identifier, person_id: Identifier) -> MembershipOut:
    """The membership ends today and stays on record."""
    actions.leave(actor=actor_of(request), person_id=person_id, organization_id=organization_id)
    return MembershipOut(organization_id=organization_id, person_id=person_id, is_member=False)


def _out(request: HttpRequest, card: queries.OrganizationCard) -> OrganizationOut:
    return OrganizationOut(
        id=card.id,
        name=card.name,
        kind=cast("Organization.Kind", card.kind),
        contact=card.contact,
        is_active=card.is_active,
        is_open=card.is_open,
        parent_id=card.parent_id,
        members=card.members if sees_members(actor_of(request)) else None,
    )


def _member(row: Membership) -> MemberOut:
    return MemberOut(
        membership_id=row.pk,
        person_id=row.person_id,
        name=row.person.name,
        volunteer_number=row.person.volunteer_number or "",
        since=row.since,
    )


class InvitationIn(Schema):
    """How many people may join by the link, and for how many days."""

    places: Annotated[int, Field(ge=1, le=500)] = 20
    days: Annotated[int, Field(ge=1, le=90)] = 14


class OrganizationInvitationOut(Schema):
    """`word` is shown this once: the page `/organizations/join/{word}/` lets whoever is signed in join."""

    word: str


class JoinIn(Schema):
    """`consents`: who keeps the organisation may see one's name, number and phone."""

    word: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
    consents: bool = False


class JoinedOut(Schema):
    organization_id: int


class LeaderIn(Schema):
    leads: bool


class LeaderOut(Schema):
    person_id: int
    leads: bool


@router.post("/invitations/acceptance", response=JoinedOut)
@idempotent
def join_by_invitation(request: HttpRequest, payload: JoinIn) -> JoinedOut:
    """Join what an invitation is for, as oneself."""
    joined = teams.join_by_invitation(actor=actor_of(request), word=payload.word, consents=payload.consents)
    return JoinedOut(organization_id=joined)


@router.post("/{int:organization_id}/invitations", response=OrganizationInvitationOut)
def invite_to_team(
    request: HttpRequest, organization_id: Identifier, payload: InvitationIn
) -> OrganizationInvitationOut:
    """A new invitation, by who keeps the organisation. Its word is a secret, so the answer is never kept."""
    actor = actor_of(request)
    word = teams.invite(actor=actor, organization_id=organization_id, places=payload.places, days=payload.days)
    return OrganizationInvitationOut(word=word)


@router.post("/{int:organization_id}/leaving", response=JoinedOut)
@idempotent
def leave_a_team(request: HttpRequest, organization_id: Identifier) -> JoinedOut:
    """Leave as oneself; the membership stays on record."""
    teams.leave_by_oneself(actor=actor_of(request), organization_id=organization_id)
    return JoinedOut(organization_id=organization_id)


@router.put("/{int:organization_id}/members/{person_id}/lead", response=LeaderOut)
@idempotent
def set_team_leader(
    request: HttpRequest, organization_id: Identifier, person_id: Identifier, payload: LeaderIn
) -> LeaderOut:
    """Let a member keep the organisation, or no longer; coordinators and administrators."""
    actor = actor_of(request)
    teams.set_leader(actor=actor, organization_id=organization_id, person_id=person_id, leads=payload.leads)
    return LeaderOut(person_id=person_id, leads=payload.leads)
