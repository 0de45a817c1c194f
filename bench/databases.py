"""Databases of a measurement's own, gone when it ends."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

POSTGRES_URL = os.environ.get("XINSHI_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
"""A server and a database to connect to; a measurement creates databases of its own beside it."""


def postgres_is_reachable() -> bool:
    try:
        with psycopg.connect(POSTGRES_URL, connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False


@contextmanager
def scratch_postgres(purpose: str, *, template: str = "") -> Iterator[str]:
    """The URL of a new database, dropped afterwards; a copy of the database named `template` where that is given."""
    name = f"xinshi_bench_{purpose}_{os.getpid()}_{secrets.token_hex(3)}"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    try:
        server_url, _, parameters = POSTGRES_URL.partition("?")
        yield f"{server_url.rpartition('/')[0]}/{name}{parameters and '?' + parameters}"
    finally:
        with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder on a real disk (the system's temporary one), because what is measured must reach it."""
    with tempfile.TemporaryDirectory(prefix="xinshi-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
