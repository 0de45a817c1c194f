"""R6: a place is never given twice, and nobody is lost between a waiting list and those who give their places back.

Twenty shifts of one place, twenty-four people who claim each at the same moment, over HTTP, on both databases. A known peer
overbooks 19 of the 20; another answers 300 of the 480 with an error of the server on SQLite.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.trust.places import claim_all, come_and_go
from tests.trust.scratch import Scratch, Server, migrated

SHIFTS = 20
CLAIMANTS = 24
COUNTED = """
    SELECT s.id, s.places, s.taken, COUNT(u.id) FROM shift s
    LEFT JOIN signup u ON u.shift_id = s.id AND u.state IN ('confirmed', 'offered')
    GROUP BY s.id, s.places, s.taken
"""
LOST = "SELECT COUNT(*) FROM signup WHERE state NOT IN ('confirmed', 'offered', 'waiting', 'cancelled', 'declined')"
IDLE = """
    SELECT COUNT(*) FROM shift s WHERE s.taken < s.places
    AND EXISTS (SELECT 1 FROM signup u WHERE u.shift_id = s.id AND u.state = 'waiting')
"""


class OnSqlite(Scratch):
    """The same programs over an SQLite file."""

    def environment(self, **more: str) -> dict[str, str]:
        return Scratch.environment(self, database_url="", **more)

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(f"file:{self.folder / 'xinshi.sqlite3'}?mode=ro", uri=True)) as file:
            return file.execute(statement, parameters).fetchall()


@pytest.fixture
def hospital() -> Iterator[Scratch]:
    """An empty hospital on the database of this run."""
    if connection.vendor == "postgresql":
        with migrated() as database:
            yield database
        return
    with tempfile.TemporaryDirectory(prefix="xinshi-places-") as folder:
        file = OnSqlite("", Path(folder))
        shutil.copy(os.environ["XINSHI_TEST_TEMPLATE"], file.folder / "xinshi.sqlite3")
        yield file


@pytest.mark.slow
def test_of_twenty_places_each_is_given_once(hospital: Scratch) -> None:
    prepared = json.loads(hospital.run("tests.trust.places", str(CLAIMANTS), str(SHIFTS)).stdout)
    server = Server(hospital)
    server.start()
    try:
        rush = claim_all(server.port, prepared, at_once=CLAIMANTS)
        assert rush.answers == {"taken": SHIFTS, "409 shift_full": SHIFTS * (CLAIMANTS - 1)}
        assert set(rush.taken.values()) == {1}
        assert all(taken == confirmed == 1 for _id, _places, taken, confirmed in hospital.rows(COUNTED))
        answers = come_and_go(server.port, prepared, at_once=CLAIMANTS)
        assert not [answer for answer in answers if answer.startswith("5")], answers
        assert all(taken == held <= places for _id, places, taken, held in hospital.rows(COUNTED))
        assert hospital.rows(LOST) == [(0,)]
        assert hospital.rows(IDLE) == [(0,)]
    finally:
        server.kill()
