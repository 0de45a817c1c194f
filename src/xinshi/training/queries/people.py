"""Whom a session can have as its trainer."""

from __future__ import annotations

from django.db.models import QuerySet

from xinshi.kernel.actor import Role
from xinshi.people.models import Person

TRAINERS = (Role.LEADER, Role.COORDINATOR, Role.ADMINISTRATOR)
OFFERED_MAX = 500


def may_train() -> QuerySet[Person]:
    """People whose sign-in lets them lead others."""
    return Person.objects.filter(
        user__role_grants__role__in=TRAINERS, user__is_active=True, erased_at=None, merged_into=None
    )


def possible_trainers(*, also: int | None = None) -> list[tuple[int, str]]:
    """Who may train, `(person id, name)`; `also` is who trains now."""
    found = dict(may_train().order_by("name").values_list("pk", "name").distinct()[:OFFERED_MAX])
    if also is not None and also not in found:
        found |= dict(Person.objects.filter(pk=also).values_list("pk", "name"))
    return list(found.items())
