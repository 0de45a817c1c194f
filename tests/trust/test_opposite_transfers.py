"""Opposite transfers between the same accounts at once: a known peer loses 248 of 400 (CI profile)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from tests.trust import opposite
from tests.trust.opposite import Outcome
from tests.trust.scratch import Scratch, scratch
from xinshi.ledger import queries
from xinshi.ledger.verification import verify

AT_ONCE = 8
NUMBER = 400


@pytest.mark.slow
@pytest.mark.postgres
def test_from_eight_processes_on_postgresql(founded: tuple[Scratch, dict[str, Any]], seed: int) -> None:
    with scratch(founded[0]) as database:
        people = json.loads(database.run("tests.trust.opposite", "open").stdout)
        outcome = opposite.in_processes(database, seed=seed, processes=AT_ONCE, number=NUMBER, people=people)
        assert opposite.differences(outcome, opposite.balances(database, people)) == []
        assert outcome.done + outcome.refused == NUMBER
        assert outcome.done > NUMBER * 0.7
        assert database.verify()["first_difference"] == ""


def test_from_eight_threads(transactional_db: None, seed: int) -> None:
    """On SQLite through the product's own queue of writers; on PostgreSQL through connections of their own."""
    people = opposite.open_book()

    def share(process: int) -> Outcome:
        try:
            return opposite.work(seed=seed, process=process, number=NUMBER // AT_ONCE, people=people)
        finally:
            connections.close_all()

    outcome = Outcome()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in pool.map(share, range(AT_ONCE)):
            outcome.add(done)
    posted = {account: queries.balance(account).posted for account in people}
    assert opposite.differences(outcome, posted) == []
    assert outcome.done + outcome.refused == NUMBER
    assert verify().first_difference == ""
    assert connection.vendor in ("sqlite", "postgresql")
