"""The same file by several people at once: it is credited once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from xinshi.bank.models import Deposit
from xinshi.exchange.actions import ImportReport, accept_lines, export_zhiyuanhui
from xinshi.exchange.actions.deciding import LineNotWaiting
from xinshi.exchange.models import ExportedDeposit, HonoraryExport, ImportFile, ImportLine
from xinshi.exchange.tests.conftest import SYSTEM, Bank, Cast, held, make_cast, outcome, summary, take
from xinshi.exchange.tests.test_exporting import OCTOBER
from xinshi.kernel.errors import DomainError
from xinshi.ledger.verification import verify

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 6


def all_at_once(job: Callable[[], object]) -> list[object]:
    """The job's results or refusals, done by AT_ONCE threads; anything else is raised."""

    def attempt(_: int) -> object:
        try:
            return job()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(attempt, range(AT_ONCE)))


@pytest.fixture
def committed() -> Cast:
    return make_cast()


def test_one_file_imported_by_many_at_once_is_credited_once(committed: Cast) -> None:
    li, wang = committed.li, committed.wang
    data = summary([li.name, li.number, "2"], [wang.name, wang.number, "3.5"])
    reports = [report for report in all_at_once(lambda: take(data)) if isinstance(report, ImportReport)]
    assert sorted(report.minutes for report in reports) == [0] * (AT_ONCE - 1) + [330]
    assert [outcome(report) for report in reports].count({"already_known": 2}) == AT_ONCE - 1
    assert (ImportFile.objects.count(), ImportLine.objects.count(), Deposit.objects.count()) == (1, 2, 2)
    assert ImportFile.objects.get().runs == AT_ONCE
    assert verify().ok


def test_one_line_accepted_by_many_at_once_is_credited_once(committed: Cast) -> None:
    row = [committed.li.name, committed.li.number, "2"]
    take(summary(row, row))
    [line] = held()
    results = all_at_once(lambda: accept_lines(actor=SYSTEM, line_ids=[line]))
    assert results.count(120) == 1
    assert sum(isinstance(result, LineNotWaiting) for result in results) == AT_ONCE - 1
    assert Deposit.objects.count() == 2
    assert verify().ok


def test_one_period_sent_by_many_at_once_goes_out_once(committed: Cast) -> None:
    bank = Bank()
    bank.agrees(committed.li)
    bank.served(committed.li, 64)
    all_at_once(lambda: export_zhiyuanhui(actor=SYSTEM, from_day=OCTOBER[0], to_day=OCTOBER[1]))
    assert (HonoraryExport.objects.count(), ExportedDeposit.objects.count()) == (1, 1)
    assert verify().ok
