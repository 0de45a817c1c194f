"""R3: histories of two banks under loss, repeats, reordering, delay and crashes, and bugs that must be found in them."""

from __future__ import annotations

import os
import secrets
from collections import Counter

import pytest

from tests.trust.planted_banks import PLANTED
from tests.trust.simulation import run

SEEDS = int(os.environ.get("XINSHI_TRUST_HISTORIES", "500"))
PLANTED_WITHIN = 800
STEPS = ("hold", "ask", "attempt", "answered", "unanswered", "ask about", "record", "take", "take waiting", "close")


@pytest.mark.any_database
def test_hours_between_banks_survive_every_history() -> None:
    first = int(os.environ.get("XINSHI_TRUST_SEED") or secrets.randbelow(10**9))
    crashes: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    for seed in range(first, first + SEEDS):
        found = run(seed)
        assert not found.wrong, f"XINSHI_TRUST_SEED={seed} XINSHI_TRUST_HISTORIES=1: {found.wrong[:3]}"
        crashes += found.crashes
        outcomes += found.outcomes
    if SEEDS >= 500:
        untried = [f"{when} {step}" for step in STEPS for when in ("before", "after") if not crashes[f"{when} {step}"]]
        assert not untried, f"no bank crashed {untried}"
        assert min(outcomes[one] for one in ("confirmed", "rejected", "applied", "refused", "declined")) > 0


@pytest.mark.any_database
@pytest.mark.parametrize("bug", PLANTED)
def test_finds_the_planted_bug(bug: str) -> None:
    assert any(run(seed, PLANTED[bug]).wrong for seed in range(PLANTED_WITHIN)), f"{bug} was not found"
