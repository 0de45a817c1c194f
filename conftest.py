"""The test databases: migrated once into a template, copied for every worker and again after every test that commits.

Append-only tables refuse TRUNCATE and DELETE, so a test that really commits (`transaction=True`, live servers) cannot be
cleaned up by flushing: afterwards its worker gets a fresh copy of the template, which is also faster.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import TransactionTestCase


class TestDatabase:
    """This worker's database and the template that it is copied from."""

    __test__ = False

    def __init__(self, *, folder: Path, run: str, worker: str) -> None:
        self.folder, self.run, self.worker = folder, run, worker
        self.on_postgresql = connection.vendor == "postgresql"
        self.settings = connections.databases["default"]
        self.settings.get("OPTIONS", {}).pop("pool", None)
        self.home = str(self.settings["NAME"])

    def name(self, part: str) -> str:
        if self.on_postgresql:
            return f"xinshi_test_{self.run}_{part}"
        return str(self.folder / f"test-{self.run}-{part}.sqlite3")

    def create(self) -> None:
        """Migrate the template unless another worker did, then copy it."""
        with self._alone(), self._using("template"):
            marker = self.folder / f"test-{self.run}.{connection.vendor}.ready"
            if not marker.exists():
                if self.on_postgresql:
                    self._admin(f'CREATE DATABASE "{self.name("template")}"')
                call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
                if not self.on_postgresql:
                    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
                marker.touch()
        self.renew()

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
            if self.worker in ("gw0", "main"):
                self._admin(f'DROP DATABASE IF EXISTS "{self.name("template")}" WITH (FORCE)')
        self.settings["NAME"] = self.home

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


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    folder = Path(os.environ.get("XINSHI_DATA_DIR", "data")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:10]
    with django_db_blocker.unblock():
        database = TestDatabase(folder=folder, run=run, worker=worker)
        database.create()
        patch = pytest.MonkeyPatch()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: database.renew())
        yield
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
def seal_now(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Seal inside the test's own transaction, which on PostgreSQL `seal` would otherwise wait for."""
    from django.db.models import Max

    from xinshi.ledger import sealing
    from xinshi.ledger.models import Transfer

    monkeypatch.setattr(sealing, "_safe_horizon", lambda: Transfer.objects.aggregate(top=Max("id"))["top"] or 0)
    return sealing.seal
