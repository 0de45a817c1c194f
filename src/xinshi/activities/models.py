"""Programmes, activities, shifts, sign-ups."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.kernel.codes import SERVICE_CATEGORIES, HoursKind
from xinshi.organizations.models import Organization
from xinshi.people.models import Person


class Programme(models.Model):
    """A lasting programme (项目) such as 我志愿·我先行 under which activities are held."""

    name = models.CharField(max_length=60, unique=True)
    theme = models.CharField(max_length=120, blank=True, default="")
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "programme"


class Activity(models.Model):
    """Something volunteers are invited to (活动), with the fields of the ministry's order 67."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        CANCELLED = "cancelled", _("Cancelled")
        FINISHED = "finished", _("Finished")

    class Hours(models.TextChoices):
        VERIFIED = HoursKind.VERIFIED.value, _("Verified hours")
        HONORARY = HoursKind.HONORARY.value, _("Honorary hours")

    title = models.CharField(max_length=80)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, null=True, blank=True, related_name="activities")
    category = models.CharField(max_length=4)
    description = models.TextField(max_length=2_000, blank=True, default="")
    risks = models.TextField(max_length=1_000, blank=True, default="")
    place = models.CharField(max_length=120)
    organizer = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="activities")
    person_in_charge = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="activities_in_charge")
    hours_kind = models.CharField(max_length=8, choices=Hours.choices, default=Hours.VERIFIED)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    created_by_ref = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancellation_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "activity"
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=[code for code, _english, _chinese in SERVICE_CATEGORIES]),
                name="activity_category_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "published", "cancelled", "finished"]), name="activity_state_known"
            ),
            models.CheckConstraint(condition=Q(hours_kind__in=["verified", "honorary"]), name="activity_hours_kind"),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | (Q(cancelled_at__isnull=False) & ~Q(cancellation_reason="")),
                name="activity_cancelled_says_why",
            ),
        ]


class Shift(models.Model):
    """One stretch of time of an activity (班次) with its places.

    `is_open` repeats on the row that sign-up locks that the activity is published: one conditional UPDATE decides.
    """

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    places = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    is_open = models.BooleanField(default=False)

    class Meta:
        db_table = "shift"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_start"),
            models.CheckConstraint(condition=Q(taken__gte=0) & Q(taken__lte=F("places")), name="shift_not_overbooked"),
            models.CheckConstraint(condition=Q(places__gte=1), name="shift_has_places"),
        ]
        indexes = [
            models.Index(fields=["starts_at", "id"], name="shift_starts"),
            models.Index(fields=["starts_at", "id"], condition=Q(is_open=True), name="shift_open"),
        ]


class SignUp(models.Model):
    """A person's place in a shift (报名). Never deleted: a cancelled one stays, with who and when."""

    class State(models.TextChoices):
        CONFIRMED = "confirmed", _("Signed up")
        CANCELLED = "cancelled", _("Cancelled")

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="signups")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="signups")
    state = models.CharField(max_length=9, choices=State.choices, default=State.CONFIRMED)
    signed_up_at = models.DateTimeField()
    signed_up_by_ref = models.CharField(max_length=64)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by_ref = models.CharField(max_length=64, blank=True, default="")
    attended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "signup"
        constraints = [
            models.UniqueConstraint(fields=["shift", "person"], condition=Q(state="confirmed"), name="signup_once"),
            models.CheckConstraint(
                condition=Q(state="confirmed", cancelled_at=None, cancelled_by_ref="")
                | (Q(state="cancelled", cancelled_at__isnull=False, attended_at=None) & ~Q(cancelled_by_ref="")),
                name="signup_cancelled_by_whom",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "shift"], condition=Q(state="confirmed"), name="signup_of_person"),
        ]
