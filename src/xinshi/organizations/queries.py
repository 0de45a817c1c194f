"""Reads of organisations and membership."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.access import belongs, keeps, memberships_visible_to, sees_members, visible_to
from xinshi.organizations.models import Invitation, Membership, MembershipConsent, Organization
from xinshi.organizations.teams import digest_of, is_open
from xinshi.people.domain import masked_name

TEAM_MEMBERS_MAX: Final = 500
CHILDREN_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class OrganizationCard:
    """An organisation and how many people belong to it now."""

    id: int
    name: str
    kind: str
    contact: str
    is_active: bool
    is_open: bool
    parent_id: int | None
    parent_name: str
    members: int


@dataclass(frozen=True, slots=True)
class Belonging:
    """One of a person's organisations."""

    organization_id: int
    name: str
    since: date
    is_team: bool = False


def organizations(actor: Actor, *, term: str = "", kind: str = "") -> QuerySet[Organization]:
    """Organisations that `actor` may see, with `members` counted, by part of the name and by kind."""
    rows = visible_to(actor).select_related("parent").annotate(members=_members()).order_by("name")
    wanted = term.strip().replace("\0", "")
    if wanted:
        rows = rows.filter(name__contains=wanted)
    return rows.filter(kind=kind) if kind else rows


def _members() -> Count:
    return Count("memberships", filter=Q(memberships__until=None, memberships__person__erased_at=None))


def organization(actor: Actor, organization_id: int) -> OrganizationCard:
    """One organisation; NotFound where `actor` may not see it."""
    found = organizations(actor).filter(pk=organization_id).first()
    if found is None:
        raise NotFound
    return card_of(found)


def card_of(row: Organization) -> OrganizationCard:
    """A card from a row of `organizations`."""
    return OrganizationCard(
        id=row.pk,
        name=row.name,
        kind=row.kind,
        contact=row.contact,
        is_active=row.is_active,
        is_open=row.is_open,
        parent_id=row.parent_id,
        parent_name=row.parent.name if row.parent else "",
        members=getattr(row, "members", 0),
    )


def children(actor: Actor, organization_id: int) -> list[OrganizationCard]:
    """What stands directly below it, as far as `actor` may see it."""
    rows = organizations(actor).filter(parent_id=organization_id)[:CHILDREN_MAX]
    return [card_of(row) for row in rows]


def members(actor: Actor, organization_id: int) -> QuerySet[Membership]:
    """Who belongs to the organisation now, with their persons; none for whom membership is not to be seen."""
    rows = memberships_visible_to(actor).filter(organization_id=organization_id, until=None)
    return rows.select_related("person")


def belongings(actor: Actor, person_id: int) -> list[Belonging]:
    """A person's present organisations: one's own, or anybody's for those who may see members."""
    is_own = actor.person_id == person_id
    rows = Membership.objects.all() if is_own else memberships_visible_to(actor)
    found = rows.filter(person_id=person_id, until=None).select_related("organization").order_by("organization__name")
    return [
        Belonging(
            row.organization_id,
            row.organization.name,
            row.since,
            is_team=row.organization.kind == Organization.Kind.TEAM,
        )
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A member as who asks may see them: by name for the station and leaders, masked for other members."""

    person_id: int
    shown_name: str
    since: date
    is_leader: bool


def team_members(actor: Actor, organization_id: int, *, limit: int = TEAM_MEMBERS_MAX) -> list[TeamMember]:
    """Who belongs to it now, keepers first; nobody for who neither belongs to the team nor may see members.

    By name for the station; whoever keeps it sees the names of those who consented, other members of a team what is public.
    """
    sees_names, keeps_it = sees_members(actor), keeps(actor, organization_id)
    if not (sees_names or keeps_it) and not _belongs_to_team(actor, organization_id):
        return []
    consented = MembershipConsent.objects.filter(membership_id=OuterRef("pk"), withdrawn_at=None)
    rows = Membership.objects.filter(organization_id=organization_id, until=None, person__erased_at=None)
    found = rows.select_related("person").annotate(has_consented=Exists(consented))
    return [
        TeamMember(
            person_id=row.person_id,
            shown_name=row.person.name
            if sees_names
            or row.person_id == actor.person_id
            or row.person.is_public
            or (keeps_it and row.has_consented)
            else masked_name(row.person.name),
            since=row.since,
            is_leader=row.is_leader,
        )
        for row in found.order_by("-is_leader", "person__name", "id")[:limit]
    ]


def _belongs_to_team(actor: Actor, organization_id: int) -> bool:
    is_team = Organization.objects.filter(pk=organization_id, kind=Organization.Kind.TEAM).exists()
    return is_team and belongs(actor, organization_id)


def open_invitations(actor: Actor, organization_id: int) -> list[Invitation]:
    """Invitations that still let somebody in, for who keeps the organisation; none for others."""
    if not keeps(actor, organization_id):
        return []
    rows = Invitation.objects.filter(organization_id=organization_id, ended_at=None, expires_at__gt=clock.now())
    return list(rows.filter(taken__lt=F("places")).order_by("expires_at", "id")[:50])


def invited_to(word: str) -> OrganizationCard | None:
    """What an invitation's word leads to while it is open; its name is all that a stranger learns."""
    found = Invitation.objects.select_related("organization__parent").filter(digest=digest_of(word)).first()
    return card_of(found.organization) if found is not None and is_open(found) else None
