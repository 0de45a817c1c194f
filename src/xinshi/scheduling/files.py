"""Files of problems and plans for commands: read and written with refusals that a person understands."""

from __future__ import annotations

from pathlib import Path

from xinshi.doors.files import InputMissing, OutputRefused
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.scheduling.solver import files
from xinshi.scheduling.solver.answer import Plan
from xinshi.scheduling.solver.checker import BrokenRule
from xinshi.scheduling.solver.problem import Problem


class ScheduleFileUnreadable(DomainError):
    code = "schedule_file_unreadable"
    message = gettext_noop("%(path)s is no file of a problem or plan that this program reads: %(reason)s.")
    status = 422


class PlanMissing(DomainError):
    code = "plan_missing"
    message = gettext_noop("%(path)s holds a problem without a plan. Make one with: xinshi schedule solve")
    status = 422


class PlanBroken(DomainError):
    """The file can be read, and its plan breaks a rule of its problem."""

    code = "plan_broken"
    message = gettext_noop("The plan in %(path)s is not valid: %(reason)s.")
    status = 422


class NothingStandsInFile(DomainError):
    code = "nothing_stands_in_file"
    message = gettext_noop(
        "Nothing stands in %(path)s that could be kept. Export a version that was planned from another."
    )
    status = 422


class NotInProblem(DomainError):
    code = "not_in_problem"
    message = gettext_noop("There is no shift or person %(key)s in this problem.")
    status = 404


def load(path: Path) -> tuple[Problem, Plan | None]:
    """What the file holds, checked. InputMissing, ScheduleFileUnreadable, PlanBroken."""
    try:
        return files.load(path)
    except OSError:
        raise InputMissing(path=path) from None
    except files.UnreadableFile as error:
        kind = PlanBroken if isinstance(error.__cause__, BrokenRule) else ScheduleFileUnreadable
        raise kind(path=path, reason=str(error)) from None


def load_plan(path: Path) -> tuple[Problem, Plan]:
    """As `load`, of a file with a plan. PlanMissing."""
    problem, plan = load(path)
    if plan is None:
        raise PlanMissing(path=path)
    return problem, plan


def save(path: Path, problem: Problem, plan: Plan | None = None) -> None:
    """Never half a file. OutputRefused."""
    try:
        files.save(path, problem, plan)
    except OSError:
        raise OutputRefused(path=path) from None
