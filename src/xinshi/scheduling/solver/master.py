"""The restricted master problem: which mix of the plans found so far is best, as a linear program in HiGHS.

Rows: the places of every line, one plan for every person, two rows for every link (a team pair at a shared shift), and
where changes are limited a last one for what must stay of what stood before.
Columns: one for every link, then one for every plan of the pool, in its order. HiGHS goes on from its last basis.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

import highspy
import numpy as np
from numpy.typing import NDArray

from xinshi.scheduling.solver.columns import Columns, Pool
from xinshi.scheduling.solver.course import Course, nobody_cancels
from xinshi.scheduling.solver.model import Floats, Model
from xinshi.scheduling.solver.pricing import Prices
from xinshi.scheduling.solver.problem import Ints

ASK_SECONDS: Final = 0.1
AT_MOST: Final = -highspy.kHighsInf


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """An optimal mix of plans: its worth, how much of each plan, the prices, what each person's own row is worth."""

    worth: float
    shares: Floats
    reduced: Floats
    """[plans]: how far each plan is below what its person gets; 0 for plans in use."""
    prices: Prices
    own: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Where the simplex method stands: the state of every link, plan and row."""

    links: list[highspy.HighsBasisStatus]
    plans: list[highspy.HighsBasisStatus]
    rows: list[highspy.HighsBasisStatus]


class Master:
    """A linear program that grows with its pool."""

    def __init__(self, model: Model, course: Course, *, seed: int = 0) -> None:
        self.model = model
        self.pool = Pool(model)
        self.course = course
        self.highs = _quiet(seed)
        _listen(self.highs, course)
        rows = rows_of(model)
        lower = np.full(rows, AT_MOST)
        upper = np.full(rows, highspy.kHighsInf)
        upper[: model.links_end] = np.concatenate([model.demand, np.ones(model.people), np.zeros(2 * model.links)])
        lower[model.links_end :] = model.kept_min
        lower[model.lines : model.lines + model.people][model.has_locks] = 1.0
        none = np.zeros(0, np.int32)
        self.highs.addRows(rows, lower, upper, 0, np.zeros(rows, np.int32), none, np.zeros(0))
        self._link_first, self._link_row = _links_of_pairs(model)
        if model.links:
            starts = np.arange(model.links, dtype=np.int32) * 2
            index = (model.lines + model.people + np.arange(2 * model.links)).astype(np.int32)
            cost, upper = np.full(model.links, -model.team_bonus), np.ones(model.links)
            ones = np.ones(index.size)
            self.highs.addCols(model.links, cost, np.zeros(model.links), upper, index.size, starts, index, ones)

    def add(self, plans: Columns) -> int:
        """Add those plans that are new; how many they were."""
        added = self.pool.add(plans)
        if added.size:
            cost = -self.pool.values[-added.size :]
            starts, rows, entries = self._matrix(added)
            never, always = np.zeros(added.size), np.full(added.size, highspy.kHighsInf)
            self.highs.addCols(added.size, cost, never, always, rows.size, starts, rows, entries)
        return added.size

    def solve(self) -> Mix | None:
        """The best mix, or None where the time does not suffice."""
        if self.pool.columns.size + self.model.links == 0:
            free = Prices(np.zeros(self.model.lines), np.zeros(0))
            return Mix(0.0, np.zeros(0), np.zeros(0), free, np.zeros(self.model.people))
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + max(self.course.left, 0.01))
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self.course.was_cut = True
            return None
        model, solution = self.model, self.highs.getSolution()
        duals = -np.asarray(solution.row_dual)
        line, own, link, kept = np.split(duals, [model.lines, model.lines + model.people, model.links_end])
        return Mix(
            worth=-float(self.highs.getInfo().objective_function_value),
            shares=np.asarray(solution.col_value)[model.links :],
            reduced=np.asarray(solution.col_dual)[model.links :],
            prices=Prices(np.maximum(line, 0.0), np.maximum(link, 0.0), max(-float(kept.sum()), 0.0)),
            own=own,
        )

    def basis(self) -> Basis:
        """Where the last solution ended."""
        found = self.highs.getBasis()
        columns = list(found.col_status)
        return Basis(columns[: self.model.links], columns[self.model.links :], list(found.row_status))

    def begin(self, basis: Basis) -> None:
        """Start the next solution there."""
        start = highspy.HighsBasis()
        start.col_status = basis.links + basis.plans
        start.row_status = basis.rows
        start.valid = True
        self.highs.setBasis(start)

    def _matrix(self, plans: Columns) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
        """Starts, rows and entries of the new columns."""
        model, of_member = self.model, plans.of_member()
        owner_row = model.lines + plans.owner
        counts = self._link_first[plans.member + 1] - self._link_first[plans.member]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        link_row = self._link_row[np.repeat(self._link_first[plans.member], counts) + within]
        kept = np.bincount(of_member, weights=model.stands[plans.member], minlength=plans.size)
        keeping = np.flatnonzero(kept)
        keep_row = np.full(keeping.size, model.links_end)
        column = np.concatenate([of_member, np.arange(plans.size), np.repeat(of_member, counts), keeping])
        row = np.concatenate(
            [model.pair_line[plans.member], owner_row, model.lines + model.people + link_row, keep_row]
        )
        entry = np.concatenate([np.ones(plans.member.size + plans.size), -np.ones(link_row.size), kept[keeping]])
        order = np.argsort(column, kind="stable")
        starts = np.searchsorted(column[order], np.arange(plans.size)).astype(np.int32)
        return starts, row[order].astype(np.int32), entry[order]


def rows_of(model: Model) -> int:
    """How many rows the program has."""
    return model.links_end + model.limits_changes


class _QuietHighs(highspy.Highs):
    """HiGHS greets on the standard output when its callbacks are made ready, unless it was told before not to."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the name is HiGHS's.
        self.setOptionValue("output_flag", False)  # noqa: FBT003 - so is the call.
        super().enableCallbacks()  # type: ignore[no-untyped-call]  # As the constructor.


def _quiet(seed: int) -> highspy.Highs:
    """HiGHS without output on one thread: the answer depends on the seed alone, and the machine stays usable."""
    highs = _QuietHighs()  # type: ignore[no-untyped-call]  # Its stub leaves the constructor out.
    options: dict[str, Any] = {
        "threads": 1,
        "parallel": "off",
        "random_seed": seed % 2**31,
        "solver": "simplex",
    }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    return highs


def _listen(highs: highspy.Highs, course: Course) -> None:
    """Let HiGHS stop in the middle of its work where somebody can cancel; they are asked ten times a second at most."""
    if course.cancelled is nobody_cancels:
        return
    asked_at = [time.monotonic()]

    def stop_if_cancelled(event: highspy.HighsCallbackEvent) -> None:
        if time.monotonic() - asked_at[0] > ASK_SECONDS:
            asked_at[0] = time.monotonic()
            if course.cancelled():
                event.interrupt()

    for callback in (highs.cbSimplexInterrupt, highs.cbMipInterrupt):
        callback.subscribe(stop_if_cancelled)


def _links_of_pairs(model: Model) -> tuple[Ints, Ints]:
    """For each pair the link rows it counts in: first[j] to first[j+1]−1 of the second array."""
    order = np.argsort(model.link_pair, kind="stable")
    first = np.searchsorted(model.link_pair[order], np.arange(model.pairs + 1))
    return first.astype(np.int64), model.link_row[order]
