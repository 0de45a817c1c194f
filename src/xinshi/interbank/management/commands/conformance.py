"""`xinshi conformance ADDRESS`: listed here; `config.cli` runs the kit itself, without any setting or database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from xinshi.doors.commands import XinshiCommand
from xinshi.interbank.conformance import kit


class Command(XinshiCommand):
    help = kit.HELP
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        kit.add_arguments(parser)

    def run(self, options: dict[str, Any]) -> int:
        return kit.run_with(options)
