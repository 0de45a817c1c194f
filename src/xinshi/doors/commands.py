"""The base of every `xinshi` command: exit status 0 done, 1 done but something is wrong, 2 not done; `--json`; progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from django.core.management.base import BaseCommand, CommandError, CommandParser

from xinshi.doors.pages import refusal_text
from xinshi.kernel.errors import DomainError

DONE: Final = 0
FOUND_WRONG: Final = 1
NOT_DONE: Final = 2


class Advance(Protocol):
    def __call__(self, done: int, total: int) -> None: ...


class XinshiCommand(BaseCommand):
    """Implement `run(options) -> int`; raise DomainError for what cannot be done."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand.replace("_", " ", 1), **kwargs)
        parser.prog = f"xinshi {subcommand.replace('_', ' ', 1)}"
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            status = self.run(options)
        except DomainError as refusal:
            if options.get("json"):
                self.print_json({"error": {"code": refusal.code, "message": refusal_text(refusal)}})
            raise CommandError(refusal_text(refusal), returncode=NOT_DONE) from None
        if status:
            raise SystemExit(status)

    def run(self, options: dict[str, Any]) -> int:
        raise AssertionError(f"a command says what it does with {options}")

    def print_json(self, answer: object) -> None:
        self.stdout.write(json.dumps(answer, ensure_ascii=False, default=str))

    @contextmanager
    def progress(self, label: str) -> Iterator[Advance]:
        """A bar on standard error while long work goes on; silent where standard error is not a terminal."""
        from rich.console import Console  # Here: most commands, and each start of a server, draw no bar.
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task(label, total=None)

            def advance(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            yield advance
