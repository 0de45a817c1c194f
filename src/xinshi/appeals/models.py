"""Requests for correction, who had a part in what they are about, their trail, their evidence."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.activities.models import Shift
from xinshi.appeals.domain import CorrectionKind, Remedy, RequestState, What
from xinshi.kernel.actor import Role
from xinshi.people.models import Person
from xinshi.vault.fields import EncryptedTextField

KINDS = [kind.value for kind in CorrectionKind]
OPEN = ["open", "more_asked"]
GRANTED = ["granted", "partly"]
DECIDED = [*GRANTED, "refused"]


class CorrectionRequest(models.Model):
    """Somebody asks that the book or a record be put right (更正申请), or objects to it, or appeals against an answer.

    `person` is whose hours it is about, `asker_ref` who wants it (`person:ID`, or the user who has no person),
    `asked_by_ref` who typed it: another one where a coordinator writes it down for somebody without a phone.
    """

    class KindChoice(models.TextChoices):
        RECORD = CorrectionKind.RECORD.value, _("A service record is wrong")
        MISSING = CorrectionKind.MISSING.value, _("Service is missing")
        DEPOSIT = CorrectionKind.DEPOSIT.value, _("Hours that should not be there")
        VOUCHER = CorrectionKind.VOUCHER.value, _("A voucher")
        STAR = CorrectionKind.STAR.value, _("A star that was not given")
        NOTICE = CorrectionKind.NOTICE.value, _("Objection to hours in public notice")

    class RemedyChoice(models.TextChoices):
        CANCEL = Remedy.CANCEL.value, _("Cancel it and give the hours back")
        EXCUSE = Remedy.EXCUSE.value, _("Excuse that I did not come")
        REFUND = Remedy.REFUND.value, _("Give the hours back: it was redeemed wrongly")

    class State(models.TextChoices):
        OPEN = RequestState.OPEN.value, _("Waits for an answer")
        MORE_ASKED = RequestState.MORE_ASKED.value, _("More was asked of you")
        GRANTED = RequestState.GRANTED.value, _("Granted")
        PARTLY = RequestState.PARTLY.value, _("Partly granted")
        REFUSED = RequestState.REFUSED.value, _("Not granted")
        WITHDRAWN = RequestState.WITHDRAWN.value, _("Withdrawn")

    kind = models.CharField(max_length=8, choices=KindChoice.choices)
    subject_ref = models.CharField(max_length=64)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="correction_requests", db_index=False)
    asker_ref = models.CharField(max_length=64)
    asked_by_ref = models.CharField(max_length=64)
    is_assisted = models.BooleanField(default=False)
    text = EncryptedTextField()
    asked_from = models.DateTimeField(null=True)
    asked_until = models.DateTimeField(null=True)
    asked_minutes = models.PositiveIntegerField(null=True)
    remedy = models.CharField(max_length=8, choices=RemedyChoice.choices, blank=True, default="")
    title = models.CharField(max_length=80, blank=True, default="")
    place = models.CharField(max_length=120, blank=True, default="")
    category = models.CharField(max_length=4, blank=True, default="")
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    appeal_of = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="appealed_by")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    level = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    days_left = models.PositiveSmallIntegerField(null=True)
    """Working days that were left when the clock stopped, while more is asked of the volunteer."""
    escalated_at = models.DateTimeField(null=True)
    overdue_told_at = models.DateTimeField(null=True)
    hold_id = models.BigIntegerField(null=True, unique=True)
    notice_until = models.DateField(null=True)
    """The last day of the public notice, where the disputed hours are in it: it runs on until the answer."""
    decided_at = models.DateTimeField(null=True)
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    decided_by_person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    answer = EncryptedTextField(blank=True, default="")
    reversed_deposit_id = models.BigIntegerField(null=True, unique=True)
    new_deposit_id = models.BigIntegerField(null=True, unique=True)
    new_record_id = models.BigIntegerField(null=True, unique=True)

    class Meta:
        db_table = "correction_request"
        constraints = [
            models.UniqueConstraint(
                fields=["subject_ref", "asker_ref"], condition=Q(state__in=OPEN), name="correction_request_one_open"
            ),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="correction_request_kind_known"),
            models.CheckConstraint(
                condition=Q(remedy__in=["cancel", "excuse", "refund"], kind="voucher")
                | (Q(remedy="") & ~Q(kind="voucher")),
                name="correction_request_remedy",
            ),
            models.CheckConstraint(
                condition=Q(asked_from=None, asked_until=None) | Q(asked_until__gt=F("asked_from")),
                name="correction_request_times",
            ),
            models.CheckConstraint(
                condition=Q(asked_minutes=None) | Q(asked_minutes__gte=1, asked_minutes__lte=1440),
                name="correction_request_minutes",
            ),
            models.CheckConstraint(condition=Q(level__in=[1, 2]), name="correction_request_level"),
            models.CheckConstraint(
                condition=Q(appeal_of=None, escalated_at=None) | Q(level=2), name="correction_request_second_level"
            ),
            models.CheckConstraint(
                condition=Q(state="more_asked", days_left__isnull=False) | (~Q(state="more_asked") & Q(days_left=None)),
                name="correction_request_clock",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[*OPEN, "withdrawn"], decided_at=None, decided_by_ref="", decided_by_person=None)
                | (Q(state__in=DECIDED, decided_at__isnull=False) & ~Q(decided_by_ref="") & ~Q(answer="")),
                name="correction_request_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(state__in=GRANTED) | Q(reversed_deposit_id=None, new_deposit_id=None, new_record_id=None),
                name="correction_request_applied_if_granted",
            ),
            models.CheckConstraint(
                condition=Q(decided_by_ref="")
                | (~Q(decided_by_ref=F("asked_by_ref")) & ~Q(decided_by_ref=F("asker_ref"))),
                name="correction_request_not_by_asker",
            ),
            models.CheckConstraint(
                condition=Q(decided_by_person=None) | ~Q(decided_by_person=F("person")),
                name="correction_request_not_own_judge",
            ),
        ]
        indexes = [
            models.Index(fields=["asker_ref", "-id"], name="correction_request_asker"),
            models.Index(fields=["person", "-id"], name="correction_request_person"),
            models.Index(
                fields=["level", "due_on", "id"], condition=Q(state__in=OPEN), name="correction_request_waiting"
            ),
        ]


class RequestPart(models.Model):
    """That somebody had a part in what a request is about, so they may not answer it (a trigger refuses it too)."""

    request = models.ForeignKey(CorrectionRequest, on_delete=models.PROTECT, related_name="parts", db_index=False)
    actor_ref = models.CharField(max_length=64)
    part = models.CharField(max_length=16)

    class Meta:
        db_table = "correction_part"
        constraints = [models.UniqueConstraint(fields=["request", "actor_ref"], name="correction_part_once")]


class RequestEvent(models.Model):
    """One line of a request's trail; never changed, never deleted (triggers refuse it). The text is sealed."""

    class WhatChoice(models.TextChoices):
        ASKED = What.ASKED.value, _("Asked for a correction")
        SET_ASIDE = What.SET_ASIDE.value, _("The disputed hours were set aside until the answer")
        NOT_SET_ASIDE = (
            What.NOT_SET_ASIDE.value,
            _("The disputed hours were spent already, so they could not be set aside"),
        )
        MORE_ASKED = What.MORE_ASKED.value, _("More was asked; the clock stands still")
        MORE_GIVEN = What.MORE_GIVEN.value, _("More was added")
        LEFT_OPEN = What.LEFT_OPEN.value, _("Left open for now")
        ESCALATED = What.ESCALATED.value, _("Went one level up")
        OVERDUE = What.OVERDUE.value, _("The answer is overdue")
        GRANTED = What.GRANTED.value, _("Granted")
        PARTLY = What.PARTLY.value, _("Partly granted")
        REFUSED = What.REFUSED.value, _("Not granted")
        WITHDRAWN = What.WITHDRAWN.value, _("Withdrawn")

    request = models.ForeignKey(CorrectionRequest, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    what = models.CharField(max_length=16, choices=WhatChoice.choices)
    actor_ref = models.CharField(max_length=64)
    actor_role = models.CharField(max_length=16)
    """In which role they acted: `asker`, `station`, `coordinator`, `administrator`, `system`."""
    text = EncryptedTextField(blank=True, default="")

    class Meta:
        db_table = "correction_event"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    actor_role__in=["asker", "station", "system", Role.COORDINATOR.value, Role.ADMINISTRATOR.value]
                ),
                name="correction_event_role_known",
            ),
            models.CheckConstraint(
                condition=Q(what__in=[what.value for what in What]), name="correction_event_what_known"
            ),
        ]


class Evidence(models.Model):
    """A photo or PDF that belongs to a request: sealed in the storage under a name that nobody can guess."""

    request = models.ForeignKey(CorrectionRequest, on_delete=models.PROTECT, related_name="evidence")
    content_type = models.CharField(max_length=32)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120, unique=True)
    added_by_ref = models.CharField(max_length=64)
    added_at = models.DateTimeField()

    class Meta:
        db_table = "correction_evidence"
        constraints = [
            models.UniqueConstraint(fields=["request", "sha256"], name="correction_evidence_once"),
            models.CheckConstraint(
                condition=Q(content_type__in=["image/jpeg", "image/png", "image/webp", "application/pdf"]),
                name="correction_evidence_type",
            ),
            models.CheckConstraint(
                condition=Q(size_bytes__gte=1, size_bytes__lte=10 * 1024 * 1024), name="correction_evidence_size"
            ),
        ]
