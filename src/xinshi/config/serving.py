"""Web server and worker together, in the shape that suits the database."""

from __future__ import annotations

import os
import subprocess
import sys

from django.db import connection

from xinshi.config.environment import environment


def serve() -> None:
    """Serve until interrupted. SQLite: one process, the worker one of its threads. PostgreSQL: processes and a worker."""
    one_process = connection.vendor == "sqlite"
    connection.close()
    if one_process:
        os.environ["XINSHI_WORKER_INSIDE"] = "true"
        environment.cache_clear()  # Web processes that are forked must read it as well as spawned ones.
        _serve_pages(processes=1)
        return
    worker = subprocess.Popen([sys.executable, "-m", "xinshi", "worker"])
    try:
        _serve_pages(processes=environment().web_processes)
    finally:
        worker.terminate()
        worker.wait(timeout=30)


def _serve_pages(*, processes: int) -> None:
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
