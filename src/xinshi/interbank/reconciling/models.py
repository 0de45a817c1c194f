"""Comparisons with a partner, the differences they found, and what people wrote and decided about them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.exchange.models import Partner


class Comparison(models.Model):
    """Two lists of one period, compared once. `matched` keeps [stream, type, key, minutes, sent_at] of what agrees."""

    class Source(models.TextChoices):
        INTERFACE = "interface", _("Partner's interface")
        FILE = "file", _("File")

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="comparisons")
    from_day = models.DateField()
    to_day = models.DateField()
    source = models.CharField(max_length=9, choices=Source.choices)
    file_name = models.CharField(max_length=200, blank=True, default="")
    list_hash = models.CharField(max_length=64)
    """SHA-256 over the partner's list as it was read: two comparisons of one list say so."""
    made_at = models.DateTimeField()
    made_by_ref = models.CharField(max_length=64)
    matched = models.JSONField(default=list)
    matched_count = models.PositiveIntegerField()
    matched_minutes = models.PositiveBigIntegerField()
    only_here = models.PositiveIntegerField()
    only_there = models.PositiveIntegerField()
    differs = models.PositiveIntegerField()
    still_open = models.PositiveIntegerField()

    class Meta:
        db_table = "interbank_comparison"
        constraints = [
            models.CheckConstraint(condition=Q(to_day__gte=F("from_day")), name="interbank_comparison_period"),
            models.CheckConstraint(condition=Q(source__in=["interface", "file"]), name="interbank_comparison_source"),
        ]
        indexes = [models.Index(fields=["partner", "-id"], name="interbank_comparison_newest")]


class Difference(models.Model):
    """One thing on which two banks do not say the same (差异): it has an owner, a deadline and an end.

    `ours` and `theirs` are the two entries as they were first seen, empty where a side has none.
    """

    class Place(models.TextChoices):
        ONLY_HERE = "only_here", _("Only here")
        ONLY_THERE = "only_there", _("Only there")
        DIFFERS = "differs", _("Not the same")

    class Ending(models.TextChoices):
        NONE = "", _("Still open")
        THEIRS = "theirs", _("Theirs accepted")
        OURS = "ours", _("Ours stands")
        OUTSIDE = "outside", _("Settled outside")
        AGREED = "agreed", _("Later lists agree")

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="differences")
    place = models.CharField(max_length=10, choices=Place.choices)
    stream = models.CharField(max_length=3)
    type = models.CharField(max_length=8)
    key = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64)
    ours = models.JSONField(default=dict)
    theirs = models.JSONField(default=dict)
    minutes = models.PositiveIntegerField()
    owed_minutes = models.IntegerField()
    """What would have to be booked here for both sides to agree with theirs; negative to take back."""
    sent_on = models.DateField()
    found_in = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="found")
    last_seen_in = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="+")
    found_at = models.DateTimeField()
    owner_ref = models.CharField(max_length=64)
    due_on = models.DateField()
    is_overdue_told = models.BooleanField(default=False)
    ending = models.CharField(max_length=7, choices=Ending.choices, blank=True, default="")
    ended_at = models.DateTimeField(null=True)
    ended_by_ref = models.CharField(max_length=64, blank=True, default="")
    ending_reason = models.CharField(max_length=300, blank=True, default="")
    booking_ref = models.CharField(max_length=64, blank=True, default="")
    """What was booked to accept theirs: `deposit:ID` or `transfer:ID`; empty where nothing had to be."""

    class Meta:
        db_table = "interbank_difference"
        constraints = [
            models.UniqueConstraint(fields=["partner", "fingerprint"], name="interbank_difference_once"),
            models.CheckConstraint(
                condition=Q(place__in=["only_here", "only_there", "differs"]), name="interbank_difference_place"
            ),
            models.CheckConstraint(condition=Q(stream__in=["in", "out"]), name="interbank_difference_stream"),
            models.CheckConstraint(
                condition=Q(ending__in=["", "theirs", "ours", "outside", "agreed"]), name="interbank_difference_ending"
            ),
            models.CheckConstraint(
                condition=Q(ending="", ended_at=None, ended_by_ref="", ending_reason="", booking_ref="")
                | (~Q(ending="") & Q(ended_at__isnull=False) & ~Q(ended_by_ref="") & ~Q(ending_reason="")),
                name="interbank_difference_end_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "due_on"], condition=Q(ending=""), name="interbank_difference_open"),
            models.Index(fields=["partner", "stream", "key"], name="interbank_difference_key"),
        ]


class DifferenceNote(models.Model):
    """What somebody found out or agreed about a difference."""

    difference = models.ForeignKey(Difference, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=500)
    at = models.DateTimeField()
    by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "interbank_difference_note"
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="interbank_note_says_something")]
