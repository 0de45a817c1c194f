"""`xinshi schedule export PERIOD FILE`: a period's problem as a file; or a version's, with its plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from xinshi.doors.commands import DONE, XinshiCommand
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.scheduling import access
from xinshi.scheduling.building import build
from xinshi.scheduling.domain import PlanSettings
from xinshi.scheduling.files import save
from xinshi.scheduling.queries.tables import plan_of, standing_of
from xinshi.scheduling.solver.checker import changes_in
from xinshi.scheduling.solver.problem import Problem
from xinshi.scheduling.weighing import Standing


def _as_edited(problem: Problem, standing: Standing) -> Problem:
    """Whoever changed a plan by hand may have gone beyond its limit on changes; the file then has theirs."""
    if problem.changes_max is None:
        return problem
    return replace(problem, changes_max=max(problem.changes_max, changes_in(problem, standing.chosen)))


class Command(XinshiCommand):
    help = "Write a planning period's problem to a file: who could take which shift. Numbers only, no names."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("period", type=int, help="the number in the address of the period's page")
        parser.add_argument("file", type=Path, metavar="FILE", help="where the file is written")
        parser.add_argument(
            "--plan",
            type=int,
            metavar="NUMBER",
            help="the version of this number with its plan, as it was asked then (default: as things are now)",
        )

    def run(self, options: dict[str, Any]) -> int:
        actor, path = Actor.system("schedule export"), options["file"]
        period = access.period_of(actor, options["period"])
        if options["plan"] is not None:
            version_id = period.versions.filter(number=options["plan"]).values_list("pk", flat=True).first()
            version = access.version_of(actor, version_id or 0)
            kept, standing = standing_of(version)
            problem = _as_edited(kept.problem, standing)
            save(path, problem, plan_of(version, kept, standing))
        else:
            problem = build(period, PlanSettings.from_stored(period.settings), at=clock.now()).problem
            save(path, problem)
        figures = {
            "people": len(problem.person_ids),
            "shifts": len(problem.shift_start),
            "places": int(problem.line_demand.sum()),
            "pairs": len(problem.pair_person),
        }
        if options["json"]:
            self.print_json(figures)
        else:
            self.stdout.write(
                f"{path.name}: {figures['people']} people, {figures['shifts']} shifts with {figures['places']} free places, "
                f"{figures['pairs']} possible pairs."
            )
        return DONE
