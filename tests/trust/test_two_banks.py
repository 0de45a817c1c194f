"""Two real banks on one machine, a faulty network between them, and SIGKILL (CI profile)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.trust import two_banks
from tests.trust.scratch import Scratch

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
TRANSFERS, KILLS = 20, 4


def test_hours_between_two_banks_are_conserved_and_every_transfer_ends(
    founded: tuple[Scratch, dict[str, Any]], seed: int
) -> None:
    found = two_banks.run(two_banks.Plan(seed, TRANSFERS, KILLS, seconds_max=120), founded[0])
    print(found)
    assert found.wrong == []
    assert (found.kills, found.transfers > TRANSFERS) == (KILLS, True)
    assert sum(times for name, times in found.faults.items() if name != "none") >= 1, "the network was too kind"
    assert {"confirmed", "applied"} <= set(found.states)
