"""`xinshi verify statement FILE`: listed here; `config.cli` runs the plain module without any setting or database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from xinshi.doors.commands import XinshiCommand
from xinshi.interbank.statements import offline


class Command(XinshiCommand):
    help = offline.HELP
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        offline.add_arguments(parser)

    def run(self, options: dict[str, Any]) -> int:
        return offline.run(options, self.stdout)
