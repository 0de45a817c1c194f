"""What people said of suggestions: none at all, not this kind, not this one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from xinshi.kernel.codes import SERVICE_CATEGORIES


class SuggestionChoice(models.Model):
    """Whether somebody wants to be suggested shifts and planned for (推荐与排班意愿); who said nothing does."""

    person = models.OneToOneField(
        "people.Person", on_delete=models.PROTECT, primary_key=True, related_name="suggestion_choice"
    )
    is_wanted = models.BooleanField()
    changed_at = models.DateTimeField()
    changed_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "suggestion_choice"


class DeclinedKind(models.Model):
    """A category of service that somebody does not want to be suggested or planned for."""

    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="declined_kinds", db_index=False)
    category = models.CharField(max_length=4)
    declined_at = models.DateTimeField()

    class Meta:
        db_table = "suggestion_declined_kind"
        constraints = [
            models.UniqueConstraint(fields=["person", "category"], name="suggestion_declined_kind_once"),
            models.CheckConstraint(
                condition=Q(category__in=[code for code, _english, _chinese in SERVICE_CATEGORIES]),
                name="suggestion_declined_kind_known",
            ),
        ]


class DeclinedShift(models.Model):
    """One shift that somebody does not want to be suggested again."""

    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+", db_index=False)
    shift = models.ForeignKey("activities.Shift", on_delete=models.PROTECT, related_name="+")
    declined_at = models.DateTimeField()

    class Meta:
        db_table = "suggestion_declined_shift"
        constraints = [models.UniqueConstraint(fields=["person", "shift"], name="suggestion_declined_shift_once")]
