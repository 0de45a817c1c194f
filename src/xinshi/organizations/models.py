"""Organisations and membership."""

from __future__ import annotations

from typing import Final

from django.db import models

from xinshi.people.models import Person
from xinshi.vault.fields import EncryptedTextField

FILE_BYTES_MAX: Final = 10 * 1024 * 1024


class Organization(models.Model):
    """A department, a partner team, a university; the hospital itself is the root."""

    class Kind(models.TextChoices):
        HOSPITAL = "hospital"
        DEPARTMENT = "department"
        PARTNER = "partner"
        UNIVERSITY = "university"
        TEAM = "team"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    contact = models.CharField(max_length=100, blank=True, default="")
    is_active = models.BooleanField(default=True)
    is_open = models.BooleanField(default=False, db_default=False)
    """Whoever has an account may join by themselves, without an invitation."""
    created_at = models.DateTimeField()

    class Meta:
        db_table = "organization"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(parent=None) | ~models.Q(parent=models.F("id")), name="organization_below_another"
            ),
        ]


class Membership(models.Model):
    """A person belongs to an organisation from `since` until they leave."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    since = models.DateField()
    until = models.DateField(null=True)
    is_leader = models.BooleanField(default=False, db_default=False)
    """Keeps the organisation: a team's leader, a partner's or university's administrator, a department's contact."""

    class Meta:
        db_table = "membership"
        indexes = [
            models.Index(
                fields=["organization", "-is_leader", "-id"],
                condition=models.Q(until=None),
                name="membership_present_listed",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organization"], condition=models.Q(until=None), name="membership_once"
            ),
        ]


class Invitation(models.Model):
    """A link by which so many people may join an organisation, until a day; only the digest of its word is kept."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by_ref = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    places = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "team_invitation"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(taken__lte=models.F("places")), name="team_invitation_not_beyond_its_places"
            ),
        ]


class MembershipConsent(models.Model):
    """A member lets who keeps the organisation see their name, number and phone, until they withdraw it.

    It belongs to one membership: whoever leaves and comes back is asked again.
    """

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="consents")
    given_at = models.DateTimeField()
    given_through = models.CharField(max_length=16)
    """`self`, or `paper`: what the station or an import was shown in writing."""
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "membership_consent"
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=models.Q(withdrawn_at=None), name="membership_consent_once"
            ),
            models.CheckConstraint(
                condition=models.Q(given_through__in=["self", "paper"]), name="membership_consent_through_known"
            ),
        ]


class PrimaryOrganization(models.Model):
    """Of several organisations the one that somebody counts for 归属单位, since when; earlier ones stay on record."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="primary_organizations")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="primary_of")
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        db_table = "primary_organization"
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(until=None), name="primary_organization_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")),
                name="primary_organization_ends_after_it_began",
            ),
        ]


class Enrolment(models.Model):
    """Who keeps an organisation asks somebody in the archive to join; they say yes or no themselves."""

    class State(models.TextChoices):
        ASKED = "asked"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="enrolments")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="enrolments")
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    asked_by_ref = models.CharField(max_length=64)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "enrolment"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organization"], condition=models.Q(state="asked"), name="enrolment_asked_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="asked", answered_at=None)
                | (models.Q(state__in=["accepted", "declined", "withdrawn"]) & models.Q(answered_at__isnull=False)),
                name="enrolment_answered_says_when",
            ),
        ]


class Agreement(models.Model):
    """A cooperation agreement 合作协议: draft, in force, ended. Its terms stay as signed once it is in force."""

    class State(models.TextChoices):
        DRAFT = "draft"
        IN_FORCE = "in_force"
        ENDED = "ended"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="agreements")
    title = models.CharField(max_length=100)
    covers = models.CharField(max_length=2000)
    contact = EncryptedTextField(blank=True, default="")
    """The partner's contact with their phone: sealed, as any phone."""
    signed_on = models.DateField(null=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    """The last day on which it is in force."""
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    ended_on = models.DateField(null=True)
    ended_because = models.CharField(max_length=200, blank=True, default="")
    renews = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="renewals")
    created_at = models.DateTimeField()
    created_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "agreement"
        indexes = [models.Index(fields=["state", "ends_on"], name="agreement_ending")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="agreement_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="in_force") | models.Q(signed_on__isnull=False), name="agreement_is_signed"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "in_force"], ended_on=None)
                | (models.Q(state="ended") & models.Q(ended_on__isnull=False) & ~models.Q(ended_because="")),
                name="agreement_end_says_when_and_why",
            ),
        ]


class AgreementFile(models.Model):
    """A scan of a signed agreement: sealed in the storage under a name that nobody can guess."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="files")
    content_type = models.CharField(max_length=32)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120, unique=True)
    added_at = models.DateTimeField()
    added_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "agreement_file"
        constraints = [
            models.UniqueConstraint(fields=["agreement", "sha256"], name="agreement_file_once"),
            models.CheckConstraint(
                condition=models.Q(content_type__in=["image/jpeg", "image/png", "image/webp", "application/pdf"]),
                name="agreement_file_type",
            ),
            models.CheckConstraint(
                condition=models.Q(size_bytes__gte=1, size_bytes__lte=FILE_BYTES_MAX), name="agreement_file_size"
            ),
        ]


class AgreementEvent(models.Model):
    """What happened to an agreement; rows are never changed or deleted."""

    class What(models.TextChoices):
        DRAFTED = "drafted"
        CHANGED = "changed"
        SIGNED = "signed"
        FILE_ADDED = "file_added"
        ENDED = "ended"
        RAN_OUT = "ran_out"

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="events")
    what = models.CharField(max_length=10, choices=What.choices)
    at = models.DateTimeField()
    by_ref = models.CharField(max_length=64)
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "agreement_event"


class Designation(models.Model):
    """A base 志愿服务爱心基地, a demonstration point 示范点 or team 示范队, and what it shall achieve in a year."""

    class Kind(models.TextChoices):
        BASE = "base"
        POINT = "point"
        TEAM = "team"

    class Measure(models.TextChoices):
        MINUTES = "minutes"
        PERSON_TIMES = "person_times"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="designations")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    title = models.CharField(max_length=100)
    place = models.CharField(max_length=100, blank=True, default="")
    measure = models.CharField(max_length=12, choices=Measure.choices)
    target_per_year = models.PositiveIntegerField()
    """Whole minutes or person-times, by `measure`."""
    started_on = models.DateField()
    review_on = models.DateField(null=True)
    """When it is looked at next; null once it has ended."""
    ended_on = models.DateField(null=True)
    created_at = models.DateTimeField()
    created_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "designation"
        indexes = [models.Index(fields=["review_on"], name="designation_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "title"], condition=models.Q(ended_on=None), name="designation_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["base", "point", "team"], measure__in=["minutes", "person_times"]),
                name="designation_kind_known",
            ),
            models.CheckConstraint(condition=models.Q(target_per_year__gte=1), name="designation_has_target"),
            models.CheckConstraint(
                condition=models.Q(ended_on=None, review_on__gt=models.F("started_on"))
                | models.Q(ended_on__gte=models.F("started_on"), review_on=None),
                name="designation_is_reviewed_or_ended",
            ),
        ]


class DesignationReview(models.Model):
    """A look at a designation, with the figures as they stood; rows are never changed or deleted."""

    class Result(models.TextChoices):
        KEPT = "kept"
        IMPROVE = "improve"
        ENDED = "ended"

    designation = models.ForeignKey(Designation, on_delete=models.PROTECT, related_name="reviews")
    result = models.CharField(max_length=7, choices=Result.choices)
    counted_from = models.DateField()
    counted_until = models.DateField()
    measure = models.CharField(max_length=12)
    target_per_year = models.PositiveIntegerField()
    achieved_minutes = models.PositiveBigIntegerField()
    achieved_person_times = models.PositiveBigIntegerField()
    remark = models.CharField(max_length=500)
    reviewed_at = models.DateTimeField()
    reviewed_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "designation_review"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(result__in=["kept", "improve", "ended"]) & ~models.Q(remark=""),
                name="designation_review_says_why",
            ),
        ]
