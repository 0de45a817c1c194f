"""Reads of outcomes: per activity, in total, and which reports are missing. What was corrected does not count."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from django.db.models import Count, Exists, F, Max, OuterRef, QuerySet, Sum
from django.db.models.functions import ExtractYear
from django.utils.translation import get_language

from xinshi.activities.models import Activity, Shift
from xinshi.attendance.outcomes import access
from xinshi.attendance.outcomes.domain import ASK_DAYS_MAX, BUILT_IN, MEASURES_MAX, suggested_for
from xinshi.attendance.outcomes.models import OutcomeMeasure, OutcomeReport
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor

ROWS_MAX: Final = 500
MISSING_PER_PAGE: Final = 50
HISTORY_MAX: Final = 200
By = Literal["", "programme", "category", "year"]
GROUPS: Final[dict[str, str]] = {"programme": "activity__programme__name", "category": "activity__category"}
ORDER: Final = {code: number for number, (code, *_) in enumerate(BUILT_IN)}


@dataclass(frozen=True, slots=True)
class OutcomeTotal:
    """`amount` of `activities` activities, in the measure's unit; `group` is what it is rolled up by, empty for all."""

    code: str
    name: str
    unit: str
    amount: int
    activities: int
    group: str = ""


@dataclass(frozen=True, slots=True)
class ActivityOutcomes:
    """`current` by (shift id or None, measure's code); `history` newest first."""

    activity: Activity
    shifts: list[Shift]
    measures: list[OutcomeMeasure]
    suggested: tuple[str, ...]
    current: dict[tuple[int | None, str], OutcomeReport]
    history: list[OutcomeReport]

    @property
    def amounts(self) -> list[tuple[OutcomeMeasure, int]]:
        """Each measure that was reported, with the sum over the whole activity and its shifts."""
        sums: dict[int, int] = {}
        known = {row.measure_id: row.measure for row in self.current.values()}
        for row in self.current.values():
            sums[row.measure_id] = sums.get(row.measure_id, 0) + row.amount
        return sorted(((known[pk], amount) for pk, amount in sums.items()), key=lambda pair: order_of(pair[0].code))


@dataclass(frozen=True, slots=True)
class MissingReports:
    """Activities that are over and of which nothing was reported; each with `ended_at`."""

    activities: Sequence[Activity]
    number: int
    has_next: bool
    total: int


def order_of(code: str) -> tuple[int, str]:
    """The hospital's own measures stand after the built-in ones."""
    return ORDER.get(code, len(ORDER)), code


def reads_chinese() -> bool:
    return not (get_language() or "").startswith("en")


def measures(*, only_active: bool = True) -> list[OutcomeMeasure]:
    rows = OutcomeMeasure.objects.filter(is_active=True) if only_active else OutcomeMeasure.objects.all()
    return sorted(rows[:MEASURES_MAX], key=lambda row: order_of(row.code))


def counting() -> QuerySet[OutcomeReport]:
    """The rows that count: those that no newer row corrects."""
    return OutcomeReport.objects.filter(corrected_by=None)


def current_reports(activity_ids: Collection[int]) -> list[OutcomeReport]:
    """What is on record of these activities, with its measures: one query."""
    return list(counting().filter(activity_id__in=activity_ids).select_related("measure"))


def outcome_totals(
    *,
    programme_id: int | None = None,
    category: str = "",
    year: int | None = None,
    activity_ids: Collection[int] | None = None,
    by: By = "",
    only_public: bool = False,
) -> list[OutcomeTotal]:
    """Sums over what was reported, by measure and, where `by` says so, by programme, category or year: one query.

    For everybody: they name no person. Rows by group and then in the order of measures; at most ROWS_MAX.
    """
    rows = counting()
    if programme_id is not None:
        rows = rows.filter(activity__programme_id=programme_id)
    if category:
        rows = rows.filter(activity__category=category)
    if year is not None:
        rows = rows.filter(on_day__gte=date(year, 1, 1), on_day__lte=date(year, 12, 31))
    if activity_ids is not None:
        rows = rows.filter(activity_id__in=activity_ids)
    if only_public:
        rows = rows.filter(measure__is_public=True)
    if by == "year":
        rows = rows.annotate(group=ExtractYear("on_day"))
    elif by:
        rows = rows.annotate(group=F(GROUPS[by]))
    language = "zh" if reads_chinese() else "en"
    columns = ["measure__code", f"measure__name_{language}", f"measure__unit_{language}", *(["group"] if by else [])]
    found = rows.order_by().values(*columns).annotate(sum=Sum("amount"), held=Count("activity_id", distinct=True))
    totals = [
        OutcomeTotal(
            code=row["measure__code"],
            name=row[f"measure__name_{language}"],
            unit=row[f"measure__unit_{language}"],
            amount=row["sum"],
            activities=row["held"],
            group=str(row.get("group") or ""),
        )
        for row in found[:ROWS_MAX]
    ]
    return sorted(totals, key=lambda total: (total.group, order_of(total.code)))


def outcome_years() -> list[int]:
    """Years of which anything was reported, the latest first."""
    years = counting().annotate(year=ExtractYear("on_day")).order_by("-year").values_list("year", flat=True).distinct()
    return list(years[:50])


def activity_outcomes(actor: Actor, activity_id: int) -> ActivityOutcomes:
    """Everything reported of one activity; NotFound unless the actor leads it. Four queries."""
    activity = access.reportable(actor, activity_id)
    rows = list(OutcomeReport.objects.filter(activity=activity).select_related("measure").order_by("-pk")[:HISTORY_MAX])
    corrected = {row.corrects_id for row in rows if row.corrects_id}
    return ActivityOutcomes(
        activity=activity,
        shifts=list(activity.shifts.filter(starts_at__lte=clock.now()).order_by("starts_at", "pk")),
        measures=measures(),
        suggested=suggested_for(activity.category),
        current={(row.shift_id, row.measure.code): row for row in rows if row.pk not in corrected},
        history=rows,
    )


def missing_lately(actor: Actor) -> int:
    """How many activities that the actor leads ended in the last ASK_DAYS_MAX days without any report: one query."""
    at = clock.now()
    since = at - timedelta(days=ASK_DAYS_MAX)
    # A shift lies on one day; by when it began the index finds the few that matter among years of shifts.
    ended = Shift.objects.filter(
        starts_at__lt=at, starts_at__gte=since - timedelta(days=1), ends_at__gte=since, ends_at__lt=at
    )
    rows = access.led_by(actor).filter(
        pk__in=ended.values("activity_id"), state__in=[Activity.State.PUBLISHED, Activity.State.FINISHED]
    )
    rows = rows.exclude(Exists(Shift.objects.filter(activity=OuterRef("pk"), ends_at__gte=at)))
    return rows.exclude(Exists(OutcomeReport.objects.filter(activity=OuterRef("pk")))).count()


def missing_reports(actor: Actor, *, page: int = 1) -> MissingReports:
    """Activities that the actor leads, that are over and of which nothing was reported; the latest first."""
    at = clock.now()
    rows = (
        access.led_by(actor)
        .filter(state__in=[Activity.State.PUBLISHED, Activity.State.FINISHED])
        .exclude(Exists(Shift.objects.filter(activity=OuterRef("pk"), ends_at__gte=at)))
        .exclude(Exists(OutcomeReport.objects.filter(activity=OuterRef("pk"))))
        .annotate(ended_at=Max("shifts__ends_at"))
        .filter(ended_at__isnull=False)
        .select_related("person_in_charge")
        .order_by("-ended_at", "-pk")
    )
    number = max(1, min(page, 1_000))
    found = list(rows[(number - 1) * MISSING_PER_PAGE : number * MISSING_PER_PAGE + 1])
    return MissingReports(
        activities=found[:MISSING_PER_PAGE],
        number=number,
        has_next=len(found) > MISSING_PER_PAGE,
        total=rows.count() if len(found) > MISSING_PER_PAGE or number > 1 else len(found),
    )
