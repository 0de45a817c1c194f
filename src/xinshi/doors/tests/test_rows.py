"""Many rows by one statement: what is stored is what the ORM would have stored, and what it refuses is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinshi.doors.rows import insert_many, insert_object_if, update_many

AT = datetime(2026, 3, 5, 9, 30, 15, 123456, tzinfo=UTC)


class Leaf(models.Model):
    """A table of these tests only, with a column of every kind that the product writes in bulk."""

    name = models.CharField(max_length=20, unique=True)
    number = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    day = models.DateField(null=True)
    detail = models.JSONField(default=dict)
    is_new = models.BooleanField(default=True)

    class Meta:
        app_label = "doors"
        db_table = "doors_test_leaf"
        managed = False


@pytest.fixture
def leaves(transactional_db: None) -> type[Leaf]:
    with connection.schema_editor() as editor:
        editor.create_model(Leaf)
    return Leaf


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
details = st.dictionaries(texts, st.none() | st.integers(-(2**53), 2**53) | st.booleans() | texts, max_size=3)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.tuples(texts, st.none() | st.integers(-(2**62), 2**62), details), unique_by=lambda row: row[0]))
def test_stores_what_the_orm_reads_back_and_returns_ids_in_order(leaves: Any, rows: list[Any]) -> None:
    with transaction.atomic():
        ids = insert_many(
            leaves,
            each={
                "name": [name for name, _, _ in rows],
                "number": [number for _, number, _ in rows],
                "detail": [detail for _, _, detail in rows],
            },
            same={"at": AT, "day": AT.date(), "is_new": False},
        )
        stored = {row.pk: row for row in leaves.objects.all()}
        assert [(stored[pk].name, stored[pk].number, stored[pk].detail) for pk in ids] == rows
        assert all((row.at, row.day, row.is_new) == (AT, AT.date(), False) for row in stored.values())
        transaction.set_rollback(True)


def columns(**more: list[Any]) -> dict[str, list[Any]]:
    return {"name": ["a", "b"], "detail": [{}, {}]} | more


def test_passes_over_what_a_unique_constraint_refuses_only_where_told_to(leaves: Any) -> None:
    same = {"at": AT, "is_new": True}
    insert_many(leaves, each=columns(), same=same)
    with pytest.raises(DatabaseError), transaction.atomic():
        insert_many(leaves, each=columns(name=["c", "b"]), same=same)
    assert sorted(leaves.objects.values_list("name", flat=True)) == ["a", "b"]
    assert insert_many(leaves, each=columns(name=["c", "b"]), same=same, ignore_conflicts=True) == []
    assert sorted(leaves.objects.values_list("name", flat=True)) == ["a", "b", "c"]
    assert insert_many(leaves, each={"name": []}, same=same) == []


def test_a_text_that_is_too_long_is_not_cut_off(leaves: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's columns have no length")
    for each, same in ((columns(name=["x" * 21, "b"]), {}), ({"detail": [{}]}, {"name": "x" * 21})):
        with pytest.raises(DatabaseError), transaction.atomic():
            insert_many(leaves, each=each, same={"at": AT, "is_new": True} | same)
    assert leaves.objects.count() == 0


def test_changes_each_row_by_its_own_values(leaves: Any) -> None:
    numbers = [1, 2, 3]
    ids = insert_many(
        leaves, each={"name": ["a", "b", "c"], "number": numbers, "detail": [{}] * 3}, same={"at": AT, "is_new": True}
    )
    update_many(
        leaves,
        [ids[2], ids[0]],
        each={"name": ["z", "x"]},
        add={"number": [30, 10]},
        same={"is_new": False, "day": None},
    )
    assert list(leaves.objects.order_by("pk").values_list("name", "number", "is_new")) == [
        ("x", 11, False),
        ("b", 2, True),
        ("z", 33, False),
    ]
    with pytest.raises(AssertionError, match="changed once"):
        update_many(leaves, [ids[0], ids[0]], add={"number": [1, 1]})


def test_an_object_is_stored_only_where_its_condition_changed_a_row(leaves: type[Leaf]) -> None:
    (tree,) = insert_many(leaves, each={"name": ["tree"], "number": [1]}, same={"at": AT, "detail": {}, "is_new": True})
    grow = "UPDATE doors_test_leaf SET number = number + %s WHERE id = %s AND number < %s"
    first = leaves(name="first", at=AT, detail={"why": "50% 和 \\"}, day=AT.date())
    with transaction.atomic():
        assert insert_object_if(first, update=grow, values=(1, tree, 2))
        assert not insert_object_if(leaves(name="second", at=AT), update=grow, values=(1, tree, 2))
    stored = leaves.objects.get(pk=first.pk)
    assert (stored.name, stored.at, stored.detail, stored.day) == ("first", AT, {"why": "50% 和 \\"}, AT.date())
    assert (stored.number, stored.is_new) == (None, True)
    assert leaves.objects.get(pk=tree).number == 2
    assert leaves.objects.count() == 2
