"""`xinshi schedule check PLAN`: whether a plan keeps every rule, by a checker that shares nothing with the solver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from xinshi.doors.commands import DONE, FOUND_WRONG, XinshiCommand
from xinshi.scheduling.files import PlanBroken, load, load_plan
from xinshi.scheduling.solver.checker import breaches

SHOWN = 20


class Command(XinshiCommand):
    help = "Check a plan against every rule of its problem, or of another. Exit status 1: a rule is broken."
    requires_system_checks: list[str] = []  # Django's own name and kind.

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("plan", type=Path, metavar="PLAN", help="what `xinshi schedule solve` wrote")
        parser.add_argument(
            "--against", type=Path, metavar="PROBLEM", help="another problem with the same shifts and people"
        )

    def run(self, options: dict[str, Any]) -> int:
        try:
            problem, plan = load_plan(options["plan"])
            if options["against"]:
                problem, _plan = load(options["against"])
        except PlanBroken as broken:
            return self.answer(options, [str(broken.parameters["reason"])])
        return self.answer(options, [f"{one.rule}: {one.where}" for one in breaches(problem, plan.chosen)], plan.filled)

    def answer(self, options: dict[str, Any], found: list[str], filled: int = 0) -> int:
        if options["json"]:
            self.print_json({"is_valid": not found, "breaches": found[:SHOWN]})
        elif found:
            self.stdout.write("\n".join([f"Broken: {len(found)}", *found[:SHOWN]]))
        else:
            self.stdout.write(f"Every rule holds for all {filled} assignments.")
        return FOUND_WRONG if found else DONE
