"""Reads of organisations and membership."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.access import memberships_visible_to, visible_to
from xinshi.organizations.models import Membership, Organization


@dataclass(frozen=True, slots=True)
class OrganizationCard:
    """An organisation and how many people belong to it now."""

    id: int
    name: str
    kind: str
    contact: str
    is_active: bool
    parent_id: int | None
    parent_name: str
    members: int


@dataclass(frozen=True, slots=True)
class Belonging:
    """One of a person's organisations."""

    organization_id: int
    name: str
    since: date


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
        parent_id=row.parent_id,
        parent_name=row.parent.name if row.parent else "",
        members=getattr(row, "members", 0),
    )


def members(actor: Actor, organization_id: int) -> QuerySet[Membership]:
    """Who belongs to the organisation now, with their persons; none for whom membership is not to be seen."""
    rows = memberships_visible_to(actor).filter(organization_id=organization_id, until=None)
    return rows.select_related("person")


def belongings(actor: Actor, person_id: int) -> list[Belonging]:
    """A person's present organisations: one's own, or anybody's for those who may see members."""
    is_own = actor.person_id == person_id
    rows = Membership.objects.all() if is_own else memberships_visible_to(actor)
    found = rows.filter(person_id=person_id, until=None).select_related("organization").order_by("organization__name")
    return [Belonging(row.organization_id, row.organization.name, row.since) for row in found]
