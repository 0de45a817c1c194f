"""`xinshi serve`: web server and worker."""

from __future__ import annotations

from typing import Any

from xinshi.config.serving import serve
from xinshi.doors.commands import DONE, XinshiCommand


class Command(XinshiCommand):
    help = "Serve the pages and the API, and run the worker, until interrupted."

    def run(self, options: dict[str, Any]) -> int:  # noqa: ARG002  # There is nothing to choose but settings.
        serve()
        return DONE
