"""A proposal changed by hand: each edit keeps the rules by which the plan was made, and says what it costs.

What is weighed is the problem that was asked. Whether somebody may take a place today is asked again when invitations go
out; nobody is invited against a rule because of an old plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.scheduling import storing
from xinshi.scheduling.access import require_planner
from xinshi.scheduling.domain import (
    VALUE_PARTS,
    AssignedAlready,
    AssignmentLocked,
    NotInPlan,
    NotPossible,
    PlacesFilled,
    PlanNotEditable,
)
from xinshi.scheduling.models import Assignment, PlanEdit, PlanVersion
from xinshi.scheduling.solver.answer import Worth
from xinshi.scheduling.storing import Kept
from xinshi.scheduling.weighing import Standing

RULES = {
    "shifts": gettext_noop("it would be more shifts than they take in a week."),
    "minutes": gettext_noop("it would be more hours than they give in a week."),
    "day": gettext_noop("it would be more shifts on one day than the plan allows."),
    "overlap": gettext_noop("they have another shift in the plan at that time."),
    "travel": gettext_noop("there is not enough time to get there from their other shift."),
    "rest": gettext_noop("there would be too little rest between two days."),
    "recovery": gettext_noop("they need time to recover after a hard shift."),
}
"""What stands against a pair, by the rule's name in the solver's checker."""
NO_PAIR = gettext_noop(
    "by what is known of them they do not fit: qualification, age, limits, times, places, or what they hold already."
)

IN_ALREADY = gettext_noop("they have this shift in the plan already.")


@dataclass(frozen=True, slots=True)
class Weighed:
    """What an edit changes: places filled and worth, after minus before."""

    filled: int
    worth: int


@dataclass(frozen=True, slots=True)
class _Table:
    """A version on the table: its row, locked; what was asked; the plan as it stands."""

    version: PlanVersion
    kept: Kept
    index: dict[tuple[int, int], int]
    """The place of each possible (person, shift) among the pairs."""
    rows: dict[int, Assignment]
    """By pair."""
    standing: Standing

    def pair(self, person_id: int, shift_id: int) -> int:
        """NotInPlan for a shift that was not planned; NotPossible for who does not fit."""
        found = self.index.get((person_id, shift_id))
        if found is None:
            if shift_id not in self.kept.problem.shift_ids.tolist():
                raise NotInPlan
            raise NotPossible(reason=NO_PAIR)
        return found

    def line(self, pair: int) -> int:
        return int(self.kept.problem.pair_line[pair])


@transaction.atomic
def remove(*, actor: Actor, assignment_id: int) -> Weighed:
    """Take somebody out of a shift. AssignmentLocked, PlanNotEditable."""
    row = _assignment(actor, assignment_id)
    table = _table(row.version_id)
    pair = _pair_of(table, row)
    _require_free(row)
    return _apply(actor, table, PlanEdit.Kind.REMOVE, out=(pair,), shift=row.shift_id, person=row.person_id)


@transaction.atomic
def add(*, actor: Actor, version_id: int, shift_id: int, person_id: int, instead_of_id: int | None = None) -> Weighed:
    """Put somebody into a shift that has a free place in the plan. NotInPlan, NotPossible, AssignedAlready, PlacesFilled.

    `instead_of_id`: an assignment of the same person in the same version that they give up for it, or keep where the new
    one is refused; written down as two edits. AssignmentLocked.
    """
    require_planner(actor)
    if instead_of_id is None:
        return _add(actor, version_id, shift_id, person_id)
    row = _assignment(actor, instead_of_id)
    if (row.version_id, row.person_id) != (version_id, person_id):
        raise NotFound
    if row.shift_id == shift_id:
        raise AssignedAlready
    lost = remove(actor=actor, assignment_id=instead_of_id)
    won = _add(actor, version_id, shift_id, person_id)
    return Weighed(lost.filled + won.filled, lost.worth + won.worth)


def _add(actor: Actor, version_id: int, shift_id: int, person_id: int) -> Weighed:
    table = _table(version_id)
    pair = table.pair(person_id, shift_id)
    if pair in table.standing.chosen:
        raise AssignedAlready
    if table.standing.empty(table.line(pair)) < 1:
        raise PlacesFilled
    _require_possible(table.standing, pair)
    return _apply(actor, table, PlanEdit.Kind.ADD, into=(pair,), shift=shift_id, person=person_id)


@transaction.atomic
def swap(*, actor: Actor, assignment_id: int, other_id: int) -> Weighed:
    """Two people change places. Both must fit and keep every rule afterwards."""
    row, other = _assignment(actor, assignment_id), _assignment(actor, other_id)
    if row.version_id != other.version_id:
        raise NotFound
    if row.shift_id == other.shift_id or row.person_id == other.person_id:
        raise AssignedAlready
    table = _table(row.version_id)
    _require_free(row, other)
    out = (_pair_of(table, row), _pair_of(table, other))
    into = (table.pair(row.person_id, other.shift_id), table.pair(other.person_id, row.shift_id))
    if set(into) & table.standing.chosen:
        raise AssignedAlready
    for pair in into:
        _require_possible(table.standing, pair, without=out)
    return _apply(
        actor,
        table,
        PlanEdit.Kind.SWAP,
        out=out,
        into=into,
        shift=row.shift_id,
        person=row.person_id,
        other=(other.shift_id, other.person_id),
    )


@transaction.atomic
def lock(*, actor: Actor, assignment_id: int, is_locked: bool) -> None:
    """Fix an assignment, so that planning again leaves it; or set it free."""
    row = _assignment(actor, assignment_id)
    table = _table(row.version_id)
    _pair_of(table, row)
    if row.is_locked == is_locked:
        return
    row.is_locked = is_locked
    row.save(update_fields=["is_locked"])
    kind = PlanEdit.Kind.LOCK if is_locked else PlanEdit.Kind.UNLOCK
    _write_down(actor, table, kind, Weighed(0, 0), shift=row.shift_id, person=row.person_id, other=None)


def _assignment(actor: Actor, assignment_id: int) -> Assignment:
    require_planner(actor)
    row = Assignment.objects.filter(pk=assignment_id).first()
    if row is None:
        raise NotFound
    return row


def _table(version_id: int) -> _Table:
    version = PlanVersion.objects.select_for_update().filter(pk=version_id).first()
    if version is None:
        raise NotFound
    if version.state != PlanVersion.State.DONE:
        raise PlanNotEditable
    kept = storing.kept(version)
    index = kept.pair_index()
    rows = {index[row.person_id, row.shift_id]: row for row in version.assignments.all()}
    return _Table(version, kept, index, rows, Standing(kept.problem, rows))


def _pair_of(table: _Table, row: Assignment) -> int:
    """The pair of an assignment; NotFound where it was taken out in the meantime."""
    pair = table.pair(row.person_id, row.shift_id)
    if pair not in table.rows:
        raise NotFound
    return pair


def _require_free(*rows: Assignment) -> None:
    if any(row.is_locked for row in rows):
        raise AssignmentLocked


def _require_possible(standing: Standing, pair: int, *, without: Sequence[int] = ()) -> None:
    rule = standing.obstacle(pair, without=without)
    if rule:
        raise NotPossible(reason=RULES[rule])


def _apply(
    actor: Actor,
    table: _Table,
    kind: PlanEdit.Kind,
    *,
    shift: int,
    person: int,
    out: Sequence[int] = (),
    into: Sequence[int] = (),
    other: tuple[int, int] | None = None,
) -> Weighed:
    """Write the plan as it is afterwards: rows, worth, the edit."""
    after = table.standing.after(out=out, into=into)
    before, now = table.standing.worth, after.worth
    Assignment.objects.filter(pk__in=[table.rows[pair].pk for pair in out]).delete()
    made = [_made(actor, table, pair) for pair in into]
    Assignment.objects.bulk_create(made)
    touched = {int(table.kept.problem.pair_person[pair]) for pair in (*out, *into)}
    _renew_people(table, after, touched)
    _renew_worth(table.version, now, filled=len(after.chosen))
    weighed = Weighed(len(after.chosen) - len(table.standing.chosen), now.total - before.total)
    _write_down(actor, table, kind, weighed, shift=shift, person=person, other=other)
    return weighed


def _made(actor: Actor, table: _Table, pair: int) -> Assignment:
    problem, parts = table.kept.problem, table.kept.parts
    return Assignment(
        version=table.version,
        shift_id=int(problem.shift_ids[problem.line_shift[problem.pair_line[pair]]]),
        person_id=int(problem.person_ids[problem.pair_person[pair]]),
        value=int(problem.pair_value[pair]),
        **{name: int(parts[name][pair]) for name in VALUE_PARTS},
        is_edited=True,
        added_by_ref=actor.reference,
    )


def _renew_people(table: _Table, after: Standing, people: set[int]) -> None:
    """What fairness gives, and where they would go else, of the people whom an edit touched."""
    problem, fairness = table.kept.problem, after.fairness_by_pair()
    ids = [int(problem.person_ids[person]) for person in people]
    rows = list(Assignment.objects.filter(version=table.version, person_id__in=ids))
    for row in rows:
        pair = table.index[row.person_id, row.shift_id]
        second = after.second(pair)
        row.fairness = fairness[pair]
        row.second_shift_id = (
            int(problem.shift_ids[problem.line_shift[problem.pair_line[second.pair]]]) if second else None
        )
        row.second_loss = second.loss if second else 0
    Assignment.objects.bulk_update(rows, ["fairness", "second_shift_id", "second_loss"])


def _renew_worth(version: PlanVersion, worth: Worth, *, filled: int) -> None:
    parts = ("coverage", "match", "fairness", "teams", "kept")
    for name in parts:
        setattr(version, name, getattr(worth, name))
    version.filled = filled
    version.save(update_fields=[*parts, "filled"])


def _write_down(
    actor: Actor,
    table: _Table,
    kind: PlanEdit.Kind,
    weighed: Weighed,
    *,
    shift: int,
    person: int,
    other: tuple[int, int] | None,
) -> None:
    version = table.version
    last = version.edits.aggregate(last=Max("number"))["last"] or 0
    halves: dict[str, Any] = {"other_shift_id": other[0], "other_person_id": other[1]} if other else {}
    PlanEdit.objects.create(
        version=version,
        number=last + 1,
        kind=kind,
        shift_id=shift,
        person_id=person,
        filled_change=weighed.filled,
        worth_change=weighed.worth,
        made_at=clock.now(),
        made_by_ref=actor.reference,
        **halves,
    )
    record(
        actor=actor,
        action=f"scheduling.{kind}_assignment",
        object_ref=f"plan-version:{version.pk}",
        shift=shift,
        person=person,
        filled_change=weighed.filled,
        worth_change=weighed.worth,
        **halves,
    )
