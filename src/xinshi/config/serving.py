"""Web server and worker together, in the shape that suits the database."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from typing import Final

from django.db import connection

from xinshi.config.environment import environment

WATCH_SECONDS: Final = 0.5
RESTART_SECONDS: Final = 2.0
log = logging.getLogger(__name__)


def serve() -> None:
    """Serve until interrupted. SQLite: one process, the worker one of its threads. PostgreSQL: processes and a worker."""
    one_process = connection.vendor == "sqlite"
    connection.close()
    if one_process:
        os.environ["XINSHI_WORKER_INSIDE"] = "true"
        environment.cache_clear()  # Web processes that are forked must read it as well as spawned ones.
        serve_pages(processes=1)
        return
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_a_worker, args=(stop,), name="keeper of the worker")
    keeper.start()
    try:
        serve_pages(processes=environment().web_processes)
    finally:
        stop.set()
        keeper.join(timeout=40)


def _keep_a_worker(stop: threading.Event) -> None:
    """One worker at a time, and another where it died: what it does must go on, as pages do."""
    while not stop.is_set():
        worker = subprocess.Popen([sys.executable, "-m", "xinshi", "worker"])
        while worker.poll() is None and not stop.wait(WATCH_SECONDS):
            pass
        if stop.is_set():
            worker.terminate()
            worker.wait(timeout=30)
            return
        log.error("worker ended", extra={"status": worker.returncode})
        stop.wait(RESTART_SECONDS)


def serve_pages(*, processes: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    settings = environment()
    Granian(
        "xinshi.config.wsgi:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=settings.web_threads,
        backlog=1024,
        websockets=False,
        log_level=LogLevels(settings.log_level.lower()),
        respawn_failed_workers=True,
        workers_kill_timeout=15,
    ).serve()
