"""On PostgreSQL the CHECKs of a busy table stand in one function, and hold and say what each did by itself."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations import RunPython

from xinshi.doors.checks import checks_apart, checks_of, checks_together, rules_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads a schema once"),
]
TOGETHER = ("service_record", "presence_trace", "signup")


def apply(operation: object) -> None:
    assert isinstance(operation, RunPython)
    with connection.schema_editor() as editor:
        operation.code(None, editor)


def own_constraints(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table])
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture
def fruit() -> str:
    """A table whose rows may be ripe or not, and weigh something where they are; one column's name is a word of SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE fruit (id int, state varchar(12), grams int CHECK (grams > 0), \"end\" text DEFAULT '100%')"
        )
        cursor.execute("ALTER TABLE fruit ADD CONSTRAINT fruit_state CHECK (state IN ('ripe', 'it''s green'))")
        cursor.execute("ALTER TABLE fruit ADD CONSTRAINT fruit_weighed CHECK (state <> 'ripe' OR grams IS NOT NULL)")
        cursor.execute("ALTER TABLE fruit ADD CONSTRAINT fruit_end CHECK (\"end\" LIKE '%\\%')")
    return "fruit"


def insert(state: str | None, grams: int | None, end: str = "100%") -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute('INSERT INTO fruit (state, grams, "end") VALUES (%s, %s, %s)', [state, grams, end])


def broken_by(state: str | None, grams: int | None, end: str = "100%") -> str:
    """The name of the constraint that a row breaks, which the driver knows and the message says; empty where none."""
    refused = ""
    try:
        insert(state, grams, end)
    except IntegrityError as error:
        refused = str(error)
        name = str(error.__cause__.diag.constraint_name)  # type: ignore[union-attr]  # the driver's own
    else:
        name = ""
    assert name in refused
    return name


ROWS: list[tuple[str | None, int | None, str]] = [
    ("ripe", 5, "100%"),
    ("it's green", None, "100%"),
    (None, None, "100%"),  # Nothing known breaks nothing.
    ("rotten", 5, "100%"),
    ("ripe", None, "100%"),
    ("ripe", 0, "100%"),
    ("ripe", 5, "100"),
]


def test_together_they_refuse_what_each_refused_and_say_which(fruit: str) -> None:
    apart = [broken_by(*row) for row in ROWS]
    assert apart == ["", "", "", "fruit_state", "fruit_weighed", "fruit_grams_check", "fruit_end"]
    before = own_constraints(fruit)
    apply(checks_together(fruit))
    assert own_constraints(fruit) == {rules_of(fruit)}
    assert checks_of(connection, fruit) == before
    assert [broken_by(*row) for row in ROWS] == apart
    apply(checks_apart(fruit))
    assert own_constraints(fruit) == before
    assert [broken_by(*row) for row in ROWS] == apart


def test_one_that_comes_later_is_taken_in_once_they_were_apart(fruit: str) -> None:
    apply(checks_together(fruit))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE fruit ADD CONSTRAINT fruit_light CHECK (grams < 100)")
    assert broken_by("ripe", 100) == "fruit_light"
    assert "fruit_light" in checks_of(connection, fruit)
    apply(checks_apart(fruit))
    apply(checks_together(fruit))
    assert own_constraints(fruit) == {rules_of(fruit)}
    assert broken_by("ripe", 100) == "fruit_light"
    assert broken_by("rotten", 5) == "fruit_state"


def test_rows_that_break_one_stop_the_migration(fruit: str) -> None:
    """Where one was added for later rows only, the earlier ones are looked at now."""
    insert("it's green", None)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE fruit ADD CONSTRAINT fruit_weight_known CHECK (grams IS NOT NULL) NOT VALID")
    before = own_constraints(fruit)
    with pytest.raises(IntegrityError, match="fruit_weight_known"), transaction.atomic():
        apply(checks_together(fruit))
    assert own_constraints(fruit) == before


@pytest.mark.parametrize("table", TOGETHER)
def test_a_busy_table_is_looked_at_by_one_function(table: str) -> None:
    assert own_constraints(table) == {rules_of(table)}


def test_every_model_has_its_checks() -> None:
    """Django knows nothing of the functions: a column taken away would take a whole one with it."""
    missing = []
    for model in apps.get_models():
        wanted = {one.name for one in model._meta.constraints if isinstance(one, models.CheckConstraint)}
        held = checks_of(connection, model._meta.db_table) if model._meta.managed and not model._meta.proxy else wanted
        positive = sum(bool(field.db_check(connection)) for field in model._meta.local_concrete_fields)
        if not wanted <= held or len(held) < len(wanted) + positive:
            missing.append((model._meta.label, wanted - held, positive))
    assert not missing
