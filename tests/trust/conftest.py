"""Seeds, and a migrated scratch database that harnesses over HTTP copy."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.trust.jepsen import prepare
from tests.trust.scratch import Scratch, migrated

RECORDS = 1_500


@pytest.fixture
def seed() -> int:
    """Another one each time; printed where a test fails, and taken back from XINSHI_TRUST_SEED."""
    chosen = int(os.environ.get("XINSHI_TRUST_SEED", "0")) or secrets.randbelow(10**9)
    print(f"seed {chosen} (XINSHI_TRUST_SEED={chosen} runs it again)")
    return chosen


@pytest.fixture(scope="session")
def founded() -> Iterator[tuple[Scratch, dict[str, Any]]]:
    """A hospital in a PostgreSQL database of its own, and what clients know of it; copied, never used itself."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # Who is asked to end cleans up as well.
    if connection.vendor != "postgresql":
        pytest.skip("processes that are killed one by one are PostgreSQL's; SQLite has one process")
    with migrated() as database:
        yield database, prepare(database, records=RECORDS)
