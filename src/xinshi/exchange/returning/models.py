"""Comparisons with what comes back from 志愿汇, and their differences."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.people.models import Person


class ReturnedFile(models.Model):
    """What 志愿汇 says that it has, compared with what went there: one comparison (对账).

    `export` is the file that went out with which it was compared; None: with everything that went out until then.
    """

    partner = models.ForeignKey("exchange.Partner", on_delete=models.PROTECT, related_name="returned_files")
    export = models.ForeignKey(
        "exchange.HonoraryExport", on_delete=models.PROTECT, null=True, related_name="returned_files"
    )
    content_hash = models.CharField(max_length=64)
    file_name = models.CharField(max_length=200)
    rows = models.PositiveIntegerField()
    unreadable_rows = models.PositiveIntegerField()
    """Rows with a fault: they were compared with nothing."""
    matched_people = models.PositiveIntegerField()
    matched_minutes = models.PositiveBigIntegerField()
    compared_at = models.DateTimeField()
    compared_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "exchange_returned_file"


class ReturnedDifference(models.Model):
    """One person about whom the two sides differ; it ends by a decision with its reason, or by a later comparison."""

    class Kind(models.TextChoices):
        ONLY_HERE = "only_here", _("Only here")
        ONLY_THERE = "only_there", _("Only there")
        DIFFERS = "differs", _("Amounts differ")

    class Decision(models.TextChoices):
        THEY_CORRECT = "they_correct", _("Ours is right: 志愿汇 corrects it")
        WE_CORRECT = "we_correct", _("Theirs is right: we correct it here")
        BOTH_RIGHT = "both_right", _("Explained: both are right")
        REPLACED = "replaced", _("A later comparison took its place")

    file = models.ForeignKey(ReturnedFile, on_delete=models.PROTECT, related_name="differences")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    volunteer_number = models.CharField(max_length=64)
    name = models.CharField(max_length=64, blank=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    here_minutes = models.PositiveIntegerField()
    there_minutes = models.PositiveIntegerField()
    decision = models.CharField(max_length=12, choices=Decision.choices, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_ref = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "exchange_returned_difference"
        constraints = [
            models.UniqueConstraint(fields=["file", "volunteer_number"], name="exchange_difference_once"),
            models.CheckConstraint(
                condition=Q(kind="only_here", here_minutes__gte=1, there_minutes=0)
                | Q(kind="only_there", here_minutes=0, there_minutes__gte=1)
                | (Q(kind="differs", here_minutes__gte=1, there_minutes__gte=1) & ~Q(here_minutes=F("there_minutes"))),
                name="exchange_difference_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None) | (Q(decided_at__isnull=False) & ~Q(reason="")),
                name="exchange_difference_decided_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["file", "id"], condition=Q(decision=""), name="exchange_difference_open"),
        ]
