"""Service records and their approvals."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.activities.models import Shift, SignUp
from xinshi.people.models import Person


class ServiceRecord(models.Model):
    """What one person did in one shift (志愿服务记录).

    Minutes: `scheduled` by the shift, `present` between check-in and check-out, `credited` what the bank will take.
    `through` says by which way presence came to be known; more ways (a QR code, a kiosk) need no new column. What was
    entered afterwards (补录) is honorary and says why.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Checked in")
        SUBMITTED = "submitted", _("Waits for approval")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Check-in taken back")

    class Through(models.TextChoices):
        LEADER = "leader", _("Leader's list")
        ENTERED = "entered", _("Entered afterwards")

    class Hours(models.TextChoices):
        VERIFIED = "verified", _("Verified hours")
        HONORARY = "honorary", _("Honorary hours")

    signup = models.OneToOneField(SignUp, on_delete=models.PROTECT, related_name="record")
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
                condition=Q(state__in=["open", "submitted", "approved", "refused", "withdrawn"]),
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
                ),
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
                | (Q(state__in=["approved", "refused"], decided_at__isnull=False) & ~Q(decided_by_ref="")),
                name="service_record_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(refusal_reason="") | ~Q(state="refused") & Q(refusal_reason=""),
                name="service_record_refused_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state="approved", deposit_id__isnull=False, credited_minutes__isnull=False)
                | ~Q(state="approved") & Q(deposit_id=None),
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
