"""Who may see organisations, their members, and change them."""

from __future__ import annotations

from django.db.models import QuerySet

from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound
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


def kept_by(actor: Actor) -> QuerySet[Organization]:
    """The active organisations that the actor's own person keeps now: a team's leader, a partner's administrator, a
    department's contact. The station keeps all of them, but by its role, not by these rows."""
    if actor.person_id is None:
        return Organization.objects.none()
    kept = Membership.objects.filter(person_id=actor.person_id, until=None, is_leader=True)
    return Organization.objects.filter(is_active=True, pk__in=kept.values("organization_id"))


def keeps_itself(actor: Actor, organization_id: int) -> bool:
    """Whether the actor's own person keeps this organisation; a child organisation has keepers of its own."""
    return kept_by(actor).filter(pk=organization_id).exists()


def keeps(actor: Actor, organization_id: int) -> bool:
    """The station, and whoever keeps this organisation now."""
    return is_keeper(actor) or keeps_itself(actor, organization_id)


def require_keeps(actor: Actor, organization_id: int) -> None:
    """Not keeping an organisation and its not being there give those who do not keep the archive the same answer."""
    if not keeps(actor, organization_id):
        raise NotFound


def belongs(actor: Actor, organization_id: int) -> bool:
    """Whether the actor is a member now."""
    present = Membership.objects.filter(organization_id=organization_id, person_id=actor.person_id or 0, until=None)
    return present.exists()
