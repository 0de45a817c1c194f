"""Who goes where, by shift and by person; what stays empty, with the funnel that says why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from django.core.paginator import Page, Paginator
from django.db.models import Count

from xinshi.activities.models import Shift
from xinshi.activities.requirements import Requirements
from xinshi.archive.models import QualificationKind
from xinshi.doors.wording import is_chinese
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.models import Person
from xinshi.scheduling import access, storing
from xinshi.scheduling.actions.editing import IN_ALREADY, NO_PAIR, RULES
from xinshi.scheduling.actions.planning import FUNNEL_COLUMNS
from xinshi.scheduling.models import Assignment, PlanLine, PlanVersion
from xinshi.scheduling.queries.versions import bounds_of
from xinshi.scheduling.solver import explaining
from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.weighing import Standing

SHIFTS_PER_PAGE: Final = 20
PEOPLE_PER_PAGE: Final = 50
CANDIDATES_SHOWN: Final = 30
SWAPS_SHOWN: Final = 200
EMPTY_SHOWN: Final = 60
"""Shifts with empty places that are explained, those first where one more person is worth most."""
SHOWN: Final = ("shift__activity", "shift__role")


@dataclass(frozen=True, slots=True)
class Row:
    """One shift of the plan with whoever is in it."""

    line: PlanLine
    assignments: Sequence[Assignment]

    @property
    def empty(self) -> int:
        return self.line.places - len(self.assignments)


@dataclass(frozen=True, slots=True)
class PersonRow:
    person: Person
    assignments: Sequence[Assignment]

    @property
    def minutes(self) -> int:
        shifts = [one.shift for one in self.assignments]
        return sum(clock.whole_minutes_between(shift.starts_at, shift.ends_at) for shift in shifts)


@dataclass(frozen=True, slots=True)
class Stage:
    """How many are left after a question, and how many it took away."""

    name: str
    left: int
    lost: int


@dataclass(frozen=True, slots=True)
class EmptyLine:
    """A shift with empty places: for whom it would be possible, question by question, and where most are lost."""

    line: PlanLine
    filled: int
    people: int
    stages: Sequence[Stage]
    bottleneck: str
    """The question after which fewer are left than places; `free` where enough could, but are needed elsewhere; `idle`
    where somebody could be put in at once."""
    qualifications: Sequence[str]

    @property
    def empty(self) -> int:
        return self.line.places - self.filled


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be put into a shift at once."""

    person: Person
    value: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody who could come here instead of elsewhere, which would leave those shifts one short."""

    person: Person
    leaves: Sequence[Shift]
    costs: int


@dataclass(frozen=True, slots=True)
class LineDetail:
    version: PlanVersion
    row: Row
    candidates: Sequence[Candidate]
    more: int
    busy: Sequence[Moved]
    may_edit: bool


def _planned(actor: Actor, plan_id: int) -> PlanVersion:
    version = access.version_of(actor, plan_id)
    if version.coverage is None:
        raise NotFound
    return version


def by_shift(actor: Actor, plan_id: int, *, page: int) -> tuple[PlanVersion, list[Row], Page[PlanLine]]:
    """The shifts of a version by time, a page of them."""
    version = _planned(actor, plan_id)
    found = _lines_of_page(version, page)
    return version, _rows(version, list(found.object_list)), found


def _lines_of_page(version: PlanVersion, page: int) -> Page[PlanLine]:
    lines = version.lines.select_related(*SHOWN).order_by("shift__starts_at", "shift_id")
    return Paginator(lines, SHIFTS_PER_PAGE).get_page(page)


def may_edit(actor: Actor, version: PlanVersion) -> bool:
    """Whether the actor may change this version by hand."""
    return access.is_planner(actor) and version.state == PlanVersion.State.DONE


def obstacles(actor: Actor, plan_id: int, *, page: int, person_id: int, instead_of_id: int = 0) -> dict[int, str]:
    """For every shift of a page of `by_shift`, by the key of its line: what stands against putting somebody there, a msgid,
    empty where nothing does. Of places nothing is said. `instead_of_id`: the assignment that they would give up for it.
    """
    access.require_planner(actor)
    version = _planned(actor, plan_id)
    kept, standing = standing_of(version)
    index = kept.pair_index()
    given_up = version.assignments.filter(pk=instead_of_id, person_id=person_id).values_list("shift_id", flat=True)
    without = [index[person_id, shift_id] for shift_id in given_up]
    found = {}
    for line in _lines_of_page(version, page):
        pair = index.get((person_id, line.shift_id))
        if pair is None:
            found[line.pk] = NO_PAIR
        elif pair in standing.chosen:
            found[line.pk] = "" if pair in without else IN_ALREADY
        else:
            found[line.pk] = RULES.get(standing.obstacle(pair, without=without), "")
    return found


def _rows(version: PlanVersion, lines: Sequence[PlanLine]) -> list[Row]:
    inside: dict[int, list[Assignment]] = defaultdict(list)
    assigned = version.assignments.filter(shift_id__in=[line.shift_id for line in lines])
    for one in assigned.select_related("person", "second_shift__activity", "second_shift__role").order_by(
        "-value", "pk"
    ):
        inside[one.shift_id].append(one)
    return [Row(line, inside[line.shift_id]) for line in lines]


def by_person(
    actor: Actor, plan_id: int, *, page: int, search: str = ""
) -> tuple[PlanVersion, list[PersonRow], Page[Person]]:
    """Whoever has a shift in the version, by name, with all of theirs."""
    version = _planned(actor, plan_id)
    people = Person.objects.filter(pk__in=version.assignments.values("person_id"))
    if search:
        people = people.filter(name__icontains=search[:40])
    found = Paginator(people.order_by("name", "pk"), PEOPLE_PER_PAGE).get_page(page)
    shown = list(found.object_list)
    theirs: dict[int, list[Assignment]] = defaultdict(list)
    rows = version.assignments.filter(person__in=shown).select_related(*SHOWN, "second_shift__activity")
    for one in rows.order_by("shift__starts_at", "pk"):
        theirs[one.person_id].append(one)
    return version, [PersonRow(person, theirs[person.pk]) for person in shown], found


def empty_lines(actor: Actor, plan_id: int) -> tuple[PlanVersion, list[EmptyLine]]:
    """The shifts with empty places, those first where one more person would be worth most; at most EMPTY_SHOWN."""
    version = _planned(actor, plan_id)
    filled = dict(version.assignments.order_by().values_list("shift_id").annotate(number=Count("pk")))
    rows = version.lines.select_related(*SHOWN).order_by("-price", "shift__starts_at", "pk")
    lines = [line for line in rows if filled.get(line.shift_id, 0) < line.places][:EMPTY_SHOWN]
    if not lines:
        return version, []
    kept, standing = standing_of(version)
    at = {shift: line for line, shift in enumerate(kept.problem.shift_ids.tolist())}
    names = _names({code for line in lines for code in _asked(line.shift)})
    found = []
    for line in lines:
        inside = filled.get(line.shift_id, 0)
        free = len(standing.idle_for(at[line.shift_id])) + inside
        stages = _stages(version.people, line, free)
        found.append(
            EmptyLine(
                line=line,
                filled=inside,
                people=version.people,
                stages=stages,
                bottleneck=next((stage.name for stage in stages if stage.left < line.places), "idle"),
                qualifications=[names.get(code, code) for code in _asked(line.shift)],
            )
        )
    return version, found


def _pairs(version: PlanVersion) -> list[tuple[int, int]]:
    return list(version.assignments.values_list("person_id", "shift_id"))


def _stages(people: int, line: PlanLine, free: int) -> list[Stage]:
    counts = [people, *(getattr(line, name) for name in FUNNEL_COLUMNS), free]
    names = (*FUNNEL_COLUMNS, "free")
    return [Stage(name, left, before - left) for name, before, left in zip(names, counts[:-1], counts[1:], strict=True)]


def _asked(shift: Shift) -> tuple[str, ...]:
    return Requirements.from_stored(shift.role.requirements).qualifications


def _names(codes: Collection[str]) -> Mapping[str, str]:
    rows = QualificationKind.objects.filter(code__in=codes).values_list("code", "name", "name_en")
    return {code: name if is_chinese() else english or name for code, name, english in rows}


def planned_line(actor: Actor, plan_line_id: int) -> PlanLine:
    """A shift of a version; NotFound for what the actor may not see."""
    line = PlanLine.objects.select_related(*SHOWN).filter(pk=plan_line_id).first()
    if line is None:
        raise NotFound
    _planned(actor, line.version_id)
    return line


def line_detail(actor: Actor, plan_line_id: int) -> LineDetail:
    """One shift of a version: who is in it, and who could be put in at once, the best match first."""
    line = planned_line(actor, plan_line_id)
    version = _planned(actor, line.version_id)
    kept, standing = standing_of(version)
    problem = kept.problem
    pairs = standing.idle_for(problem.shift_ids.tolist().index(line.shift_id))
    ids = [int(problem.person_ids[problem.pair_person[pair]]) for pair in pairs]
    people = Person.objects.in_bulk(ids[:CANDIDATES_SHOWN])
    shown = [
        Candidate(people[person], int(problem.pair_value[pair]))
        for person, pair in zip(ids, pairs, strict=True)
        if person in people
    ]
    row = _rows(version, [line])[0]
    return LineDetail(
        version=version,
        row=row,
        candidates=shown,
        more=max(0, len(ids) - CANDIDATES_SHOWN),
        busy=_busy(version, kept, standing, line) if row.empty and not shown else [],
        may_edit=may_edit(actor, version),
    )


def _busy(version: PlanVersion, kept: storing.Kept, standing: Standing, line: PlanLine) -> list[Moved]:
    """Whom one could move here, the least loss first."""
    problem = kept.problem
    found = explaining.empty_place(
        problem, plan_of(version, kept, standing), problem.shift_ids.tolist().index(line.shift_id)
    )
    people = Person.objects.in_bulk([int(problem.person_ids[one.person]) for one in found.busy])
    keys = {int(problem.shift_ids[at]) for one in found.busy for at in one.leaves}
    shifts = Shift.objects.select_related("activity", "role").in_bulk(keys)
    return [
        Moved(
            people[int(problem.person_ids[one.person])],
            [shifts[int(problem.shift_ids[at])] for at in one.leaves],
            one.costs,
        )
        for one in found.busy
    ]


def plan_of(version: PlanVersion, kept: storing.Kept, standing: Standing) -> Plan:
    """A version, as it is now, as the solver's value."""
    problem = kept.problem
    bound, most = bounds_of(version)
    prices = dict(version.lines.values_list("shift_id", "price"))
    return Plan(
        chosen=np.array(sorted(standing.chosen), np.int64),
        worth=standing.worth,
        bound=bound,
        coverage_bound=most,
        change_price=float(version.change_price),
        filled=len(standing.chosen),
        places=int(problem.line_demand.sum()),
        line_prices=np.array([prices.get(shift, 0) for shift in problem.shift_ids.tolist()], np.float64),
        seconds=version.solver_milliseconds / 1_000,
        is_complete=version.is_complete,
        seed=version.seed,
    )


def standing_of(version: PlanVersion) -> tuple[storing.Kept, Standing]:
    """What was asked, and the plan as it stands now."""
    kept = storing.kept(version)
    index = kept.pair_index()
    return kept, Standing(kept.problem, [index[pair] for pair in _pairs(version)])


@dataclass(frozen=True, slots=True)
class SwapChoice:
    """Somebody with whom a person can change places, and what the plan wins or loses by it."""

    assignment: Assignment
    change: int


def swap_choices(actor: Actor, assignment_id: int) -> tuple[Assignment, list[SwapChoice]]:
    """With whom somebody can change places within the rules, the gain first; NotFound for what is no proposal."""
    access.require_planner(actor)
    row = Assignment.objects.select_related("version__period", "person", *SHOWN).filter(pk=assignment_id).first()
    if row is None or row.version.state != PlanVersion.State.DONE:
        raise NotFound
    kept = storing.kept(row.version)
    index, rows = kept.pair_index(), {}
    others = row.version.assignments.select_related("person", *SHOWN)
    for one in others:
        rows[index[one.person_id, one.shift_id]] = one
    standing, mine = Standing(kept.problem, rows), index[row.person_id, row.shift_id]
    found = []
    for pair, other in rows.items():
        into = index.get((row.person_id, other.shift_id)), index.get((other.person_id, row.shift_id))
        if other.is_locked or other.shift_id == row.shift_id or other.person_id == row.person_id:
            continue
        if into[0] is None or into[1] is None or {into[0], into[1]} & standing.chosen:
            continue
        if any(standing.obstacle(one, without=(mine, pair)) for one in into if one is not None):
            continue
        change = sum(standing.weight(one) for one in into if one is not None)
        found.append(SwapChoice(other, change - standing.weight(mine) - standing.weight(pair)))
    return row, sorted(found, key=lambda one: (-one.change, one.assignment.shift.starts_at, one.assignment.pk))[
        :SWAPS_SHOWN
    ]
