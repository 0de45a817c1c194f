"""Pure: two sides' minutes by volunteer number become what is matched and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Side:
    """What one side says of one person."""

    name: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Difference:
    """`kind`: only_here, only_there or differs."""

    kind: str
    number: str
    name: str
    here_minutes: int
    there_minutes: int


@dataclass(frozen=True, slots=True)
class Comparison:
    matched_people: int
    matched_minutes: int
    differences: list[Difference]


def compared(here: Mapping[str, Side], there: Mapping[str, Side]) -> Comparison:
    """Person by person, in the order of the numbers; nought on both sides is nothing to speak of."""
    people = minutes = 0
    differences = []
    for number in sorted(set(here) | set(there)):
        ours, theirs = here.get(number), there.get(number)
        mine, yours = ours.minutes if ours else 0, theirs.minutes if theirs else 0
        name = (ours or theirs or Side("", 0)).name
        if mine == yours:
            people += mine > 0
            minutes += mine
            continue
        kind = "only_there" if mine == 0 else "only_here" if yours == 0 else "differs"
        differences.append(Difference(kind, number, name, mine, yours))
    return Comparison(people, minutes, differences)
