"""The planner: takes up a version that waits, builds its problem, has it solved, checks and keeps what came of it.

Any number of workers may run: one conditional update decides whose a version is, and `attempts` fences off a planner that
was thought dead. Nothing is locked while the solver works; all of a plan is written in one transaction, or nothing.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db import transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError
from xinshi.scheduling import storing
from xinshi.scheduling.building import Built, Read, build, read
from xinshi.scheduling.domain import LIMIT_WISH, VALUE_PARTS, WISHES, PlanSettings, without
from xinshi.scheduling.models import Assignment, PlanLine, PlanVersion, WishCost
from xinshi.scheduling.running import Solve, SolverFailed, Stopped, in_a_process
from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.solver.checker import BrokenRule, changes_in, check
from xinshi.scheduling.solver.problem import Problem
from xinshi.scheduling.suggesting.queries import declined_pairs, opted_out
from xinshi.scheduling.weighing import Standing

DEAD_AFTER: Final = timedelta(seconds=90)
ATTEMPTS_MAX: Final = 2
BEAT_SECONDS: Final = 1.0
ROWS_AT_ONCE: Final = 1_000
STAGES: Final[Mapping[str, tuple[int, int]]] = {
    "building": (20, 60),
    "greedy": (60, 80),
    "prices": (80, 400),
    "rounds": (400, 700),
    "rounding": (700, 850),
    "coverage": (850, 900),
    "checking": (900, 920),
    "wishes": (920, 960),
    "storing": (960, 990),
}
"""How far along each stage begins and ends, in thousandths."""
log = logging.getLogger(__name__)


def plan_waiting(*, actor: Actor, solve: Solve = in_a_process) -> int:
    """Make the plan that waits longest, if there is one; how many were taken up (0 or 1). A duty of the worker."""
    give_up_dead(actor=actor)
    version = _taken()
    if version is None:
        return 0
    try:
        _plan(version, actor, solve)
    except Stopped:
        _end(version, actor, PlanVersion.State.CANCELLED)
    except DomainError as refusal:
        _end(version, actor, PlanVersion.State.FAILED, failure=refusal.code)
    except (SolverFailed, BrokenRule):
        log.exception("no plan", extra={"plan_version": version.pk})
        _end(version, actor, PlanVersion.State.FAILED, failure="solver_failed")
    except Exception:
        _end(version, actor, PlanVersion.State.FAILED, failure="unexpected")
        raise
    return 1


def give_up_dead(*, actor: Actor) -> int:
    """Versions whose planner was not seen for a while wait again, and after the second time have failed; how many."""
    rows = PlanVersion.objects.filter(state=PlanVersion.State.RUNNING, beat_at__lt=clock.now() - DEAD_AFTER)
    if not rows.exists():  # Nothing is locked every two seconds for nothing.
        return 0
    with transaction.atomic():
        found = list(rows.select_for_update())
        _give_up(found, actor)
    return len(found)


def _give_up(found: list[PlanVersion], actor: Actor) -> None:
    for version in found:
        if version.is_cancel_wanted:
            _settle(version, actor, PlanVersion.State.CANCELLED)
        elif version.attempts >= ATTEMPTS_MAX:
            _settle(version, actor, PlanVersion.State.FAILED, failure="planner_died")
        else:
            version.state, version.progress_permille, version.stage = PlanVersion.State.WAITING, 0, ""
            version.save(update_fields=["state", "progress_permille", "stage"])


def _taken() -> PlanVersion | None:
    """The version that waits longest, now this planner's; None where none waits or another took it."""
    waiting = PlanVersion.objects.filter(state=PlanVersion.State.WAITING).order_by("wanted_at", "pk")
    found = waiting.select_related("period").first()
    if found is None:
        return None
    now = clock.now()
    mine = PlanVersion.objects.filter(pk=found.pk, state=PlanVersion.State.WAITING, attempts=found.attempts).update(
        state=PlanVersion.State.RUNNING, started_at=now, beat_at=now, attempts=found.attempts + 1, stage="building"
    )
    if not mine:
        return None
    found.attempts += 1
    return found


def _plan(version: PlanVersion, actor: Actor, solve: Solve) -> None:
    settings = PlanSettings.from_stored(version.settings)
    beat = _Beat(version)
    at = clock.now()
    known = read(version.period, at=at)
    built = _built(version, settings, known, at)
    problems: dict[str, Problem] = {"plan": built.problem}
    if version.weighs_wishes:
        problems |= {wish: _built(version, without(settings, wish), known, at).problem for wish in WISHES}
    if version.changes_max is not None:
        problems[LIMIT_WISH] = replace(built.problem, changes_max=None)
    plans = solve(problems, version.time_limit_seconds, version.seed, beat)
    for name, plan in plans.items():
        check(problems[name], plan.chosen)
    beat.at_once("plan", "storing", 0.0)
    rows = _rows(version, built, plans["plan"])
    costs = [_cost(version, name, problems, plans) for name in plans if name != "plan"]
    path = storing.keep(built)
    try:
        _keep(version, actor, built.problem, plans["plan"], (*rows, costs), path)
    except BaseException:
        storing.forget(path)
        raise


def _built(version: PlanVersion, settings: PlanSettings, known: Read, at: datetime) -> Built:
    """The problem, with what stands in the parent version."""
    standing = list(
        Assignment.objects.filter(version_id=version.parent_id).values_list("person_id", "shift_id", "is_locked")
    )
    return build(
        version.period,
        settings,
        at=at,
        known=known,
        locked=[(person, shift) for person, shift, is_locked in standing if is_locked],
        standing=[(person, shift) for person, shift, _is_locked in standing],
        left_out=declined_pairs([line.offer.shift_id for line in known.lines]),
        without_people=opted_out(),
        changes_max=version.changes_max,
    )


class _Beat:
    """Writes how far the plan is, at most every second, and hears whether it is wanted still."""

    def __init__(self, version: PlanVersion) -> None:
        self.version, self.told_at, self.goes_on = version, 0.0, True

    def __call__(self, name: str, stage: str, fraction: float) -> bool:
        if time.monotonic() - self.told_at >= BEAT_SECONDS:
            self.at_once(name, stage, fraction)
        return self.goes_on

    def at_once(self, name: str, stage: str, fraction: float) -> None:
        """Raises Stopped where the version is this planner's no more."""
        self.told_at = time.monotonic()
        known = stage if name in ("", "plan") else "wishes"
        begins, ends = STAGES.get(known, (60, 900))
        share = fraction if known == stage else _TRIED.index(name) / len(_TRIED) if name in _TRIED else 0.0
        rows = _mine(self.version)
        if not rows.update(
            beat_at=clock.now(), stage=known, progress_permille=begins + int((ends - begins) * min(max(share, 0), 1))
        ):
            raise Stopped
        self.goes_on = not rows.filter(is_cancel_wanted=True).exists()


def _mine(version: PlanVersion) -> Any:
    return PlanVersion.objects.filter(pk=version.pk, state=PlanVersion.State.RUNNING, attempts=version.attempts)


def _rows(version: PlanVersion, built: Built, plan: Plan) -> tuple[list[PlanLine], list[Assignment]]:
    """What is kept of a plan, line by line and person by person."""
    problem = built.problem
    standing = Standing(problem, plan.chosen.tolist())
    fairness = standing.fairness_by_pair()
    locked = set(problem.locks.tolist())
    lines = [
        PlanLine(
            version=version,
            shift_id=int(problem.shift_ids[line]),
            places=int(problem.line_demand[line]),
            priority=int(problem.line_priority[line]),
            **dict(zip(FUNNEL_COLUMNS, problem.funnel[line].tolist(), strict=True)),
            price=max(0, int(np.floor(plan.line_prices[line]))),
        )
        for line in range(len(problem.line_shift))
    ]
    assignments = []
    for pair in plan.chosen.tolist():
        second = standing.second(pair)
        assignments.append(
            Assignment(
                version=version,
                shift_id=_shift_of(problem, pair),
                person_id=int(problem.person_ids[problem.pair_person[pair]]),
                value=int(problem.pair_value[pair]),
                **{name: int(built.parts[name][pair]) for name in VALUE_PARTS},
                fairness=fairness[pair],
                second_shift_id=_shift_of(problem, second.pair) if second else None,
                second_loss=second.loss if second else 0,
                is_locked=pair in locked,
            )
        )
    return lines, assignments


_TRIED: Final = (*WISHES, LIMIT_WISH)
FUNNEL_COLUMNS: Final = ("qualified", "certified", "reachable", "available", "within_hours")


def _shift_of(problem: Problem, pair: int) -> int:
    return int(problem.shift_ids[problem.line_shift[problem.pair_line[pair]]])


def _cost(version: PlanVersion, wish: str, problems: Mapping[str, Problem], plans: Mapping[str, Plan]) -> WishCost:
    """What the plan without a wish gives; its match by the weights that the version has."""
    plan, whole = plans[wish], plans["plan"]
    match = plan.worth.match
    if wish == "match":
        weights = _values(problems["plan"])
        match = sum(weights.get(pair, 0) for pair in _chosen(problems[wish], plan))
    return WishCost(
        version=version,
        wish=wish,
        filled_more=plan.filled - whole.filled,
        coverage_more=plan.worth.coverage - whole.worth.coverage,
        match_more=match - whole.worth.match,
        changes_more=_changes_more(problems, plans) if wish == LIMIT_WISH else None,
    )


def _changes_more(problems: Mapping[str, Problem], plans: Mapping[str, Plan]) -> int:
    """How many more of what stood the plan without a limit changes."""
    free, limited = (changes_in(problems[name], plans[name].chosen) for name in (LIMIT_WISH, "plan"))
    return free - limited


def _values(problem: Problem) -> dict[tuple[int, int], int]:
    pairs = zip(problem.pair_person.tolist(), problem.pair_line.tolist(), strict=True)
    return dict(zip(pairs, problem.pair_value.tolist(), strict=True))


def _chosen(problem: Problem, plan: Plan) -> list[tuple[int, int]]:
    return [(int(problem.pair_person[pair]), int(problem.pair_line[pair])) for pair in plan.chosen.tolist()]


@transaction.atomic
def _keep(
    version: PlanVersion,
    actor: Actor,
    problem: Problem,
    plan: Plan,
    rows: tuple[list[PlanLine], list[Assignment], list[WishCost]],
    path: str,
) -> None:
    """Everything of a plan at once. Raises Stopped where the version is this planner's no more."""
    changed = _mine(version).update(
        state=PlanVersion.State.DONE,
        finished_at=clock.now(),
        progress_permille=1_000,
        stage="",
        people=len(problem.person_ids),
        pairs=len(problem.pair_person),
        places=plan.places,
        filled=plan.filled,
        coverage=plan.worth.coverage,
        match=plan.worth.match,
        fairness=plan.worth.fairness,
        teams=plan.worth.teams,
        kept=plan.worth.kept,
        bound=plan.bound,
        coverage_bound=plan.coverage_bound,
        stood=problem.baseline.size,
        change_price=math.ceil(plan.change_price),
        is_complete=plan.is_complete,
        solver_milliseconds=round(plan.seconds * 1_000),
        problem_path=path,
    )
    if not changed:
        raise Stopped
    lines, assignments, costs = rows
    PlanLine.objects.bulk_create(lines, batch_size=ROWS_AT_ONCE)
    Assignment.objects.bulk_create(assignments, batch_size=ROWS_AT_ONCE)
    WishCost.objects.bulk_create(costs)
    record(
        actor=actor,
        action="scheduling.plan",
        object_ref=f"plan-version:{version.pk}",
        places=plan.places,
        filled=plan.filled,
        worth=plan.worth.total,
        bound=plan.bound,
        is_complete=plan.is_complete,
    )


def _end(version: PlanVersion, actor: Actor, state: PlanVersion.State, *, failure: str = "") -> None:
    with transaction.atomic():
        mine = _mine(version).select_for_update().first()
        if mine is not None:
            _settle(mine, actor, state, failure=failure)


def _settle(version: PlanVersion, actor: Actor, state: PlanVersion.State, *, failure: str = "") -> None:
    version.state, version.failure, version.finished_at, version.stage = state, failure, clock.now(), ""
    version.save(update_fields=["state", "failure", "finished_at", "stage"])
    record(
        actor=actor, action="scheduling.end_plan", object_ref=f"plan-version:{version.pk}", state=state, failure=failure
    )
