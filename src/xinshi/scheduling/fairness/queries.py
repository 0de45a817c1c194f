"""Who was offered and took places in a span of days, by group; a fixed number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Count, Max, Q

from xinshi.activities.models import SignUp
from xinshi.bank.ages import age_years
from xinshi.bank.models import Passbook
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.scheduling.access import require_reader
from xinshi.scheduling.fairness.domain import (
    SMALL,
    Share,
    age_key,
    curve,
    gini_permille,
    held_by_few_percent,
    without_small,
)
from xinshi.scheduling.models import Invitation
from xinshi.scheduling.suggesting.queries import opted_out

TOOK: Final = (SignUp.State.CONFIRMED, SignUp.State.NO_SHOW)
AGES_MAX: Final = 200
LONG_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Fairness:
    """How places of shifts between two days were shared out among those who may be asked."""

    first: date
    last: date
    people: int
    with_place: int
    offered: int
    taken: int
    opted_out: int
    groups: list[Share]
    ages: list[Share]
    gini_of_all: int | None
    """In thousandths, over everybody who may be asked; None where nothing was taken or too few people are there."""
    gini_of_served: int | None
    """Over those who took at least one place."""
    few_percent: int | None
    curve: list[tuple[int, int]]
    waiting_long: int
    """How many have been waiting longer than LONG_DAYS: no place was taken or offered, though they can be asked."""
    longest_wait_days: int | None
    """None where fewer than SMALL wait so long: it would be about somebody."""


@dataclass(frozen=True, slots=True)
class _Member:
    person_id: int
    group: str
    age: str
    since: datetime


def fairness(actor: Actor, *, first: date, last: date) -> Fairness:
    """Planners and auditors. Only sums: nobody's name, and no group of fewer than SMALL people."""
    require_reader(actor)
    out = opted_out()
    members = _members(out)
    start, _end = clock.day_bounds(first)
    _start, end = clock.day_bounds(last)
    inside = Q(shift__starts_at__gte=start, shift__starts_at__lt=end)
    taken = _number(SignUp.objects.filter(inside, state__in=TOOK).values_list("person_id"))
    offered = _number(Invitation.objects.filter(inside, signup__isnull=False).values_list("person_id"))
    known = {member.person_id for member in members}
    amounts = [taken.get(person_id, 0) for person_id in known]
    served = [amount for amount in amounts if amount]
    waits = _waits(members)
    enough = len(members) >= SMALL
    return Fairness(
        first=first,
        last=last,
        people=len(members),
        with_place=len(served),
        offered=sum(offered.get(person_id, 0) for person_id in known),
        taken=sum(amounts),
        opted_out=len(out),
        groups=_shares({member.person_id: member.group for member in members}, offered, taken),
        ages=_shares({member.person_id: member.age for member in members}, offered, taken),
        gini_of_all=gini_permille(amounts) if enough else None,
        gini_of_served=gini_permille(served) if len(served) >= SMALL else None,
        few_percent=held_by_few_percent(served),
        curve=curve(amounts) if enough else [],
        waiting_long=sum(days > LONG_DAYS for days in waits),
        longest_wait_days=max(waits) if sum(days > LONG_DAYS for days in waits) >= SMALL else None,
    )


def _members(out: set[int]) -> list[_Member]:
    """Everybody with an active passbook who did not opt out: those who may be asked."""
    rows = Passbook.objects.filter(state=Passbook.State.ACTIVE, person__erased_at=None, person__merged_into=None)
    today = clock.today()
    found = rows.order_by("person_id").values_list(
        "person_id", "person__group", "person__birth_date", "person__registered_at"
    )
    return [
        _Member(pk, group, age_key(min(AGES_MAX, max(0, age_years(born, today=today))) if born else None), since)
        for pk, group, born, since in found
        if pk not in out
    ]


def _number(rows: object) -> dict[int, int]:
    return dict(rows.order_by().annotate(number=Count("pk")))  # type: ignore[attr-defined]  # both models have it


def _shares(keys: Mapping[int, str], offered: Mapping[int, int], taken: Mapping[int, int]) -> list[Share]:
    people, sent, took, served = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for person_id, key in keys.items():
        people[key] += 1
        sent[key] += offered.get(person_id, 0)
        took[key] += taken.get(person_id, 0)
        served[key] += person_id in taken
    return without_small(Share(key, people[key], sent[key], took[key], served[key]) for key in people)


def _waits(members: list[_Member]) -> list[int]:
    """Whole days since each last had, or was offered, a place; since they registered where that never was."""
    at = clock.now()
    last = dict(
        SignUp.objects.filter(state__in=[*TOOK, SignUp.State.OFFERED])
        .order_by()
        .values_list("person_id")
        .annotate(latest=Max("shift__starts_at"))
    )
    asked = dict(Invitation.objects.order_by().values_list("person_id").annotate(latest=Max("invited_at")))
    waits = []
    for member in members:
        moments = (member.since, last.get(member.person_id), asked.get(member.person_id))
        waits.append(max(0, (at - max(moment for moment in moments if moment is not None)).days))
    return waits
