"""Who may see organisations, their members, and change them."""

from __future__ import annotations

from django.db.models import QuerySet

from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed
from xinshi.organizations.models import Membership, Organization
from xinshi.people.access import is_archive_keeper
from xinshi.people.access import visible_to as visible_people


def visible_to(actor: Actor) -> QuerySet[Organization]:
    """Every organisation for those who keep or audit the archive; for others who are signed in, the active ones."""
    if sees_members(actor):
        return Organization.objects.all()
    if actor.user_id is None:
        return Organization.objects.none()
    return Organization.objects.filter(is_active=True)


def sees_members(actor: Actor) -> bool:
    """Who belongs where is for those who keep or audit the archive."""
    return is_archive_keeper(actor) or actor.has(Role.AUDITOR)


def require_sees_members(actor: Actor) -> None:
    if not sees_members(actor):
        raise NotAllowed


def memberships_visible_to(actor: Actor) -> QuerySet[Membership]:
    """Memberships of people whom `actor` may see; otherwise none."""
    if not sees_members(actor):
        return Membership.objects.none()
    return Membership.objects.filter(person__in=visible_people(actor).filter(erased_at=None))


def is_keeper(actor: Actor) -> bool:
    """Coordinators and administrators keep organisations as they keep the archive."""
    return is_archive_keeper(actor)
