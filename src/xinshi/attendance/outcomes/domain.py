"""Pure rules of outcomes: what may be reported, which measures suit which category of service."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

AMOUNT_MAX: Final = 1_000_000_000
REASON_LENGTH_MAX: Final = 300
MEASURES_MAX: Final = 100
FIGURES_MAX: Final = 60
ASK_DAYS_MAX: Final = 60
"""An activity that ended longer ago is not asked about any more; the desk still lists it."""
CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,31}")

PERSON_TIMES, BENEFICIARIES, CLINICS, LECTURES = "person_times", "beneficiaries", "clinics", "lectures"
DOSES, TESTS, BLOOD_ML, VISITS = "doses", "tests", "blood_ml", "visits"
BUILT_IN: Final[tuple[tuple[str, str, str, str, str], ...]] = (
    (PERSON_TIMES, "Person-times served", "服务人次", "person-times", "人次"),
    (BENEFICIARIES, "Beneficiaries", "受益人数", "people", "人"),
    (CLINICS, "Free clinics held", "义诊场次", "clinics", "场"),
    (LECTURES, "Health lectures held", "健康讲座场次", "lectures", "场"),
    (DOSES, "Vaccine doses assisted", "协助接种剂次", "doses", "剂次"),
    (TESTS, "Tests assisted", "协助检测人份", "tests", "人份"),
    (BLOOD_ML, "Blood donated", "献血量", "ml", "毫升"),
    (VISITS, "Visits to patients and elders", "探访慰问人次", "visits", "人次"),
)
"""Measures that every hospital has: code, name and unit in English and Chinese."""
SUGGESTED: Final[dict[str, tuple[str, ...]]] = {
    "3201": (DOSES, TESTS, PERSON_TIMES),
    "0004": (PERSON_TIMES, CLINICS, LECTURES, BLOOD_ML),
    "0017": (VISITS, BENEFICIARIES),
    "0007": (LECTURES, PERSON_TIMES),
}
"""By the ministry's service category; what a form shows first."""
SUGGESTED_ELSE: Final = (PERSON_TIMES, BENEFICIARIES)


class NotBegun(DomainError):
    code = "activity_not_begun"
    message = gettext_noop("This has not begun yet. Report what came of it once it has.")


class AmountUnchanged(DomainError):
    code = "outcome_unchanged"
    message = gettext_noop("This figure is already on record. Nothing was changed.")


class AlreadyReported(DomainError):
    code = "outcome_already_reported"
    message = gettext_noop("Of one of these activities figures are on record already. Correct them one by one.")


class CorrectionNeedsReason(DomainError):
    code = "outcome_correction_needs_reason"
    message = gettext_noop("“%(measure)s” was reported before. Say why the figure is corrected.")
    status = 422


class CountedTwice(DomainError):
    code = "outcome_counted_twice"
    message = gettext_noop(
        "“%(measure)s” is reported both for the whole activity and for single shifts; it would count twice. "
        "Correct the other figure to 0 first."
    )


class UnknownMeasure(DomainError):
    code = "outcome_measure_unknown"
    message = gettext_noop("There is no measure “%(code)s”. Choose one of the list, or have it added at the desk.")
    status = 422


class MeasureKnown(DomainError):
    code = "outcome_measure_known"
    message = gettext_noop("There is a measure with this code already. Choose another code.")


@dataclass(frozen=True, slots=True)
class NewFigure:
    """`amount` in the measure's unit; `shift_id` None: for the whole activity."""

    measure: str
    amount: int
    shift_id: int | None = None


def suggested_for(category: str) -> tuple[str, ...]:
    return SUGGESTED.get(category, SUGGESTED_ELSE)


def check_amount(amount: int) -> None:
    if not 0 <= amount <= AMOUNT_MAX:
        raise Invalid(field="amount", reason=gettext_noop("Enter a whole number from 0 to 1,000,000,000."))
