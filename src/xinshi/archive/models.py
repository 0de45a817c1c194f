"""Kinds of qualification and who has which, the profile, and the hospital's lists of skills and sites."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from xinshi.archive.availability import WEEKLY_MAX
from xinshi.archive.domain import Category
from xinshi.documents.evidence import CONTENT_TYPES, FILE_BYTES_MAX
from xinshi.people.models import Person
from xinshi.vault.fields import EncryptedTextField


class QualificationKind(models.Model):
    """Something that a role may ask for: a nurse's licence, first aid, a course, insurance. Never deleted."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60, unique=True)
    name_en = models.CharField(max_length=80, blank=True, default="")
    category = models.CharField(max_length=12, choices=[(row.value, row.value) for row in Category])
    valid_months = models.PositiveSmallIntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "qualification_kind"
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=[row.value for row in Category]), name="qualification_kind_category"
            ),
        ]


class Inclusion(models.Model):
    """Whoever has `kind` has `included` too. A trigger refuses circles, whoever writes."""

    kind = models.ForeignKey(QualificationKind, on_delete=models.PROTECT, related_name="inclusions")
    included = models.ForeignKey(QualificationKind, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "qualification_inclusion"
        constraints = [
            models.UniqueConstraint(fields=["kind", "included"], name="qualification_inclusion_once"),
            models.CheckConstraint(condition=~Q(kind=F("included")), name="qualification_inclusion_of_another"),
        ]


class Qualification(models.Model):
    """That somebody has a qualification, until when, and who looked at the proof. Never deleted."""

    class State(models.TextChoices):
        SUBMITTED = "submitted"
        VERIFIED = "verified"
        REFUSED = "refused"
        REVOKED = "revoked"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="qualifications")
    kind = models.ForeignKey(QualificationKind, on_delete=models.PROTECT, related_name="held")
    state = models.CharField(max_length=9, choices=State.choices)
    number = EncryptedTextField(blank=True, default="")
    issued_by = models.CharField(max_length=100, blank=True, default="")
    issued_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    """The last day on which it is valid; None where it does not run out."""
    source_ref = models.CharField(max_length=80, unique=True)
    """Where it comes from, such as `course-enrolment:12`: granted once."""
    submitted_at = models.DateTimeField()
    submitted_by_ref = models.CharField(max_length=64)
    decided_at = models.DateTimeField(null=True)
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    reminded_days = models.PositiveSmallIntegerField(null=True)
    """For how many days before its end its holder was reminded last."""

    class Meta:
        db_table = "qualification"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["submitted", "verified", "refused", "revoked"]), name="qualification_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="submitted", decided_at=None, decided_by_ref="")
                | (~Q(state="submitted") & Q(decided_at__isnull=False) & ~Q(decided_by_ref="")),
                name="qualification_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "revoked"]) | ~Q(reason=""), name="qualification_refused_says_why"
            ),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gte=F("issued_on")), name="qualification_ends_after_issue"
            ),
            models.UniqueConstraint(
                fields=["person", "kind"], condition=Q(state="submitted"), name="qualification_one_submitted"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "kind"], condition=Q(state="verified"), name="qualification_of_person"),
            models.Index(fields=["expires_on"], condition=Q(state="verified"), name="qualification_ending"),
            models.Index(fields=["submitted_at", "id"], condition=Q(state="submitted"), name="qualification_to_check"),
        ]


class QualificationProof(models.Model):
    """A photo or PDF of a licence: sealed in the storage under a name that nobody can guess."""

    qualification = models.ForeignKey(Qualification, on_delete=models.PROTECT, related_name="proofs")
    content_type = models.CharField(max_length=32)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120, unique=True)
    added_by_ref = models.CharField(max_length=64)
    added_at = models.DateTimeField()

    class Meta:
        db_table = "qualification_proof"
        constraints = [
            models.UniqueConstraint(fields=["qualification", "sha256"], name="qualification_proof_once"),
            models.CheckConstraint(condition=Q(content_type__in=CONTENT_TYPES), name="qualification_proof_type"),
            models.CheckConstraint(
                condition=Q(size_bytes__gte=1, size_bytes__lte=FILE_BYTES_MAX), name="qualification_proof_size"
            ),
        ]


class PledgeText(models.Model):
    """The words of the code of conduct (志愿服务承诺) from a day on. Never changed, never deleted (triggers refuse it)."""

    effective_from = models.DateField(unique=True)
    text = models.TextField()
    text_en = models.TextField(blank=True, default="")
    made_at = models.DateTimeField()
    made_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "pledge_text"
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="pledge_text_says_something")]


class Skill(models.Model):
    """A line of the hospital's own catalogue of skills. Never deleted: profiles name it by its code."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=40, unique=True)
    name_en = models.CharField(max_length=60, blank=True, default="")
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "skill"


class Site(models.Model):
    """Where the hospital serves: a campus, a community centre. Never deleted: profiles name it by its code."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=40, unique=True)
    name_en = models.CharField(max_length=60, blank=True, default="")
    address = models.CharField(max_length=120, blank=True, default="")
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "site"


class Profile(models.Model):
    """What somebody can do and when, beyond the basic data of `Person`; a row per person who ever said something.

    `skills` (level by code), `sites` (codes, null where they did not say) and `exceptions` are read and written as one with
    the row, so that whoever decides on many sign-ups needs one query for all of it.
    """

    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="profile")
    profession = models.CharField(max_length=60, blank=True, default="")
    professional_title = models.CharField(max_length=60, blank=True, default="")
    employer = models.CharField(max_length=100, blank=True, default="")
    """Employer or school."""
    languages = models.JSONField(default=list, blank=True)
    skills = models.JSONField(default=dict, blank=True)
    weekly = models.PositiveIntegerField(null=True)
    """See `archive.availability`; null where they did not say."""
    exceptions = models.JSONField(default=list, blank=True)
    sites = models.JSONField(null=True)
    limits_said_at = models.DateTimeField(null=True)
    minutes_a_week_max = models.PositiveIntegerField(null=True)
    shifts_a_week_max = models.PositiveSmallIntegerField(null=True)
    shifts_a_day_max = models.PositiveSmallIntegerField(null=True)
    takes_nights = models.BooleanField(default=True)
    may_lift = models.BooleanField(default=True)
    emergency_name = EncryptedTextField(blank=True, default="")
    emergency_phone = EncryptedTextField(blank=True, default="")
    emergency_relation = models.CharField(max_length=12, blank=True, default="")
    health_remark = EncryptedTextField(blank=True, default="")
    changed_at = models.DateTimeField()
    changed_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "volunteer_profile"
        constraints = [
            models.CheckConstraint(
                condition=Q(weekly=None) | Q(weekly__gte=0, weekly__lte=WEEKLY_MAX), name="volunteer_profile_weekly"
            ),
            models.CheckConstraint(
                condition=Q(minutes_a_week_max=None) | Q(minutes_a_week_max__gte=30, minutes_a_week_max__lte=10_080),
                name="volunteer_profile_minutes",
            ),
            models.CheckConstraint(
                condition=Q(shifts_a_week_max=None) | Q(shifts_a_week_max__gte=1, shifts_a_week_max__lte=50),
                name="volunteer_profile_shifts_week",
            ),
            models.CheckConstraint(
                condition=Q(shifts_a_day_max=None) | Q(shifts_a_day_max__gte=1, shifts_a_day_max__lte=10),
                name="volunteer_profile_shifts_day",
            ),
            models.CheckConstraint(
                condition=Q(
                    limits_said_at=None,
                    minutes_a_week_max=None,
                    shifts_a_week_max=None,
                    shifts_a_day_max=None,
                    takes_nights=True,
                    may_lift=True,
                )
                | Q(limits_said_at__isnull=False),
                name="volunteer_profile_limits_said",
            ),
            models.CheckConstraint(
                condition=Q(emergency_name="", emergency_phone="", emergency_relation="")
                | (~Q(emergency_name="") & ~Q(emergency_phone="")),
                name="volunteer_profile_emergency_whole",
            ),
        ]
