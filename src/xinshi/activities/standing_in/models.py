"""Searches for a stand-in, and whom they asked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class StandInSearch(models.Model):
    """Somebody with a place cannot come and somebody else is looked for. The place stays theirs until one says yes."""

    class State(models.TextChoices):
        OPEN = "open"
        FOUND = "found"
        ENDED = "ended"

    signup = models.ForeignKey("activities.SignUp", on_delete=models.PROTECT, related_name="searches", db_index=False)
    state = models.CharField(max_length=5, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=300, blank=True, default="")
    begun_at = models.DateTimeField()
    begun_by_ref = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "stand_in_search"
        constraints = [
            models.UniqueConstraint(fields=["signup"], condition=Q(state="open"), name="stand_in_search_once"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="stand_in_search_ended",
            ),
        ]
        indexes = [models.Index(fields=["signup"], name="stand_in_search_signup")]


class StandInAsk(models.Model):
    """One person was asked to stand in, until when they may say yes, and what they said."""

    class State(models.TextChoices):
        ASKED = "asked"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        LAPSED = "lapsed"

    search = models.ForeignKey(StandInSearch, on_delete=models.PROTECT, related_name="asks", db_index=False)
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    answer_until = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "stand_in_ask"
        constraints = [
            models.UniqueConstraint(fields=["search", "person"], name="stand_in_ask_once"),
            models.UniqueConstraint(fields=["search"], condition=Q(state="accepted"), name="stand_in_ask_one_yes"),
        ]
        indexes = [
            models.Index(fields=["answer_until"], condition=Q(state="asked"), name="stand_in_ask_due"),
        ]
