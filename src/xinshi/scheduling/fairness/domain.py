"""How evenly places are shared out: pure, whole numbers only, and small groups never shown by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

SMALL: Final = 5
"""A group of fewer people is not shown: figures about so few are figures about somebody."""
AGES: Final = ((0, 17), (18, 29), (30, 44), (45, 59), (60, 74), (75, 200))
"""Age bands in whole years, both ends included."""
FEW_PERCENT: Final = 10
POINTS: Final = 20
TOGETHER: Final = "together"
"""The key of the small groups taken together."""


@dataclass(frozen=True, slots=True)
class Share:
    """A group of people and what they were offered and took: numbers of places."""

    key: str
    people: int
    offered: int
    taken: int
    with_place: int
    """How many of the people took at least one place."""

    @property
    def taken_per_100(self) -> int:
        """Places per hundred people of the group, so that large and small groups compare."""
        return 100 * self.taken // self.people if self.people else 0

    @property
    def offered_per_100(self) -> int:
        return 100 * self.offered // self.people if self.people else 0

    def __add__(self, other: Share) -> Share:
        return Share(
            TOGETHER,
            self.people + other.people,
            self.offered + other.offered,
            self.taken + other.taken,
            self.with_place + other.with_place,
        )


def without_small(shares: Iterable[Share]) -> list[Share]:
    """The groups of at least SMALL people; the others only together, and only where together they are not small either.

    Otherwise the smallest group that could be shown joins them: nobody can reckon a small group back from the sum.
    """
    found = sorted((share for share in shares if share.people), key=lambda share: (share.people, share.key))
    small = [share for share in found if share.people < SMALL]
    shown = [share for share in found if share.people >= SMALL]
    if not small:
        return shown
    together = sum(small[1:], small[0])
    if together.people < SMALL and shown:
        together = together + shown.pop(0)
    if together.people < SMALL:
        return []
    return [*shown, Share(TOGETHER, together.people, together.offered, together.taken, together.with_place)]


def gini_permille(values: Sequence[int]) -> int | None:
    """Gini's coefficient of these amounts in thousandths: 0 where all have the same; None where there is nothing to share.

    G = (2 · Σ i·x_i) / (n · Σ x_i) − (n + 1) / n, the amounts in ascending order, i from 1.
    """
    total, number = sum(values), len(values)
    assert all(value >= 0 for value in values), "nobody has less than nothing"
    if not total:
        return None
    weighted = sum(rank * value for rank, value in enumerate(sorted(values), start=1))
    return (2_000 * weighted - 1_000 * (number + 1) * total) // (number * total)


def held_by_few_percent(values: Sequence[int]) -> int | None:
    """Which part of everything the tenth with most has, in per cent; None where that tenth, or the whole, is too small."""
    few = len(values) * FEW_PERCENT // 100
    if few < SMALL or not sum(values):
        return None
    return 100 * sum(sorted(values, reverse=True)[:few]) // sum(values)


def curve(values: Sequence[int]) -> list[tuple[int, int]]:
    """Lorenz's curve in thousandths: of the people with least, ascending, and what they have together; POINTS steps."""
    total = sum(values)
    if not total:
        return []
    ordered = sorted(values)
    sums = [0]
    for value in ordered:
        sums.append(sums[-1] + value)
    number = len(ordered)
    steps = sorted({number * step // POINTS for step in range(POINTS + 1)})
    return [(1_000 * at // number, 1_000 * sums[at] // total) for at in steps]


def age_key(years: int | None) -> str:
    """`18-29`; empty where no birthday is known."""
    if years is None:
        return ""
    return next(f"{first}-{last}" for first, last in AGES if first <= years <= last)
