"""Service records and their approvals."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.activities.models import Shift, SignUp
from xinshi.attendance.anomalies.models import Anomaly, Examined
from xinshi.attendance.closing.models import PresenceSettings
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.kiosk.models import Kiosk, Pin
from xinshi.attendance.outcomes.models import OutcomeMeasure, OutcomeReport
from xinshi.attendance.sites.models import ActivitySite, Site
from xinshi.people.models import Person

__all__ = [
    "ActivitySite",
    "Anomaly",
    "Approval",
    "Correction",
    "Examined",
    "Kiosk",
    "OutcomeMeasure",
    "OutcomeReport",
    "Pin",
    "PresenceSettings",
    "ServiceRecord",
    "Site",
    "Trace",
]


class ServiceRecord(models.Model):
    """What one person did in one shift (志愿服务记录).

    Minutes: `scheduled` by the shift, `present` between check-in and check-out, `credited` what the bank will take.
    `through` says by which way presence came to be known; more ways (a QR code, a kiosk) need no new column. What was
    entered afterwards (补录) is honorary and says why. A record that a request for correction put right stays as it was,
    `replaced`; the one that `replaces` it has no sign-up of its own.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Checked in")
        SUBMITTED = "submitted", _("Waits for approval")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Check-in taken back")
        REPLACED = "replaced", _("Replaced by a correction")

    class Through(models.TextChoices):
        LEADER = "leader", _("Leader's list")
        ENTERED = "entered", _("Entered afterwards")
        QR = "qr", _("Code at the place")
        OWN_CODE = "own_code", _("Own code, scanned by the leader")
        KIOSK = "kiosk", _("Kiosk")
        OFFLINE = "offline", _("Code at the place, sent later")
        RULE = "rule", _("Closed by rule: no check-out")

    class Hours(models.TextChoices):
        VERIFIED = "verified", _("Verified hours")
        HONORARY = "honorary", _("Honorary hours")

    signup = models.OneToOneField(SignUp, on_delete=models.PROTECT, null=True, related_name="record")
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="service_records", db_index=False)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="records")
    hours_kind = models.CharField(max_length=8, choices=Hours.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    scheduled_minutes = models.PositiveIntegerField()
    present_minutes = models.PositiveIntegerField(null=True)
    credited_minutes = models.PositiveIntegerField(null=True)
    checked_in_at = models.DateTimeField()
    checked_in_by_ref = models.CharField(max_length=64)
    checked_in_through = models.CharField(max_length=16)
    entry_reason = models.CharField(max_length=300, blank=True, default="")
    checked_out_at = models.DateTimeField(null=True)
    checked_out_by_ref = models.CharField(max_length=64, blank=True, default="")
    checked_out_through = models.CharField(max_length=16, blank=True, default="")
    submitted_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    submission = models.PositiveSmallIntegerField(default=1)
    levels_approved = models.PositiveSmallIntegerField(default=0)
    decided_at = models.DateTimeField(null=True)
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    decided_by_person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    refusal_reason = models.CharField(max_length=300, blank=True, default="")
    deposit_id = models.BigIntegerField(null=True, unique=True)

    class Meta:
        db_table = "service_record"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "submitted", "approved", "refused", "withdrawn", "replaced"]),
                name="service_record_state_known",
            ),
            models.CheckConstraint(
                condition=Q(checked_out_at=None) | Q(checked_out_at__gt=F("checked_in_at")),
                name="service_record_out_after_in",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["open", "withdrawn"], checked_out_at=None, present_minutes=None, credited_minutes=None
                )
                | (
                    Q(state__in=["submitted", "approved", "refused"], checked_out_at__isnull=False)
                    & Q(present_minutes__gte=1, submitted_at__isnull=False, due_on__isnull=False)
                    & ~Q(checked_out_by_ref="")
                )
                | Q(state="replaced"),
                name="service_record_submitted_whole",
            ),
            models.CheckConstraint(
                condition=Q(credited_minutes=None)
                | Q(
                    credited_minutes__gte=1,
                    credited_minutes__lte=F("scheduled_minutes"),
                )
                & Q(credited_minutes__lte=F("present_minutes")),
                name="service_record_credited_within",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "submitted", "withdrawn"], decided_at=None, decided_by_ref="")
                | (Q(state__in=["approved", "refused"], decided_at__isnull=False) & ~Q(decided_by_ref=""))
                | Q(state="replaced"),
                name="service_record_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(signup__isnull=False, replaces=None) | Q(signup=None, replaces__isnull=False),
                name="service_record_signup_or_replaces",
            ),
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(refusal_reason="")
                | ~Q(state="refused") & Q(refusal_reason="")
                | Q(state="replaced"),
                name="service_record_refused_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state="approved", deposit_id__isnull=False, credited_minutes__isnull=False)
                | ~Q(state="approved") & Q(deposit_id=None)
                | Q(state="replaced"),
                name="service_record_approved_paid",
            ),
            models.CheckConstraint(
                condition=~Q(checked_in_through="entered") | (Q(hours_kind="honorary") & ~Q(entry_reason="")),
                name="service_record_entered_honorary",
            ),
            models.CheckConstraint(
                condition=Q(decided_by_person=None) | ~Q(decided_by_person=F("person")),
                name="service_record_not_own_judge",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "checked_in_at"], name="service_record_person"),
            models.Index(fields=["due_on", "id"], condition=Q(state="submitted"), name="service_record_waiting"),
        ]

    @property
    def own_signup_id(self) -> int:
        """The sign-up of a record that replaces no other."""
        assert self.signup_id is not None, "only a record that replaces another has no sign-up"
        return self.signup_id


class Approval(models.Model):
    """One person's yes to a record at one level; where the policy wants two people, a record has two.

    A record that is corrected is submitted anew and needs its approvals anew: `submission` counts that.
    """

    record = models.ForeignKey(ServiceRecord, on_delete=models.PROTECT, related_name="approvals", db_index=False)
    submission = models.PositiveSmallIntegerField()
    level = models.PositiveSmallIntegerField()
    approved_at = models.DateTimeField()
    approved_by_ref = models.CharField(max_length=64)
    approved_by_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        db_table = "service_record_approval"
        constraints = [
            models.UniqueConstraint(fields=["record", "submission", "level"], name="service_record_approval_level"),
            models.UniqueConstraint(
                fields=["record", "submission", "approved_by_ref"], name="service_record_approval_two_people"
            ),
            models.CheckConstraint(condition=Q(level__in=[1, 2]), name="service_record_approval_levels"),
        ]


class Correction(models.Model):
    """What a record said before it was put right, by whom and why; never changed."""

    record = models.ForeignKey(ServiceRecord, on_delete=models.PROTECT, related_name="corrections")
    corrected_at = models.DateTimeField()
    corrected_by_ref = models.CharField(max_length=64)
    reason = models.CharField(max_length=300)
    old_state = models.CharField(max_length=9)
    old_checked_in_at = models.DateTimeField()
    old_checked_out_at = models.DateTimeField(null=True)
    old_refusal_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "service_record_correction"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="service_record_correction_says_why")]
