"""The tree of organisations: what stands below one, who belongs to all of it, and moving it without a circle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection

from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.organizations.access import keeps, sees_members
from xinshi.organizations.domain import ACTIVE_DAYS, DEPTH_MAX, NEWCOMER_DAYS
from xinshi.organizations.figures import achieved
from xinshi.organizations.models import Organization

MEMBERS: Final = """
WITH RECURSIVE below(id) AS (
  SELECT id FROM organization WHERE id = %s UNION SELECT o.id FROM organization o JOIN below b ON o.parent_id = b.id
)
SELECT NULL, count(*), 0 FROM below
UNION ALL
SELECT p."group", count(*), sum(CASE WHEN x.first >= %s THEN 1 ELSE 0 END)
  FROM (SELECT m.person_id, min(m.since) AS first FROM membership m JOIN below b ON b.id = m.organization_id
         WHERE m.until IS NULL GROUP BY m.person_id) x
  JOIN person p ON p.id = x.person_id
 WHERE p.erased_at IS NULL GROUP BY p."group"
"""
"""How many organisations there are, in the row without a group; then people and newcomers of each group."""


class CircleOfOrganizations(DomainError):
    code = "circle_of_organizations"
    message = gettext_noop("An organisation cannot belong to itself or to one of its own parts. Choose another.")
    status = 422


class TooDeep(DomainError):
    code = "organizations_too_deep"
    message = gettext_noop("At most 8 organisations stand one below the other. Choose one that stands higher.")
    status = 422


@dataclass(frozen=True, slots=True)
class RollUp:
    """An organisation with all below it: people who belong to any of them now, each once."""

    organizations: int
    members: int
    staff: int
    students: int
    citizens: int
    newcomers: int
    """Who belongs to it since at most 30 days."""
    active: int
    """Who served within 90 days, as the rooms above count."""
    minutes_this_year: int
    person_times_this_year: int
    """Certified service of members since January, on days when they belonged to any of them; each service once."""


def roll_up(actor: Actor, organization_id: int) -> RollUp:
    """Counts only, for those who see members and for whom keeps it; NotFound for others."""
    if not (sees_members(actor) or keeps(actor, organization_id)):
        raise NotFound
    return counted(organization_id)


def counted(organization_id: int) -> RollUp:
    """The same for who was let in already. Three queries."""
    today = clock.today()
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS, [organization_id, today - timedelta(days=NEWCOMER_DAYS - 1)])
        rows = {group: (int(count), int(new)) for group, count, new in cursor.fetchall()}
    size, _ = rows.pop(None)
    served = achieved([organization_id], today - timedelta(days=ACTIVE_DAYS - 1), today)[organization_id]
    this_year = achieved([organization_id], today.replace(month=1, day=1), today)[organization_id]
    counts = {group: count for group, (count, _) in rows.items()}
    return RollUp(
        organizations=size,
        members=sum(counts.values()),
        staff=counts.get("staff", 0),
        students=counts.get("student", 0),
        citizens=counts.get("citizen", 0),
        newcomers=sum(new for _, new in rows.values()),
        active=served.people,
        minutes_this_year=this_year.minutes,
        person_times_this_year=this_year.person_times,
    )


def check_parent(organization_id: int | None, parent_id: int) -> None:
    """Refuse a parent that is not there, that stands below, or too deep; the rows looked at stay locked.

    Locked by id: the organisation and everything above the parent. Whoever moves one of these at the same time waits, and
    then looks at the chain as it has become.
    """
    chain = _above(parent_id)
    locked = sorted({*chain, *([organization_id] if organization_id is not None else [])})
    list(Organization.objects.select_for_update().filter(pk__in=locked).order_by("pk").values_list("pk"))
    chain = _above(parent_id)
    if not chain:
        raise NotFound
    if organization_id in chain:
        raise CircleOfOrganizations
    if len(chain) + (_height(organization_id) if organization_id is not None else 1) > DEPTH_MAX:
        raise TooDeep


def _above(organization_id: int) -> list[int]:
    """The organisation and all above it, itself first; empty where it is not there."""
    parents: dict[int, int | None] = {}
    here: int | None = organization_id
    while here is not None and here not in parents and len(parents) <= 2 * DEPTH_MAX:
        row = Organization.objects.filter(pk=here).values_list("parent_id").first()
        if row is None:
            break
        parents[here] = row[0]
        here = row[0]
    return list(parents)


def _height(organization_id: int) -> int:
    """How many stand one below the other from this one on."""
    level, height = [organization_id], 0
    while level and height <= DEPTH_MAX:
        level = list(Organization.objects.filter(parent_id__in=level).values_list("pk", flat=True))
        height += 1
    return height
