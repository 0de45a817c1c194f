"""Web server and worker together, in the shape that suits the database."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import subprocess
import sys
import threading
from importlib import import_module
from typing import Final

from django.conf import settings
from django.db import connection

from xinshi.config.environment import environment

WATCH_SECONDS: Final = 0.5
RESTART_SECONDS: Final = 2.0
THREADS_OF_ONE: Final = 8
THREADS_OF_SEVERAL: Final = 2
"""Threads of one process take turns at running Python: each further one costs all of them something."""
WORKER_NICENESS: Final = 10
"""A tenth of the weight of a web process."""
BACKLOG: Final = 4_096
"""As many connections wait at the door of each web process; one that finds no room tries again after 1, 3, 7 seconds."""
CONNECTIONS_MAX: Final = 512
"""Of one web process, further ones wait at its door."""
log = logging.getLogger(__name__)

LOOK_FOR_GARBAGE: Final = (10_000, 20, 20)
"""A small request makes some thousand objects: by Python's 700 it was interrupted five times, a twentieth of its time."""

_starting = threading.Lock()
"""Held while a process is started by one thread and none may be forked by another: `subprocess` waits until nobody holds
the pipe on which it is told that the program runs, and a process forked meanwhile holds it as long as it lives."""
os.register_at_fork(before=_starting.acquire, after_in_parent=_starting.release, after_in_child=_starting.release)


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
        worker = start_beside_forks([sys.executable, "-m", "xinshi", "worker"])
        _let_pages_go_first(worker.pid)
        while worker.poll() is None and not stop.wait(WATCH_SECONDS):
            pass
        if stop.is_set():
            worker.terminate()
            worker.wait(timeout=30)
            return
        log.error("worker ended", extra={"status": worker.returncode})
        stop.wait(RESTART_SECONDS)


def _let_pages_go_first(worker: int) -> None:
    """Where there is too much to do for all, somebody waits for a page; what the worker does can come a little later."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, worker, WORKER_NICENESS)


def start_beside_forks(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a program while another thread may fork: its fork waits until the program runs."""
    with _starting:
        return subprocess.Popen(command)  # noqa: S603  # Our own program, without a shell.


def serve_pages(*, processes: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    # Web processes are forked: what is loaded here, each of them has at once, also one that takes the place of a dead one;
    # and what is frozen, none of them looks through for garbage again and again.
    import_module(settings.ROOT_URLCONF)
    gc.freeze()
    gc.set_threshold(*LOOK_FOR_GARBAGE)
    chosen = environment()
    Granian(
        "xinshi.config.wsgi:application",
        address=chosen.host,
        port=chosen.port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=chosen.web_threads or (THREADS_OF_ONE if processes == 1 else THREADS_OF_SEVERAL),
        backlog=BACKLOG,
        backpressure=CONNECTIONS_MAX,
        websockets=False,
        log_level=LogLevels(chosen.log_level.lower()),
        respawn_failed_workers=True,
        workers_kill_timeout=15,
    ).serve()
