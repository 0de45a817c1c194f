"""Sites on the map, and which activity is held where."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction

from xinshi.activities.access import require_planner
from xinshi.activities.queries import led_activity
from xinshi.attendance.sites.models import ActivitySite, Site
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop


class SiteNameTaken(DomainError):
    code = "site_name_taken"
    message = gettext_noop("There is a site with this name already. Choose another name, or change that one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSite:
    """Degrees in `datum` (`gcj02` or `wgs84`), six decimals; the radius in metres."""

    name: str
    latitude: Decimal
    longitude: Decimal
    datum: str = "gcj02"
    radius_metres: int = 300


@transaction.atomic
def save_site(*, actor: Actor, site: NewSite, site_id: int | None = None) -> int:
    """Make a site, or change one; planners only."""
    require_planner(actor)
    values = {
        "name": site.name,
        "latitude": site.latitude,
        "longitude": site.longitude,
        "datum": site.datum,
        "radius_metres": site.radius_metres,
    }
    try:
        with transaction.atomic():
            if site_id is None:
                site_id = Site.objects.create(**values, created_at=clock.now(), created_by_ref=actor.reference).pk
            elif not Site.objects.filter(pk=site_id).update(**values):
                raise NotFound
    except IntegrityError:
        raise SiteNameTaken from None
    record(actor=actor, action="attendance.save_site", object_ref=f"site:{site_id}", radius=site.radius_metres)
    return site_id


@transaction.atomic
def put_activity_at(*, actor: Actor, activity_id: int, site_id: int | None, is_demanded: bool = False) -> None:
    """From now on check-ins by phone at this activity ask for the place; None asks no more. Who leads decides."""
    led_activity(actor, activity_id)
    if site_id is None:
        ActivitySite.objects.filter(activity_id=activity_id).delete()
    else:
        if not Site.objects.filter(pk=site_id).exists():
            raise NotFound
        ActivitySite.objects.update_or_create(
            activity_id=activity_id, defaults={"site_id": site_id, "is_demanded": is_demanded}
        )
    record(
        actor=actor,
        action="attendance.put_activity_at",
        object_ref=f"activity:{activity_id}",
        site=site_id,
        is_demanded=is_demanded,
    )
