"""The bank's rules as one frozen value: what a version of the policy says, read from and written to JSON.

Every rule is a setting of the hospital; each default is the practice of most time banks, which for a restriction means off.
Minutes are whole, percentages are whole per cent, spans are whole days or months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from xinshi.bank.domain import DEFAULT_THRESHOLDS_MINUTES, STARS_MAX, THRESHOLD_MINUTES_MAX
from xinshi.kernel.codes import SERVICE_CATEGORIES
from xinshi.kernel.errors import DomainError, gettext_noop

PERCENT_MAX: Final = 1_000
COEFFICIENTS_MAX: Final = 60
SKILL_LENGTH_MAX: Final = 30
CAP_MINUTES_MAX: Final = 100_000 * 60
EXPIRY_MONTHS_MAX: Final = 240
NOTICE_DAYS_MAX: Final = 90
AGE_YEARS_MAX: Final = 100
ANSWER_DAYS_MAX: Final = 60
ROUNDING_UNITS_MINUTES: Final = (1, 5, 6, 10, 15, 30, 60)
CATEGORY_CODES: Final = frozenset(row[0] for row in SERVICE_CATEGORIES)


class PolicyNotValid(DomainError):
    code = "policy_not_valid"
    message = gettext_noop("The star thresholds must be five rising figures above zero, of at most 100,000 hours.")
    status = 422


class RuleNotValid(PolicyNotValid):
    """One of the further rules is outside its range; `rule` is its name in the code."""

    code = "policy_rule_not_valid"
    message = gettext_noop("This rule of the policy is outside of what is possible: %(rule)s.")


class Rounding(StrEnum):
    """How credited minutes are rounded to whole units of `rounding_minutes`."""

    DOWN = "down"
    NEAREST = "nearest"
    UP = "up"


class GroupHours(StrEnum):
    """What becomes of hours that a group earned as a group: nothing is kept, or they can only be donated (南京)."""

    OFF = "off"
    DONATE_ONLY = "donate_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """What an hour of one category, or of whoever has one skill, is worth in spendable hours; empty matches every one."""

    percent: int
    category: str = ""
    skill: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds while a version is in force. `None` as a cap or a span means that there is none."""

    star_thresholds_minutes: tuple[int, ...] = DEFAULT_THRESHOLDS_MINUTES
    star_verified_percent: tuple[int, ...] = (0,) * STARS_MAX
    """The quality condition of each star: the least share of verified hours (信用时数) among lifetime hours."""
    approval_levels: int = 1
    coefficients: tuple[Coefficient, ...] = ()
    """DB3205/T 1001-2020: a coefficient by type of service, the raw hours kept beside it."""
    rounding: Rounding = Rounding.DOWN
    rounding_minutes: int = 1
    presence_min_percent: int = 0
    """The least share of the scheduled time for any hours at all (云南: 60)."""
    day_cap_minutes: int | None = None
    """The most that one person is credited for one day (上海长宁, 海林: 2 h)."""
    activity_cap_minutes: int | None = None
    """The most that one person is credited for one activity."""
    holding_cap_minutes: int | None = None
    """The most that one person may hold; what goes beyond can only be donated (南京: 1,500 h)."""
    expiry_months: int | None = None
    """How many months after the day of service minutes can be spent."""
    expiry_grace_days: int = 90
    """No minutes expire earlier than so many days after the version that lets them expire took effect."""
    notice_days: int = 0
    """Days of public notice (公示) before credited minutes can be spent (招远: 3)."""
    age_min_years: int = 0
    guardian_below_years: int = 18
    """Below this age an account needs a guardian's consent."""
    gifts: bool = False
    """Gifts to registered relatives (北京, 上海)."""
    gift_year_cap_minutes: int | None = None
    donations: bool = False
    """Donations to the pool for those in need."""
    group_hours: GroupHours = GroupHours.OFF
    appeal_answer_days: int = 10
    """Working days until a request for correction must be answered; later it goes one level up."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, every rule by its name."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Rules:
        """Rules as stored; a rule that did not exist when the version was written has its default."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {name: value for name, value in stored.items() if name in known}
        for name in ("star_thresholds_minutes", "star_verified_percent"):
            if name in values:
                values[name] = tuple(values[name])
        values["coefficients"] = tuple(Coefficient(**row) for row in values.get("coefficients", ()))
        values["rounding"] = Rounding(values.get("rounding", Rounding.DOWN))
        values["group_hours"] = GroupHours(values.get("group_hours", GroupHours.OFF))
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Policy:
    """A version in force and what it says."""

    id: int
    number: int
    effective_from: date
    rules: Rules

    @property
    def star_thresholds_minutes(self) -> tuple[int, ...]:
        return self.rules.star_thresholds_minutes

    @property
    def approval_levels(self) -> int:
        return self.rules.approval_levels


def check_thresholds(thresholds_minutes: tuple[int, ...] | list[int]) -> None:
    """PolicyNotValid unless there are five rising figures above zero, none beyond THRESHOLD_MINUTES_MAX."""
    rising = all(a < b for a, b in pairwise(thresholds_minutes))
    if len(thresholds_minutes) != STARS_MAX or not rising:
        raise PolicyNotValid
    if thresholds_minutes[0] <= 0 or thresholds_minutes[-1] > THRESHOLD_MINUTES_MAX:
        raise PolicyNotValid


def check_rules(rules: Rules) -> None:
    """PolicyNotValid or RuleNotValid (which names the rule) for what no version may say."""
    check_thresholds(rules.star_thresholds_minutes)
    shares = rules.star_verified_percent
    caps = ("day_cap_minutes", "activity_cap_minutes", "holding_cap_minutes", "gift_year_cap_minutes")
    ranges: dict[str, bool] = {
        "star_verified_percent": len(shares) == STARS_MAX and all(0 <= share <= 100 for share in shares),
        "approval_levels": rules.approval_levels in (1, 2),
        "coefficients": _are_coefficients(rules.coefficients),
        "rounding_minutes": rules.rounding_minutes in ROUNDING_UNITS_MINUTES,
        "presence_min_percent": 0 <= rules.presence_min_percent <= 100,
        "expiry_months": rules.expiry_months is None or 1 <= rules.expiry_months <= EXPIRY_MONTHS_MAX,
        "expiry_grace_days": 90 <= rules.expiry_grace_days <= 3_650,
        "notice_days": 0 <= rules.notice_days <= NOTICE_DAYS_MAX,
        "age_min_years": 0 <= rules.age_min_years <= AGE_YEARS_MAX,
        "guardian_below_years": 0 <= rules.guardian_below_years <= AGE_YEARS_MAX,
        "appeal_answer_days": 1 <= rules.appeal_answer_days <= ANSWER_DAYS_MAX,
        **{name: _is_cap(getattr(rules, name)) for name in caps},
    }
    for rule, fits in ranges.items():
        if not fits:
            raise RuleNotValid(rule=rule)


def _is_cap(minutes: int | None) -> bool:
    return minutes is None or 0 < minutes <= CAP_MINUTES_MAX


def _are_coefficients(coefficients: tuple[Coefficient, ...]) -> bool:
    """Each within its range, and none twice for the same category and skill."""
    keys = [(row.category, row.skill) for row in coefficients]
    return (
        len(coefficients) <= COEFFICIENTS_MAX
        and len(set(keys)) == len(keys)
        and all(0 < row.percent <= PERCENT_MAX for row in coefficients)
        and all(not row.category or row.category in CATEGORY_CODES for row in coefficients)
        and all(len(row.skill) <= SKILL_LENGTH_MAX and (row.category or row.skill) for row in coefficients)
    )
