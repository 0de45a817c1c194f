"""Requests to be erased. One that was fulfilled keeps who decided and the pseudonym, and nothing about the person."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

OPEN_STATES = ["asked", "accepted"]


class ErasureRequest(models.Model):
    """asked → accepted by one → done by another; refused or withdrawn from both."""

    class State(models.TextChoices):
        ASKED = "asked"
        ACCEPTED = "accepted"
        DONE = "done"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    asked_by_ref = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True, default="")
    """What the person signed, where the station wrote it down for them; emptied once it is done."""
    accepted_by_ref = models.CharField(max_length=64, blank=True, default="")
    accepted_by_person_id = models.BigIntegerField(null=True)
    accepted_at = models.DateTimeField(null=True)
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True, default="")
    """Why it was refused; the person reads it."""
    pseudonym = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        db_table = "erasure_request"
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(state__in=OPEN_STATES), name="erasure_one_open"),
            models.UniqueConstraint(fields=["person"], condition=Q(state="done"), name="erasure_once"),
            models.UniqueConstraint(fields=["pseudonym"], condition=~Q(pseudonym=""), name="erasure_pseudonym_once"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES, decided_at=None, decided_by_ref="")
                | (Q(state__in=["done", "refused", "withdrawn"], decided_at__isnull=False) & ~Q(decided_by_ref="")),
                name="erasure_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "done"]) | (Q(accepted_at__isnull=False) & ~Q(accepted_by_ref="")),
                name="erasure_accepted_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | (~Q(decided_by_ref=F("accepted_by_ref")) & Q(note="") & ~Q(pseudonym="")),
                name="erasure_by_two_people",
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(answer=""), name="erasure_refused_says_why"),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(state__in=OPEN_STATES), name="erasure_waiting")]
