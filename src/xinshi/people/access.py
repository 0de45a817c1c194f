"""Who may see and change the archive."""

from __future__ import annotations

from django.db.models import QuerySet

from xinshi.kernel.actor import ANONYMOUS, Actor, Role
from xinshi.kernel.errors import NotAllowed
from xinshi.people.models import Person, RoleGrant, User


def actor_for(user: User | None) -> Actor:
    """The actor of a signed-in, active user with their roles; ANONYMOUS for everybody else."""
    if user is None or not user.pk or not user.is_active:
        return ANONYMOUS
    roles = frozenset(Role(role) for role in RoleGrant.objects.filter(user=user).values_list("role", flat=True))
    return Actor(reference=f"user:{user.pk}", user_id=user.pk, person_id=user.person_id, roles=roles)


def visible_to(actor: Actor) -> QuerySet[Person]:
    """Everybody for those who keep the archive or audit it, otherwise oneself."""
    if actor.has(Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR, Role.CLERK):
        return Person.objects.all()
    if actor.person_id is None:
        return Person.objects.none()
    return Person.objects.filter(pk=actor.person_id)


def require_archive_reader(actor: Actor) -> None:
    """Those who keep or audit the archive look through all of it."""
    if not actor.has(Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR):
        raise NotAllowed


def is_archive_keeper(actor: Actor) -> bool:
    return actor.has(Role.COORDINATOR, Role.ADMINISTRATOR)


def require_archive_keeper(actor: Actor) -> None:
    """Coordinators and administrators keep the archive."""
    if not is_archive_keeper(actor):
        raise NotAllowed


def require_administrator(actor: Actor) -> None:
    """Roles and sign-ins are given by administrators only."""
    if not actor.has(Role.ADMINISTRATOR):
        raise NotAllowed
