"""Edits by hand: each keeps the rules, says what it costs, and the sums go on being true."""

from __future__ import annotations

import numpy as np
import pytest

from xinshi.activities.models import Shift
from xinshi.activities.tests.conftest import Cast
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.scheduling import storing
from xinshi.scheduling.actions import add, lock, remove, swap
from xinshi.scheduling.actions.editing import Weighed
from xinshi.scheduling.domain import (
    AssignedAlready,
    AssignmentLocked,
    NotInPlan,
    NotPossible,
    PlacesFilled,
    PlanNotEditable,
)
from xinshi.scheduling.models import PlanVersion
from xinshi.scheduling.solver.checker import check
from xinshi.scheduling.tests.conftest import PlanIt
from xinshi.scheduling.tests.invented import Hospital


def require_true(version: PlanVersion) -> None:
    """The version's sums are those of its rows, by the solver's own checker."""
    version.refresh_from_db()
    kept = storing.kept(version)
    index, rows = kept.pair_index(), list(version.assignments.all())
    worth = check(kept.problem, np.array(sorted(index[row.person_id, row.shift_id] for row in rows), np.int64))
    assert (version.coverage, version.match, version.fairness) == (worth.coverage, worth.match, worth.fairness)
    assert (version.worth, version.filled) == (worth.total, len(rows))
    assert sum(row.fairness for row in rows) == version.fairness
    assert version.bound is not None
    assert version.worth <= version.bound


def test_taking_out_and_putting_in_says_what_it_costs(cast: Cast, hospital: Hospital, plan_it: PlanIt) -> None:
    actor, version = cast.coordinator.actor, plan_it(hospital.period())
    row = version.assignments.order_by("pk").first()
    assert row is not None
    before = version.worth

    lost = remove(actor=actor, assignment_id=row.pk)
    require_true(version)
    assert (lost.filled, lost.worth) == (-1, version.worth - before)
    assert lost.worth <= -2_000 + 30
    with pytest.raises(NotFound):
        remove(actor=actor, assignment_id=row.pk)

    won = add(actor=actor, version_id=version.pk, shift_id=row.shift_id, person_id=row.person_id)
    require_true(version)
    assert (won.filled, won.worth) == (1, -lost.worth)
    edited = version.assignments.get(person_id=row.person_id, shift_id=row.shift_id)
    assert (edited.is_edited, edited.added_by_ref) == (True, actor.reference)
    assert list(version.edits.order_by("number").values_list("kind", "worth_change")) == [
        ("remove", lost.worth),
        ("add", won.worth),
    ]


def test_an_edit_against_a_rule_changes_nothing(cast: Cast, hospital: Hospital, plan_it: PlanIt) -> None:
    actor, version = cast.coordinator.actor, plan_it(hospital.period())
    rows = list(version.assignments.order_by("shift__starts_at", "pk"))
    first, same_day = rows[0], next(row for row in rows if row.shift_id != rows[0].shift_id)
    stranger = cast.clerk.person_id
    busy = {row.person_id for row in rows}
    idle = next(one for one in hospital.people if one.pk not in busy) if len(busy) < len(hospital.people) else None

    def refuses(error: type[Exception], **arguments: int) -> None:
        with pytest.raises(error):
            add(actor=actor, version_id=version.pk, **arguments)

    refuses(AssignedAlready, shift_id=first.shift_id, person_id=first.person_id)
    someone = idle.pk if idle else stranger
    refuses(PlacesFilled, shift_id=first.shift_id, person_id=someone)
    refuses(NotInPlan, shift_id=10**9, person_id=first.person_id)
    refuses(NotPossible, shift_id=first.shift_id, person_id=10**9)
    lock(actor=actor, assignment_id=first.pk, is_locked=True)
    with pytest.raises(AssignmentLocked):
        remove(actor=actor, assignment_id=first.pk)
    with pytest.raises(NotAllowed):
        remove(actor=cast.leader.actor, assignment_id=same_day.pk)
    PlanVersion.objects.update(state="published", published_at=version.finished_at, published_by_ref="x")
    with pytest.raises(PlanNotEditable):
        remove(actor=actor, assignment_id=same_day.pk)
    PlanVersion.objects.update(state="done")
    require_true(version)
    assert version.assignments.count() == 28
    assert version.edits.count() == 1


def test_two_people_change_places_and_the_day_limit_holds(cast: Cast, hospital: Hospital, plan_it: PlanIt) -> None:
    actor, version = cast.coordinator.actor, plan_it(hospital.period())
    rows = list(version.assignments.select_related("shift").order_by("shift__starts_at", "pk"))
    days: dict[int, set[object]] = {}
    for row in rows:
        days.setdefault(row.person_id, set()).add(row.shift.starts_at.date())
    one, other = next(
        (a, b)
        for a in rows
        for b in rows
        if a.person_id != b.person_id
        and b.shift.starts_at.date() not in days[a.person_id]
        and a.shift.starts_at.date() not in days[b.person_id]
    )
    done = swap(actor=actor, assignment_id=one.pk, other_id=other.pk)
    require_true(version)
    assert done.filled == 0
    assert version.assignments.filter(person_id=one.person_id, shift_id=other.shift_id).exists()
    assert version.assignments.filter(person_id=other.person_id, shift_id=one.shift_id).exists()

    # Two shifts of one day: whoever has one of them may not be put into the other, even where a place is free.
    row = version.assignments.select_related("shift").order_by("pk").first()
    assert row is not None
    sibling = Shift.objects.exclude(pk=row.shift_id).get(starts_at=row.shift.starts_at)
    there = version.assignments.filter(shift=sibling).first()
    assert there is not None
    remove(actor=actor, assignment_id=there.pk)
    with pytest.raises(NotPossible):
        add(actor=actor, version_id=version.pk, shift_id=sibling.pk, person_id=row.person_id)
    require_true(version)


def test_somebody_moves_to_another_shift_or_stays_where_they_were(
    cast: Cast, hospital: Hospital, plan_it: PlanIt
) -> None:
    actor, version = cast.coordinator.actor, plan_it(hospital.period())
    rows = list(version.assignments.select_related("shift").order_by("shift__starts_at", "pk"))
    days: dict[int, set[object]] = {}
    for row in rows:
        days.setdefault(row.person_id, set()).add(row.shift.starts_at.date())
    one, other = next((a, b) for a in rows for b in rows if b.shift.starts_at.date() not in days[a.person_id])

    def move(**more: int) -> Weighed:
        arguments = {"version_id": version.pk, "shift_id": other.shift_id, "person_id": one.person_id} | more
        return add(actor=actor, instead_of_id=one.pk, **arguments)

    before = set(version.assignments.values_list("pk", flat=True))
    for error, more in (
        (PlacesFilled, {}),
        (AssignedAlready, {"shift_id": one.shift_id}),
        (NotInPlan, {"shift_id": 10**9}),
        (NotFound, {"person_id": other.person_id}),
    ):
        with pytest.raises(error):
            move(**more)
    lock(actor=actor, assignment_id=one.pk, is_locked=True)
    with pytest.raises(AssignmentLocked):
        move()
    lock(actor=actor, assignment_id=one.pk, is_locked=False)
    assert set(version.assignments.values_list("pk", flat=True)) == before
    require_true(version)

    remove(actor=actor, assignment_id=other.pk)
    version.refresh_from_db()
    worth = version.worth
    moved = move()
    require_true(version)
    assert (moved.filled, moved.worth) == (0, version.worth - worth)
    assert not version.assignments.filter(pk=one.pk).exists()
    assert version.assignments.filter(shift_id=other.shift_id, person_id=one.person_id).exists()
    kinds = list(version.edits.order_by("number").values_list("kind", "person_id"))
    assert kinds[-2:] == [("remove", one.person_id), ("add", one.person_id)]


def test_the_second_choice_is_a_free_place_and_its_loss_is_what_moving_costs(
    cast: Cast, hospital: Hospital, plan_it: PlanIt
) -> None:
    Shift.objects.filter(pk=hospital.shifts[0].pk).update(places=40)
    actor, version = cast.coordinator.actor, plan_it(hospital.period())
    # On the first day there are more places than people, so whoever has one of its shifts could have the other.
    row = version.assignments.exclude(second_shift=None).order_by("pk").first()
    assert row is not None
    assert row.second_shift_id is not None
    assert {row.shift_id, row.second_shift_id} == {hospital.shifts[0].pk, hospital.shifts[7].pk}
    before = version.worth
    fairness_before = version.fairness
    remove(actor=actor, assignment_id=row.pk)
    add(actor=actor, version_id=version.pk, shift_id=row.second_shift_id, person_id=row.person_id)
    version.refresh_from_db()
    assert version.fairness == fairness_before
    assert before - version.worth == row.second_loss
