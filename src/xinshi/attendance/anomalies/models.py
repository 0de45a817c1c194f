"""What was found, and which records were looked at."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from xinshi.people.models import Person


class Anomaly(models.Model):
    """Something about a record that a rule found odd, until somebody decided about it. `detail`: numbers and ids only."""

    class Kind(models.TextChoices):
        TWO_PLACES = "two_places"
        TRAVEL = "travel"
        ONE_DEVICE = "one_device"
        EXACT_HOURS = "exact_hours"
        OFFLINE = "offline"
        OUTSIDE = "outside"
        CLOSED_BY_RULE = "closed_by_rule"
        LATE_ENTRY = "late_entry"

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        UPHELD = "upheld"

    record = models.ForeignKey("attendance.ServiceRecord", on_delete=models.PROTECT, related_name="anomalies")
    submission = models.PositiveSmallIntegerField()
    """Of which submission of the record; one that was corrected is looked at anew."""
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    detail = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    decided_by_person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "presence_anomaly"
        constraints = [
            models.UniqueConstraint(fields=["record", "submission", "kind"], name="presence_anomaly_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "accepted", "upheld"]), name="presence_anomaly_state"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "two_places",
                        "travel",
                        "one_device",
                        "exact_hours",
                        "offline",
                        "outside",
                        "closed_by_rule",
                        "late_entry",
                    ]
                ),
                name="presence_anomaly_kind",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None, decided_by_ref="", note="")
                | (~Q(state="open") & Q(decided_at__isnull=False) & ~Q(decided_by_ref="") & ~Q(note="")),
                name="presence_anomaly_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(decided_by_person=None) | ~Q(decided_by_person=F("person")),
                name="presence_anomaly_not_own_judge",
            ),
        ]
        indexes = [models.Index(fields=["found_at", "id"], condition=Q(state="open"), name="presence_anomaly_open")]


class Examined(models.Model):
    """Up to which submission the rules have looked at a record."""

    record = models.OneToOneField(
        "attendance.ServiceRecord", on_delete=models.PROTECT, primary_key=True, related_name="examined"
    )
    submission = models.PositiveSmallIntegerField()
    examined_at = models.DateTimeField()

    class Meta:
        db_table = "presence_examined"
