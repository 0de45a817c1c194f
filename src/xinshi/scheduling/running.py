"""Running the solver in a process of its own: watched, stopped when somebody says so, gone when the worker is gone."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from xinshi.scheduling.solver import files, plan
from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.solver.problem import Problem

GAP: Final = 1e-4
"""The search ends once a plan is known to be within this share of the best."""
START_SECONDS_MAX: Final = 60
"""So long it may take beside the time limit of each problem: loading the compiler, reading, writing."""
STOP_SECONDS_MAX: Final = 20
LINE_BYTES_MAX: Final = 1_000


class SolverFailed(Exception):
    """The process ended without a plan."""


class Stopped(Exception):
    """Whoever wanted the plan wants it no more."""


class Watch(Protocol):
    """Told the problem, the stage and the fraction done; answers whether to go on."""

    def __call__(self, name: str, stage: str, fraction: float) -> bool: ...


Solve = Callable[[Mapping[str, Problem], int, int, Watch], dict[str, Plan]]
"""Problems by name, seconds for each, seed, who watches; plans by name."""


def in_a_process(problems: Mapping[str, Problem], seconds: int, seed: int, watch: Watch) -> dict[str, Plan]:
    """Solve the problems one after the other. SolverFailed; Stopped once `watch` says no."""
    with tempfile.TemporaryDirectory(prefix="xinshi-plan-") as name:
        folder = Path(name)
        for at, (problem_name, problem) in enumerate(problems.items()):
            (folder / f"{at:02d}-{problem_name}.problem").write_bytes(files.problem_bytes(problem))
        command = [sys.executable, "-m", "xinshi.scheduling.child", str(folder), str(seconds), str(seed), str(GAP)]
        with subprocess.Popen(  # noqa: S603  # Our own module, without a shell, and no word of it comes from a person.
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        ) as process:
            try:
                _watch(process, watch, until=time.monotonic() + START_SECONDS_MAX + 2 * seconds * len(problems))
            finally:
                _end(process)
        if process.returncode != 0:
            raise SolverFailed(f"the solver ended with {process.returncode}")
        found = {}
        for at, problem_name in enumerate(problems):
            path = folder / f"{at:02d}-{problem_name}.plan"
            if not path.exists():
                raise SolverFailed(f"no plan for {problem_name}")
            found[problem_name] = files.plan_from_bytes(path.read_bytes())
        return found


def in_this_process(problems: Mapping[str, Problem], seconds: int, seed: int, watch: Watch) -> dict[str, Plan]:
    """The same without a process of its own: for small problems, and where nobody waits for a page meanwhile."""
    found = {}
    for name, problem in problems.items():
        goes_on = watch(name, "greedy", 0.0)

        def cancelled(name: str = name) -> bool:
            return not watch(name, "rounds", 0.0)

        if not goes_on:
            raise Stopped
        found[name] = plan(problem, time_limit_seconds=seconds, gap=GAP, seed=seed, cancelled=cancelled)
        if not watch(name, "checking", 1.0):
            raise Stopped
    return found


def _watch(process: subprocess.Popen[bytes], watch: Watch, *, until: float) -> None:
    """Hear what the process says until it ends."""
    assert process.stdout is not None, "its output is a pipe"
    descriptor = process.stdout.fileno()
    os.set_blocking(descriptor, False)
    said, last = b"", ("", "building", 0.0)
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while time.monotonic() < until:
            if selector.select(timeout=0.5):
                part = process.stdout.read(65_536)
                if part == b"":
                    return
                *lines, said = (said + (part or b"")).split(b"\n")
                last = _last(lines, last)
            if not watch(*last):
                raise Stopped
    raise SolverFailed("the solver did not end in time")


def _last(lines: list[bytes], before: tuple[str, str, float]) -> tuple[str, str, float]:
    for line in reversed(lines):
        if len(line) > LINE_BYTES_MAX:
            continue
        try:
            told = json.loads(line)
            return str(told["name"]).split("-", 1)[-1], str(told["stage"])[:20], float(told["fraction"])
        except (ValueError, KeyError, TypeError):
            continue
    return before


def _end(process: subprocess.Popen[bytes]) -> None:
    """A process that still runs is told to end, then made to."""
    try:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
