"""Notes on activities."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from xinshi.activities.notes.domain import NoteAudience


class ActivityNote(models.Model):
    """What somebody wrote on an activity, and for whom. Taken back, never deleted."""

    activity = models.ForeignKey("activities.Activity", on_delete=models.PROTECT, related_name="notes", db_index=False)
    audience = models.CharField(max_length=9, choices=[(one.value, one.value) for one in NoteAudience])
    text = models.CharField(max_length=500)
    written_by = models.ForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    """None where the station wrote by a sign-in that is nobody in the archive."""
    written_by_ref = models.CharField(max_length=64)
    written_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by_ref = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "activity_note"
        constraints = [
            models.CheckConstraint(
                condition=Q(audience__in=["everybody", "places", "leaders"]), name="activity_note_audience"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="activity_note_says_something"),
            models.CheckConstraint(
                condition=Q(taken_back_at=None, taken_back_by_ref="")
                | (Q(taken_back_at__isnull=False) & ~Q(taken_back_by_ref="")),
                name="activity_note_taken_back_by_whom",
            ),
        ]
        indexes = [
            models.Index(
                fields=["activity", "-written_at", "-id"],
                condition=Q(taken_back_at=None),
                name="activity_note_newest",
            )
        ]
