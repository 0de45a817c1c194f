"""The optimiser: frozen arrays in, a plan with its proof out. Plain Python with NumPy, HiGHS and compiled loops; no Django.

`problem.Problem` says what is asked, `answer.Plan` what was found; `plan()` leads from one to the other, and the checker,
which shares no code with it, says whether a plan keeps every rule. `refill()` fills what drop-outs left, at once.
`explaining` says why, `files` keeps a problem or a plan in a file, `instances` invents problems from a seed.

The method is in docs/adr/0008. The stages, each a module: `passes` (prices), `rounds` (columns) over `master` (the linear
program) and `pricing` (everybody's best plan), `rounding`, for large problems `regions`; `planning` puts them in order.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.solver.course import Progress
from xinshi.scheduling.solver.problem import Ints, Problem


def plan(
    problem: Problem,
    *,
    time_limit_seconds: float = 5.0,
    gap: float = 1e-4,
    seed: int = 0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Plan:
    """See `planning.plan`. The compiler and HiGHS are loaded by the first call: a web process that only shows plans
    need not carry them."""
    planning = importlib.import_module("xinshi.scheduling.solver.planning")
    found: Plan = planning.plan(
        problem, time_limit_seconds=time_limit_seconds, gap=gap, seed=seed, progress=progress, cancelled=cancelled
    )
    return found


def refill(problem: Problem, standing: Plan, dropped: Ints) -> Plan:
    """See `refilling.refill`."""
    refilling = importlib.import_module("xinshi.scheduling.solver.refilling")
    found: Plan = refilling.refill(problem, standing, dropped)
    return found
