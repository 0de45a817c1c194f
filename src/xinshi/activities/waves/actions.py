"""Setting waves and quotas. Locks: the activity, then its shifts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import Count, Q

from xinshi.activities.access import require_planner
from xinshi.activities.models import Activity, Quota, Shift, Wave
from xinshi.activities.waves.domain import (
    NewQuota,
    NewWave,
    QuotaBelowUsed,
    check_quotas,
    check_waves,
)
from xinshi.audit.actions import record
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.models import Organization

HELD = ("offered", "confirmed")


@transaction.atomic
def set_waves(*, actor: Actor, activity_id: int, waves: Sequence[NewWave]) -> None:
    """These waves instead of what the activity had; none: it is open to everybody. Places that are taken stay taken."""
    require_planner(actor)
    check_waves(waves)
    _lock(activity_id)
    _require_organizations(wave.organization_id for wave in waves)
    Wave.objects.filter(activity_id=activity_id).delete()
    Wave.objects.bulk_create(
        [
            Wave(
                activity_id=activity_id,
                opens_at=wave.opens_at,
                audience=wave.audience.value,
                below_shifts=wave.below_shifts,
                organization_id=wave.organization_id,
                places=wave.places,
            )
            for wave in waves
        ]
    )
    record(actor=actor, action="activities.set_waves", object_ref=f"activity:{activity_id}", waves=len(waves))


@transaction.atomic
def set_quotas(*, actor: Actor, activity_id: int, quotas: Sequence[NewQuota]) -> None:
    """These quotas for the shifts of the activity; an organisation that is left out has none any more.

    QuotaBelowUsed where more places of a quota are taken than it would have.
    """
    require_planner(actor)
    check_quotas(quotas)
    shifts = _lock(activity_id)
    if not {quota.shift_id for quota in quotas if quota.shift_id is not None} <= shifts.keys():
        raise NotFound
    _require_organizations(quota.organization_id for quota in quotas)
    wanted: dict[tuple[int, int], NewQuota] = {}
    for quota in sorted(quotas, key=lambda quota: quota.shift_id is not None):
        for shift_id in shifts if quota.shift_id is None else [quota.shift_id]:
            wanted[shift_id, quota.organization_id] = quota
    used = Count("signups", filter=Q(signups__state__in=HELD))
    rows = Quota.objects.filter(shift_id__in=shifts).annotate(used=used)
    known = {(row.shift_id, row.organization_id): row for row in rows}
    _write(known, wanted)
    record(actor=actor, action="activities.set_quotas", object_ref=f"activity:{activity_id}", quotas=len(wanted))


def _write(known: Mapping[tuple[int, int], Quota], wanted: Mapping[tuple[int, int], NewQuota]) -> None:
    for key, row in known.items():
        new = wanted.get(key)
        used: int = row.used  # type: ignore[attr-defined]  # annotated
        if new is not None and new.places < used:
            raise QuotaBelowUsed(used=used)
        if new is None:
            Quota.objects.filter(pk=row.pk).update(is_active=False)
        else:
            Quota.objects.filter(pk=row.pk).update(places=new.places, kept_until=new.kept_until, is_active=True)
    Quota.objects.bulk_create(
        [
            Quota(shift_id=shift_id, organization_id=organization_id, places=new.places, kept_until=new.kept_until)
            for (shift_id, organization_id), new in wanted.items()
            if (shift_id, organization_id) not in known
        ]
    )


def _lock(activity_id: int) -> dict[int, Shift]:
    """The activity's shifts, so that nobody takes a place meanwhile."""
    if Activity.objects.select_for_update(no_key=True).filter(pk=activity_id).first() is None:
        raise NotFound
    rows = Shift.objects.select_for_update().filter(activity_id=activity_id).order_by("pk")
    return {row.pk: row for row in rows}


def _require_organizations(named: Iterable[int | None]) -> None:
    ids = {organization_id for organization_id in named if organization_id is not None}
    if Organization.objects.filter(pk__in=ids, is_active=True).count() != len(ids):
        raise NotFound
