"""Pure rules on age: from when somebody may serve, and until when a guardian must agree."""

from __future__ import annotations

from datetime import date
from typing import Final

from xinshi.bank.rules import Rules
from xinshi.kernel.errors import DomainError, gettext_noop

OF_AGE_YEARS: Final = 18
GUARDIAN_BY_LAW_BELOW_YEARS: Final = 14
"""个人信息保护法 31: no policy of a hospital can do without a guardian's consent below this age."""


class TooYoung(DomainError):
    code = "too_young"
    message = gettext_noop("Volunteers here are at least %(years)s years old. You are welcome from %(day)s.")


class GuardianMissing(DomainError):
    code = "guardian_missing"
    message = gettext_noop("A guardian must agree first. Their consent is given by a code to their phone, or on paper.")


def birthday(born: date, years: int) -> date:
    """The day on which somebody born on `born` is `years` old; who was born on 29 February has it on 1 March else."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def age_years(born: date, *, today: date) -> int:
    """Whole years lived."""
    years = today.year - born.year
    return years if birthday(born, years) <= today else years - 1


def is_minor(born: date | None, *, today: date) -> bool:
    """Whether somebody has not come of age (民法典 17): whom leaders mind, whatever the policy says of guardians."""
    return born is not None and age_years(born, today=today) < OF_AGE_YEARS


def guardian_until(born: date | None, rules: Rules) -> date | None:
    """The birthday from which no guardian is needed; None where nobody knows the day of birth."""
    if born is None:
        return None
    return birthday(born, max(GUARDIAN_BY_LAW_BELOW_YEARS, rules.guardian_below_years))


def needs_guardian(born: date | None, rules: Rules, *, today: date) -> bool:
    """Whether a guardian must agree; whoever's day of birth is unknown was seen at the station as an adult."""
    until = guardian_until(born, rules)
    return until is not None and today < until


def is_too_young(born: date | None, rules: Rules, *, today: date) -> bool:
    return born is not None and today < birthday(born, rules.age_min_years)


def require_old_enough(born: date | None, rules: Rules, *, today: date) -> None:
    """TooYoung below the policy's least age."""
    if born is not None and is_too_young(born, rules, today=today):
        raise TooYoung(years=rules.age_min_years, day=birthday(born, rules.age_min_years))
