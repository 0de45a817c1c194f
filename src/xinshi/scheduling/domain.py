"""Pure rules of planning periods and plans: settings with their bounds, and refusals. No Django, no solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any, Final, Self

from xinshi.kernel.codes import SERVICE_CATEGORIES
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

NAME_LENGTH_MAX: Final = 60
NOTE_LENGTH_MAX: Final = 120
DAYS_MAX: Final = 7
VERSIONS_MAX: Final = 60
VALUE_MAX: Final = 100
TIME_LIMIT_SECONDS_MAX: Final = 120
DAY_MINUTES: Final = 24 * 60
WISHES: Final = ("rest", "recovery", "one_a_day", "travel", "fairness", "match", "teams")
"""What a plan can be tried without, to see what it costs."""
LIMIT_WISH: Final = "changes"
"""And the limit on changes, where the version has one."""
CHANGES_MAX: Final = 100_000
VALUE_PARTS: Final = ("skill", "interest", "profession", "nearness", "wished_hour")


class PlanAtWork(DomainError):
    code = "plan_at_work"
    message = gettext_noop("A plan for this period is being made at this moment. Wait for it, or stop it first.")


class PlanNotReady(DomainError):
    code = "plan_not_ready"
    message = gettext_noop("There is no plan in this version. Wait until it is made, or plan again.")


class PlanNotEditable(DomainError):
    code = "plan_not_editable"
    message = gettext_noop(
        "A version that was published is changed no more: people read it already. Plan again from it."
    )


class PlanNotAtWork(DomainError):
    code = "plan_not_at_work"
    message = gettext_noop("This plan is not being made any more, so it cannot be stopped.")


class PeriodClosed(DomainError):
    code = "period_closed"
    message = gettext_noop("This period is closed. Open it again to plan in it.")


class NothingStands(DomainError):
    code = "nothing_stands"
    message = gettext_noop("Changes are limited only against a version that stands. Choose one to start from.")
    status = 422


class TooManyVersions(DomainError):
    code = "too_many_versions"
    message = gettext_noop("This period has %(most)s versions already. Make a new period for the same days.")


class NothingToPlan(DomainError):
    code = "nothing_to_plan"
    message = gettext_noop(
        "No published shift of this period has a free place. Publish activities first, or choose other days."
    )


class NobodyToPlan(DomainError):
    code = "nobody_to_plan"
    message = gettext_noop("Nobody has an active passbook, so there is nobody to plan. Let volunteers register first.")


class NotPossible(DomainError):
    """`reason` is a sentence by `activities.eligibility`, or of the plan's own rules."""

    code = "assignment_not_possible"
    message = gettext_noop("This person cannot take this shift in the plan: %(reason)s")


class AssignedAlready(DomainError):
    code = "assigned_already"
    message = gettext_noop("This person has this shift in the plan already.")


class AssignmentLocked(DomainError):
    code = "assignment_locked"
    message = gettext_noop("This assignment is fixed. Set it free before you change it.")


class PlacesFilled(DomainError):
    code = "places_filled"
    message = gettext_noop("All places of this shift are filled in the plan. Take somebody out first, or swap.")


class NotInPlan(DomainError):
    code = "not_in_plan"
    message = gettext_noop("This shift is not part of this plan.")
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """By what a plan is made: rules in minutes, weights in points. What people said of themselves always holds beside it.

    The five weights are the most points that each part of a pair's value gives, together at most 100. `fairness` is in
    per cent of the usual bonus for who served little lately; 0 switches it off.
    """

    rest_minutes: int = 11 * 60
    rest_after_hard_minutes: int = 24 * 60
    hard_from_minutes: int = 8 * 60
    """A shift of so many minutes is hard on people, as are dangerous ones and those that touch the night."""
    shifts_a_day_max: int = 1
    same_day_gap_minutes: int = 0
    travel_minutes: int = 30
    """Between two places that are not the same."""
    skill: int = 30
    interest: int = 25
    profession: int = 15
    nearness: int = 15
    wished_hour: int = 15
    fairness: int = 100
    teams: bool = True
    """People who signed up as one group lately are brought together again where that is possible."""
    first_categories: tuple[str, ...] = ()
    """Service categories whose places come first."""

    def as_stored(self) -> dict[str, Any]:
        """Only what differs from the defaults."""
        names = (field.name for field in fields(self))
        values = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(USUAL, name)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """As it was stored; what this release does not know is left out."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name in known
        }
        return cls(**values)


USUAL: Final = PlanSettings()
"""What holds unless a coordinator says otherwise."""
BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "rest_minutes": (0, DAY_MINUTES),
    "rest_after_hard_minutes": (0, 3 * DAY_MINUTES),
    "hard_from_minutes": (60, DAY_MINUTES),
    "shifts_a_day_max": (1, 4),
    "same_day_gap_minutes": (0, 8 * 60),
    "travel_minutes": (0, 8 * 60),
    "fairness": (0, 300),
}


def check_settings(settings: PlanSettings) -> None:
    """Invalid names the field that is out of its bounds."""
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(settings, name) <= most:
            raise Invalid(field=name, reason=gettext_noop("This number is out of its bounds."))
    parts = [getattr(settings, name) for name in VALUE_PARTS]
    if min(parts) < 0 or sum(parts) > VALUE_MAX:
        raise Invalid(field="skill", reason=gettext_noop("The five weights together are at most 100."))
    known = {code for code, _english, _chinese in SERVICE_CATEGORIES}
    if not set(settings.first_categories) <= known:
        raise Invalid(field="first_categories", reason=gettext_noop("Choose one of the list."))


def usual_changes(standing: int) -> int:
    """So many of what stands may change when people drop out, unless somebody says otherwise: 1 in 200, at least one."""
    return max(1, standing // 200)


def check_period(*, name: str, first_day: date, last_day: date) -> None:
    """A period lies in one week from Monday to Sunday, because the limits people set themselves are by the week."""
    if not 1 <= len(name.strip()) <= NAME_LENGTH_MAX:
        raise Invalid(field="name", reason=gettext_noop("Write between 1 and 60 characters."))
    if last_day < first_day:
        raise Invalid(field="last_day", reason=gettext_noop("The last day is before the first."))
    monday = first_day - timedelta(days=first_day.weekday())
    if last_day >= monday + timedelta(days=DAYS_MAX):
        raise Invalid(
            field="last_day",
            reason=gettext_noop("A period lies in one week from Monday to Sunday. Make one period for each week."),
        )


def without(settings: PlanSettings, wish: str) -> PlanSettings:
    """The same settings without one of WISHES."""
    changes: dict[str, dict[str, Any]] = {
        "rest": {"rest_minutes": 0, "rest_after_hard_minutes": 0},
        "recovery": {"rest_after_hard_minutes": settings.rest_minutes},
        "one_a_day": {"shifts_a_day_max": BOUNDS["shifts_a_day_max"][1]},
        "travel": {"travel_minutes": 0},
        "fairness": {"fairness": 0},
        "match": dict.fromkeys(VALUE_PARTS, 0),
        "teams": {"teams": False},
    }
    return replace(settings, **changes[wish])
