"""Hours that organisations earned as groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import QuerySet

from xinshi.giving import access
from xinshi.giving.domain import RequestState
from xinshi.giving.models import GroupHoursEntry
from xinshi.giving.queries.standing import why_taken_back
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.models import Balance
from xinshi.organizations.models import Organization
from xinshi.people.queries import names_by_reference

GROUPS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class GroupHoursCard:
    id: int
    organization_id: int
    organization: str
    title: str
    worked_on: date
    minutes: int
    evidence: str
    state: str
    state_label: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    taken_back: str
    may_decide: bool
    is_mine: bool

    @property
    def is_changeable(self) -> bool:
        return self.is_mine and self.state == RequestState.PROPOSED


@dataclass(frozen=True, slots=True)
class GroupAccount:
    """What a group holds and can only donate."""

    organization_id: int
    name: str
    minutes: int


def group_hours(actor: Actor, *, organization_id: int | None = None) -> QuerySet[GroupHoursEntry]:
    rows = access.group_hours_visible_to(actor).select_related("organization", "taken_back")
    return rows if organization_id is None else rows.filter(organization_id=organization_id)


def group_hours_entry(actor: Actor, group_hours_id: int) -> GroupHoursCard:
    row = group_hours(actor).filter(pk=group_hours_id).first()
    if row is None:
        raise NotFound
    return group_hours_cards(actor, [row])[0]


def group_hours_cards(actor: Actor, rows: Iterable[GroupHoursEntry]) -> list[GroupHoursCard]:
    found = list(rows)
    people = names_by_reference([ref for row in found for ref in (row.proposed_by_ref, row.decided_by_ref)])
    return [
        GroupHoursCard(
            id=row.pk,
            organization_id=row.organization_id,
            organization=row.organization.name,
            title=row.title,
            worked_on=row.worked_on,
            minutes=row.minutes,
            evidence=row.evidence,
            state=row.state,
            state_label=str(row.get_state_display()),
            proposed_by=people.get(row.proposed_by_ref, ""),
            proposed_at=row.proposed_at,
            decided_by=people.get(row.decided_by_ref, ""),
            decided_at=row.decided_at,
            decision_reason=row.decision_reason,
            taken_back=why_taken_back(row),
            may_decide=access.may_decide(actor, state=row.state, proposed_by_ref=row.proposed_by_ref),
            is_mine=actor.reference == row.proposed_by_ref,
        )
        for row in found
    ]


def group_accounts(actor: Actor) -> list[GroupAccount]:
    """What each group holds and can only donate, most first; for keepers and auditors."""
    access.require_reader(actor)
    rows = Balance.objects.filter(account__kind=AccountKind.GROUP.value).order_by("-posted", "pk")[:GROUPS_MAX]
    held = {
        int(owner.partition(":")[2]): posted - held - floor
        for owner, posted, held, floor in rows.values_list("account__owner_ref", "posted", "held", "floor")
    }
    names = dict(Organization.objects.filter(pk__in=held).values_list("pk", "name"))
    return [GroupAccount(pk, names.get(pk, ""), minutes) for pk, minutes in held.items()]
