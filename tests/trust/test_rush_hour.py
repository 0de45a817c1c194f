"""R5: everybody scans at once, all is sent twice, a web process is killed: one record each (deep: `./run bench trust`)."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from tests.trust import rush
from tests.trust.scratch import Scratch, scratch

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
PEOPLE = int(os.environ.get("XINSHI_RUSH_PEOPLE", "200"))


def test_a_rush_at_the_code_makes_one_record_for_each(founded: tuple[Scratch, dict[str, Any]], seed: int) -> None:
    with scratch(copy_of=founded[0]) as database:
        found = rush.run(database, people=PEOPLE, seed=seed)
    assert found.wrong == []
    assert found.killed == 1
    assert len(found.waits) == PEOPLE


def test_the_harness_sees_what_is_missing_and_what_is_twice(founded: tuple[Scratch, dict[str, Any]]) -> None:
    people = 3
    with scratch(copy_of=founded[0]) as database:
        crowd = json.loads(database.run("tests.trust.rush", str(people)).stdout)
        assert len(rush.differences(database, crowd)) == 5
