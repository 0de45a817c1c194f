"""`xinshi verify` finds lines, deposits and exported files that do not agree."""

from __future__ import annotations

import pytest
from django.db import connection

from xinshi.exchange.models import ExportCarry, ExportedDeposit, HonoraryExportLine, ImportLine
from xinshi.exchange.tests.conftest import Bank, Cast, summary, take
from xinshi.exchange.tests.test_exporting import send
from xinshi.ledger.verification import verify


@pytest.fixture
def sound(cast: Cast, bank: Bank) -> None:
    """Hours that came and hours that went; everything agrees."""
    take(summary([cast.li.name, cast.li.number, "2"]))
    bank.agrees(cast.li)
    bank.served(cast.li, 64)
    send()
    assert verify().ok


@pytest.mark.parametrize(
    ("sql", "difference"),
    [
        ("UPDATE exchange_import_line SET minutes = 60", "exchange line"),
        ("UPDATE exchange_import_line SET state = 'already_known'", "no credited line"),
        ("UPDATE exchange_exported_deposit SET minutes = 60", "exported deposit"),
        ("UPDATE exchange_honorary_export_line SET minutes = 65, carry_after = 5", "export line"),
        ("UPDATE exchange_export_carry SET minutes = 3", "minutes carried"),
    ],
)
def test_a_changed_row_is_found(sound: None, sql: str, difference: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
    report = verify()
    assert not report.ok
    assert difference in report.first_difference


def test_everything_there_is_was_looked_at(sound: None) -> None:
    tables = (ImportLine, ExportedDeposit, HonoraryExportLine, ExportCarry)
    assert [table.objects.count() for table in tables] == [1, 1, 1, 1]
