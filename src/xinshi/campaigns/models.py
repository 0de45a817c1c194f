"""Campaigns, their sites, windows, roles and posts; who joined; calls for empty posts; hand-over notes."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.activities.models import Shift
from xinshi.kernel.codes import SERVICE_CATEGORIES
from xinshi.organizations.models import Organization
from xinshi.people.models import Person
from xinshi.vault.fields import EncryptedTextField


class Campaign(models.Model):
    """Many posts at many sites in a short time (应急招募)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("In preparation")
        OPEN = "open", _("Recruiting")
        CLOSED = "closed", _("Over")

    name = models.CharField(max_length=40)
    code = models.SlugField(max_length=20, unique=True)
    """The end of its public address, short enough to be typed from a poster."""
    purpose = models.TextField(max_length=1_000)
    category = models.CharField(max_length=4)
    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    starts_on = models.DateField()
    ends_on = models.DateField()
    target_people = models.PositiveIntegerField()
    organizer = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="campaigns")
    person_in_charge = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="campaigns_in_charge")
    bring = models.TextField(max_length=500, blank=True, default="")
    risks = models.TextField(max_length=1_000, blank=True, default="")
    lesson_code = models.SlugField(max_length=40, blank=True, default="")
    """The qualification (`archive`) that the campaign's lesson gives; empty where there is no lesson."""
    age_min = models.PositiveSmallIntegerField(default=18)
    asks_identity = models.BooleanField(default=False)
    is_dangerous = models.BooleanField(default=False)
    insurer = models.CharField(max_length=100, blank=True, default="")
    insurance_until = models.DateField(null=True, blank=True)
    activation_places = models.PositiveIntegerField(default=0)
    """How many accounts may be active before the station has seen a document."""
    activation_reason = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    created_by_ref = models.CharField(max_length=64)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "campaign"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["draft", "open", "closed"]), name="campaign_state_known"),
            models.CheckConstraint(
                condition=Q(category__in=[code for code, _english, _chinese in SERVICE_CATEGORIES]),
                name="campaign_category_known",
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="campaign_ends_after_start"),
            models.CheckConstraint(
                condition=Q(activation_places=0) | ~Q(activation_reason=""), name="campaign_activation_says_why"
            ),
            models.CheckConstraint(
                condition=Q(is_dangerous=False) | Q(insurance_until__gte=F("ends_on")), name="campaign_danger_insured"
            ),
            models.CheckConstraint(
                condition=~Q(state="open") | Q(opened_at__isnull=False), name="campaign_opened_when"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False), name="campaign_closed_when"
            ),
        ]


class CampaignRole(models.Model):
    """What volunteers of a campaign do (岗位)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="roles", db_index=False)
    name = models.CharField(max_length=40)
    description = models.CharField(max_length=500, blank=True, default="")
    requirements = models.JSONField(default=dict, blank=True)

    class Meta:
        db_table = "campaign_role"
        constraints = [models.UniqueConstraint(fields=["campaign", "name"], name="campaign_role_once")]


class CampaignWindow(models.Model):
    """A stretch of every day (时段) on the hospital's clock."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="windows", db_index=False)
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        db_table = "campaign_window"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "starts", "ends"], name="campaign_window_once"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="campaign_window_ends_after_start"),
        ]


class CampaignSite(models.Model):
    """Where a campaign is held (点位); its leader sees the site's people, sheets and counters."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="sites", db_index=False)
    name = models.CharField(max_length=30)
    place = models.CharField(max_length=120)
    contact = models.CharField(max_length=40, blank=True, default="")
    contact_phone = EncryptedTextField(blank=True, default="")
    leader = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="campaign_sites_led")
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    closed_at = models.DateTimeField(null=True)
    closing_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "campaign_site"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "name"], name="campaign_site_once"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | ~Q(closing_reason=""), name="campaign_site_closed_says_why"
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None) | Q(latitude__isnull=False, longitude__isnull=False),
                name="campaign_site_both_coordinates",
            ),
        ]


class CampaignPost(models.Model):
    """How many are needed at a site on a day in a window and a role; published, it is a shift of activities."""

    site = models.ForeignKey(CampaignSite, on_delete=models.PROTECT, related_name="posts", db_index=False)
    day = models.DateField()
    window = models.ForeignKey(CampaignWindow, on_delete=models.PROTECT, related_name="posts")
    role = models.ForeignKey(CampaignRole, on_delete=models.PROTECT, related_name="posts")
    places = models.PositiveIntegerField()
    minimum = models.PositiveIntegerField(default=1)
    shift = models.OneToOneField(Shift, on_delete=models.PROTECT, null=True, related_name="campaign_post")

    class Meta:
        db_table = "campaign_post"
        constraints = [
            models.UniqueConstraint(fields=["site", "day", "window", "role"], name="campaign_post_once"),
            models.CheckConstraint(condition=Q(minimum__lte=F("places")), name="campaign_post_minimum_within_places"),
            models.CheckConstraint(
                condition=Q(places__gte=1) | Q(shift__isnull=False), name="campaign_post_needs_somebody"
            ),
        ]
        indexes = [models.Index(fields=["day", "site"], name="campaign_post_day")]


class CampaignWave(models.Model):
    """From when a campaign is open to whom (批次), and how many places a partner's people may take (名额).

    Without an organisation it is for everybody. `word` ends the partner's own link, by which its people join.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="waves", db_index=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="campaign_waves")
    opens_at = models.DateTimeField()
    places = models.PositiveIntegerField(null=True)
    """How many people of the partner may have a place; None: as many as there are."""
    used = models.PositiveIntegerField(default=0)
    word = models.CharField(max_length=24, unique=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "campaign_wave"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "organization"],
                condition=Q(is_active=True, organization__isnull=False),
                name="campaign_wave_once",
            ),
            models.UniqueConstraint(
                fields=["campaign"], condition=Q(is_active=True, organization=None), name="campaign_wave_one_for_all"
            ),
            models.CheckConstraint(condition=Q(places=None) | Q(used__lte=F("places")), name="campaign_wave_quota"),
        ]


class Recruit(models.Model):
    """Somebody who joined a campaign, and by which way."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="recruits", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="recruited")
    joined_at = models.DateTimeField()
    through = models.CharField(max_length=7)
    entered_by_ref = models.CharField(max_length=64)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    """The partner by whose link they came."""
    wave = models.ForeignKey(CampaignWave, on_delete=models.PROTECT, null=True, related_name="recruits")
    """On which wave's quota their first place counts."""
    was_activated = models.BooleanField(default=False)
    """Whether the campaign made the account active before a document was seen."""
    pledged_at = models.DateTimeField(null=True)
    placed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "campaign_recruit"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "person"], name="campaign_recruit_once"),
            models.CheckConstraint(
                condition=Q(through__in=["phone", "account", "station", "list"]), name="campaign_recruit_through"
            ),
        ]
        indexes = [
            models.Index(fields=["campaign"], condition=Q(was_activated=True), name="campaign_recruit_activated"),
        ]


class Call(models.Model):
    """A call for empty posts (补位通知): people are written to in batches until the posts are full."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="calls")
    state = models.CharField(max_length=11)
    people_max = models.PositiveIntegerField()
    batch_per_place = models.PositiveSmallIntegerField()
    wait_minutes = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()
    made_by_ref = models.CharField(max_length=64)
    next_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "campaign_call"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "filled", "nobody_left", "quota_used", "stopped", "over"]),
                name="campaign_call_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at=None) | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="campaign_call_ended_when",
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(state="running"), name="campaign_call_due")]


class CallPost(models.Model):
    """A post that a call is to fill."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="posts", db_index=False)
    post = models.ForeignKey(CampaignPost, on_delete=models.PROTECT, related_name="calls")

    class Meta:
        db_table = "campaign_call_post"
        constraints = [models.UniqueConstraint(fields=["call", "post"], name="campaign_call_post_once")]


class CalledPerson(models.Model):
    """Somebody was written to by a call; nobody twice on one day, whatever the campaign."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="called")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    post = models.ForeignKey(CampaignPost, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    sent_at = models.DateTimeField()

    class Meta:
        db_table = "campaign_called_person"
        constraints = [models.UniqueConstraint(fields=["person", "day"], name="campaign_called_once_a_day")]


class HandOverNote(models.Model):
    """What one shift leaves to the next at a site (交接): never changed, only followed by the next."""

    site = models.ForeignKey(CampaignSite, on_delete=models.PROTECT, related_name="notes", db_index=False)
    day = models.DateField()
    window = models.ForeignKey(CampaignWindow, on_delete=models.PROTECT, related_name="+")
    notes = EncryptedTextField(blank=True, default="")
    open_points = EncryptedTextField(blank=True, default="")
    materials = EncryptedTextField(blank=True, default="")
    written_at = models.DateTimeField()
    written_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "campaign_hand_over_note"
        indexes = [models.Index(fields=["site", "written_at"], name="campaign_note_of_site")]
