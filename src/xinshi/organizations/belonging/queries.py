"""What members see of their memberships, and what who keeps an organisation sees of its members: only with their consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.access import is_keeper, kept_by, require_keeps
from xinshi.organizations.models import (
    Enrolment,
    Membership,
    MembershipConsent,
    Organization,
    PrimaryOrganization,
)
from xinshi.organizations.structure import RollUp, counted
from xinshi.organizations.teams import STAFF_KINDS
from xinshi.people.domain import masked_name, masked_phone

PAGE_SIZE: Final = 30
KEPT_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class OwnMembership:
    """One of one's own memberships, who sees one there, and since when they may."""

    organization_id: int
    name: str
    kind: str
    since: date
    consented_at: datetime | None
    is_primary: bool
    is_leader: bool
    keepers: int
    may_leave: bool


@dataclass(frozen=True, slots=True)
class OpenEnrolment:
    enrolment_id: int
    organization_id: int
    name: str
    kind: str
    asked_at: datetime


def own_memberships(actor: Actor) -> list[OwnMembership]:
    """One's present organisations, the one that one counts for first; two queries."""
    if actor.person_id is None:
        return []
    primary = PrimaryOrganization.objects.filter(person_id=actor.person_id, until=None)
    counted_for = primary.values_list("organization_id", flat=True).first()
    rows = (
        Membership.objects.filter(person_id=actor.person_id, until=None)
        .select_related("organization")
        .annotate(
            keepers=Count(
                "organization__memberships",
                filter=Q(organization__memberships__is_leader=True, organization__memberships__until=None),
            )
        )
        .order_by("organization__name")
    )
    given = dict(
        MembershipConsent.objects.filter(
            membership__person_id=actor.person_id, membership__until=None, withdrawn_at=None
        ).values_list("membership_id", "given_at")
    )
    found = [
        OwnMembership(
            organization_id=row.organization_id,
            name=row.organization.name,
            kind=row.organization.kind,
            since=row.since,
            consented_at=given.get(row.pk),
            is_primary=row.organization_id == counted_for,
            is_leader=row.is_leader,
            keepers=row.keepers,
            may_leave=row.organization.kind not in STAFF_KINDS,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: not one.is_primary)


def own_enrolments(actor: Actor) -> list[OpenEnrolment]:
    """Questions that wait for one's own yes or no."""
    rows = Enrolment.objects.filter(
        person_id=actor.person_id or 0, state=Enrolment.State.ASKED, organization__is_active=True
    )
    return [
        OpenEnrolment(row.pk, row.organization_id, row.organization.name, row.organization.kind, row.asked_at)
        for row in rows.select_related("organization").order_by("pk")[:50]
    ]


def primary_history(actor: Actor) -> list[PrimaryOrganization]:
    """The organisations that one counted for, the latest first."""
    rows = PrimaryOrganization.objects.filter(person_id=actor.person_id or 0).select_related("organization")
    return list(rows.order_by("-since", "-pk")[:50])


@dataclass(frozen=True, slots=True)
class KeptOrganization:
    """An organisation that one keeps, in counts."""

    id: int
    name: str
    kind: str
    members: int
    consented: int
    waiting: int
    """People who were asked to join and have not answered."""


def kept_organizations(actor: Actor) -> list[KeptOrganization]:
    """What the actor's own person keeps; four queries however many members there are."""
    rows = list(kept_by(actor).order_by("name")[:KEPT_MAX])
    ids = [row.pk for row in rows]
    present = Membership.objects.filter(organization_id__in=ids, until=None, person__erased_at=None)
    members = _counts(present)
    consented = _counts(present.filter(_consented()))
    waiting = _counts(Enrolment.objects.filter(organization_id__in=ids, state=Enrolment.State.ASKED))
    return [
        KeptOrganization(
            id=row.pk,
            name=row.name,
            kind=row.kind,
            members=members.get(row.pk, 0),
            consented=consented.get(row.pk, 0),
            waiting=waiting.get(row.pk, 0),
        )
        for row in rows
    ]


def _counts(rows: QuerySet[Membership] | QuerySet[Enrolment]) -> dict[int, int]:
    return dict(rows.values("organization_id").annotate(n=Count("pk")).values_list("organization_id", "n"))


def kept_organization(actor: Actor, organization_id: int) -> Organization:
    """An organisation that the actor keeps, or any for the station, with how many it `asked` who have not answered.

    NotFound for everybody else. One query.
    """
    rows = Organization.objects.all() if is_keeper(actor) else kept_by(actor)
    asked = Count("enrolments", filter=Q(enrolments__state=Enrolment.State.ASKED))
    row = rows.select_related("parent").annotate(asked=asked).filter(pk=organization_id).first()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True, slots=True)
class KeptView:
    """An organisation for who keeps it: a page of its members, counts with all below it, and how many have not answered."""

    organization: Organization
    page: Page[Membership]
    roll_up: RollUp
    waiting: int


def kept_view(actor: Actor, organization_id: int, *, term: str = "", number: str | None = None) -> KeptView:
    """Asks once whether the actor keeps it; NotFound for who does not. Five queries."""
    found = kept_organization(actor, organization_id)
    waiting: int = found.asked  # type: ignore[attr-defined]  # annotated by kept_organization
    return KeptView(
        organization=found,
        page=Paginator(_members(found.pk, term=term), PAGE_SIZE).get_page(number),
        roll_up=counted(found.pk),
        waiting=waiting,
    )


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member as who keeps the organisation may see them: without consent a masked name and nothing to know them by."""

    membership_id: int
    person_id: int
    shown_name: str
    volunteer_number: str
    masked_phone: str
    since: date
    is_leader: bool
    has_consented: bool


def _consented() -> Exists:
    return Exists(MembershipConsent.objects.filter(membership_id=OuterRef("pk"), withdrawn_at=None))


def kept_members(
    actor: Actor, organization_id: int, *, term: str = "", is_seen_only: bool = False
) -> QuerySet[Membership]:
    """Who belongs to it now, `has_consented` with each; a search finds only those who let themselves be seen."""
    require_keeps(actor, organization_id)
    return _members(organization_id, term=term, is_seen_only=is_seen_only)


def _members(organization_id: int, *, term: str = "", is_seen_only: bool = False) -> QuerySet[Membership]:
    rows = Membership.objects.filter(organization_id=organization_id, until=None, person__erased_at=None)
    found = rows.select_related("person").annotate(has_consented=_consented())
    wanted = term.strip().replace("\0", "")
    if wanted or is_seen_only:
        found = found.filter(has_consented=True)
    if wanted:
        found = found.filter(Q(person__name__contains=wanted) | Q(person__volunteer_number=wanted))
    return found.order_by("-is_leader", "-pk")


def member_line(row: Membership) -> MemberLine:
    """A line from a row of `kept_members`."""
    has_consented: bool = row.has_consented  # type: ignore[attr-defined]  # annotated by kept_members
    person = row.person
    return MemberLine(
        membership_id=row.pk,
        person_id=row.person_id,
        shown_name=person.name if has_consented else masked_name(person.name),
        volunteer_number=(person.volunteer_number or "") if has_consented else "",
        masked_phone=masked_phone(person.phone) if has_consented else "",
        since=row.since,
        is_leader=row.is_leader,
        has_consented=has_consented,
    )


def open_enrolments(actor: Actor, organization_id: int) -> QuerySet[Enrolment]:
    """Whom the organisation asked and who has not answered: the names were typed by who asked."""
    require_keeps(actor, organization_id)
    rows = Enrolment.objects.filter(organization_id=organization_id, state=Enrolment.State.ASKED)
    return rows.select_related("person").order_by("-pk")


def is_asked(actor: Actor, organization_id: int) -> bool:
    """Whether the organisation waits for the actor's own yes or no."""
    asked = Enrolment.objects.filter(organization_id=organization_id, state=Enrolment.State.ASKED)
    return actor.person_id is not None and asked.filter(person_id=actor.person_id).exists()


def keeps_something(actor: Actor) -> bool:
    """Whether the menu offers “My organisation”."""
    return kept_by(actor).exists()
