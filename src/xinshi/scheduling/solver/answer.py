"""What the solver answers: the assignments, how good they are, and how good any plan could be at most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xinshi.scheduling.solver.problem import PRIORITY_WEIGHT, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """A plan's value and its parts; `total` is their sum."""

    coverage: int
    match: int
    fairness: int
    teams: int
    kept: int

    @property
    def total(self) -> int:
        return self.coverage + self.match + self.fairness + self.teams + self.kept


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """A plan that the checker passed. `bound`: no plan is worth more; `coverage_bound`: none fills more weighted places,
    a place counting as often as its line's priority: `worth.coverage` is this many times PRIORITY_WEIGHT at most.

    `line_prices`: what one more suitable person for a line would be worth, in the unit of `Worth`. `change_price`: of a
    problem with a limit on changes; with n changes more allowed no plan is worth more than `bound` + n × this.
    `is_complete` is False where the time ran out or somebody cancelled: the plan is valid, the bound holds.
    """

    chosen: Ints
    """Indexes of pairs of the problem, ascending."""
    worth: Worth
    bound: int
    coverage_bound: int
    filled: int
    places: int
    line_prices: NDArray[np.float64]
    change_price: float
    seconds: float
    is_complete: bool
    seed: int

    @property
    def is_coverage_certain(self) -> bool:
        """Whether it is proven that no plan fills more."""
        return self.worth.coverage >= PRIORITY_WEIGHT * self.coverage_bound

    @property
    def gap(self) -> float:
        """(bound − worth) / bound, 0 where nothing could be won."""
        return (self.bound - self.worth.total) / self.bound if self.bound > 0 else 0.0
