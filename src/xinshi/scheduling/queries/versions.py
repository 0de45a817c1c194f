"""One version in plain words: how full, how well matched, how fair, how far from the best; and two side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from django.db.models import Avg, Count, F, Sum

from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.scheduling import access
from xinshi.scheduling.actions.wanting import AT_WORK, WITH_PLAN
from xinshi.scheduling.domain import LIMIT_WISH, WISHES, PlanSettings
from xinshi.scheduling.models import PlanEdit, PlanVersion
from xinshi.scheduling.solver.problem import KEEP_BONUS, PRIORITY_WEIGHT

EDITS_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Certificate:
    """How far a plan is from the best. `gap_millionths` of the bound; `places_more`: so many weighted places at most."""

    gap_millionths: int
    weighted_filled: int
    places_more: int

    @property
    def is_full(self) -> bool:
        """No plan fills more places, each counted by its urgency."""
        return self.places_more == 0

    @property
    def gap_percent(self) -> str:
        return f"{self.gap_millionths / 10_000:.3f}"


@dataclass(frozen=True, slots=True)
class WishLine:
    """What the plan would have more of without a wish; `changes` is known of the limit on them alone."""

    wish: str
    filled: int
    match: int
    changes: int | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """Against the version from which it was planned."""

    parent: int
    stayed: int
    gone: int
    new: int


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on changes: how many were allowed and made of what could stay, and what one more would be worth at most."""

    allowed: int
    stood: int
    made: int
    price: int

    @property
    def beyond(self) -> int:
        """How many changes were made by hand beyond what the plan was allowed."""
        return max(0, self.made - self.allowed)


@dataclass(frozen=True, slots=True)
class VersionDetail:
    version: PlanVersion
    settings: PlanSettings
    certificate: Certificate | None
    people: int
    """How many have a shift."""
    most: int
    shifts_a_person: Sequence[tuple[int, int]]
    """(shifts, people with so many)."""
    value: int
    """Average of the points from 0 to 100."""
    wishes: Sequence[WishLine]
    changes: Changes | None
    limit: Limit | None
    edits: Sequence[PlanEdit]
    edit_count: int
    locked: int
    empty_lines: int
    may_edit: bool

    @property
    def filled_percent(self) -> int:
        return 100 * self.version.filled // self.version.places if self.version.places else 0

    @property
    def empty(self) -> int:
        return self.version.places - self.version.filled

    @property
    def further(self) -> WishLine | None:
        """The plan that was found without the limit on changes, where it fills more places by changing more.

        None once a person changed the version: what was compared stands no more.
        """
        found = next((line for line in self.wishes if line.wish == LIMIT_WISH), None)
        if found is None or self.edit_count or not found.changes:
            return None
        return found if found.filled > 0 and found.changes > 0 else None

    @property
    def is_at_work(self) -> bool:
        return self.version.state in AT_WORK

    @property
    def has_plan(self) -> bool:
        return self.version.state in WITH_PLAN


def version_detail(actor: Actor, plan_id: int) -> VersionDetail:
    """One version; NotFound for what the actor may not see."""
    version = access.version_of(actor, plan_id)
    return _detail(actor, version)


def _detail(actor: Actor, version: PlanVersion) -> VersionDetail:
    assignments = version.assignments.all()
    by_person = Counter(Counter(assignments.values_list("person_id", flat=True)).values())
    average = assignments.aggregate(value=Avg("value"))["value"]
    filled = dict(assignments.order_by().values_list("shift_id").annotate(number=Count("pk")))
    empty = sum(filled.get(shift, 0) < places for shift, places in version.lines.values_list("shift_id", "places"))
    edits = version.edits.select_related("shift__activity", "person", "other_shift__activity", "other_person")
    return VersionDetail(
        version=version,
        settings=PlanSettings.from_stored(version.settings),
        certificate=certificate_of(version),
        people=sum(by_person.values()),
        most=max(by_person, default=0),
        shifts_a_person=sorted(by_person.items()),
        value=round(average or 0),
        wishes=wish_lines(version),
        changes=_changes(version),
        limit=limit_of(version),
        edits=list(edits.order_by("-number")[:EDITS_SHOWN]),
        edit_count=version.edits.count(),
        locked=assignments.filter(is_locked=True).count(),
        empty_lines=empty,
        may_edit=access.is_planner(actor) and version.state == PlanVersion.State.DONE,
    )


def certificate_of(version: PlanVersion) -> Certificate | None:
    """None where there is no plan."""
    if version.bound is None or version.coverage is None or version.coverage_bound is None:
        return None
    bound, most = bounds_of(version)
    gap = (bound - version.worth) * 1_000_000 // bound if bound > 0 else 0
    weighted = version.coverage // PRIORITY_WEIGHT
    return Certificate(max(0, gap), weighted, max(0, most - weighted))


def limit_of(version: PlanVersion) -> Limit | None:
    """None where changes were not limited, or there is no plan yet."""
    if version.changes_max is None or version.kept is None:
        return None
    made = version.stood - version.kept // KEEP_BONUS
    return Limit(version.changes_max, version.stood, made, version.change_price)


def bounds_of(version: PlanVersion) -> tuple[int, int]:
    """What no plan with as many changes as this one, or as it was allowed, exceeds: in worth, in weighted places.

    Each change made by hand beyond the limit raises the first by its price; of the second nothing is known then but how
    many places there are.
    """
    limit = limit_of(version)
    bound, most = version.bound or 0, version.coverage_bound or 0
    if limit is None or not limit.beyond:
        return bound, most
    places = version.lines.aggregate(most=Sum(F("places") * F("priority")))["most"] or 0
    return bound + limit.beyond * limit.price, places


def wish_lines(version: PlanVersion) -> list[WishLine]:
    """In the order of WISHES; a wish that costs nothing says so by zeros."""
    known = {row.wish: row for row in version.wish_costs.all()}
    rows = [known[wish] for wish in (*WISHES, LIMIT_WISH) if wish in known]
    return [WishLine(row.wish, row.filled_more, row.match_more, row.changes_more) for row in rows]


def _changes(version: PlanVersion) -> Changes | None:
    parent = PlanVersion.objects.filter(pk=version.parent_id or 0).first()
    if parent is None:
        return None
    before = set(parent.assignments.values_list("person_id", "shift_id"))
    now = set(version.assignments.values_list("person_id", "shift_id"))
    return Changes(parent.number, len(before & now), len(before - now), len(now - before))


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting in which two versions differ."""

    name: str
    one: Any
    other: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    one: VersionDetail
    other: VersionDetail
    settings: Sequence[Setting]
    same: int
    only_one: int
    only_other: int

    @property
    def sides(self) -> tuple[VersionDetail, VersionDetail]:
        return self.one, self.other

    @property
    def filled(self) -> int:
        """What the other has more than the one."""
        return self.other.version.filled - self.one.version.filled

    @property
    def match(self) -> int:
        return (self.other.version.match or 0) - (self.one.version.match or 0)

    @property
    def worth(self) -> int:
        return self.other.version.worth - self.one.version.worth


def comparison(actor: Actor, one_id: int, other_id: int) -> Comparison:
    """Two versions of one period side by side; NotFound where they are not, or have no plan."""
    one, other = access.version_of(actor, one_id), access.version_of(actor, other_id)
    if one.period_id != other.period_id or one.coverage is None or other.coverage is None:
        raise NotFound
    pairs = [set(row.assignments.values_list("person_id", "shift_id")) for row in (one, other)]
    told = _detail(actor, one), _detail(actor, other)
    differing = [
        Setting(field.name, getattr(told[0].settings, field.name), getattr(told[1].settings, field.name))
        for field in fields(PlanSettings)
        if getattr(told[0].settings, field.name) != getattr(told[1].settings, field.name)
    ]
    return Comparison(*told, differing, len(pairs[0] & pairs[1]), len(pairs[0] - pairs[1]), len(pairs[1] - pairs[0]))
