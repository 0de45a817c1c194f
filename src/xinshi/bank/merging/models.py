"""Proposals to merge two records, and pairs that were looked at and are not the same person."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class MergeProposal(models.Model):
    """That two records are one person, which of them stays, who says so and who confirmed it."""

    class State(models.TextChoices):
        PROPOSED = "proposed"
        CONFIRMED = "confirmed"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    stays = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    goes = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PROPOSED)
    proposed_by_ref = models.CharField(max_length=64)
    proposed_by_person_id = models.BigIntegerField(null=True)
    proposed_at = models.DateTimeField()
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=300, blank=True, default="")
    moved_minutes = models.BigIntegerField(null=True)
    """What the surviving passbook received by the linked transfers."""

    class Meta:
        db_table = "merge_proposal"
        constraints = [
            models.CheckConstraint(condition=~Q(stays=F("goes")), name="merge_of_two"),
            models.CheckConstraint(condition=~Q(reason=""), name="merge_says_why"),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None, decided_by_ref="")
                | (~Q(state="proposed") & Q(decided_at__isnull=False) & ~Q(decided_by_ref="")),
                name="merge_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | ~Q(decided_by_ref=F("proposed_by_ref")), name="merge_by_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(moved_minutes__gte=0), name="merge_says_what_moved"
            ),
            models.UniqueConstraint(fields=["goes"], condition=Q(state="proposed"), name="merge_one_open_going"),
            models.UniqueConstraint(fields=["goes"], condition=Q(state="confirmed"), name="merge_once"),
        ]


class NotDuplicates(models.Model):
    """That two records were looked at and are two people; `first` has the smaller id."""

    first = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    said_by_ref = models.CharField(max_length=64)
    said_at = models.DateTimeField()

    class Meta:
        db_table = "not_duplicates"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="not_duplicates_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="not_duplicates_in_order"),
            models.CheckConstraint(condition=~Q(reason=""), name="not_duplicates_say_why"),
        ]
