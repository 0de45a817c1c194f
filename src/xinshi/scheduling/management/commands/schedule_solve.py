"""`xinshi schedule solve PROBLEM PLAN`: plan a problem, with the proof of how good it is. Needs no database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from xinshi.doors.commands import DONE, XinshiCommand
from xinshi.scheduling.files import NothingStandsInFile, load, save
from xinshi.scheduling.running import GAP
from xinshi.scheduling.solver import plan
from xinshi.scheduling.solver.checker import changes_in

STAGES = ("greedy", "prices", "rounds", "rounding", "coverage", "checking")
HUNDREDTHS = 100


class Command(XinshiCommand):
    help = "Plan a problem from a file; the plan and its proof go to another."
    requires_system_checks: list[str] = []  # Django's own name and kind.

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("problem", type=Path, metavar="PROBLEM", help="what `xinshi schedule export` wrote")
        parser.add_argument("plan", type=Path, metavar="PLAN", help="where problem and plan are written")
        parser.add_argument("--seconds", type=float, default=10.0, help="think for at most so long (default 10)")
        parser.add_argument(
            "--gap", type=float, default=GAP, help="stop within this share of the best (default 0.0001)"
        )
        parser.add_argument(
            "--changes",
            type=int,
            metavar="NUMBER",
            help="so many assignments that stand in the problem may be missing at most (default: as the problem says)",
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same plan (default 1)")

    def run(self, options: dict[str, Any]) -> int:
        problem, _plan = load(options["problem"])
        if options["changes"] is not None:
            if not problem.baseline.size:
                raise NothingStandsInFile(path=options["problem"])
            problem = replace(problem, changes_max=max(0, options["changes"]))
        with self.progress("planning") as advance:

            def tell(stage: str, fraction: float, _filled: int, _gap: float) -> None:
                at = STAGES.index(stage) if stage in STAGES else 0
                advance(round((at + fraction) * HUNDREDTHS), len(STAGES) * HUNDREDTHS)

            found = plan(
                problem,
                time_limit_seconds=options["seconds"],
                gap=options["gap"],
                seed=options["seed"],
                progress=tell,
            )
        save(options["plan"], problem, found)
        if options["json"]:
            self.print_json(
                {
                    "filled": found.filled,
                    "places": found.places,
                    "worth": found.worth.total,
                    "bound": found.bound,
                    "gap": found.gap,
                    "coverage_bound": found.coverage_bound,
                    "changes_max": problem.changes_max,
                    "changes": changes_in(problem, found.chosen),
                    "change_price": found.change_price,
                    "seconds": round(found.seconds, 3),
                    "is_complete": found.is_complete,
                }
            )
            return DONE
        self.stdout.write(
            f"{found.filled} of {found.places} places filled in {found.seconds:.1f} s. "
            f"Proven: no plan is better by more than {100 * found.gap:.4f} %."
        )
        if problem.changes_max is not None:
            self.stdout.write(
                f"{changes_in(problem, found.chosen)} of {problem.baseline.size} that stood are changed, "
                f"{problem.changes_max} may be; one more would be worth {found.change_price:.0f} at most."
            )
        if not found.is_complete:
            self.stdout.write("The time ended before the search did; the plan is valid all the same.")
        return DONE
