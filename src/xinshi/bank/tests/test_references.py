"""What stands in the book refers to what stands: the database refuses anything else, of one row or thousands (ADR 0014)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from xinshi.bank.models import Deposit, Passbook, PolicyVersion
from xinshi.bank.tests.conftest import Cast, PutIn
from xinshi.doors.rows import insert_many
from xinshi.ledger.models import Account, Entry, Transfer

NOBODY: Final = 2**40
DAY: Final = date(2026, 3, 5)
SIZES: Final = (1, 250)
"""Few are looked up one by one, many together."""


def columns(name: str, good: int, size: int) -> dict[str, list[int]]:
    """As many rows, of which the last names something that does not exist."""
    return {name: [good] * (size - 1) + [NOBODY]}


def written(write: Callable[[], object]) -> None:
    """In a transaction, with the checks that come at its end."""
    with transaction.atomic():
        write()
        connection.check_constraints()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("column", ["debit_id", "credit_id"])
def test_no_transfer_names_an_account_that_does_not_exist(cast: Cast, put_in: PutIn, size: int, column: str) -> None:
    put_in(cast.volunteer)
    one = Transfer.objects.get()
    rest = {"debit_id": one.debit_id, "credit_id": one.credit_id}
    good = rest.pop(column)
    same = {
        **rest, "payload_hash": "", "minutes": 1, "kind": "work", "worked_on": DAY, "posted_at": timezone.now(),
        "group_id": "", "actor_ref": "", "memo": "",
    }  # fmt: skip
    keys = [f"key:{number}" for number in range(size)]
    with pytest.raises(IntegrityError):
        written(lambda: insert_many(Transfer, each={"key": keys, **columns(column, good, size)}, same=same))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("column", ["account_id", "transfer_id"])
def test_no_line_names_an_account_or_a_transfer_that_does_not_exist(
    cast: Cast, put_in: PutIn, size: int, column: str
) -> None:
    put_in(cast.volunteer)
    one = Entry.objects.first()
    assert one is not None
    rest = {"account_id": one.account_id, "transfer_id": one.transfer_id}
    good = rest.pop(column)
    each = {**rest, column: good}, {**rest, column: NOBODY}
    rows = [(each[number == size - 1], 100 + number) for number in range(size)]
    marks = ", ".join(["(%s, %s, %s, 1, 1)"] * size)
    values = [value for row, seq in rows for value in (row["account_id"], row["transfer_id"], seq)]
    statement = f"INSERT INTO ledger_entry (account_id, transfer_id, seq, amount, balance_after) VALUES {marks}"
    cursor = connection.cursor()
    with pytest.raises(IntegrityError):
        written(lambda: cursor.execute(statement, values))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("column", ["passbook_id", "policy_version_id"])
def test_no_deposit_names_a_passbook_or_a_policy_that_does_not_exist(
    cast: Cast, put_in: PutIn, size: int, column: str
) -> None:
    put_in(cast.volunteer)
    one = Deposit.objects.get()
    fields = {
        str(field.column): getattr(one, field.attname)
        for field in Deposit._meta.concrete_fields
        if field.attname not in {"id", "transfer_id", "source_ref", "credited_minutes"}
    }
    good = fields.pop(column)
    sources = [f"test:{number}" for number in range(size)]
    each = {"source_ref": sources, **columns(column, good, size)}
    same = {**fields, "credited_minutes": 0, "transfer_id": None}
    with pytest.raises(IntegrityError):
        written(lambda: insert_many(Deposit, each=each, same=same))


@pytest.mark.parametrize("model", [Account, Passbook, PolicyVersion])
def test_what_they_name_is_never_deleted_and_keeps_its_number(
    cast: Cast, model: type[Account | Passbook | PolicyVersion]
) -> None:
    row = model.objects.order_by("pk").last()
    assert row is not None
    table = model._meta.db_table
    for statement in (f"DELETE FROM {table} WHERE id = {row.pk}", f"UPDATE {table} SET id = -1 WHERE id = {row.pk}"):
        with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
            connection.cursor().execute(statement)
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.django_db
def test_on_postgresql_the_statement_checks_what_elsewhere_a_foreign_key_does() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps its foreign keys: there they cost little")
    wanted = {
        ("ledger_transfer", "ledger_transfer_refers"),
        ("ledger_entry", "ledger_entry_refers"),
        ("deposit", "deposit_refers"),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE '%%_refers' AND tgenabled = 'O'"
        )
        assert set(cursor.fetchall()) == wanted
