"""`xinshi worker`: one more worker, on this machine or another."""

from __future__ import annotations

import signal
import threading
from typing import Any

from xinshi.config.worker import work
from xinshi.doors.commands import DONE, XinshiCommand


class Command(XinshiCommand):
    help = "Run a worker: deliver events, seal the book, give overdue hours back. `serve` runs one already."

    def run(self, options: dict[str, Any]) -> int:  # noqa: ARG002  # There is nothing to choose but settings.
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        work(stop)
        return DONE
