"""Secret addresses of people's calendars."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class CalendarAddress(models.Model):
    """Whoever has the address may read the person's coming shifts, until it is revoked or a new one is made."""

    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "calendar_address"
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(revoked_at=None), name="calendar_address_one"),
        ]
