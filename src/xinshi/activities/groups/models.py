"""Places held for a group until its people are named."""

from __future__ import annotations

from django.db import models


class PlaceHold(models.Model):
    """So many places of a shift are held for a group without names yet; they count as taken. Zero places: done with."""

    shift = models.ForeignKey("activities.Shift", on_delete=models.CASCADE, related_name="place_holds")
    group_key = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=60)
    """What the group is called, such as its team or class."""
    places = models.PositiveIntegerField()
    held_for = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    """Who signed the group up and names its people."""
    held_at = models.DateTimeField()
    held_by_ref = models.CharField(max_length=64)
    name_until = models.DateTimeField()

    class Meta:
        db_table = "place_hold"
        indexes = [
            models.Index(fields=["name_until"], condition=models.Q(places__gt=0), name="place_hold_due"),
        ]
