"""Asking for a plan, stopping one; what the worker then takes up."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.scheduling.access import require_planner
from xinshi.scheduling.actions.periods import locked_period
from xinshi.scheduling.domain import (
    CHANGES_MAX,
    NOTE_LENGTH_MAX,
    TIME_LIMIT_SECONDS_MAX,
    VERSIONS_MAX,
    NothingStands,
    PeriodClosed,
    PlanAtWork,
    PlanNotAtWork,
    PlanNotReady,
    TooManyVersions,
)
from xinshi.scheduling.models import PlanVersion

AT_WORK = (PlanVersion.State.WAITING, PlanVersion.State.RUNNING)
WITH_PLAN = (PlanVersion.State.DONE, PlanVersion.State.PUBLISHED, PlanVersion.State.REPLACED)


@transaction.atomic
def want_plan(
    *,
    actor: Actor,
    period_id: int,
    parent_id: int | None = None,
    note: str = "",
    time_limit_seconds: int = 10,
    seed: int = 1,
    weighs_wishes: bool = False,
    changes_max: int | None = None,
) -> int:
    """A further version, waiting for the planner; its id.

    `parent_id`: the version that stands, whose locks are kept and whose assignments are kept where nothing speaks against
    it; `changes_max`: of those so many are taken away at most. PeriodClosed, PlanAtWork, TooManyVersions, PlanNotReady (the
    parent has no plan), NothingStands (a limit without a parent).
    """
    require_planner(actor)
    _require_in_bounds(note, time_limit_seconds, changes_max)
    if changes_max is not None and parent_id is None:
        raise NothingStands
    period = locked_period(period_id)
    if period.is_closed:
        raise PeriodClosed
    if period.versions.filter(state__in=AT_WORK).exists():
        raise PlanAtWork
    if parent_id is not None and not period.versions.filter(pk=parent_id, state__in=WITH_PLAN).exists():
        raise PlanNotReady
    last = period.versions.aggregate(last=Max("number"))["last"] or 0
    if last >= VERSIONS_MAX:
        raise TooManyVersions(most=VERSIONS_MAX)
    version = PlanVersion.objects.create(
        period=period,
        number=last + 1,
        parent_id=parent_id,
        note=note.strip(),
        settings=period.settings,
        seed=seed,
        time_limit_seconds=time_limit_seconds,
        weighs_wishes=weighs_wishes,
        changes_max=changes_max,
        wanted_at=clock.now(),
        wanted_by_ref=actor.reference,
    )
    record(
        actor=actor,
        action="scheduling.want_plan",
        object_ref=f"plan-version:{version.pk}",
        period=period.pk,
        number=version.number,
        parent=parent_id,
        changes_max=changes_max,
        settings=version.settings,
    )
    return version.pk


def _require_in_bounds(note: str, time_limit_seconds: int, changes_max: int | None) -> None:
    """Invalid names the field."""
    out_of_bounds = gettext_noop("This number is out of its bounds.")
    if not 1 <= time_limit_seconds <= TIME_LIMIT_SECONDS_MAX:
        raise Invalid(field="time_limit_seconds", reason=out_of_bounds)
    if changes_max is not None and not 0 <= changes_max <= CHANGES_MAX:
        raise Invalid(field="changes_max", reason=out_of_bounds)
    if len(note) > NOTE_LENGTH_MAX:
        raise Invalid(field="note", reason=gettext_noop("This is too long."))


@transaction.atomic
def stop_plan(*, actor: Actor, version_id: int) -> None:
    """Stop a plan that waits, at once; one that is being made ends within seconds. PlanNotAtWork."""
    require_planner(actor)
    version = PlanVersion.objects.select_for_update().filter(pk=version_id).first()
    if version is None:
        raise NotFound
    if version.state not in AT_WORK:
        raise PlanNotAtWork
    if version.state == PlanVersion.State.WAITING:
        version.state, version.finished_at = PlanVersion.State.CANCELLED, clock.now()
        version.save(update_fields=["state", "finished_at"])
    else:
        version.is_cancel_wanted = True
        version.save(update_fields=["is_cancel_wanted"])
    record(actor=actor, action="scheduling.stop_plan", object_ref=f"plan-version:{version.pk}")
