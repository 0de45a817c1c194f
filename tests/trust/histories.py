"""Many histories of the simulation added up, by as many processes as there are cores; the same seeds show the same."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.trust.planted_banks import PLANTED
from tests.trust.simulation import Found, run

AT_ONCE = 250
"""Seeds that a process is given at a time."""
PLANTED_WITHIN = 800
WRONG_KEPT = 20


@dataclass(slots=True)
class Histories:
    """What some histories showed together; `wrong` names the seeds of the first that were wrong."""

    number: int = 0
    steps: int = 0
    messages: int = 0
    packets: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    crashes: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: int = 0
    wrong: list[tuple[int, str]] = field(default_factory=list)

    def add(self, found: Found) -> None:
        self.include(
            Histories(
                number=1,
                steps=found.events,
                messages=found.messages,
                packets=found.packets,
                faults=found.faults,
                crashes=found.crashes,
                outcomes=found.outcomes,
                violations=len(found.wrong),
                wrong=[(found.seed, sentence) for sentence in found.wrong],
            )
        )

    def include(self, other: Histories) -> None:
        """Add what other histories showed."""
        self.number += other.number
        self.steps += other.steps
        self.messages += other.messages
        self.packets += other.packets
        self.violations += other.violations
        self.faults.update(other.faults)
        self.crashes.update(other.crashes)
        self.outcomes.update(other.outcomes)
        self.wrong += other.wrong[: WRONG_KEPT - len(self.wrong)]


def of_seeds(first: int, number: int) -> Histories:
    """The histories of `number` seeds from `first` on."""
    total = Histories()
    for seed in range(first, first + number):
        total.add(run(seed))
    return total


def in_processes(first: int, number: int, *, processes: int) -> Histories:
    """What `of_seeds` shows, in less time."""
    starts = range(first, first + number, AT_ONCE)
    numbers = [min(AT_ONCE, first + number - start) for start in starts]
    total = Histories()
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        for part in pool.map(of_seeds, starts, numbers):
            total.include(part)
    return total


def histories_until_found(bug: str) -> int | None:
    """How many histories with a planted bug it takes until one is wrong; None where none of PLANTED_WITHIN is."""
    return next((seed + 1 for seed in range(PLANTED_WITHIN) if run(seed, PLANTED[bug]).wrong), None)
