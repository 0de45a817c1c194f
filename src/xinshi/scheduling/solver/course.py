"""The course of one run: how much time is left, whether somebody cancelled, and who is told how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

STAGES: Final = {
    "greedy": (0.0, 0.02),
    "regions": (0.02, 0.5),
    "prices": (0.02, 0.3),
    "rounds": (0.5, 0.65),
    "rounding": (0.65, 0.95),
    "coverage": (0.95, 0.99),
    "checking": (0.99, 1.0),
}
"""The stages in order, and from where to where each reaches of the whole."""
Progress = Callable[[str, float, int, float], None]
"""Told the stage, the share of the whole that is done, the places filled and the gap so far (1 where none is known)."""


def nobody_is_told(stage: str, fraction: float, filled: int, gap: float) -> None:
    """The progress of a run that nobody watches."""


def nobody_cancels() -> bool:
    return False


@dataclass(slots=True, kw_only=True)
class Course:
    """`was_cut` becomes True once a stage had to stop before it was done."""

    seconds: float
    progress: Progress = nobody_is_told
    cancelled: Callable[[], bool] = nobody_cancels
    began: float = field(default_factory=time.monotonic)
    was_cut: bool = False
    filled: int = 0
    gap: float = 1.0

    @property
    def spent(self) -> float:
        return time.monotonic() - self.began

    @property
    def left(self) -> float:
        """Seconds left, never less than 0."""
        return max(self.seconds - self.spent, 0.0)

    def is_over(self) -> bool:
        """Whether to stop here; noted, as what follows is left out."""
        if self.left == 0.0 or self.cancelled():
            self.was_cut = True
        return self.was_cut

    def tell(self, stage: str, fraction: float) -> None:
        """Tell how far the whole is; `fraction` is of the stage."""
        begins, ends = STAGES[stage]
        self.progress(stage, begins + (ends - begins) * fraction, self.filled, self.gap)

    def unwatched(self) -> Course:
        """The same time and the same way to cancel, for a stage within a stage."""
        return Course(seconds=self.seconds, cancelled=self.cancelled, began=self.began)
