"""Processes that are started and forked side by side."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import Any, Final

import pytest

from xinshi.config.serving import start_beside_forks

FORKED_LIVES_SECONDS: Final = 20


def test_a_program_starts_while_another_thread_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process forked in between used to hold the starter's pipe: whoever keeps the worker waited as long as it lived."""
    fork_exec = subprocess._fork_exec  # type: ignore[attr-defined]
    forked: list[int] = []
    forking = threading.Thread(target=_fork_a_sleeper, args=(forked,))

    def fork_in_between(*args: Any) -> int:
        forking.start()
        forking.join(timeout=1)
        return int(fork_exec(*args))

    monkeypatch.setattr(subprocess, "_fork_exec", fork_in_between)
    began = time.monotonic()
    try:
        started = start_beside_forks([sys.executable, "-c", ""])
        waited_seconds = time.monotonic() - began
        assert started.wait(timeout=30) == 0
    finally:
        forking.join()
        os.kill(forked[0], 9)
        os.waitpid(forked[0], 0)
    assert waited_seconds < FORKED_LIVES_SECONDS / 2


def _fork_a_sleeper(forked: list[int]) -> None:
    pid = os.fork()
    if pid == 0:
        time.sleep(FORKED_LIVES_SECONDS)
        os._exit(0)
    forked.append(pid)
