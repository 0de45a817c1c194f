"""`./run bench service`: the pages and posts of a volunteers' day, beside ephios and beside a bare Django view.

Real servers on this machine, the same hospital in each, visitors that sign in by cookie and send the CSRF token as a
browser does. Processor time is that of the server's processes and of the database's processes that serve them, as /proc
counts it, so that a busy machine changes little; the seconds are the clock's.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import psycopg

from bench.crew import cpu_seconds
from bench.databases import POSTGRES_URL, postgres_is_reachable, scratch_folder, scratch_postgres
from bench.report import Report, median, publish
from bench.service_data import FULL, QUICK, RUSH_CLAIMS, RUSH_SHIFTS, Extent
from bench.service_tell import NEWCOMER, NOTES, tell
from bench.visitors import Answer, at_once, read_description, request_bytes, tree_cpu_seconds

ROOT: Final = Path(__file__).resolve().parent.parent
BENCH_PYTHON: Final = ROOT / ".venv-bench" / ("Scripts" if os.name == "nt" else "bin") / "python"
VISITORS: Final = 8
READY_SECONDS_MAX: Final = 60
ROUNDS: Final = 3
Found = dict[tuple[str, str], list[dict[str, float]]]


class Site:
    """One product on one database: filled by a process of its own, served by another."""

    def __init__(self, name: str, module: str, python: str, folder: Path, database_url: str) -> None:
        self.name, self.database_url, self.folder = name, database_url, folder
        self.command = [python, "-m", f"bench.service_{module}"]
        self.environment = {**os.environ, **_settings(module, folder, database_url)}
        self.target = folder / "requests.json"
        self.backends: dict[int, float] = {}
        self.buried = 0.0

    def start_filling(self) -> None:
        """Leave /dev/null on standard input: a product that asks a question must not wait for an answer."""
        self.filling = subprocess.Popen(
            [*self.command, "prepare", str(self.target)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        )

    def wait_filled(self) -> None:
        if self.filling.wait():
            raise RuntimeError(f"{self.name} could not be filled, see above")
        self.described = read_description(self.target)

    @contextmanager
    def served(self) -> Iterator[None]:
        self.port = _free_port()
        log = (self.folder / "server.log").open("wb")
        command = [*self.command, "serve", str(self.port), "1" if self.is_sqlite else "2"]
        server = subprocess.Popen(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        self.process = server.pid
        try:
            self._wait_ready(server)
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()
            log.close()

    def _wait_ready(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline and server.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} is not served: {(self.folder / 'server.log').read_text(errors='replace')}")

    @property
    def is_sqlite(self) -> bool:
        return not self.database_url

    def requests(self, name: str) -> list[bytes]:
        return [request_bytes(wanted, self.port) for wanted in self.described.get(name, [])]

    def page(self, name: str, times: int) -> list[bytes]:
        return [request_bytes(self.described[name], self.port)] * times

    def processor_seconds(self) -> float:
        """Of the server's processes and, on PostgreSQL, of every process that has served this database."""
        for process in self._backend_processes():
            self.backends[process] = max(self.backends.get(process, 0.0), cpu_seconds(process))
        return tree_cpu_seconds(self.process) + sum(self.backends.values())

    def _backend_processes(self) -> list[int]:
        if self.is_sqlite:
            return []
        query = "SELECT pid FROM pg_stat_activity WHERE datname = %s"
        with psycopg.connect(POSTGRES_URL) as server:
            return [row[0] for row in server.execute(query, [self.database_url.rpartition("/")[2].split("?")[0]])]

    def rows(self, name: str) -> list[tuple[int, ...]]:
        """What the database itself says, by the statement that the site's description has under `name`."""
        statement = self.described[name]
        if not self.is_sqlite:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(statement).fetchall()
        file = next(path for path in self.folder.rglob("*.sqlite3"))
        with contextlib.closing(sqlite3.connect(file)) as lite:
            return lite.execute(statement).fetchall()

    def measured(self, requests: Sequence[bytes], visitors: int) -> tuple[list[Answer], dict[str, float]]:
        before = self.processor_seconds()
        answers = at_once(self.port, requests, visitors=visitors)
        return answers, figures(answers, self.processor_seconds() - before)


def figures(answers: Sequence[Answer], processor_seconds: float) -> dict[str, float]:
    from bench.visitors import p99, span

    return {
        "per_second": len(answers) / span(answers),
        "processor_ms": 1e3 * processor_seconds / len(answers),
        "p99_ms": 1e3 * p99(answers),
        "kB": len(answers[0].body) / 1e3,
        "errors": sum(answer.status >= 500 or not answer.status for answer in answers),
        "answers": len(answers),
    }


def _settings(module: str, folder: Path, database_url: str) -> dict[str, str]:
    if module == "ephios":
        from bench.service_ephios import environment

        return environment(folder, database_url)
    return {
        "XINSHI_DATABASE_URL": database_url,
        "XINSHI_DATA_DIR": str(folder),
        "XINSHI_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "" if module == "floor" else "xinshi.config.settings",
        "BENCH_DATABASE": database_url,
    }


def _free_port() -> int:
    """Below the ports that the system gives to clients, so that no visitor connects to itself."""
    for port in range(20_000 + os.getpid() % 5_000, 32_000):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


def main(arguments: list[str]) -> int:
    quick = "--quick" in arguments
    extent = QUICK if quick else FULL
    os.environ["BENCH_EXTENT"] = extent.as_text()
    report = Report(name="service", title="The service, beside ephios", notes=list(NOTES))
    with ExitStack() as stack:
        sites = _sites(stack, with_sqlite_peer=not quick)
        for site in sites.values():
            site.start_filling()
        for site in sites.values():
            site.wait_filled()
        found: Found = {}
        for site in sites.values():
            stack.enter_context(site.served())
        _warm(sites)
        _pages(sites, extent, 1 if quick else ROUNDS, found)
        _posts(sites, extent, 1 if quick else ROUNDS, found)
        _rushes(sites, found)
        if "xinshi" in sites:
            found["xinshi", "worker"] = [_delivered(sites["xinshi"])]
            from bench.service_growth import grow

            grow(sites["xinshi"], report, quick=quick)
        tell(report, {name: site.described["sql"] for name, site in sites.items()}, found)
    for who, commands in NEWCOMER.items():
        report.row("Newcomer: commands until it is served", who, **commands)
    return publish(report, as_json="--json" in arguments, quick=quick)


def _sites(stack: ExitStack, *, with_sqlite_peer: bool) -> dict[str, Site]:
    """PostgreSQL's only where a server answers; the peer on SQLite only where there is time for it."""
    wanted = [("xinshi on SQLite", "xinshi", "")]
    if with_sqlite_peer:
        wanted.append(("ephios on SQLite", "ephios", ""))
    if postgres_is_reachable():
        wanted = [
            (name, name, stack.enter_context(scratch_postgres(name))) for name in ("floor", "xinshi", "ephios")
        ] + wanted
    sites = {}
    for name, module, url in wanted:
        python = str(BENCH_PYTHON) if module == "ephios" else sys.executable
        sites[name] = Site(name, module, python, stack.enter_context(scratch_folder()), url)
    return sites


def _warm(sites: dict[str, Site]) -> None:
    """What a process does once (reading templates, compiling styles, opening connections) is not measured."""
    for site in sites.values():
        for name in ("list", "activity", "desk", "desk_list"):
            if name in site.described:
                answers = at_once(site.port, site.page(name, 8), visitors=4)
                if any(answer.status != 200 for answer in answers):
                    raise RuntimeError(f"{site.name}: {name} answered {[answer.status for answer in answers]}")


def _pages(sites: dict[str, Site], extent: Extent, rounds: int, found: Found) -> None:
    for _ in range(rounds):
        for name, site in sites.items():
            if name.endswith("SQLite"):
                continue
            times = extent.peer_pages if name == "ephios" else extent.pages
            for what in ("list", "activity", "desk", "desk_list"):
                if what in site.described:
                    _, answer = site.measured(site.page(what, times * (20 if name == "floor" else 1)), 4)
                    found.setdefault((name, what), []).append(answer)
            if "list_pages" in site.described:
                answers, answer = site.measured(site.requests("list_pages"), 1)
                answer["kB"] = sum(len(one.body) for one in answers) / 1e3
                answer["processor_ms"] *= len(answers)
                found.setdefault((name, "all pages of the list"), []).append(answer)


def _posts(sites: dict[str, Site], extent: Extent, rounds: int, found: Found) -> None:
    """Every sign-up and check-in once, in as many parts as there are rounds, the sites in turn."""
    sent = dict.fromkeys(sites, 1)  # One was sent while the statements were counted.
    for what in ("sign_ups", "check_ins"):
        for number in range(rounds):
            for name, site in sites.items():
                requests = site.requests(what)[number::rounds]
                if name == "ephios on SQLite":
                    requests = requests[: extent.peer_sign_ups // 4]
                if requests:
                    found.setdefault((name, what), []).append(site.measured(requests, VISITORS)[1])
                sent[name] += len(requests) if what == "sign_ups" else 0
    for name, site in sites.items():
        if name != "floor":
            held = site.rows("signed_up")[0][0]
            # On SQLite the peer loses what meets a lock: its errors say so.
            assert held == sent[name] or name == "ephios on SQLite", f"{name}: {held} of {sent[name]} sign-ups are held"
        if name.startswith("xinshi"):
            assert site.rows("came")[0][0] == len(site.described["check_ins"]) + 1, "a check-in was lost"


def _rushes(sites: dict[str, Site], found: Found) -> None:
    """RUSH_CLAIMS people press the button of each one-place shift at the same moment, shift after shift."""
    for name, site in sites.items():
        if "claims" not in site.described:
            continue
        answers: list[Answer] = []
        seconds = []
        before = site.processor_seconds()
        for claims in site.described["claims"]:
            part = at_once(site.port, [request_bytes(one, site.port) for one in claims], visitors=RUSH_CLAIMS)
            seconds.append(max(a.ended for a in part) - min(a.began for a in part))
            answers += part
        found[name, "rush"] = [figures(answers, site.processor_seconds() - before)]
        given = dict(site.rows("places_given"))
        found[name, "rush"][0] |= {
            "a_shift_ms": 1e3 * median(seconds),
            "overbooked": sum(number > 1 for number in given.values()),
            "given": sum(given.values()),
            "places": RUSH_SHIFTS,
        }


def _delivered(site: Site) -> dict[str, float]:
    answer = subprocess.run(
        [*site.command, "deliver"], env=site.environment, capture_output=True, text=True, check=True
    )
    told: dict[str, float] = json.loads(answer.stdout)
    return told
