"""Waves of an activity and quotas of its shifts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Wave(models.Model):
    """From a moment on an activity is open to an audience (分批开放). An activity without waves is open to everybody."""

    class Audience(models.TextChoices):
        EVERYBODY = "everybody", _("Everybody")
        SELDOM = "seldom", _("Who had few shifts in the last 30 days")
        NEWCOMERS = "newcomers", _("Who has not served yet")
        MEMBERS = "members", _("Members of one organisation")

    activity = models.ForeignKey("activities.Activity", on_delete=models.PROTECT, related_name="waves")
    opens_at = models.DateTimeField()
    audience = models.CharField(max_length=9, choices=Audience.choices)
    below_shifts = models.PositiveSmallIntegerField(null=True)
    """For `seldom`: fewer shifts than this in the 30 days before."""
    organization = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, null=True, related_name="+"
    )
    """For `members`: of which organisation."""
    places = models.PositiveIntegerField(null=True)
    """So many places of each shift may be taken before a later wave opens; None for all of them."""

    class Meta:
        db_table = "activity_wave"
        constraints = [
            models.CheckConstraint(
                condition=Q(audience__in=["everybody", "seldom", "newcomers", "members"]), name="wave_audience_known"
            ),
            models.CheckConstraint(
                condition=Q(audience="seldom", below_shifts__gte=1) | (~Q(audience="seldom") & Q(below_shifts=None)),
                name="wave_seldom_says_how_few",
            ),
            models.CheckConstraint(
                condition=Q(audience="members", organization__isnull=False)
                | (~Q(audience="members") & Q(organization=None)),
                name="wave_members_of_whom",
            ),
            models.CheckConstraint(condition=Q(places=None) | Q(places__gte=1), name="wave_has_places"),
        ]


class Quota(models.Model):
    """How many places of a shift the members of an organisation may take (名额).

    Until `kept_until` the places that they have not taken are kept for them. Which places count is on the sign-up
    (`SignUp.quota`), and counted under the lock of the shift.
    """

    shift = models.ForeignKey("activities.Shift", on_delete=models.CASCADE, related_name="quotas", db_index=False)
    organization = models.ForeignKey("organizations.Organization", on_delete=models.PROTECT, related_name="+")
    places = models.PositiveIntegerField()
    kept_until = models.DateTimeField(null=True)
    is_active = models.BooleanField(default=True)
    """False once it is given up; it stays because places counted on it."""

    class Meta:
        db_table = "shift_quota"
        constraints = [models.UniqueConstraint(fields=["shift", "organization"], name="quota_once")]
