"""A competitor's process: it keeps clients ready and runs tasks when told to, so that rounds can alternate.

Commands come as JSON lines on standard input, answers leave as JSON lines on standard output. Standard library only,
because each competitor runs in an environment of its own.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import multiprocessing.connection
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

CLIENTS_MAX = 8
BATCH_ROWS = 2_000
ACCOUNTS = 10_000
Name = TypeVar("Name", str, tuple[str, int])
STARTING_MINUTES = 1_000_000
"""What every account holds at first, so that no limit is met during a measurement."""


class Competitor(Protocol):
    """Besides these, a competitor has a method for every task that its measurement names."""

    def prepare(self) -> None:
        """Create the tables and what stands in them; leave no connection open."""

    def connect(self) -> int | None:
        """Open this client's connection; returns the process id of its database server process where there is one."""


def cpu_seconds(process_id: int | None) -> float:
    """What a process has used so far; 0 where that cannot be seen."""
    if process_id is None:
        return 0.0
    with contextlib.suppress(OSError, ValueError):
        return int(Path(f"/proc/{process_id}/schedstat").read_text().split()[0]) / 1e9
    return 0.0


class _Client:
    """One client: a connection and the tasks it can do. `number` keeps the clients' keys apart."""

    def __init__(self, competitor: Competitor, number: int) -> None:
        self.competitor, self.number, self.serial = competitor, number, 0
        self.server_process = competitor.connect()

    def next_serial(self) -> str:
        self.serial += 1
        return f"{self.number}:{self.serial}"

    def repeat(self, method: str, seconds: float, latencies: list[float] | None = None) -> int:
        """Call a task with a new serial and a changing account number (never 0, the hot one) until time is up."""
        call = getattr(self.competitor, method)
        done = 0
        begun = time.perf_counter()
        deadline = begun + seconds
        while begun < deadline:
            call(self.next_serial(), 1 + (self.serial * 7919 + self.number * 104_729) % (ACCOUNTS - 1))
            ended = time.perf_counter()
            if latencies is not None:
                latencies.append(ended - begun)
            begun = ended
            done += 1
        return done

    def once(self, method: str, rows: int) -> int:
        """Call a task with a new serial and the numbers of `rows` different accounts."""
        serial = self.next_serial()
        getattr(self.competitor, method)(serial, [(self.serial * 37 + 3 * n) % ACCOUNTS for n in range(rows)])
        return rows

    def measured(self, work: Callable[[], int]) -> dict[str, float]:
        before_client, before_server = time.process_time(), cpu_seconds(self.server_process)
        begun = time.perf_counter()
        done = work()
        return {
            "done": done,
            "seconds": time.perf_counter() - begun,
            "client_cpu": time.process_time() - before_client,
            "server_cpu": cpu_seconds(self.server_process) - before_server,
        }


def _client_main(competitor: Competitor, number: int, pipe: multiprocessing.connection.Connection) -> None:
    client = _Client(competitor, number)
    while (command := pipe.recv()) is not None:
        pipe.send(_answer(client, command))


def _answer(client: _Client, command: dict[str, Any]) -> dict[str, float]:
    if "seconds" in command:
        return client.measured(lambda: client.repeat(command["task"], command["seconds"]))
    return client.measured(lambda: client.once(command["task"], command["rows"]))


def _run_threads(competitor: Competitor, command: dict[str, Any], first_number: int) -> dict[str, Any]:
    """All clients as threads of one process, as the product's server runs them on SQLite; with every latency."""
    latencies: list[list[float]] = [[] for _ in range(command["clients"])]
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            _Client(competitor, first_number + number).repeat(command["method"], command["seconds"], latencies[number])
        except BaseException as error:  # noqa: BLE001  # Reported by the process that asked.
            failures.append(error)

    begun = time.perf_counter()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(command["clients"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    every = sorted(latency for part in latencies for latency in part)
    p99 = every[min(len(every) - 1, int(len(every) * 0.99))]
    return {"done": len(every), "seconds": time.perf_counter() - begun, "p99_ms": p99 * 1_000}


def serve(competitor: Competitor, *, clients: int = CLIENTS_MAX) -> None:
    """Prepare, say so, then answer commands until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # What a library prints must not mix with the answers.
    competitor.prepare()
    context = multiprocessing.get_context("fork")
    pipes = []
    for number in range(clients):
        ours, theirs = context.Pipe()
        context.Process(target=_client_main, args=(competitor, number, theirs), daemon=True).start()
        pipes.append(ours)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for turn, line in enumerate(sys.stdin, start=1):
        command = json.loads(line)
        if command["task"] == "threads":
            answer = _run_threads(competitor, command, first_number=turn * CLIENTS_MAX)
        else:
            chosen = pipes[: command.get("clients", 1)]
            for pipe in chosen:
                pipe.send(command)
            parts = [pipe.recv() for pipe in chosen]
            answer = {name: sum(part[name] for part in parts) for name in parts[0]}
            answer["seconds"] = max(part["seconds"] for part in parts)
        print(json.dumps(answer), file=answers, flush=True)
    for pipe in pipes:
        pipe.send(None)


class Crew:
    """A competitor's process, seen from the measurement."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )

    def wait_ready(self) -> None:
        self._answer()

    def run(self, task: str, **details: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        print(json.dumps({"task": task, **details}), file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended early, with status {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def dismiss(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def crews(wanted: Mapping[Name, tuple[Sequence[str], Mapping[str, str]]]) -> Iterator[dict[Name, Crew]]:
    """Start all competitors (command and environment by name) at once, and wait until each is ready."""
    started: dict[Name, Crew] = {}
    try:
        for name, (command, environment) in wanted.items():
            started[name] = Crew(str(name), command, environment)
        for crew in started.values():
            crew.wait_ready()
        yield started
    finally:
        for crew in started.values():
            crew.dismiss()
