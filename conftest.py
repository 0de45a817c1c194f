"""The test databases: migrated once into a template, copied for every worker and again after every test that commits.

Append-only tables refuse TRUNCATE and DELETE, so a test that really commits (`transaction=True`, live servers) cannot be
cleaned up by flushing: afterwards its worker gets a fresh copy of the template, which is also faster.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

# A busy machine is no fault of an example or of its draw; speed is measured in bench/.
settings.register_profile("xinshi", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("xinshi")

# A worker holds hundreds of thousands of objects that never go: looking through them for garbage took a fifth of a run.
gc.set_threshold(100_000, 20, 20)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


class TestDatabase:
    """This worker's database and the template that it is copied from."""

    __test__ = False

    def __init__(self, *, folder: Path, run: str, worker: str) -> None:
        self.folder, self.run, self.worker = folder, run, worker
        self.on_postgresql = connection.vendor == "postgresql"
        self.settings = connections.databases["default"]
        self.home = str(self.settings["NAME"])

    @classmethod
    def of_this_process(cls) -> TestDatabase:
        folder = Path(os.environ.get("XINSHI_DATA_DIR", "data")).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder=folder, run=os.environ[RUN], worker=os.environ.get("PYTEST_XDIST_WORKER", "main"))

    def name(self, part: str) -> str:
        if self.on_postgresql:
            return f"xinshi_test_{self.run}_{part}"
        return str(self.folder / f"test-{self.run}-{part}.sqlite3")

    def create(self) -> None:
        """Migrate the template unless another worker did, then copy it."""
        with self._alone(), self._using("template"):
            marker = self.folder / f"test-{self.run}.{connection.vendor}.ready"
            if not marker.exists():
                self._migrate()
                marker.touch()
        os.environ["XINSHI_TEST_TEMPLATE"] = self.name("template")
        self.renew()

    def _migrate(self) -> None:
        """On SQLite the file is kept in the data folder for the next run, as long as no migration changes.

        On PostgreSQL XINSHI_TEST_MIGRATED may name a database that was migrated beforehand.
        """
        kept = self.folder / f"migrated-{_digest_of_migrations()}.sqlite3"
        if kept.exists() and not self.on_postgresql:
            shutil.copy(kept, self.name("template"))
            return
        if self.on_postgresql:
            beforehand = os.environ.get("XINSHI_TEST_MIGRATED", "")
            copied = f' TEMPLATE "{beforehand}"' if beforehand else ""
            self._admin(f'CREATE DATABASE "{self.name("template")}"{copied}')
            if beforehand:
                return
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        if not self.on_postgresql:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            for old in self.folder.glob("migrated-*.sqlite3"):
                old.unlink()
            shutil.copy(self.name("template"), kept)

    def renew(self) -> None:
        """A fresh copy of the template for this worker."""
        connections.close_all()
        target = self.name(self.worker)
        if self.on_postgresql:
            with self._alone():
                self._admin(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
                self._admin(f'CREATE DATABASE "{target}" TEMPLATE "{self.name("template")}"')
        else:
            for suffix in ("", "-wal", "-shm"):
                Path(target + suffix).unlink(missing_ok=True)
            shutil.copy(self.name("template"), target)
        self.settings["NAME"] = target

    def drop(self) -> None:
        connections.close_all()
        if self.on_postgresql:
            self._admin(f'DROP DATABASE IF EXISTS "{self.name(self.worker)}" WITH (FORCE)')
        self.settings["NAME"] = self.home

    def drop_template(self) -> None:
        """At the very end of the run: a worker that is done early must not take it from the others."""
        connections.close_all()
        if self.on_postgresql:
            self._admin(f'DROP DATABASE IF EXISTS "{self.name("template")}" WITH (FORCE)')

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Only one worker at a time; also keeps everybody away from the template while it is copied."""
        with (self.folder / "test.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _using(self, part: str) -> Iterator[None]:
        connections.close_all()
        self.settings["NAME"] = self.name(part)
        yield
        connections.close_all()

    def _admin(self, statement: str) -> None:
        """Run a statement from the database that the address names, outside any transaction."""
        import psycopg

        parameters = {
            "dbname": self.home,
            "user": self.settings["USER"],
            "password": self.settings["PASSWORD"],
            "host": self.settings["HOST"],
            "port": self.settings["PORT"],
        }
        with psycopg.connect(**{k: v for k, v in parameters.items() if v}, autocommit=True) as server:
            server.execute(statement)


def _digest_of_migrations() -> str:
    """Of whatever makes a migrated database what it is: migrations and the SQL beside them, ours and those of libraries."""
    digest = hashlib.sha256()
    for room in sorted(apps.get_app_configs(), key=lambda room: room.name):
        files = [*Path(room.path).glob("migrations/*.py"), *Path(room.path).glob("**/*.sql")]
        for file in sorted(files):
            digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


RUN = "XINSHI_TEST_RUN"
"""Names the run, in the environment of its workers; whoever set it tidies up."""


def pytest_configure(config: pytest.Config) -> None:
    if RUN not in os.environ:
        os.environ[RUN] = secrets.token_hex(5)
        config.add_cleanup(lambda: TestDatabase.of_this_process().drop_template())


ROOMS = Path(__file__).parent / "src" / "xinshi"
TIED_TO_THE_DATABASE = ROOMS / "config"
"""Its tests start programs and read settings: these follow the database's address without a query of the test's own."""


def may_query(item: pytest.Item) -> bool:
    """Whether pytest-django lets a test of a room ask its database; without fixture and mark every query is refused."""
    fixtures = {name for name in getattr(item, "fixturenames", ()) if name.endswith("db") or name == "live_server"}
    return bool(fixtures) or item.get_closest_marker("django_db") is not None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow ones first: whoever is done early then takes from the many quick ones, and nobody waits for one at the end.

    A test of a room that may not query says the same on every database.
    """
    for item in items:
        if ROOMS in item.path.parents and TIED_TO_THE_DATABASE not in item.path.parents and not may_query(item):
            item.add_marker(pytest.mark.any_database)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[TestDatabase]:
    with django_db_blocker.unblock():
        database = TestDatabase.of_this_process()
        database.create()
        patch = pytest.MonkeyPatch()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: database.renew())
        yield database
        patch.undo()
        database.drop()


@pytest.fixture(autouse=True)
def quick_and_quiet(settings: Any, tmp_path: Path) -> None:
    """Cheap password hashes, uploads in a folder of the test, plain static files."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "uploads"
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def drain_outbox() -> Any:
    """Deliver every published event, as the worker would; returns how many deliveries succeeded."""
    from xinshi.outbox.actions import deliver_due

    return deliver_due


@pytest.fixture
def seal_now() -> Any:
    """Seal inside the test's own transaction: sealing waits for other writers only."""
    from xinshi.ledger.sealing import seal

    return seal
