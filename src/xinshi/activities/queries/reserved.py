"""Coming shifts that are kept for the members of one organisation; shown there, connected in `config/subscriptions.py`."""

from __future__ import annotations

from xinshi.activities.models import Activity, Shift
from xinshi.kernel import clock
from xinshi.organizations.figures import ReservedShift


def shifts_for(organization_id: int, limit: int) -> list[ReservedShift]:
    """Open shifts of activities that recruit among this organisation's members, the next first; one query."""
    rows = Shift.objects.filter(
        is_open=True,
        starts_at__gt=clock.now(),
        activity__state=Activity.State.PUBLISHED,
        activity__recruits=Activity.Recruits.TEAM,
        activity__team_id=organization_id,
    ).select_related("activity")
    return [
        ReservedShift(
            object_ref=f"activity:{row.activity_id}",
            title=row.activity.title,
            place=row.activity.place,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            taken=row.taken,
            places=row.places,
        )
        for row in rows.order_by("starts_at", "pk")[:limit]
    ]
