"""Sites with coordinates, and activities held there."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from xinshi.activities.models import Activity


class Site(models.Model):
    """A place on the map. Degrees in `datum`: Chinese maps show GCJ-02 (国测局坐标), phones and GPS speak WGS-84."""

    class Datum(models.TextChoices):
        GCJ02 = "gcj02"
        WGS84 = "wgs84"

    name = models.CharField(max_length=60, unique=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=6)
    longitude = models.DecimalField(max_digits=9, decimal_places=6)
    datum = models.CharField(max_length=5, choices=Datum.choices, default=Datum.GCJ02)
    radius_metres = models.PositiveIntegerField(default=300)
    created_at = models.DateTimeField()
    created_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "presence_site"
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                name="presence_site_on_earth",
            ),
            models.CheckConstraint(condition=Q(datum__in=["gcj02", "wgs84"]), name="presence_site_datum"),
            models.CheckConstraint(
                condition=Q(radius_metres__gte=50, radius_metres__lte=20_000), name="presence_site_radius"
            ),
        ]


class ActivitySite(models.Model):
    """An activity asks phones where they are; where `is_demanded`, only who is there checks in by phone."""

    activity = models.OneToOneField(Activity, on_delete=models.PROTECT, primary_key=True, related_name="presence_site")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="activities")
    is_demanded = models.BooleanField(default=False)

    class Meta:
        db_table = "activity_site"
