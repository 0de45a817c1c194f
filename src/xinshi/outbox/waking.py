"""Waking the worker: somebody watches what it does next, and need not wait for its next round.

A wake that is lost costs one round, nothing else: the worker looks by itself as well.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from django.db import connection, transaction

CHANNEL: Final = "xinshi_worker"
LISTENED_SECONDS: Final = 2.0
"""How long one look for a wake lasts, and so how long the listener takes to stop."""
WOKEN: Final = threading.Event()
"""Set in the worker's own process; on SQLite the pages are in it as well."""
log = logging.getLogger(__name__)


def wake_worker() -> None:
    """Let every worker look for what is due as soon as the caller's transaction is committed, and not if it is not."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")
    else:
        transaction.on_commit(WOKEN.set)


def listen(stop: threading.Event) -> None:
    """On PostgreSQL: pass on what others notify, until `stop`, over a connection of its own."""
    own = connection.copy()
    while not stop.is_set():
        try:
            with own.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            while not stop.is_set():
                for _ in own.connection.notifies(timeout=LISTENED_SECONDS, stop_after=1):
                    WOKEN.set()
        except Exception as error:  # noqa: BLE001  # The worker looks by itself meanwhile.
            log.warning("not woken by other processes", extra={"error": type(error).__name__})
            stop.wait(LISTENED_SECONDS)
        finally:
            own.close()
