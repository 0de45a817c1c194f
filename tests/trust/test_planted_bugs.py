"""R2: the harnesses themselves are tested. A bug is planted; the harness that should find it must find it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.trust import jepsen, opposite, planted
from tests.trust.jepsen import Plan
from tests.trust.opposite import Outcome
from tests.trust.scratch import Scratch, scratch
from xinshi.audit.actions import record
from xinshi.audit.sealing import seal as seal_records
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError
from xinshi.ledger import actions, queries
from xinshi.ledger.sealing import seal
from xinshi.ledger.tests.machine import BookMachine
from xinshi.ledger.verification import verify

pytestmark = pytest.mark.slow
AT_ONCE = 8
WRITES, KILLS = 80, 2
WRITES_OF = {"cancelled_voucher_redeemed": 200}
"""A voucher must be reserved, given back and shown at the desk before that bug can show."""
SYSTEM = Actor.system("trust")
FOUND = settings(
    max_examples=200,
    stateful_step_count=50,
    phases=[Phase.generate],
    database=None,
    derandomize=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("bug", planted.IN_THE_BOOK)
def test_the_model_of_the_book_finds(db: None, seal_now: object, bug: str) -> None:
    """Found means: book and model part, or a refusal is missing, or it is another. It does not mean that it crashes."""
    with planted.IN_THE_BOOK[bug](), pytest.raises((AssertionError, DomainError, pytest.fail.Exception)):
        run_state_machine_as_test(BookMachine, settings=FOUND)


def race(seed: int, people: list[int], number: int = 160) -> list[str]:
    """The opposite transfers, and what is wrong afterwards."""

    def share(process: int) -> Outcome:
        try:
            return opposite.work(seed=seed, process=process, number=number // AT_ONCE, people=people)
        finally:
            connections.close_all()

    outcome = Outcome()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in pool.map(share, range(AT_ONCE)):
            outcome.add(done)
    posted = {account: queries.balance(account).posted for account in people}
    return opposite.differences(outcome, posted)


def test_the_race_finds_that_nobody_locks(transactional_db: None, seed: int) -> None:
    """On SQLite one writer at a time is the lock: there the entries that nobody wrote give it away."""
    people = opposite.open_book()
    with planted.no_lock():
        found = race(seed, people)
    assert found or not verify().ok
    if connection.vendor == "postgresql":
        assert any("the jobs that were done make" in sentence or "deadlock" in sentence for sentence in found)


@pytest.mark.parametrize("book", ["ledger", "trail"])
def test_reconciling_finds_a_seal_that_skipped_a_late_id(transactional_db: None, book: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer: no id is late")
    people = opposite.open_book()
    drawn, go_on = threading.Event(), threading.Event()

    def write(number: int) -> None:
        new = opposite._new(f"late:{number}", people[number], people[2], 1)
        with transaction.atomic():
            actions.post(transfer=new, actor_ref="trust")
            record(actor=SYSTEM, action="trust.write", object_ref=f"late:{number}")
            if number == 0:
                drawn.set()
                go_on.wait(20)

    def slow() -> None:
        try:
            write(0)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        assert drawn.wait(20)
        if book == "ledger":
            new = opposite._new("second", actions.system_account(actions.AccountKind.ISSUANCE), people[1], 1)
            actions.post(transfer=new, actor_ref="trust")
        else:
            with transaction.atomic():
                record(actor=SYSTEM, action="trust.write", object_ref="second:1")
        with planted.seal_skips_a_late_id():
            assert (seal if book == "ledger" else seal_records)() > 0
    finally:
        go_on.set()
        thread.join(20)
    report = verify()
    assert report.first_difference.startswith("seals: " if book == "ledger" else "sealed records: ")


@pytest.mark.postgres
@pytest.mark.parametrize("bug", planted.OVER_HTTP)
def test_the_clients_and_the_nemesis_find(founded: tuple[Scratch, dict[str, Any]], seed: int, bug: str) -> None:
    template, hospital = founded
    module = ("tests.trust.planted_server", bug)
    plan = Plan(seed, WRITES_OF.get(bug, WRITES), KILLS, 0, seconds_max=90, module=module)
    with scratch(template) as database:
        report = jepsen.run(plan, database, hospital)
    print(report)
    assert any(sentence.startswith(FINDINGS[bug]) for sentence in [*report.violations, report.verify])


@pytest.mark.postgres
def test_they_find_nothing_where_nothing_is_planted(founded: tuple[Scratch, dict[str, Any]], seed: int) -> None:
    """The same server without a bug: what is found is the bug, not the server."""
    template, hospital = founded
    plan = Plan(seed, WRITES, KILLS, 0, seconds_max=90, module=("tests.trust.planted_server", "none"))
    with scratch(template) as database:
        report = jepsen.run(plan, database, hospital)
    assert (report.violations, report.verify) == ([], "")
    assert (report.server_kills, report.acknowledged >= WRITES) == (KILLS, True)


FINDINGS = {
    "acknowledge_before_commit": ("lost ",),
    "idempotency_off": ("phantom ",),
    "cancelled_voucher_redeemed": ("lost ", "phantom ", "duplicate ", "vouchers and holds agree"),
}
