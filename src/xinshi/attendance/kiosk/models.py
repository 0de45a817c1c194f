"""Kiosks and PINs. Of a device's token, of a set-up code and of a PIN only digests are stored."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from xinshi.people.models import Person


class Kiosk(models.Model):
    """A device at a place, trusted until it is revoked."""

    name = models.CharField(max_length=60)
    place = models.CharField(max_length=120)
    site = models.ForeignKey("attendance.Site", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    setup_digest = models.CharField(max_length=64, blank=True, default="")
    setup_until = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    created_by_ref = models.CharField(max_length=64)
    enrolled_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "kiosk"
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(revoked_at=None), name="kiosk_name_once"),
            models.UniqueConstraint(fields=["digest"], condition=~Q(digest=""), name="kiosk_token_once"),
            models.UniqueConstraint(fields=["setup_digest"], condition=~Q(setup_digest=""), name="kiosk_setup_once"),
            models.CheckConstraint(
                condition=Q(setup_digest="", setup_until=None) | (~Q(setup_digest="") & Q(setup_until__isnull=False)),
                name="kiosk_setup_runs_out",
            ),
            models.CheckConstraint(
                condition=Q(digest="") | Q(enrolled_at__isnull=False, revoked_at=None), name="kiosk_enrolled"
            ),
        ]


class Pin(models.Model):
    """What a volunteer types at a kiosk beside their number. `tries` are counted before anything is compared."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="kiosk_pin")
    digest = models.CharField(max_length=200)
    phone_tail_index = models.CharField(max_length=32, blank=True, default="")
    """The blind index of the phone's last four digits; empty for none."""
    set_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "kiosk_pin"
        constraints = [models.CheckConstraint(condition=Q(tries__lte=5), name="kiosk_pin_tries")]
        indexes = [
            models.Index(fields=["phone_tail_index"], condition=~Q(phone_tail_index=""), name="kiosk_pin_phone_tail")
        ]
