"""`xinshi verify receipt FILE`: listed here; `config.cli` runs the plain module without any setting or database."""

from __future__ import annotations

from typing import Any, cast

from django.core.management.base import CommandParser

from xinshi.doors.commands import XinshiCommand
from xinshi.ledger.proof import command


class Command(XinshiCommand):
    help = command.HELP
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        command.add_arguments(parser)

    def run(self, options: dict[str, Any]) -> int:
        return command.run(options, cast("Any", self.stdout), cast("Any", self.stderr))
