"""The database of a bank that has been at work goes one version back and forth again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from xinshi.exchange.actions import remember_columns
from xinshi.exchange.models import ColumnMapping, ImportLine, ImportRun
from xinshi.exchange.tests.conftest import SYSTEM, make_cast, summary, take
from xinshi.kernel import clock

BEFORE = ("exchange", "0007_senders_of_before")
AFTER = ("exchange", "0008_senders_everywhere")
TITLES = ("谁", "号", "多少")
WHAT = {"name": 0, "number": 1, "verified": 2}


def columns_of(table: str) -> dict[str, bool]:
    """{column: whether it may be empty}."""
    with connection.cursor() as cursor:
        return {one.name: bool(one.null_ok) for one in connection.introspection.get_table_description(cursor, table)}


@pytest.mark.django_db(transaction=True)
def test_words_about_columns_are_the_partners_again_and_the_senders_after_it() -> None:
    cast = make_cast()
    take(summary([cast.li.name, cast.li.number, "2"]))
    for sender in ("市志愿者协会", "团委"):
        remember_columns(actor=SYSTEM, titles=TITLES, columns=WHAT, sender=sender)
    first, last = ColumnMapping.objects.order_by("pk")
    ColumnMapping.objects.filter(pk=first.pk).update(used_at=clock.now() + timedelta(days=1))
    partner_id = first.sender.partner_id
    loader = MigrationLoader(connection)
    migration = loader.get_migration(*AFTER)
    before = loader.project_state(BEFORE)

    def step(way: Any) -> None:
        with connection.schema_editor(atomic=True) as editor:
            way(before.clone(), editor)

    step(migration.unapply)
    table = ColumnMapping._meta.db_table
    assert columns_of(table)["partner_id"] is False
    assert columns_of(table)["sender_id"] is True
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, partner_id, sender_id FROM {table}")
        assert cursor.fetchall() == [(first.pk, partner_id, first.sender_id)]
    step(migration.apply)
    assert "partner_id" not in columns_of(table)
    assert columns_of(table)["sender_id"] is False
    assert [row.pk for row in ColumnMapping.objects.all()] == [first.pk]
    assert not ColumnMapping.objects.filter(pk=last.pk).exists()
    assert (ImportRun.objects.count(), ImportLine.objects.count()) == (1, 1)
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes("exchange")) == []
