"""R1: the bank through HTTP on PostgreSQL while its processes are killed (CI profile)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.trust import jepsen
from tests.trust.jepsen import Plan
from tests.trust.scratch import Scratch, Server, scratch

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
ACKNOWLEDGED, SERVER_KILLS, WORKER_KILLS = 2_000, 3, 10


def test_nothing_acknowledged_is_lost_and_nothing_stands_twice(
    founded: tuple[Scratch, dict[str, Any]], seed: int
) -> None:
    template, hospital = founded
    plan = Plan(seed, ACKNOWLEDGED, SERVER_KILLS, WORKER_KILLS, seconds_max=400)
    with scratch(template) as database:
        report = jepsen.run(plan, database, hospital)
    print(report)
    assert (report.violations, report.verify) == ([], "")
    assert report.acknowledged >= ACKNOWLEDGED
    assert (report.server_kills, report.worker_kills) == (SERVER_KILLS, WORKER_KILLS)
    assert report.settled_unknowns > 0, "no outcome was ever unknown: the nemesis hit nobody"
    assert set(report.by_kind) == {"approve", "reserve", "cancel", "fulfil", "take back"}
    assert report.sealed_to > 0


def test_a_worker_that_died_is_started_again(founded: tuple[Scratch, dict[str, Any]]) -> None:
    with scratch(founded[0]) as database:
        server = Server(database)
        try:
            server.start()
            first = wait_for_worker(server, other_than=0)
            os.kill(first, signal.SIGKILL)
            assert wait_for_worker(server, other_than=first)
        finally:
            server.kill()


def wait_for_worker(server: Server, *, other_than: int) -> int:
    """The process that delivers and seals."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for pid in server.children():
            command = Path(f"/proc/{pid}/cmdline").read_text()
            if pid != other_than and "worker" in command:
                return pid
        time.sleep(0.1)
    raise AssertionError("no worker is at work")
