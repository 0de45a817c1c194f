"""Requests of departments and what was done about them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.vault.fields import EncryptedTextField


class ServiceRequest(models.Model):
    """asked → planning → granted; declined, withdrawn from both. Granted has its activity. Never deleted."""

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        PLANNING = "planning", _("Being planned")
        GRANTED = "granted", _("Granted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    department = models.ForeignKey("organizations.Organization", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_key = models.CharField(max_length=40, unique=True)
    """The form that was sent: a second click is the same request."""
    title = models.CharField(max_length=80)
    category = models.CharField(max_length=4)
    place = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    people_number = models.PositiveIntegerField()
    qualifications = models.JSONField(default=list, blank=True)
    """Codes of the archive."""
    description = models.CharField(max_length=500, blank=True, default="")
    contact = EncryptedTextField(blank=True, default="")
    """How the coordinator reaches the department: a name and a telephone number."""
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    due_on = models.DateField()
    """Until then the department has its answer."""
    activity = models.OneToOneField(
        "activities.Activity", on_delete=models.PROTECT, null=True, related_name="asked_for_by"
    )
    decided_at = models.DateTimeField(null=True)
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "service_request"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["asked", "planning", "granted", "declined", "withdrawn"]),
                name="service_request_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="granted") | Q(activity__isnull=False), name="service_request_granted_activity"
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(reason=""), name="service_request_declined_says_why"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "planning"], decided_at=None, decided_by_ref="")
                | (Q(state__in=["granted", "declined", "withdrawn"], decided_at__isnull=False) & ~Q(decided_by_ref="")),
                name="service_request_decided_by_whom",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="service_request_ends_after_start"),
            models.CheckConstraint(condition=Q(people_number__gte=1), name="service_request_for_somebody"),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "id"], condition=Q(state__in=["asked", "planning"]), name="service_request_open"
            ),
        ]


class RequestStep(models.Model):
    """What was done about a request, and by whom; only ever added to."""

    class Kind(models.TextChoices):
        ASKED = "asked", _("Asked")
        TAKEN_UP = "taken_up", _("Taken up")
        PLANNED = "planned", _("Planned as a draft")
        GRANTED = "granted", _("Published")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        CALLED_OFF = "called_off", _("Called off")
        REOPENED = "reopened", _("Publication taken back")

    request = models.ForeignKey(ServiceRequest, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    by_ref = models.CharField(max_length=64)
    by = models.ForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    text = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "service_request_step"
