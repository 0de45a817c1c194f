"""`./run bench scheduling`: weeks, surges and drop-outs planned by the product, beside a greedy plan, CP-SAT and HiGHS.

Every solver works in a process of its own on problems from files, and every plan is checked and weighed here by the
checker, which belongs to none of them. Times are without start-up; CP-SAT has sixty times what the product took. How far
it is goes to the standard error.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.databases import postgres_is_reachable, scratch_folder, scratch_postgres
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
program, with the same rules and worths; where they are measured, all solve the same file. Writing the whole down as a model
(`building seconds`) is not counted into their time.""",
    """From the database to the problem: people of every sort and shifts of every sort, read and laid out as arrays, in the
processor time of the process.""",
    """Drop-out: 5 % of those who serve are gone, and the week is planned anew with a bonus for what stands and a limit: of
all other assignments 1 in 200 may change. "moved": the share of them that is not kept; the bound is of all plans within the
limit, and beside it stands what the same week would be without one. The instant refill, from idle people only, takes no
search at all.""",
)
TIMES_AS_LONG = 60
GRACE_SECONDS = 30
"""For starting, reading and writing down the model; who takes longer beyond the limit is ended."""
NOTHING = {"chosen": [], "bound": 0.0, "is_found": False, "building_seconds": 0.0, "MiB": 0.0}
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
    peers: dict[float, tuple[int, float]]
    """By size of the week: seeds, and seconds for HiGHS."""
    cpsat_seconds_max: float
    databases_are_both: bool


QUICK = Extent(
    week=2,
    tight=1,
    surge=1,
    fine=1,
    larger={},
    peers={0.05: (1, 4)},
    cpsat_seconds_max=8,
    databases_are_both=False,
)
FULL = Extent(
    week=5,
    tight=5,
    surge=5,
    fine=5,
    larger={4: 5, 10: 5},
    peers={0.05: (3, 30), 0.25: (1, 60), 1: (1, 120)},
    cpsat_seconds_max=180,
    databases_are_both=True,
)
OURS = "Xinshi: plans with their proof"
PYTHON_PATH = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
REGISTERED = 4_660
"""Of so many people who are invented for the database some four thousand have an active passbook."""


def main(arguments: list[str]) -> int:
    quick = "--quick" in arguments
    extent = QUICK if quick else FULL
    report = Report(name="scheduling", title="Matching and scheduling", notes=list(NOTES))
    with tempfile.TemporaryDirectory(prefix="xinshi-bench-") as name:
        bench = _Bench(report, Path(name))
        _usual(bench, extent)
        _building(bench, extent)
        for size, seeds in extent.larger.items():
            _larger(bench, size, seeds)
        for size, (seeds, highs_seconds) in extent.peers.items():
            _peers(bench, size, seeds, highs_seconds=highs_seconds, cpsat_seconds_max=extent.cpsat_seconds_max)
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
        """What a new process finds; the figures of every problem, with the checker's own worth.

        A solver that does not heed its limit is ended soon after it, with nothing found.
        """
        paths = [self.folder / f"{number}.problem" for number in range(len(problems))]
        for path, problem in zip(paths, problems, strict=True):
            files.save(path, problem)
        _say(f"{solver}: {len(problems)} of {problems[0].name}, {seconds:.0f} s each at most")
        python = str(BENCH_PYTHON) if solver == "cpsat" else sys.executable
        command = [python, "-m", "bench.scheduling_solvers", solver, str(seconds), str(gap), *map(str, paths)]
        environment = os.environ | {"PYTHONPATH": PYTHON_PATH}
        try:
            ended = subprocess.run(
                command,
                env=environment,
                capture_output=True,
                text=True,
                check=True,
                cwd=ROOT,
                timeout=len(problems) * (seconds + GRACE_SECONDS),
            )
        except subprocess.TimeoutExpired as late:
            assert len(problems) == 1, f"{solver} did not end"
            answers = [NOTHING | {"seconds": late.timeout, "processor_seconds": late.timeout}]
        else:
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


def _building(bench: _Bench, extent: Extent) -> None:
    """From the database to the problem; on PostgreSQL too where there is a server and time."""
    urls = [("SQLite", nullcontext(""))]
    if extent.databases_are_both and postgres_is_reachable():
        urls.append(("PostgreSQL", scratch_postgres("scheduling")))
    for name, made in urls:
        _say(f"a hospital on {name} is founded, and its week built")
        with made as url, scratch_folder() as folder:
            found = _built(folder, url)
        what = f"{found.pop('people'):,} people, {found.pop('shifts')} shifts, {name}"
        bench.report.row("From the database to the problem", what, **found)
        spent = found["processor_seconds"]
        bench.report.ratio(f"building a week of 600 shifts on {name}: processor seconds", spent, "<=", 1)


def _built(folder: Path, url: str) -> dict[str, Any]:
    """What `bench.scheduling_building` says of a database of its own; SQLite in the folder where there is no URL."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XINSHI_", "DJANGO_"))}
    ours = {
        "DJANGO_SETTINGS_MODULE": "xinshi.config.settings",
        "XINSHI_DATA_DIR": str(folder),
        "XINSHI_LOG_LEVEL": "ERROR",
    }
    environment = kept | ours | ({"XINSHI_DATABASE_URL": url} if url else {}) | {"PYTHONPATH": PYTHON_PATH}
    command = [sys.executable, "-m", "bench.scheduling_building", str(REGISTERED), "600"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def _say(what: str) -> None:
    """How far it is, for whoever waits; what was found goes to the standard output at the end."""
    print(f"{time.strftime('%H:%M:%S'):>8}  {what}", file=sys.stderr, flush=True)


def _peers(bench: _Bench, size: float, seeds: int, *, highs_seconds: float, cpsat_seconds_max: float) -> None:
    """All solvers on the same problems; CP-SAT with sixty times the product's time, each seed its own."""
    part = f"Side by side: {size:g} week, {4_000 * size:,.0f} people"
    problems = [instances.week(size, seed=seed) for seed in _seeds(seeds)]
    # The smaller the problem, the nearer the others come to its optimum, and so must we.
    ours = bench.solved("xinshi", problems, seconds=120, gap=FINE_GAP if size < 1 else GAP)
    teams = {"Xinshi": ours, "greedy": bench.solved("greedy", problems, seconds=1)}
    limits = [min(TIMES_AS_LONG * one["seconds"], cpsat_seconds_max) for one in ours]
    teams[f"CP-SAT, {median(limits):.0f} s at most"] = rivals = [
        bench.solved("cpsat", [problem], seconds=limit, gap=0)[0]
        for problem, limit in zip(problems, limits, strict=True)
    ]
    name = f"HiGHS, the whole, {highs_seconds:g} s at most"
    teams[name] = [bench.solved("highs", [problem], seconds=highs_seconds, gap=1e-6)[0] for problem in problems]
    bounds = np.array([one["bound"] for one in ours])
    for name, found in teams.items():
        shares = 100 * np.array([one["worth"].total for one in found]) / bounds
        is_found = all(one["is_found"] for one in found)
        bench.report.row(
            part,
            name,
            seconds=median([one["seconds"] for one in found]),
            building_seconds=median([one["building_seconds"] for one in found]),
            of_the_bound_percent=f"{shares.min():.4f}" if is_found else "no plan in time",
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
