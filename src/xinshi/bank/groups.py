"""What a team has served: hours of its members while they belonged to it, on the team's own page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render

from xinshi.doors.pages import SIGNED_IN, PageRequest, page
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.ledger import queries as ledger
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.models import Account
from xinshi.organizations import queries as organizations
from xinshi.organizations.access import belongs, keeps, sees_members
from xinshi.organizations.queries import OrganizationCard, TeamMember

HOURS: Final = """
SELECT coalesce(sum(d.raw_minutes), 0), coalesce(sum(CASE WHEN d.worked_on >= %s THEN d.raw_minutes ELSE 0 END), 0),
       count(DISTINCT m.person_id)
  FROM membership m JOIN passbook p ON p.person_id = m.person_id JOIN deposit d ON d.passbook_id = p.id
  LEFT JOIN deposit_reversal r ON r.deposit_id = d.id
 WHERE m.organization_id = %s AND r.id IS NULL AND d.worked_on >= m.since AND (m.until IS NULL OR d.worked_on <= m.until)
"""


@dataclass(frozen=True, slots=True)
class GroupHours:
    """Certified minutes that members served while they belonged to the team, and what the team holds as a group."""

    minutes: int
    minutes_this_year: int
    people: int
    held_as_group_minutes: int | None


def group_hours(actor: Actor, organization_id: int) -> GroupHours:
    """A team's totals, for its members, its leaders and those who see members; NotFound for others."""
    if not (sees_members(actor) or keeps(actor, organization_id) or belongs(actor, organization_id)):
        raise NotFound
    first = clock.today().replace(month=1, day=1)
    with connection.cursor() as cursor:
        cursor.execute(HOURS, [first, organization_id])
        minutes, this_year, people = cursor.fetchone()
    account = Account.objects.filter(kind=AccountKind.GROUP.value, owner_ref=f"organization:{organization_id}").first()
    return GroupHours(
        minutes=int(minutes),
        minutes_this_year=int(this_year),
        people=people,
        held_as_group_minutes=ledger.balance(account.pk).posted if account else None,
    )


@dataclass(frozen=True, slots=True)
class GroupPage:
    found: OrganizationCard
    hours: GroupHours
    members: list[TeamMember]


@page(SIGNED_IN)
def group(request: PageRequest, organization_id: int) -> HttpResponse:
    """A team: its hours and its members, as who asks may see them."""
    actor = request.actor
    shown = GroupPage(
        found=organizations.organization(actor, organization_id),
        hours=group_hours(actor, organization_id),
        members=organizations.team_members(actor, organization_id),
    )
    context = {
        "shown": shown,
        "found": shown.found,
        "leads": keeps(actor, organization_id),
        "belongs": belongs(actor, organization_id),
    }
    return render(request, "bank/group.html", context)
