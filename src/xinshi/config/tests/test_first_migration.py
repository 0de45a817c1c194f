"""An empty database that was migrated the quick way is the one that Django makes."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AlterField, CreateModel, RunPython
from django.db.migrations.state import ProjectState
from django.db.models import BigAutoField, CharField

from xinshi.config import first_migration
from xinshi.config.first_migration import FirstMigrationExecutor, FrugalState

AS_DJANGO_DOES: Final = """
import django
django.setup()
from django.core.management import call_command
from django.core.management.commands.migrate import Command
call_command(Command(), verbosity=0, interactive=False, skip_checks=True)
"""
SCHEMA: Final = {
    "sqlite": ["SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"],
    "postgresql": [
        """SELECT table_name, ordinal_position, column_name, udt_name, character_maximum_length, column_default, is_nullable,
                  is_identity, collation_name
             FROM information_schema.columns WHERE table_schema = 'public'""",
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
             FROM pg_constraint WHERE conrelid > 0 AND connamespace = 'public'::regnamespace""",
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        """SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
            WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f' AND l.lanname IN ('sql', 'plpgsql')""",
        "SELECT relname, reloptions FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
    ],
}
ROWS: Final = ["django_migrations", "django_content_type", "auth_permission", "policy_version", "exchange_partner"]


def schema_of(database: Any) -> set[tuple[Any, ...]]:
    found: set[tuple[Any, ...]] = set()
    with database.cursor() as cursor:
        for number, statement in enumerate(SCHEMA[database.vendor]):
            cursor.execute(statement)
            found |= {(number, *map(str, row)) for row in cursor.fetchall()}
    return found


def rows_of(database: Any) -> set[tuple[Any, ...]]:
    """What migrations and what comes after them have stored, but for when."""
    found = set()
    with database.cursor() as cursor:
        for table in ROWS:
            cursor.execute(f"SELECT * FROM {table}")
            kept = [
                at for at, one in enumerate(cursor.description) if one[0] != "applied" and not one[0].endswith("_at")
            ]
            found |= {(table, *(str(row[at]) for at in kept)) for row in cursor.fetchall()}
    return found


@pytest.fixture
def other_database(tmp_path: Path) -> Iterator[Any]:
    """A database that Django's own command migrates."""
    other = connection.copy(alias="as_django_does")
    if connection.vendor == "sqlite":
        name = str(tmp_path / "as_django_does.sqlite3")
        url = f"sqlite:///{name}"
    else:
        name = f"xinshi_test_{secrets.token_hex(5)}_as_django_does"
        url = urlsplit(settings.ENVIRONMENT.database_url)._replace(path=f"/{name}").geturl()
        admin = psycopg.connect(settings.ENVIRONMENT.database_url, autocommit=True)
        admin.execute(f'CREATE DATABASE "{name}"')
    other.settings_dict["NAME"] = name
    try:
        subprocess.run(
            [sys.executable, "-c", AS_DJANGO_DOES],
            env=os.environ | {"XINSHI_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "xinshi.config.settings"},
            check=True,
        )
        yield other
    finally:
        other.close()
        if connection.vendor != "sqlite":
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            admin.close()


@pytest.mark.slow
@pytest.mark.django_db
def test_an_empty_database_becomes_what_django_makes_of_it(other_database: Any) -> None:
    assert len(schema_of(connection)) > 400
    assert schema_of(connection) == schema_of(other_database)
    assert len(rows_of(connection)) > 400
    assert rows_of(connection) == rows_of(other_database)


@pytest.mark.django_db
def test_a_database_with_anything_in_it_is_upgraded_by_django_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_migration, "FrugalState", None)
    executor = FirstMigrationExecutor(connection)
    done = executor.migrate(executor.loader.graph.leaf_nodes())
    assert type(done) is ProjectState
    assert ("people", "person") in done.models


@pytest.fixture
def state() -> FrugalState:
    return FrugalState(MigrationLoader(None).project_state().models)


def test_what_changes_a_table_gets_it_and_the_keys_that_it_refers_to(state: FrugalState) -> None:
    sign_up = state.apps.get_model("activities", "SignUp")
    assert len(sign_up._meta.constraints) > 5
    person = sign_up._meta.get_field("person").related_model
    assert person._meta.db_table == "person"
    assert person._meta.pk.name == "id"
    assert [relation.related_model._meta.model_name for relation in person._meta.related_objects] == ["signup"]


def test_a_data_step_gets_all_models_and_may_go_back_along_relations(state: FrugalState) -> None:
    def names_of_relations(apps: Any, _schema_editor: Any) -> None:
        names.extend(one.related_model._meta.label for one in apps.get_model("people.Person")._meta.related_objects)

    names: list[str] = []
    before = state.clone()
    RunPython(names_of_relations).database_forwards("people", connection.schema_editor(), before, state)
    assert {"activities.SignUp", "attendance.ServiceRecord", "bank.Passbook"} <= set(names)


def test_a_changed_state_shows_the_change_and_the_one_before_it_does_not(state: FrugalState) -> None:
    assert "nickname" not in columns(state)
    before = state.clone()
    state.add_field("people", "person", "nickname", CharField(max_length=9, default=""), preserve_default=True)
    assert "nickname" in columns(state)
    assert "nickname" not in columns(before)
    state.remove_model("people", "person")
    with pytest.raises(LookupError):
        state.apps.get_model("people", "Person")


def columns(state: FrugalState) -> set[str]:
    return {field.name for field in state.apps.get_model("people", "Person")._meta.fields}


def test_who_changes_a_key_sees_whatever_refers_to_it() -> None:
    key = BigAutoField(primary_key=True)
    assert first_migration._is_of_one_table(CreateModel("One", [("id", key)]))
    assert first_migration._is_of_one_table(AlterField("One", "name", CharField(max_length=9)))
    assert not first_migration._is_of_one_table(AlterField("One", "id", key))
