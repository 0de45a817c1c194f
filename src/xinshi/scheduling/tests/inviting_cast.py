"""A proposal as the planner leaves it, made without planning: for tests of what comes after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from xinshi.kernel import clock
from xinshi.scheduling.models import Assignment, PlanningPeriod, PlanVersion


def proposal(pairs: Sequence[tuple[int, int]], *, period: PlanningPeriod | None = None) -> PlanVersion:
    """A finished version that assigns `(shift, person)` for the interest in it, in a period of the week from tomorrow on."""
    at = clock.now()
    first = clock.today() + timedelta(days=1)
    period = period or PlanningPeriod.objects.create(
        name="一周", first_day=first, last_day=first + timedelta(days=6), created_at=at, created_by_ref="user:1"
    )
    version = PlanVersion.objects.create(
        period=period,
        number=period.versions.count() + 1,
        state=PlanVersion.State.DONE,
        time_limit_seconds=5,
        wanted_at=at,
        wanted_by_ref="user:1",
        finished_at=at,
        places=len(pairs),
        filled=len(pairs),
        coverage=1_000 * len(pairs),
        match=25 * len(pairs),
        fairness=0,
        teams=0,
        kept=0,
        bound=1_025 * len(pairs),
        coverage_bound=1_000 * len(pairs),
    )
    Assignment.objects.bulk_create(
        [
            Assignment(version=version, shift_id=shift, person_id=person, value=25, interest=25)
            for shift, person in pairs
        ]
    )
    return version
