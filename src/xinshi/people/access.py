"""Who may see and change the archive."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from xinshi.kernel import clock
from xinshi.kernel.actor import ANONYMOUS, Actor, Role
from xinshi.kernel.errors import NotAllowed
from xinshi.people.models import Guardianship, Person, RoleGrant, User


def actor_for(user: User | None) -> Actor:
    """The actor of a signed-in, active user with their roles; ANONYMOUS for everybody else."""
    if user is None or not user.pk or not user.is_active:
        return ANONYMOUS
    known = user.known_roles
    if known is None:
        known = frozenset(RoleGrant.objects.filter(user=user).values_list("role", flat=True))
    return actor_of_user(user.pk, user.person_id, known)


def actor_of_user(user_id: int, person_id: int | None, roles: Iterable[str]) -> Actor:
    """The actor of an active user who holds these roles."""
    known = frozenset(Role(role) for role in roles)
    return Actor(reference=f"user:{user_id}", user_id=user_id, person_id=person_id, roles=known)


def visible_to(actor: Actor) -> QuerySet[Person]:
    """Everybody for those who keep the archive or audit it, otherwise oneself with what was merged into oneself."""
    if actor.has(Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR, Role.CLERK):
        return Person.objects.all()
    if actor.person_id is None:
        return Person.objects.none()
    return Person.objects.filter(Q(pk=actor.person_id) | Q(merged_into_id=actor.person_id))


def is_own(actor: Actor) -> Q:
    """The condition on rows with a `person` that they are the actor's own: also those of a record merged into theirs."""
    return Q(person_id=actor.person_id or 0) | Q(person__merged_into_id=actor.person_id or 0)


def guardianships_in_force() -> QuerySet[Guardianship]:
    """Guardians who agreed and whose ward is still a minor: a guardian's right ends by itself on the birthday."""
    return Guardianship.objects.filter(ended_at=None, consented_at__isnull=False, until__gt=clock.today())


def wards_of(actor: Actor) -> QuerySet[Guardianship]:
    """The minors for whom the actor agreed as a guardian, as far as they are still minors."""
    return guardianships_in_force().filter(guardian_id=actor.person_id or 0)


def is_archive_reader(actor: Actor) -> bool:
    """Those who keep or audit the archive look through all of it."""
    return actor.has(Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR)


def require_archive_reader(actor: Actor) -> None:
    if not is_archive_reader(actor):
        raise NotAllowed


def is_archive_keeper(actor: Actor) -> bool:
    return actor.has(Role.COORDINATOR, Role.ADMINISTRATOR)


def require_archive_keeper(actor: Actor) -> None:
    """Coordinators and administrators keep the archive."""
    if not is_archive_keeper(actor):
        raise NotAllowed


def require_own_or_keeper(actor: Actor, person_id: int) -> None:
    """What somebody says of themself, or what the station writes down in their name."""
    if actor.person_id != person_id:
        require_archive_keeper(actor)


def require_administrator(actor: Actor) -> None:
    """Roles and sign-ins are given by administrators only."""
    if not actor.has(Role.ADMINISTRATOR):
        raise NotAllowed
