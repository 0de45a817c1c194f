"""Programmes, activities, shifts, sign-ups."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.activities.feeds.models import CalendarAddress
from xinshi.activities.groups.models import PlaceHold
from xinshi.activities.notes.models import ActivityNote
from xinshi.activities.patterns.models import ActivityPattern
from xinshi.activities.programmes.models import OwnDay
from xinshi.activities.requests.models import RequestStep, ServiceRequest
from xinshi.activities.standing_in.models import StandInAsk, StandInSearch
from xinshi.activities.waves.models import Quota, Wave
from xinshi.kernel.codes import SERVICE_CATEGORIES, HoursKind
from xinshi.organizations.models import Organization
from xinshi.people.models import Person

__all__ = [
    "Activity",
    "ActivityNote",
    "ActivityPattern",
    "ActivityRole",
    "CalendarAddress",
    "OwnDay",
    "PlaceHold",
    "Programme",
    "Quota",
    "RequestStep",
    "ServiceRequest",
    "Shift",
    "SignUp",
    "StandInAsk",
    "StandInSearch",
    "Wave",
]


class Programme(models.Model):
    """A lasting programme (项目) such as 我志愿·我先行 under which activities are held."""

    name = models.CharField(max_length=60, unique=True)
    theme = models.CharField(max_length=120, blank=True, default="")
    is_active = models.BooleanField(default=True)
    """False once it was ended: nothing new is planned under it, and everything under it stays."""
    category = models.CharField(max_length=4, blank=True, default="", db_default="")
    served_groups = models.CharField(max_length=60, blank=True, default="", db_default="")
    """Codes of whom it is for (服务对象), such as elderly people or people with disabilities, separated by blanks."""
    description = models.TextField(max_length=2_000, blank=True, default="", db_default="")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "programme"
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="programme_ends_after_start",
            ),
        ]


class Activity(models.Model):
    """Something volunteers are invited to (活动), with the fields of the ministry's order 67."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        CANCELLED = "cancelled", _("Cancelled")
        FINISHED = "finished", _("Finished")

    class Recruits(models.TextChoices):
        """招募范围: whom the activity invites."""

        EVERYBODY = "everybody", _("Everybody")
        TEAM = "team", _("One team or organisation")
        INVITED = "invited", _("Only who is invited")

    class SignUpWay(models.TextChoices):
        AT_ONCE = "at_once", _("A place is given at once")
        ON_REQUEST = "on_request", _("The person in charge decides")

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
    recruits = models.CharField(
        max_length=9, choices=Recruits.choices, default=Recruits.EVERYBODY, db_default=Recruits.EVERYBODY.value
    )
    team = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """Whose members are invited where `recruits` is `team`."""
    sign_up_way = models.CharField(
        max_length=10, choices=SignUpWay.choices, default=SignUpWay.AT_ONCE, db_default=SignUpWay.AT_ONCE.value
    )
    is_coupled = models.BooleanField(default=False, db_default=False)
    """Whoever takes one shift takes every later shift of the same role with it."""
    is_dangerous = models.BooleanField(default=False, db_default=False)
    """Volunteers need accident insurance on the day (志愿服务条例, article 17)."""
    sign_up_closes_minutes = models.PositiveIntegerField(default=0, db_default=0)
    """Minutes before a shift at which sign-up ends."""
    cancel_closes_minutes = models.PositiveIntegerField(default=0, db_default=0)
    """Minutes before a shift after which a place is given back only to a stand-in, or by who leads."""
    allowance_yuan = models.PositiveIntegerField(default=0, db_default=0)
    """What one person gets a day for fares and meals."""
    is_off_duty = models.BooleanField(default=False, db_default=False)
    """The planner declared that invited staff serve outside their working time and duties."""
    revision = models.PositiveIntegerField(default=0, db_default=0)
    """How often people had to be told of a change: the SEQUENCE of its calendar entries (RFC 5545)."""
    changed_at = models.DateTimeField(null=True)
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
            models.CheckConstraint(
                condition=Q(recruits__in=["everybody", "team", "invited"]), name="activity_recruits"
            ),
            models.CheckConstraint(
                condition=Q(recruits="team", team__isnull=False) | ~Q(recruits="team"), name="activity_team_named"
            ),
            models.CheckConstraint(condition=Q(sign_up_way__in=["at_once", "on_request"]), name="activity_sign_up_way"),
        ]


class ActivityRole(models.Model):
    """What volunteers do in an activity, and who can do it (岗位). The name is empty where there is only one role."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="roles", db_index=False)
    name = models.CharField(max_length=40, blank=True, default="")
    description = models.CharField(max_length=500, blank=True, default="")
    requirements = models.JSONField(default=dict, blank=True)
    """Of whom: `activities.requirements.Requirements` as stored."""

    class Meta:
        db_table = "activity_role"
        constraints = [models.UniqueConstraint(fields=["activity", "name"], name="activity_role_once")]


class Shift(models.Model):
    """One stretch of time of an activity in one role (班次), with its places.

    Two roles at the same time are two shifts. `minimum` is with how many it can be held, `places` how many it takes,
    `reserve` how many may wait for a place (候补名额). `taken` counts confirmed and offered places, and those held for a
    group that still names its people.
    `is_open` repeats on the row that sign-up locks that the activity is published: one conditional UPDATE decides.
    """

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="shifts")
    role = models.ForeignKey(ActivityRole, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    minimum = models.PositiveIntegerField(default=1, db_default=1)
    places = models.PositiveIntegerField()
    reserve = models.PositiveIntegerField(default=0, db_default=0)
    taken = models.PositiveIntegerField(default=0)
    is_open = models.BooleanField(default=False)

    class Meta:
        db_table = "shift"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_start"),
            models.CheckConstraint(condition=Q(taken__gte=0) & Q(taken__lte=F("places")), name="shift_not_overbooked"),
            models.CheckConstraint(condition=Q(places__gte=1), name="shift_has_places"),
            models.CheckConstraint(condition=Q(minimum__lte=F("places")), name="shift_minimum_within_places"),
        ]
        indexes = [
            models.Index(fields=["starts_at", "id"], name="shift_starts"),
            models.Index(fields=["starts_at", "id"], condition=Q(is_open=True), name="shift_open"),
        ]


class SignUp(models.Model):
    """A person's sign-up for a shift (报名) and what became of it. Never deleted.

    requested → confirmed | declined | cancelled; waiting → offered | confirmed | cancelled; offered → confirmed |
    declined (also when nobody answers until `offered_until`) | cancelled; confirmed → cancelled | no_show.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("Asked for a place")
        WAITING = "waiting", _("On the waiting list")
        OFFERED = "offered", _("A place is offered")
        CONFIRMED = "confirmed", _("Signed up")
        DECLINED = "declined", _("No place was given")
        CANCELLED = "cancelled", _("Cancelled")
        NO_SHOW = "no_show", _("Did not come")

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="signups")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="signups")
    state = models.CharField(max_length=9, choices=State.choices, default=State.CONFIRMED)
    signed_up_at = models.DateTimeField()
    signed_up_by_ref = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True, default="", db_default="")
    """What the volunteer wants who leads to know; seen by them only."""
    group_key = models.CharField(max_length=32, blank=True, default="", db_default="")
    """The same for people who signed up as one group."""
    stands_in_for = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="stand_in")
    offered_until = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_ref = models.CharField(max_length=64, blank=True, default="", db_default="")
    reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    """Why it was declined or cancelled, or why a coordinator gave a place against a rule."""
    is_override = models.BooleanField(default=False, db_default=False)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by_ref = models.CharField(max_length=64, blank=True, default="")
    attended_at = models.DateTimeField(null=True)
    quota = models.ForeignKey("activities.Quota", on_delete=models.PROTECT, null=True, related_name="signups")
    """On which organisation's quota the place counts."""
    comes_at = models.DateTimeField(null=True)
    """When the volunteer answered a reminder with: I am coming."""
    reminded_minutes = models.PositiveIntegerField(null=True)
    """The last reminder was so many minutes before the shift."""

    class Meta:
        db_table = "signup"
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "person"],
                condition=Q(state__in=["requested", "waiting", "offered", "confirmed"]),
                name="signup_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["requested", "waiting", "offered", "confirmed", "declined", "cancelled", "no_show"]
                ),
                name="signup_state_known",
            ),
            models.CheckConstraint(
                condition=(~Q(state="cancelled") & Q(cancelled_at=None, cancelled_by_ref=""))
                | (Q(state="cancelled", cancelled_at__isnull=False) & ~Q(cancelled_by_ref="")),
                name="signup_cancelled_by_whom",
            ),
            models.CheckConstraint(condition=Q(attended_at=None) | Q(state="confirmed"), name="signup_attended_held"),
            models.CheckConstraint(
                condition=Q(state="offered", offered_until__isnull=False) | ~Q(state="offered"),
                name="signup_offer_ends",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["declined", "no_show"]) | (Q(decided_at__isnull=False) & ~Q(decided_by_ref="")),
                name="signup_decided_by_whom",
            ),
            models.CheckConstraint(condition=Q(is_override=False) | ~Q(reason=""), name="signup_override_says_why"),
        ]
        indexes = [
            # Both ways whole: of a shift that has just filled the server knows nothing, and would walk all who are in it.
            models.Index(fields=["person", "shift"], name="signup_of_person"),
            models.Index(fields=["shift", "person"], name="signup_of_shift"),
            models.Index(
                fields=["shift", "signed_up_at", "id"], condition=Q(state="waiting"), name="signup_waiting_list"
            ),
            models.Index(fields=["offered_until"], condition=Q(state="offered"), name="signup_offer_due"),
        ]
