"""Plans in versions: wanted, made, kept with their proof, stopped, given up, made again from what stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from xinshi.activities.models import Shift
from xinshi.activities.tests.conftest import SYSTEM, Cast
from xinshi.audit.models import AuditEntry
from xinshi.bank.models import Passbook
from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid, NotAllowed
from xinshi.scheduling import storing
from xinshi.scheduling.actions import (
    NewPeriod,
    close_period,
    create_period,
    lock,
    plan_waiting,
    remove,
    stop_plan,
    want_plan,
)
from xinshi.scheduling.actions.planning import DEAD_AFTER
from xinshi.scheduling.domain import (
    NothingStands,
    PeriodClosed,
    PlanAtWork,
    PlanNotAtWork,
    PlanNotReady,
    PlanSettings,
    usual_changes,
)
from xinshi.scheduling.models import Assignment, PlanningPeriod, PlanVersion
from xinshi.scheduling.queries.versions import Limit, WishLine, bounds_of, limit_of, version_detail
from xinshi.scheduling.running import SolverFailed, Watch, in_a_process, in_this_process
from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.solver.checker import check
from xinshi.scheduling.solver.problem import Problem
from xinshi.scheduling.tests.conftest import PlanIt
from xinshi.scheduling.tests.invented import Hospital


def test_a_plan_is_kept_with_its_proof(cast: Cast, hospital: Hospital, plan_it: PlanIt) -> None:
    version = plan_it(hospital.period(), weighs_wishes=True)

    assert (version.state, version.number, version.filled, version.places) == ("done", 1, 28, 28)
    assert version.progress_permille == 1_000
    assert version.worth <= version.bound
    assert (version.coverage, version.coverage_bound) == (56_000, 56)  # Nobody has signed up: each line is urgent.
    rows = list(version.assignments.all())
    assert len(rows) == 28
    kept = storing.kept(version)
    index = kept.pair_index()
    chosen = np.array(sorted(index[row.person_id, row.shift_id] for row in rows), np.int64)
    assert check(kept.problem, chosen).total == version.worth
    assert sum(row.value for row in rows) == version.match
    assert sum(row.fairness for row in rows) == version.fairness
    assert {cost.wish: cost.filled_more for cost in version.wish_costs.all()} == dict.fromkeys(
        ("rest", "recovery", "one_a_day", "travel", "fairness", "match", "teams"), 0
    )
    line = version.lines.first()
    assert line is not None
    assert (line.places, line.qualified, line.within_hours) == (2, version.people, version.people)
    assert AuditEntry.objects.filter(action="scheduling.plan", object_ref=f"plan-version:{version.pk}").exists()


def test_one_plan_at_a_time_and_none_in_a_closed_period(cast: Cast, hospital: Hospital) -> None:
    actor, period = cast.coordinator.actor, hospital.period()
    first = want_plan(actor=actor, period_id=period.pk)
    with pytest.raises(PlanAtWork):
        want_plan(actor=actor, period_id=period.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanVersion.objects.create(
            period=period, number=9, time_limit_seconds=1, wanted_at=clock.now(), wanted_by_ref="x"
        )
    stop_plan(actor=actor, version_id=first)
    with pytest.raises(PlanNotAtWork):
        stop_plan(actor=actor, version_id=first)
    with pytest.raises(PlanNotReady):
        want_plan(actor=actor, period_id=period.pk, parent_id=first)
    close_period(actor=actor, period_id=period.pk, is_closed=True)
    with pytest.raises(PeriodClosed):
        want_plan(actor=actor, period_id=period.pk)
    with pytest.raises(NotAllowed):
        want_plan(actor=cast.leader.actor, period_id=period.pk)
    assert list(period.versions.values_list("number", "state")) == [(1, "cancelled")]


def test_a_planner_that_died_is_followed_by_another_and_then_given_up(cast: Cast, hospital: Hospital) -> None:
    version_id = want_plan(actor=cast.coordinator.actor, period_id=hospital.period().pk)

    def dies(*_: object) -> dict[str, object]:
        raise KeyboardInterrupt

    for attempt in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            plan_waiting(actor=SYSTEM, solve=dies)  # type: ignore[arg-type]
        version = PlanVersion.objects.get(pk=version_id)
        assert (version.state, version.attempts) == ("running", attempt)
        assert plan_waiting(actor=SYSTEM, solve=dies) == 0  # type: ignore[arg-type]  # Still believed to be alive.
        PlanVersion.objects.update(beat_at=clock.now() - DEAD_AFTER - timedelta(seconds=1))
    assert plan_waiting(actor=SYSTEM, solve=in_this_process) == 0
    version.refresh_from_db()
    assert (version.state, version.failure) == ("failed", "planner_died")


def test_a_plan_that_is_stopped_or_fails_leaves_nothing(cast: Cast, hospital: Hospital) -> None:
    actor, period = cast.coordinator.actor, hospital.period()
    stopped = want_plan(actor=actor, period_id=period.pk)

    def stop_then_solve(*arguments: object) -> dict[str, object]:
        stop_plan(actor=actor, version_id=stopped)
        return in_this_process(*arguments)  # type: ignore[arg-type, return-value]

    plan_waiting(actor=SYSTEM, solve=stop_then_solve)  # type: ignore[arg-type]

    def fails(*_: object) -> dict[str, object]:
        raise SolverFailed("no")

    want_plan(actor=actor, period_id=period.pk)
    plan_waiting(actor=SYSTEM, solve=fails)  # type: ignore[arg-type]
    Shift.objects.update(is_open=False)
    want_plan(actor=actor, period_id=period.pk)
    plan_waiting(actor=SYSTEM, solve=in_this_process)

    found = list(period.versions.order_by("number").values_list("state", "failure"))
    assert found == [("cancelled", ""), ("failed", "solver_failed"), ("failed", "nothing_to_plan")]
    assert not Assignment.objects.exists()


def test_planning_again_keeps_locks_and_what_stands(cast: Cast, hospital: Hospital, plan_it: PlanIt) -> None:
    actor, period = cast.coordinator.actor, hospital.period()
    first = plan_it(period)
    rows = list(first.assignments.order_by("shift__starts_at", "pk"))
    locked, gone = rows[0], rows[5]
    lock(actor=actor, assignment_id=locked.pk, is_locked=True)
    Passbook.objects.filter(person_id=gone.person_id).update(state=Passbook.State.FROZEN)
    second = plan_it(period, parent_id=first.pk)

    before = set(first.assignments.values_list("person_id", "shift_id"))
    after = set(second.assignments.values_list("person_id", "shift_id"))
    assert second.assignments.get(person_id=locked.person_id, shift_id=locked.shift_id).is_locked
    assert not any(person == gone.person_id for person, _shift in after)
    kept_possible = {pair for pair in before if pair[0] != gone.person_id}
    assert kept_possible <= after
    assert second.filled == 28
    assert second.kept == 25 * len(kept_possible)


def test_a_limit_on_changes_holds_and_says_what_it_costs(cast: Cast, hospital: Hospital, plan_it: PlanIt) -> None:
    actor, period = cast.coordinator.actor, hospital.period()
    first = plan_it(period)
    gone = first.assignments.order_by("shift__starts_at", "pk").first()
    assert gone is not None
    Passbook.objects.filter(person_id=gone.person_id).update(state=Passbook.State.FROZEN)
    stood = first.assignments.exclude(person_id=gone.person_id).count()
    with pytest.raises(NothingStands):
        want_plan(actor=actor, period_id=period.pk, changes_max=1)
    with pytest.raises(Invalid):
        want_plan(actor=actor, period_id=period.pk, parent_id=first.pk, changes_max=-1)
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanVersion.objects.filter(pk=first.pk).update(changes_max=1)

    second = plan_it(period, parent_id=first.pk, changes_max=0, weighs_wishes=True)
    assert (second.changes_max, second.stood, second.kept) == (0, stood, 25 * stood)
    problem = storing.kept(second).problem
    assert (problem.changes_max, problem.baseline.size) == (0, stood)
    assert second.wish_costs.get(wish="changes").filled_more == 0
    found = version_detail(actor, second.pk)
    assert found.limit == Limit(allowed=0, stood=stood, made=0, price=second.change_price)
    assert [one.wish for one in found.wishes][-1] == "changes"

    # By hand anything may be changed; what is proven then takes the price of that into account.
    before = set(first.assignments.values_list("person_id", "shift_id"))
    row = next(one for one in second.assignments.all() if (one.person_id, one.shift_id) in before)
    remove(actor=actor, assignment_id=row.pk)
    second.refresh_from_db()
    limit = limit_of(second)
    assert limit is not None
    assert (limit.made, limit.beyond) == (1, 1)
    assert second.bound is not None
    assert bounds_of(second) == (second.bound + second.change_price, 2 * second.places)


def test_more_changes_that_fill_more_places_are_said(cast: Cast, hospital: Hospital, plan_it: PlanIt) -> None:
    period = hospital.period()
    first = plan_it(period)
    for row in first.assignments.order_by("pk")[:3]:
        remove(actor=cast.coordinator.actor, assignment_id=row.pk)
    changed = []

    def solve(problems: Mapping[str, Problem], seconds: int, seed: int, watch: Watch) -> dict[str, Plan]:
        """Within the limit no more than what stood; without it a plan that owes nothing to what stood."""
        free = replace(problems["changes"], baseline=np.empty(0, np.int64))
        plans = in_this_process({"plan": problems["plan"], "changes": free}, seconds, seed + 1, watch)
        stood = problems["plan"].baseline
        limited = replace(plans["plan"], chosen=stood, filled=stood.size, worth=check(problems["plan"], stood))
        changed.append(len(set(stood.tolist()) - set(plans["changes"].chosen.tolist())))
        return {"plan": limited, "changes": plans["changes"]}

    want_plan(actor=cast.coordinator.actor, period_id=period.pk, parent_id=first.pk, changes_max=0)
    assert plan_waiting(actor=SYSTEM, solve=solve) == 1
    second = period.versions.get(number=2)
    assert [cost.wish for cost in second.wish_costs.all()] == ["changes"], "a limit is weighed without being asked"
    assert changed[0] > 0
    assert version_detail(cast.coordinator.actor, second.pk).further == WishLine(
        "changes", 3, second.wish_costs.get().match_more, changed[0]
    )
    remove(actor=cast.coordinator.actor, assignment_id=second.assignments.first().pk)  # type: ignore[union-attr]
    assert version_detail(cast.coordinator.actor, second.pk).further is None, "it was said of the plan as it was"


def test_what_can_stay_no_more_is_not_counted_as_a_change(cast: Cast, hospital: Hospital, plan_it: PlanIt) -> None:
    period = hospital.period()
    first = plan_it(period)
    shift = first.assignments.order_by("pk").values_list("shift_id", flat=True)[0]
    Shift.objects.filter(pk=shift).update(places=1)
    second = plan_it(period, parent_id=first.pk, changes_max=0)
    assert (second.stood, second.kept, second.filled) == (27, 25 * 27, 27)


def test_usually_one_of_two_hundred_may_change_but_always_one() -> None:
    assert [usual_changes(standing) for standing in (0, 28, 200, 399, 400, 2_517)] == [1, 1, 1, 1, 2, 12]


def test_a_period_lies_in_one_week(cast: Cast, hospital: Hospital) -> None:
    actor, monday = cast.coordinator.actor, hospital.monday
    with pytest.raises(Invalid):
        create_period(actor=actor, period=NewPeriod(name="两周", first_day=monday, last_day=monday + timedelta(days=7)))
    settings = PlanSettings(skill=60, interest=60)
    with pytest.raises(Invalid):
        create_period(actor=actor, period=NewPeriod(name="一周", first_day=monday, last_day=monday, settings=settings))
    assert not PlanningPeriod.objects.exists()


@pytest.mark.slow
def test_a_plan_is_made_in_a_process_of_its_own(cast: Cast, hospital: Hospital) -> None:
    version_id = want_plan(actor=cast.coordinator.actor, period_id=hospital.period().pk)
    assert plan_waiting(actor=SYSTEM, solve=in_a_process) == 1
    version = PlanVersion.objects.get(pk=version_id)
    assert (version.state, version.filled) == ("done", 28)
