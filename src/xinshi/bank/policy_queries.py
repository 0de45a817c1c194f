"""Reads of the policy: its versions, and whom another one would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Case, Count, F, IntegerField, Value, When

from xinshi.bank.access import require_policy_reader
from xinshi.bank.domain import STARS_MAX, check_thresholds
from xinshi.bank.models import Passbook, PolicyVersion
from xinshi.bank.queries import policy_in_force
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.queries import names_by_reference

RISING_SHOWN_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version with who wrote it, who put it in force, and what it is now: proposed, coming, in_force or past."""

    version: PolicyVersion
    state: str
    proposed_by: str
    enforced_by: str


@dataclass(frozen=True, slots=True)
class StarCount:
    """How many members have so many stars now, and would have."""

    level: int
    now: int
    then: int

    @property
    def difference(self) -> int:
        return self.then - self.now


@dataclass(frozen=True, slots=True)
class Rising:
    """Somebody whom a version would promote at once."""

    passbook_id: int
    name: str
    number: str
    certified_minutes: int
    level_now: int
    level_then: int


@dataclass(frozen=True, slots=True)
class PolicyEffect:
    """What putting thresholds in force would change at once; `keeping` have more stars than they would ask for anew."""

    counts: list[StarCount]
    rising_number: int
    rising: list[Rising]
    keeping_number: int


def versions(actor: Actor) -> list[VersionView]:
    """All versions, newest first."""
    require_policy_reader(actor)
    return _views(list(PolicyVersion.objects.order_by("-number")))


def version(actor: Actor, number: int) -> VersionView:
    require_policy_reader(actor)
    found = PolicyVersion.objects.filter(number=number).first()
    if found is None:
        raise NotFound
    return _views([found])[0]


def effect(actor: Actor, thresholds_minutes: Sequence[int]) -> PolicyEffect:
    """A dry run: whom these thresholds would promote if they held now. Nothing is written; stars are never taken away."""
    require_policy_reader(actor)
    check_thresholds(thresholds_minutes)
    open_passbooks = Passbook.objects.exclude(state=Passbook.State.CLOSED)
    members = open_passbooks.annotate(reached=_reached(thresholds_minutes)).order_by()
    now, then = [0] * (STARS_MAX + 1), [0] * (STARS_MAX + 1)
    rising_number = keeping_number = 0
    for level, reached, number in members.values_list("star_level", "reached").annotate(Count("pk")):
        now[level] += number
        then[max(level, reached)] += number
        rising_number += number if reached > level else 0
        keeping_number += number if reached < level else 0
    rising = members.filter(reached__gt=F("star_level")).select_related("person").order_by("-reached", "number")
    return PolicyEffect(
        counts=[StarCount(level, now[level], then[level]) for level in range(STARS_MAX + 1)],
        rising_number=rising_number,
        rising=[
            Rising(row.pk, row.person.name, row.number, row.certified_minutes, row.star_level, row.reached)
            for row in rising[:RISING_SHOWN_MAX]
        ],
        keeping_number=keeping_number,
    )


def _reached(thresholds_minutes: Sequence[int]) -> Case:
    """The stars that lifetime minutes alone make."""
    steps = [
        When(certified_minutes__gte=minutes, then=Value(level))
        for level, minutes in reversed(list(enumerate(thresholds_minutes, start=1)))
    ]
    return Case(*steps, default=Value(0), output_field=IntegerField())


def _views(found: Sequence[PolicyVersion]) -> list[VersionView]:
    names = names_by_reference(reference for row in found for reference in (row.proposed_by_ref, row.enforced_by_ref))
    current, today = policy_in_force().number, clock.today()
    return [
        VersionView(
            version=row,
            state=_state(row, current=current, is_coming=row.effective_from is not None and row.effective_from > today),
            proposed_by=names.get(row.proposed_by_ref, ""),
            enforced_by=names.get(row.enforced_by_ref, ""),
        )
        for row in found
    ]


def _state(row: PolicyVersion, *, current: int, is_coming: bool) -> str:
    if row.enforced_at is None:
        return "proposed"
    if is_coming:
        return "coming"
    return "in_force" if row.number == current else "past"
