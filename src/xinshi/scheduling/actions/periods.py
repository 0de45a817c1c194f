"""Periods: opened, changed, closed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import transaction

from xinshi.activities.models import Activity
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.organizations.models import Organization
from xinshi.scheduling.access import require_planner
from xinshi.scheduling.domain import USUAL, PlanSettings, check_period, check_settings
from xinshi.scheduling.models import PlanningPeriod

SCOPE_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPeriod:
    """Days, both included, and whose shifts: of the whole hospital where no organisation and no activity is named."""

    name: str
    first_day: date
    last_day: date
    organization_ids: tuple[int, ...] = ()
    activity_ids: tuple[int, ...] = ()
    settings: PlanSettings = USUAL


@transaction.atomic
def create_period(*, actor: Actor, period: NewPeriod) -> int:
    """A period to plan; its id. Invalid for what does not fit."""
    require_planner(actor)
    _check(period)
    row = PlanningPeriod.objects.create(
        name=period.name.strip(),
        first_day=period.first_day,
        last_day=period.last_day,
        settings=period.settings.as_stored(),
        created_at=clock.now(),
        created_by_ref=actor.reference,
    )
    row.organizations.set(period.organization_ids)
    row.activities.set(period.activity_ids)
    record(
        actor=actor,
        action="scheduling.create_period",
        object_ref=f"planning-period:{row.pk}",
        first_day=period.first_day.isoformat(),
        last_day=period.last_day.isoformat(),
        settings=row.settings,
    )
    return row.pk


@transaction.atomic
def change_period(*, actor: Actor, period_id: int, period: NewPeriod) -> None:
    """What the next version is planned by; the versions that are there stay as they are."""
    require_planner(actor)
    _check(period)
    row = locked_period(period_id)
    row.name, row.first_day, row.last_day = period.name.strip(), period.first_day, period.last_day
    row.settings = period.settings.as_stored()
    row.save(update_fields=["name", "first_day", "last_day", "settings"])
    row.organizations.set(period.organization_ids)
    row.activities.set(period.activity_ids)
    record(
        actor=actor,
        action="scheduling.change_period",
        object_ref=f"planning-period:{row.pk}",
        first_day=period.first_day.isoformat(),
        last_day=period.last_day.isoformat(),
        settings=row.settings,
    )


@transaction.atomic
def close_period(*, actor: Actor, period_id: int, is_closed: bool) -> None:
    """Close a period, or open it again; in a closed one nothing new is planned."""
    require_planner(actor)
    row = locked_period(period_id)
    if row.is_closed == is_closed:
        return
    row.is_closed = is_closed
    row.save(update_fields=["is_closed"])
    action = "scheduling.close_period" if is_closed else "scheduling.open_period"
    record(actor=actor, action=action, object_ref=f"planning-period:{row.pk}")


def locked_period(period_id: int) -> PlanningPeriod:
    """The row, locked: what happens to a period's versions happens one after the other."""
    row = PlanningPeriod.objects.select_for_update().filter(pk=period_id).first()
    if row is None:
        raise NotFound
    return row


def _check(period: NewPeriod) -> None:
    check_period(name=period.name, first_day=period.first_day, last_day=period.last_day)
    check_settings(period.settings)
    _require_known(Organization.objects.filter(pk__in=period.organization_ids).count(), period.organization_ids)
    _require_known(Activity.objects.filter(pk__in=period.activity_ids).count(), period.activity_ids, "activities")


def _require_known(found: int, wanted: Collection[int], field: str = "organizations") -> None:
    if found != len(set(wanted)) or found > SCOPE_MAX:
        raise Invalid(field=field, reason=gettext_noop("Choose one of the list."))
