"""`./run bench scheduling`: weeks, surges and drop-outs planned by the product, beside a greedy plan, CP-SAT and HiGHS.

Every solver works in a process of its own on problems from files, and every plan is checked and weighed here by the
checker, which belongs to none of them. Times are without start-up; CP-SAT has sixty times what the product took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.ledger import BENCH_PYTHON, ROOT
from bench.report import Report, median, publish
from xinshi.scheduling.domain import usual_changes
from xinshi.scheduling.solver import files, instances
from xinshi.scheduling.solver.checker import changes_in, check
from xinshi.scheduling.solver.problem import Problem

NOTES = (
    """A problem is drawn from a seed: people with homes, skills, times, limits and a past; shifts with sites, roles and
priorities. "of the bound": the plan's worth beside what no plan can exceed, proven by the same run; "secondary gap": the
same difference beside everything but coverage. CP-SAT (OR-Tools, 2 workers) and HiGHS solve the whole as one integer
program, with the same rules and worths; where they are measured, all solve the same file.""",
    """Drop-out: 5 % of those who serve are gone, and the week is planned anew with a bonus for what stands and a limit: of
all other assignments 1 in 200 may change. "moved": the share of them that is not kept; the bound is of all plans within the
limit, and beside it stands what the same week would be without one. The instant refill, from idle people only, takes no
search at all.""",
)
TIMES_AS_LONG = 60
GAP = 1e-4
FINE_GAP = 1e-5


@dataclass(frozen=True)
class Extent:
    """How much is measured: seeds of each kind, and how large the problem is that all solvers solve."""

    week: int
    tight: int
    surge: int
    fine: int
    """Weeks that get all of four seconds."""
    larger: dict[float, int]
    peers: dict[float, int]
    highs_seconds: float
    cpsat_seconds_max: float


QUICK = Extent(week=2, tight=1, surge=1, fine=1, larger={}, peers={0.05: 1}, highs_seconds=4, cpsat_seconds_max=10)
FULL = Extent(
    week=5,
    tight=5,
    surge=5,
    fine=5,
    larger={4: 5, 10: 5},
    peers={0.05: 3},
    highs_seconds=120,
    cpsat_seconds_max=300,
)
OURS = "Xinshi: plans with their proof"


def main(arguments: list[str]) -> int:
    quick = "--quick" in arguments
    extent = QUICK if quick else FULL
    report = Report(name="scheduling", title="Matching and scheduling", notes=list(NOTES))
    with tempfile.TemporaryDirectory(prefix="xinshi-bench-") as name:
        bench = _Bench(report, Path(name))
        _usual(bench, extent)
        for size, seeds in extent.larger.items():
            _larger(bench, size, seeds)
        for size, seeds in extent.peers.items():
            _peers(bench, size, seeds, extent)
    return publish(report, as_json="--json" in arguments, quick=quick)


def _seeds(number: int) -> range:
    return range(1, number + 1)


class _Bench:
    """Runs solvers on problems and weighs what they found."""

    def __init__(self, report: Report, folder: Path) -> None:
        self.report, self.folder = report, folder

    def solved(
        self, solver: str, problems: Sequence[Problem], *, seconds: float, gap: float = GAP
    ) -> list[dict[str, Any]]:
        """What a new process finds; the figures of every problem, with the checker's own worth."""
        paths = [self.folder / f"{number}.problem" for number in range(len(problems))]
        for path, problem in zip(paths, problems, strict=True):
            files.save(path, problem)
        python = str(BENCH_PYTHON) if solver == "cpsat" else sys.executable
        command = [python, "-m", "bench.scheduling_solvers", solver, str(seconds), str(gap), *map(str, paths)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT)
        answers = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
        assert len(answers) == len(problems), ended.stderr
        for answer, problem in zip(answers, problems, strict=True):
            answer["chosen"] = np.array(answer["chosen"], np.int64)
            answer["worth"] = check(problem, answer["chosen"])
        return answers


def _usual(bench: _Bench, extent: Extent) -> None:
    """Weeks, tight weeks and surges in one process; then the weeks once more, with more time and after drop-outs."""
    report = bench.report
    weeks = [instances.week(seed=seed) for seed in _seeds(extent.week)]
    tight = [instances.tight(seed=seed) for seed in _seeds(extent.tight)]
    surges = [instances.surge(seed=seed) for seed in _seeds(extent.surge)]
    found = bench.solved("xinshi", [*weeks, *tight, *surges], seconds=60)
    of_weeks, of_tight, of_surges = found[: len(weeks)], found[len(weeks) : -len(surges)], found[-len(surges) :]
    _row(report, OURS, "week, 4,000 people", of_weeks)
    _row(report, OURS, "tight week, 1,800 people", of_tight)
    _row(report, OURS, "surge, 6,000 people", of_surges)
    report.ratio("week: % of its own bound, worst seed", min(_share(one) for one in of_weeks), ">=", 99.99)
    report.ratio("week: seconds, slowest seed", max(one["seconds"] for one in of_weeks), "<=", 2)
    report.ratio("week: share of seeds with certified coverage", _certain(of_weeks), ">=", 1)
    report.ratio("surge: seconds, slowest seed", max(one["seconds"] for one in of_surges), "<=", 4)
    fine = bench.solved("xinshi", weeks[: extent.fine], seconds=4, gap=FINE_GAP)
    _row(report, OURS, "week, with all of 4 s", fine)
    report.ratio("week: secondary gap in % within 4 s, worst seed", max(_secondary_gap(one) for one in fine), "<=", 0.1)
    _drop_outs(bench, weeks, of_weeks)


def _certain(found: list[dict[str, Any]]) -> float:
    return float(np.mean([one["is_certain"] for one in found]))


def _drop_outs(bench: _Bench, weeks: list[Problem], standing: list[dict[str, Any]]) -> None:
    left = [
        instances.after_dropping_out(problem, before["chosen"], seed=seed)[0]
        for seed, (problem, before) in enumerate(zip(weeks, standing, strict=True), start=1)
    ]
    limited = [replace(problem, changes_max=usual_changes(problem.baseline.size)) for problem in left]
    found = bench.solved("xinshi", [*limited, *left], seconds=60)
    within, free = found[: len(left)], found[len(left) :]
    _row(bench.report, OURS, "week after 5 % dropped out, 0.5 % of the rest may change", within)
    _row(bench.report, OURS, "the same without a limit", free)
    bench.report.ratio("drop-out: seconds, slowest seed", max(one["seconds"] for one in within), "<=", 1.5)
    bench.report.ratio("drop-out: % of the rest moved, worst seed", max(_moved(within, left)), "<=", 0.5)
    bench.report.ratio("drop-out: share of seeds with certified coverage", _certain(within), ">=", 1)
    bench.report.ratio("drop-out without a limit: % of the rest moved, worst seed", max(_moved(free, left)))
    fewer = [theirs["chosen"].size - mine["chosen"].size for mine, theirs in zip(within, free, strict=True)]
    bench.report.ratio("drop-out: places that the limit leaves empty, worst seed", max(fewer))


def _moved(found: list[dict[str, Any]], problems: list[Problem]) -> list[float]:
    """Percent of what stood before that each plan has no more."""
    return [
        100 * changes_in(problem, one["chosen"]) / problem.baseline.size
        for one, problem in zip(found, problems, strict=True)
    ]


def _larger(bench: _Bench, size: float, seeds: int) -> None:
    what = f"{size:g} weeks in one, {4_000 * size:,.0f} people"
    found = [bench.solved("xinshi", [instances.week(size, seed=seed)], seconds=120)[0] for seed in _seeds(seeds)]
    _row(bench.report, OURS, what, found)
    if size == 10:
        report = bench.report
        report.ratio("ten weeks: gap in %, worst seed", max(100 - _share(one) for one in found), "<=", 0.01)
        report.ratio("ten weeks: seconds, slowest seed", max(one["seconds"] for one in found), "<=", 30)
        report.ratio("ten weeks: MiB, greatest", max(one["MiB"] for one in found), "<=", 1024)


def _peers(bench: _Bench, size: float, seeds: int, extent: Extent) -> None:
    """All solvers on the same problems; CP-SAT with sixty times the product's time, each seed its own."""
    part = f"Side by side: {size:g} week{'s' if size > 1 else ''}, {4_000 * size:,.0f} people"
    problems = [instances.week(size, seed=seed) for seed in _seeds(seeds)]
    # The smaller the problem, the nearer the others come to its optimum, and so must we.
    ours = bench.solved("xinshi", problems, seconds=120, gap=FINE_GAP if size < 1 else GAP)
    teams = {"Xinshi": ours, "greedy": bench.solved("greedy", problems, seconds=1)}
    limits = [min(TIMES_AS_LONG * one["seconds"], extent.cpsat_seconds_max) for one in ours]
    teams[f"CP-SAT, {median(limits):.0f} s"] = rivals = [
        bench.solved("cpsat", [problem], seconds=limit, gap=0)[0]
        for problem, limit in zip(problems, limits, strict=True)
    ]
    if size <= 1:
        name = f"HiGHS, the whole, {extent.highs_seconds:g} s at most"
        teams[name] = bench.solved("highs", problems, seconds=extent.highs_seconds, gap=1e-6)
    bounds = np.array([one["bound"] for one in ours])
    for name, found in teams.items():
        shares = 100 * np.array([one["worth"].total for one in found]) / bounds
        bench.report.row(
            part,
            name,
            seconds=median([one["seconds"] for one in found]),
            of_the_bound_percent=f"{shares.min():.4f}",
            filled=int(median([one["chosen"].size for one in found])),
            MiB=median([one["MiB"] for one in found]),
        )
    ahead = [mine["worth"].total - theirs["worth"].total for mine, theirs in zip(ours, rivals, strict=True)]
    bench.report.ratio(f"{size:g} x week: worth more than CP-SAT's, worst seed", min(ahead), ">=", 0)


def _share(found: dict[str, Any]) -> float:
    """Percent of the bound."""
    return 100 * found["worth"].total / found["bound"]


def _secondary_gap(found: dict[str, Any]) -> float:
    """Percent of what the plan gives beside coverage."""
    worth = found["worth"]
    return 100 * (found["bound"] - worth.total) / (worth.total - worth.coverage)


def _row(report: Report, part: str, what: str, found: list[dict[str, Any]]) -> None:
    report.row(
        part,
        what,
        seeds=len(found),
        seconds=median([one["seconds"] for one in found]),
        processor_seconds=median([one["processor_seconds"] for one in found]),
        of_the_bound_percent=f"{min(_share(one) for one in found):.4f}",
        secondary_gap_percent=f"{max(_secondary_gap(one) for one in found):.4f}",
        coverage_certified=f"{sum(one['is_certain'] for one in found)} of {len(found)}",
        filled=int(median([one["chosen"].size for one in found])),
        MiB=median([one["MiB"] for one in found]),
    )
