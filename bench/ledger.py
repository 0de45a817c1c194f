"""`./run bench ledger [--entries N]`: the product's book beside SQL by hand and beside django-hordak, in alternating rounds.

Every competitor books the same transfers over the same accounts, in a database of its own on the same server. Within a
round each has its turn, so that the machine's other work meets all of them; medians are taken over the rounds.
`--entries` names the greatest book that is made; ten million entries on two databases take their time and 10 GB.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.crew import BATCH_ROWS, Crew, crews
from bench.databases import postgres_is_reachable, scratch_folder, scratch_postgres
from bench.growth import measure_growth
from bench.report import Report, median, publish

ROOT = Path(__file__).resolve().parent.parent
BENCH_PYTHON = ROOT / ".venv-bench" / ("Scripts" if os.name == "nt" else "bin") / "python"
Task = tuple[str, str, dict[str, Any]]
"""Team, what it is to do, details: see `crew`."""
Figures = Mapping[tuple[str, str], list[dict[str, float]]]


@dataclass(frozen=True)
class Extent:
    """How long the measurement takes its time."""

    rounds: int
    seconds: float
    loop_rows: int
    sizes: tuple[int, ...]

    @property
    def said(self) -> str:
        return f"{self.rounds} rounds of {self.seconds:g} s a turn, after one to warm up."


NOTES = (
    """Hot account: every client moves a minute from some of 10,000 accounts to one and the same. Batch: 2,000 deposits
of the bank to as many accounts. The floor is the same book by hand: foreign keys, entries and balances, but no unique
key, no payload hash, no limit, no closed accounts, no holds; a single booking is one prepared statement. "keyed" is the
floor with the key, the hash, the limit and the closed accounts, still by hand and without holds. django-hordak starts
from two account ids in the hot account, and holds all its accounts in memory in a batch; it has no keys and no
limits either.""",
    """A ratio is the median, over the rounds, of the ratio within a round. Processor time is that of the client and of
its server process together: the figure to look at on a machine that others use too.""",
)
QUICK = Extent(rounds=5, seconds=0.2, loop_rows=50, sizes=(10_000, 100_000))
FULL = Extent(rounds=7, seconds=1.0, loop_rows=BATCH_ROWS, sizes=(10_000, 1_000_000, 10_000_000))


def main(arguments: list[str]) -> int:
    quick = "--quick" in arguments
    extent = QUICK if quick else FULL
    if "--entries" in arguments:
        extent = replace(extent, sizes=(extent.sizes[0], int(arguments[arguments.index("--entries") + 1])))
    report = Report(name="ledger", title="The ledger", notes=[*NOTES, extent.said])
    with ExitStack() as stack:
        teams = stack.enter_context(crews(_competitors(stack)))
        figures = _rounds(teams, extent)
    _tell(report, figures)
    measure_growth(report, sizes=extent.sizes, rounds=extent.rounds, seconds=extent.seconds)
    return publish(report, as_json="--json" in arguments, quick=quick)


def _competitors(stack: ExitStack) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Command and environment of every team; PostgreSQL's only where a server answers."""
    folder = stack.enter_context(scratch_folder())
    ours = [sys.executable, "-m", "bench.competitor_xinshi"]
    floor = [sys.executable, "-m", "bench.competitor_floor"]
    common = {"XINSHI_LOG_LEVEL": "ERROR", "XINSHI_DATA_DIR": str(folder), "XINSHI_DATABASE_URL": ""}
    found = {
        "sqlite xinshi": (ours, common),
        "sqlite floor": (floor, {"BENCH_DATABASE": str(folder / "floor.sqlite3")}),
        "sqlite keyed": ([*floor, "keyed"], {"BENCH_DATABASE": str(folder / "keyed.sqlite3")}),
    }
    if postgres_is_reachable():
        hordak = [str(BENCH_PYTHON), "-m", "bench.competitor_hordak"]
        found |= {
            "xinshi": (ours, common | {"XINSHI_DATABASE_URL": stack.enter_context(scratch_postgres("xinshi"))}),
            "floor": (floor, {"BENCH_DATABASE": stack.enter_context(scratch_postgres("floor"))}),
            "keyed": ([*floor, "keyed"], {"BENCH_DATABASE": stack.enter_context(scratch_postgres("keyed"))}),
            "hordak": (hordak, {"BENCH_DATABASE": stack.enter_context(scratch_postgres("hordak"))}),
        }
    return found


def _tasks(extent: Extent) -> list[Task]:
    seconds, rows = extent.seconds, BATCH_ROWS
    tasks: list[Task] = [
        (team, f"hot account, {clients} clients", {"task": "hot", "clients": clients, "seconds": seconds})
        for clients in (1, 4, 8)
        for team in ("floor", "keyed", "xinshi", "hordak")
    ]
    tasks += [
        ("floor", "batch, COPY", {"task": "batch", "rows": rows}),
        ("xinshi", "batch", {"task": "batch", "rows": rows}),
        ("floor", "batch, unnest", {"task": "unnest", "rows": rows}),
        ("keyed", "batch, unnest", {"task": "unnest", "rows": rows}),
        ("hordak", "batch, bulk_create", {"task": "bulk", "rows": rows}),
        ("hordak", "batch, loop", {"task": "loop", "rows": extent.loop_rows}),
        ("sqlite floor", "single", {"task": "hot", "seconds": seconds}),
        ("sqlite keyed", "single", {"task": "hot", "seconds": seconds}),
        ("sqlite xinshi", "single", {"task": "hot", "seconds": seconds}),
        ("sqlite floor", "batch", {"task": "batch", "rows": rows}),
        ("sqlite xinshi", "batch", {"task": "batch", "rows": rows}),
        ("sqlite xinshi", "8 writers", {"task": "threads", "method": "hot", "clients": 8, "seconds": 2 * seconds}),
    ]
    return tasks


def _rounds(teams: Mapping[str, Crew], extent: Extent) -> Figures:
    """Every task once per round, after a round to warm up; the answers in order of rounds."""
    figures: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    tasks = [task for task in _tasks(extent) if task[0] in teams]
    for number in range(extent.rounds + 1):
        for team, what, details in tasks:
            answer = teams[team].run(**details)
            if number:
                figures[team, what].append(answer)
    return figures


def _per_second(answers: Sequence[Mapping[str, float]]) -> float:
    return median([answer["done"] / answer["seconds"] for answer in answers])


def _cpu_microseconds(answers: Sequence[Mapping[str, float]]) -> float:
    """Processor time per transfer, of the client and of its server process."""
    return median([1e6 * (a["client_cpu"] + a["server_cpu"]) / a["done"] for a in answers if "client_cpu" in a])


def _tell(report: Report, figures: Figures) -> None:
    for (team, what), answers in figures.items():
        more = {"p99_ms": median([a["p99_ms"] for a in answers])} if "p99_ms" in answers[0] else {}
        if cpu := _cpu_microseconds(answers):
            more["processor_µs_each"] = cpu
        part = "SQLite" if team.startswith("sqlite") else "PostgreSQL"
        name = f"{team.removeprefix('sqlite ')}: {what}"
        report.row(part, name, transfers_per_second=_per_second(answers), **more)

    def ratio(name: str, ours: tuple[str, str], theirs: tuple[str, str], goal: float | None) -> None:
        """The median over rounds of the ratio within a round: what disturbs a round disturbs both."""
        pairs = zip(figures.get(ours, ()), figures.get(theirs, ()), strict=True)
        found = [(a["done"] / a["seconds"]) / (b["done"] / b["seconds"]) for a, b in pairs]
        if found and goal is None:
            report.ratio(name, median(found))
        elif found and goal is not None:
            report.ratio(name, median(found), ">=", goal)

    for clients, peer, goal in ((1, "hordak", 5), (8, "hordak", 7), (8, "floor", 0.75)):
        what = f"hot account, {clients} clients"
        ratio(f"hot account, {clients} clients / {peer}", ("xinshi", what), (peer, what), goal)
    ratio("batch / hordak bulk", ("xinshi", "batch"), ("hordak", "batch, bulk_create"), 6)
    ratio("batch / hordak loop", ("xinshi", "batch"), ("hordak", "batch, loop"), 50)
    ratio("batch / COPY floor", ("xinshi", "batch"), ("floor", "batch, COPY"), 0.65)
    # What no engine can exceed by much: how far the floor itself is ahead of the peer.
    ratio("hot account, 8 clients: floor / hordak", ("floor", what), ("hordak", what), None)
    ratio("hot account, 8 clients / floor with keys", ("xinshi", what), ("keyed", what), None)
    ratio("batch / unnest floor with keys", ("xinshi", "batch"), ("keyed", "batch, unnest"), None)
    ratio("SQLite single / raw with keys", ("sqlite xinshi", "single"), ("sqlite keyed", "single"), None)
    ratio("batch: COPY floor / hordak bulk", ("floor", "batch, COPY"), ("hordak", "batch, bulk_create"), None)
    ratio("SQLite single / raw", ("sqlite xinshi", "single"), ("sqlite floor", "single"), 0.75)
    ratio("SQLite batch / raw", ("sqlite xinshi", "batch"), ("sqlite floor", "batch"), 0.5)
    writers = figures["sqlite xinshi", "8 writers"]
    report.ratio("SQLite, 8 writers: p99 in ms", median([a["p99_ms"] for a in writers]), "<=", 25)
