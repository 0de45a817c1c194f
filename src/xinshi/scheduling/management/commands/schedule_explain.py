"""`xinshi schedule explain PLAN --shift N | --person N`: why a place is filled or empty, and why somebody is where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from xinshi.doors.commands import DONE, XinshiCommand
from xinshi.scheduling.files import NotInProblem, load_plan
from xinshi.scheduling.solver import explaining
from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.solver.problem import Ints, Problem

SHOWN = 10


class Command(XinshiCommand):
    help = "Explain a plan from a file: one shift or one person, by their numbers in the house; else where to recruit."
    requires_system_checks: list[str] = []  # Django's own name and kind.

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("plan", type=Path, metavar="PLAN", help="what `xinshi schedule solve` wrote")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--shift", type=int, help="for whom a shift was possible, and what is missing")
        which.add_argument(
            "--person", type=int, help="somebody's shifts, what speaks for each, and where they would go"
        )

    def run(self, options: dict[str, Any]) -> int:
        problem, plan = load_plan(options["plan"])
        if options["shift"] is not None:
            answer = _shift(problem, plan, options["shift"])
        elif options["person"] is not None:
            answer = _person(problem, plan, options["person"])
        else:
            answer = _needs(problem, plan)
        if options["json"]:
            self.print_json(answer)
        else:
            self.stdout.write("\n".join(_lines(answer)))
        return DONE


def _at(ids: Ints, key: int, number: int) -> int:
    """The place of a key of the house; in invented instances, which have none, the number itself."""
    known = ids.tolist() or list(range(number))
    if key not in known:
        raise NotInProblem(key=key)
    return known.index(key)


def _key(ids: Ints, at: int) -> int:
    return int(ids[at]) if len(ids) else at


def _shift(problem: Problem, plan: Plan, key: int) -> dict[str, Any]:
    shift = _at(problem.shift_ids, key, len(problem.shift_start))
    lines = [line for line, of in enumerate(problem.line_shift.tolist()) if of == shift]
    found = [explaining.empty_place(problem, plan, line) for line in lines]
    return {
        "shift": key,
        "lines": [
            {
                "places": int(problem.line_demand[one.line]),
                "missing": one.missing,
                "funnel": dict(one.funnel),
                "could_be_moved": [
                    {
                        "person": _key(problem.person_ids, busy.person),
                        "leaves": [_key(problem.shift_ids, int(problem.line_shift[line])) for line in busy.leaves],
                        "loss": busy.costs,
                    }
                    for busy in one.busy[:SHOWN]
                ],
            }
            for one in found
        ],
    }


def _person(problem: Problem, plan: Plan, key: int) -> dict[str, Any]:
    person = _at(problem.person_ids, key, len(problem.person_shifts_max))
    mine = [int(pair) for pair in plan.chosen if problem.pair_person[pair] == person]
    return {"person": key, "shifts": [_assignment(problem, plan, pair) for pair in mine]}


def _assignment(problem: Problem, plan: Plan, pair: int) -> dict[str, Any]:
    one = explaining.assignment(problem, plan, pair)
    return {
        "shift": _shift_key(problem, pair),
        "coverage": one.coverage,
        "match": one.match,
        "fairness": one.fairness,
        "teams": one.teams,
        "kept": one.kept,
        "otherwise": None if one.otherwise is None else [_shift_key(problem, other) for other in one.otherwise],
        "loss": one.costs,
    }


def _shift_key(problem: Problem, pair: int) -> int:
    return _key(problem.shift_ids, int(problem.line_shift[problem.pair_line[pair]]))


def _needs(problem: Problem, plan: Plan) -> dict[str, Any]:
    found = explaining.needs(problem, plan)
    kept = explaining.changes(problem, plan)
    changes = {
        "stood": kept.stood,
        "changed": kept.made,
        "allowed": kept.allowed,
        "one_more_is_worth": round(kept.price),
    }
    return {
        **({"changes": changes} if kept.stood else {}),
        "recruit_for": [
            {
                "shift": _key(problem.shift_ids, int(problem.line_shift[one.line])),
                "missing": one.missing,
                "price": round(one.price),
            }
            for one in found
        ],
    }


def _lines(answer: dict[str, Any], indent: str = "") -> list[str]:
    """The same as lines that a person reads."""
    found = []
    for name, value in answer.items():
        words = name.replace("_", " ")
        if isinstance(value, list) and value and isinstance(value[0], dict):
            found.append(f"{indent}{words}:")
            for one in value:
                found += [*_lines(one, indent + "  "), ""]
        elif isinstance(value, dict):
            found += [f"{indent}{words}:", *_lines(value, indent + "  ")]
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            found.append(f"{indent}{words}: {'nothing' if shown in (None, '') else shown}")
    return found
