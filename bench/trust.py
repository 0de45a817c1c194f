"""`./run bench trust [--quick] [--json] [--seed N] [--minutes M] [--only PART]`: the deep profile of the harnesses.

What they prove stands in docs/trust.md. PARTs: http, opposite, model, tampering, planted, rush, exchange, banks. `--minutes`
bounds the longest of them, http; without --quick all of it takes hours, and renews its part of RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from tests.trust import histories, jepsen, opposite, rush, two_banks
from tests.trust.planted_banks import PLANTED
from tests.trust.scratch import POSTGRES_URL, ROOT, migrated, scratch

from bench.report import Report, renew

PARTS = ("http", "opposite", "model", "tampering", "planted", "rush", "exchange", "banks")
SECTIONS = {"exchange": "Trust: two banks on a virtual clock"}
"""Parts whose figures stand in RESULTS.md in a section of their own as well, renewed also where only they are measured."""
PROCESSES = 8
RUSH_SHARE = 5 / 6.6
"""The goal of R5 over what a bare view took where the goal was set."""


@dataclass(frozen=True, slots=True)
class Size:
    acknowledged: int
    server_kills: int
    worker_kills: int
    minutes: float
    opposite: int
    examples: int
    tamperings: int
    databases: tuple[str, ...]
    rush: int
    histories: int
    bank_transfers: int
    bank_kills: int


DEEP = Size(100_000, 150, 500, 240, 20_000, 5_000, 1_000, ("", POSTGRES_URL), 2_000, 100_000, 600, 80)
QUICK = Size(200, 1, 2, 0.4, 160, 3, 15, ("",), 100, 300, 6, 2)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench trust", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a taste of each, about a minute")
    parser.add_argument("--json", action="store_true", help="one object for programs")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9), help="run the same dice again")
    parser.add_argument("--minutes", type=float, help="bound of the part over HTTP")
    parser.add_argument("--only", choices=PARTS, help="one part")
    wanted = parser.parse_args(arguments)
    size = QUICK if wanted.quick else DEEP
    parts = [wanted.only] if wanted.only else [part for part in PARTS if not (wanted.quick and part == "planted")]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # Who is asked to end cleans up as well.
    print(f"seed {wanted.seed}", file=sys.stderr, flush=True)
    report = Report(
        "trust", "Trust: the bank under attack", notes=[f"Seed {wanted.seed}; docs/trust.md says what each is."]
    )
    for part in parts:
        found = Report(f"trust-{part}", SECTIONS.get(part, ""))
        MEASURES[part](found, size, wanted.seed, wanted.minutes or size.minutes)
        report.include(found)
        if part in SECTIONS and not wanted.quick:
            renew(found)
        print(f"{part}: done", file=sys.stderr, flush=True)
    if wanted.json:
        print(report.as_json())
    else:
        print(report.as_markdown())
    if not wanted.quick and not wanted.only:
        renew(report)
    wrong = [name for name, (comparison, _) in report.goals.items() if comparison == "<=" and not report.met[name]]
    return 1 if wrong else 0


def _http(report: Report, size: Size, seed: int, minutes: float) -> None:
    """R1. Records for half of the writes: the rest are vouchers, and deposits that are taken back."""
    with migrated() as database:
        hospital = jepsen.prepare(database, records=size.acknowledged // 2 + 200)
        plan = jepsen.Plan(seed, size.acknowledged, size.server_kills, size.worker_kills, seconds_max=minutes * 60)
        found = jepsen.run(plan, database, hospital)
    for sentence in [*found.violations, found.verify]:
        if sentence:
            print(sentence, file=sys.stderr)
    report.row(
        "Through HTTP, with SIGKILL (PostgreSQL)",
        "one run",
        acknowledged=found.acknowledged,
        refused=found.refused,
        reads=found.reads,
        settled=found.settled_unknowns,
        server_kills=found.server_kills,
        worker_kills=found.worker_kills,
        seconds=found.seconds,
        wrong=len(found.violations) + bool(found.verify),
    )
    report.ratio(
        "http: lost, phantom, duplicate, unknown or misread", len(found.violations) + bool(found.verify), "<=", 0
    )
    report.ratio("http: acknowledged writes", found.acknowledged, ">=", size.acknowledged)
    report.ratio("http: server kills", found.server_kills, ">=", size.server_kills)
    report.ratio("http: worker kills", found.worker_kills, ">=", size.worker_kills)


def _opposite(report: Report, size: Size, seed: int, _minutes: float) -> None:

    started = time.monotonic()
    with migrated() as database:
        people = json.loads(database.run("tests.trust.opposite", "open").stdout)
        found = opposite.in_processes(database, seed=seed, processes=PROCESSES, number=size.opposite, people=people)
        wrong = opposite.differences(found, opposite.balances(database, people))
    for sentence in wrong[:20]:
        print(sentence, file=sys.stderr)
    seconds = round(time.monotonic() - started, 1)
    report.row(
        "Opposite transfers (PostgreSQL)",
        f"{PROCESSES} processes",
        done=found.done,
        refused=found.refused,
        failed=len(found.failures),
        seconds=seconds,
    )
    report.ratio("opposite: failures and drift", len(wrong), "<=", 0)
    report.ratio("opposite: done or refused for want of minutes", found.done + found.refused, ">=", size.opposite)


def _pytest(report: Report, part: str, size: Size, *arguments: str, **environment: str) -> None:
    """A harness that is a test, made deeper by its environment, on each database."""
    for url in size.databases:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="xinshi-trust-") as folder:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *arguments],
                env=os.environ | environment | {"XINSHI_DATABASE_URL": url, "XINSHI_DATA_DIR": folder},
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            print(done.stdout[-6_000:], file=sys.stderr)
        name = "PostgreSQL" if url else "SQLite"
        seconds = round(time.monotonic() - started, 1)
        outcome = next((line for line in reversed(done.stdout.splitlines()) if " in " in line), "")
        report.row(part, name, outcome=outcome.strip("= "), seconds=seconds)
        report.ratio(f"{part.lower()}: runs that failed on {name}", int(done.returncode != 0), "<=", 0)


def _model(report: Report, size: Size, seed: int, _minutes: float) -> None:
    test = "src/xinshi/ledger/tests/test_model.py"
    part = f"Model of the ledger, {size.examples} × 50 steps"
    _pytest(report, part, size, test, f"--hypothesis-seed={seed}", XINSHI_MODEL_EXAMPLES=str(size.examples))


def _tampering(report: Report, size: Size, seed: int, _minutes: float) -> None:
    environment = {"XINSHI_TRUST_SEED": str(seed), "XINSHI_TRUST_TAMPERINGS": str(size.tamperings)}
    part = f"{size.tamperings} tamperings with the past"
    _pytest(report, part, size, "tests/trust/test_tampering.py", "-k", "every", **environment)


def _planted(report: Report, size: Size, seed: int, _minutes: float) -> None:
    _pytest(report, "Planted bugs", size, "tests/trust/test_planted_bugs.py", XINSHI_TRUST_SEED=str(seed))


def _rush(report: Report, size: Size, seed: int, _minutes: float) -> None:
    """R5. Everybody scans at once and twice; a web process is killed meanwhile. Then the same at a bare Django view."""
    with migrated() as database:
        found = rush.run(database, people=size.rush, seed=seed)
    with scratch() as database:
        bare = rush.run_bare(database, people=size.rush, seed=seed)
    for sentence in [*found.wrong, *bare.wrong][:20]:
        print(sentence, file=sys.stderr)
    report.notes.append(
        "The bare view: Django's own middleware, kept connections, a token, `get_or_create`; no rule, no trail."
    )
    for name, one in (("xinshi", found), ("a bare Django view", bare)):
        report.row(
            f"Check-in in a rush, with SIGKILL (PostgreSQL): {size.rush} people, {rush.TIMES_SENT} sends each",
            name,
            half=one.wait(0.5),
            p99=one.wait(0.99),
            seconds=one.seconds,
            retries=one.retries,
            killed=one.killed,
            wrong=len(one.wrong),
        )
    report.ratio("rush: records lost or twice", len(found.wrong), "<=", 0)
    report.ratio("rush: seconds that 99 of 100 people waited", found.wait(0.99), "<=", 5)
    report.ratio("rush: the same, of a bare view's", found.wait(0.99) / bare.wait(0.99), "<=", RUSH_SHARE)
    report.ratio("rush: seconds until all were answered twice", found.seconds, "<=", 15)


def _exchange(report: Report, size: Size, seed: int, _minutes: float) -> None:
    """R3 on a virtual clock: no database has a part in it. Then banks with a bug, each of which must be found."""
    started = time.monotonic()
    found = histories.in_processes(seed, size.histories, processes=os.cpu_count() or 1)
    seconds = round(time.monotonic() - started, 1)
    for wrong_seed, sentence in found.wrong:
        print(f"seed {wrong_seed}: {sentence}", file=sys.stderr)
    report.notes.append(f"Seeds {seed} to {seed + size.histories - 1}; a history ends when both banks are at rest.")
    report.row(
        "Histories of two banks",
        "loss, repeats, delay, wrong clocks, crashes",
        seeds=found.number,
        steps=found.steps,
        messages=found.messages,
        packets=found.packets,
        **{f"packets_{fault}": found.faults[fault] for fault in ("lost", "repeated", "late")},
        crashes=found.crashes.total(),
        violations=found.violations,
        seconds=seconds,
    )
    report.row("Transfers by their end", "at the bank that began them", **dict(sorted(found.outcomes.items())))
    planted = {bug: histories.histories_until_found(bug) for bug in PLANTED}
    for bug, needed in planted.items():
        report.row("Banks with a planted bug", bug, histories_until_found="not found" if needed is None else needed)
    report.ratio("exchange: not conserved, twice, without an end, or listed otherwise", found.violations, "<=", 0)
    report.ratio("exchange: histories", found.number, ">=", size.histories)
    report.ratio("exchange: planted bugs found", sum(map(bool, planted.values())), ">=", len(planted))


def _banks(report: Report, size: Size, seed: int, minutes: float) -> None:
    """Two real banks, a faulty network between them, SIGKILL of servers and workers."""
    plan = two_banks.Plan(seed, size.bank_transfers, size.bank_kills, seconds_max=minutes * 60)
    with migrated() as database:
        jepsen.prepare(database, records=24)
        found = two_banks.run(plan, database)
    for sentence in found.wrong[:20]:
        print(sentence, file=sys.stderr)
    report.row(
        "Two banks, faulty network, SIGKILL (PostgreSQL)",
        "one run",
        transfers=found.transfers,
        kills=found.kills,
        faults=sum(times for name, times in found.faults.items() if name != "none"),
        seconds=found.seconds,
        healed_seconds=found.healed_seconds,
        wrong=len(found.wrong),
    )
    report.ratio("banks: not conserved, twice, without an end, or listed otherwise", len(found.wrong), "<=", 0)
    report.ratio("banks: kills", found.kills, ">=", size.bank_kills)


MEASURES = {
    "http": _http,
    "opposite": _opposite,
    "model": _model,
    "tampering": _tampering,
    "planted": _planted,
    "rush": _rush,
    "exchange": _exchange,
    "banks": _banks,
}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
