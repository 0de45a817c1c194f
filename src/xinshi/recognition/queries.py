"""Reads of recognition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Count, QuerySet

from xinshi.bank.domain import STARS_MAX, StarProgress
from xinshi.bank.models import Passbook
from xinshi.bank.queries import own_passbook, policy_in_force, progress_of
from xinshi.kernel.actor import Actor
from xinshi.people.access import is_own
from xinshi.recognition.models import StarPromotion

PEOPLE_PER_PAGE: Final = 48


@dataclass(frozen=True, slots=True)
class StarFigure:
    """How many people have exactly this many stars."""

    level: int
    people: int


@dataclass(frozen=True, slots=True)
class HonouredPerson:
    name: str
    level: int
    certified_minutes: int


@dataclass(frozen=True, slots=True)
class HonourRoll:
    """A page of people who agreed to be named, most hours first."""

    people: list[HonouredPerson]
    number: int
    has_next: bool


def figures() -> list[StarFigure]:
    """People by stars, five first; levels that nobody has are there with 0."""
    counted = dict(Passbook.objects.filter(star_level__gt=0).values_list("star_level").annotate(Count("pk")))
    return [StarFigure(level, counted.get(level, 0)) for level in range(STARS_MAX, 0, -1)]


def honour_roll(*, level: int | None = None, page: int = 1) -> HonourRoll:
    """Star volunteers whose consent lets them be named in public; `level` narrows to one star level."""
    rows = Passbook.objects.filter(star_level__gt=0, person__is_public=True, person__erased_at=None)
    if level is not None:
        rows = rows.filter(star_level=level)
    start = (max(1, page) - 1) * PEOPLE_PER_PAGE
    wanted = rows.order_by("-star_level", "-certified_minutes", "pk")
    found = list(
        wanted.values_list("person__name", "star_level", "certified_minutes")[start : start + PEOPLE_PER_PAGE + 1]
    )
    people = [HonouredPerson(*row) for row in found[:PEOPLE_PER_PAGE]]
    return HonourRoll(people, max(1, page), has_next=len(found) > PEOPLE_PER_PAGE)


def own_promotions(actor: Actor) -> QuerySet[StarPromotion]:
    """The actor's own stars, newest first."""
    return StarPromotion.objects.filter(is_own(actor)).order_by("-level")


def own_progress(actor: Actor) -> StarProgress | None:
    """How far the actor is from the next star; None without a passbook."""
    passbook = own_passbook(actor)
    if passbook is None:
        return None
    return progress_of(passbook, policy_in_force())
