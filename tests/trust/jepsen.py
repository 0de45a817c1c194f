"""The bank through HTTP on PostgreSQL while its processes are killed: nothing lost, nothing twice, nothing unknown.

Clients do what people do, each write with a key; a nemesis sends SIGKILL to web workers, to the worker that delivers and
seals, and to the whole server, which it starts again. At the end the book is read past the program, and must hold exactly
what clients were told. After Kingsbury's Jepsen.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.trust.clients import SETTLED_WITHIN_SECONDS, Client, World
from tests.trust.history import History, check
from tests.trust.scratch import Scratch, Server

CLIENTS = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to do: until `acknowledged` writes, `server_kills` and `worker_kills` spread over them, or time is up."""

    seed: int
    acknowledged: int
    server_kills: int
    worker_kills: int
    seconds_max: float
    module: tuple[str, ...] = ("xinshi", "serve")


@dataclass(slots=True)
class Report:
    seed: int
    acknowledged: int
    refused: int
    reads: int
    settled_unknowns: int
    server_kills: int
    worker_kills: int
    seconds: float
    by_kind: dict[str, int]
    violations: list[str] = field(default_factory=list)
    verify: str = ""
    sealed_to: int = 0

    @property
    def ok(self) -> bool:
        return not self.violations and not self.verify

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"ok": self.ok}


def run(plan: Plan, over: Scratch, hospital: dict[str, Any]) -> Report:
    """Let the clients and the nemesis loose on a scratch hospital, and judge."""
    world = World(hospital, deque(hospital["records"]))
    random.Random(plan.seed).shuffle(world.records)
    people = [row["person"] for row in hospital["volunteers"]]
    history = History(hospital["first_minutes"] * len(people))
    server, stop = Server(over, plan.module), threading.Event()
    started = time.monotonic()
    kills = [0, 0]
    try:
        server.start()
        clients = [
            Client(number=n, port=server.port, world=world, history=history, seed=plan.seed, stop=stop)
            for n in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        kills = _torment(plan, server, history, started)
        stop.set()
        for client in clients:
            client.join(SETTLED_WITHIN_SECONDS + 30)
            if client.is_alive():
                history.wrong(f"{client.name} hangs")
    finally:
        stop.set()
        server.kill()
    seconds = time.monotonic() - started
    over.run("tests.trust.hospital", "close")
    told = over.verify()
    found = check(history, over, first_minutes=hospital["first_minutes"], people=people)
    found += _sealed(over)
    outcomes = [row for row in history.operations if row.took_effect]
    return Report(
        seed=plan.seed,
        acknowledged=history.acknowledged,
        refused=sum(row.outcome == "refused" for row in history.operations),
        reads=history.reads,
        settled_unknowns=history.settled_unknowns,
        server_kills=kills[0],
        worker_kills=kills[1],
        seconds=round(seconds, 1),
        by_kind={kind: sum(row.kind == kind for row in outcomes) for kind in sorted({row.kind for row in outcomes})},
        violations=found,
        verify=told["first_difference"],
        sealed_to=over.rows("SELECT coalesce(max(to_id), 0) FROM ledger_seal")[0][0],
    )


def _torment(plan: Plan, server: Server, history: History, started: float) -> list[int]:
    """Kill as planned until enough was acknowledged or time is up; (server kills, worker kills)."""
    dice = random.Random(f"{plan.seed}/nemesis")
    blows = ["server"] * plan.server_kills + ["worker"] * plan.worker_kills
    dice.shuffle(blows)
    due = [plan.acknowledged * (n + 1) // (len(blows) + 1) for n in range(len(blows))]
    kills = [0, 0]
    while time.monotonic() - started < plan.seconds_max:
        if history.acknowledged >= plan.acknowledged and sum(kills) >= len(blows):
            break
        if server.has_ended():
            server.kill()
            server.start()
        if sum(kills) < len(blows) and history.acknowledged >= due[sum(kills)]:
            if blows[sum(kills)] == "server":
                server.kill()
                time.sleep(dice.random() * 0.3)
                server.start()
                kills[0] += 1
            elif server.kill_one_of(server.children(), dice.randrange(1_000)):
                kills[1] += 1
        time.sleep(0.02)
    return kills


def _sealed(over: Scratch) -> list[str]:
    """Everything is under a seal in the end, although the sealer was killed now and then."""
    found = []
    for table, seals in (
        ("ledger_transfer", "SELECT max(to_id) FROM ledger_seal"),
        ("audit_entry", "SELECT max(to_id) FROM audit_seal WHERE chain = 'trail'"),
    ):
        newest, sealed = over.rows(f"SELECT (SELECT max(id) FROM {table}), ({seals})")[0]
        if newest != sealed:
            found.append(f"{table}: the newest row is {newest}, sealed to {sealed}")
    return found


def prepare(over: Scratch, *, records: int) -> dict[str, Any]:
    """Found the hospital in a migrated database."""
    hospital: dict[str, Any] = json.loads(over.run("tests.trust.hospital", str(records), seconds=1_200).stdout)
    return hospital
