"""What a scan left behind: single use of a code, and what speaks for or against the presence."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from xinshi.activities.models import Shift
from xinshi.people.models import Person


class Trace(models.Model):
    """One scan, or one entry at a kiosk, that was judged (签到凭据); never changed.

    `code_key` names the code and its window: each serves a person once. `at` is the moment that counts, `received_at` when
    the server heard of it. `device` is a digest with a key of the day: it tells two devices of one day apart, and no more.
    Of the phone's position only the verdict is kept, and the distance in hundreds of metres.
    """

    class Event(models.TextChoices):
        IN = "in"
        OUT = "out"
        ELSEWHERE = "elsewhere"
        """Wanted to come in here while still checked in at another place: refused."""

    class Way(models.TextChoices):
        QR = "qr"
        OWN_CODE = "own_code"
        KIOSK = "kiosk"
        OFFLINE = "offline"

    class Place(models.TextChoices):
        NOT_ASKED = ""
        INSIDE = "inside"
        OUTSIDE = "outside"
        UNKNOWN = "unknown"

    record = models.ForeignKey("attendance.ServiceRecord", on_delete=models.PROTECT, related_name="traces")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="+", db_index=False)
    """Of the activity at which it was scanned; for `elsewhere` another than the record's."""
    event = models.CharField(max_length=9, choices=Event.choices)
    way = models.CharField(max_length=8, choices=Way.choices)
    code_key = models.CharField(max_length=64)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    device = models.CharField(max_length=16, blank=True, default="")
    place = models.CharField(max_length=7, choices=Place.choices, blank=True, default="")
    distance_hectometres = models.PositiveIntegerField(null=True)

    class Meta:
        db_table = "presence_trace"
        constraints = [
            models.UniqueConstraint(fields=["person", "code_key"], name="presence_trace_code_once"),
            models.CheckConstraint(condition=Q(event__in=["in", "out", "elsewhere"]), name="presence_trace_event"),
            models.CheckConstraint(
                condition=Q(way__in=["qr", "own_code", "kiosk", "offline"]), name="presence_trace_way"
            ),
            models.CheckConstraint(
                condition=Q(place__in=["", "unknown"], distance_hectometres=None)
                | Q(place__in=["inside", "outside"], distance_hectometres__isnull=False),
                name="presence_trace_place",
            ),
            models.CheckConstraint(condition=~Q(code_key=""), name="presence_trace_has_code"),
        ]
        indexes = [models.Index(fields=["device", "at"], condition=~Q(device=""), name="presence_trace_device")]
