"""What managers plan with: the list of campaigns, one campaign, its matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from xinshi.campaigns import access
from xinshi.campaigns.domain import days_between
from xinshi.campaigns.models import Call, Campaign, CampaignPost, CampaignRole, CampaignSite, CampaignWindow
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor

LIST_ROWS = 100
CALLS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign in the list, with what it has so far."""

    campaign: Campaign
    recruits: int
    sites: int
    places: int
    taken: int

    @property
    def missing(self) -> int:
        return self.places - self.taken


@dataclass(frozen=True, slots=True)
class SiteLine:
    site: CampaignSite
    places: int
    taken: int
    unpublished: int


@dataclass(frozen=True, slots=True)
class CampaignDetail:
    campaign: Campaign
    sites: list[SiteLine]
    roles: list[CampaignRole]
    windows: list[CampaignWindow]
    recruits: int
    activated: int
    places: int
    taken: int
    unpublished: int
    may_manage: bool

    @property
    def people_percent(self) -> int:
        return min(100, self.recruits * 100 // max(1, self.campaign.target_people))


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One window and role; a post or None for each day."""

    window: CampaignWindow
    role: CampaignRole
    posts: list[tuple[date, CampaignPost | None]]


@dataclass(frozen=True, slots=True)
class Matrix:
    campaign: Campaign
    site: CampaignSite
    days: list[date]
    rows: list[MatrixRow]


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call, and how many were written to and have come to have a place in its posts since."""

    call: Call
    called: int
    places: int
    taken: int


def campaign_lines(actor: Actor) -> list[CampaignLine]:
    """The campaigns that the actor sees, the newest first: two queries."""
    rows = access.visible_to(actor).select_related("organizer").order_by("-starts_on", "-pk")[:LIST_ROWS]
    found = list(rows)
    ids = [row.pk for row in found]
    posts = {
        pk: (places or 0, taken or 0)
        for pk, places, taken in CampaignPost.objects.filter(site__campaign__in=ids)
        .values_list("site__campaign_id")
        .annotate(Sum("places"), Sum("shift__taken"))
        .order_by()
    }
    counts = dict(Campaign.objects.filter(pk__in=ids).annotate(n=Count("recruits")).values_list("pk", "n").order_by())
    sites = dict(Campaign.objects.filter(pk__in=ids).annotate(n=Count("sites")).values_list("pk", "n").order_by())
    return [CampaignLine(row, counts.get(row.pk, 0), sites.get(row.pk, 0), *posts.get(row.pk, (0, 0))) for row in found]


def campaign_detail(actor: Actor, campaign_id: int) -> CampaignDetail:
    """One campaign with its sites; NotFound for what the actor may not see."""
    campaign = access.campaign_of(actor, campaign_id)
    sites = (
        CampaignSite.objects.filter(campaign=campaign)
        .select_related("leader")
        .annotate(
            n_places=Coalesce(Sum("posts__places"), 0),
            n_taken=Coalesce(Sum("posts__shift__taken"), 0),
            n_unpublished=Count("posts", filter=Q(posts__shift=None)),
        )
        .order_by("name")
    )
    lines = [SiteLine(site, site.n_places, site.n_taken, site.n_unpublished) for site in sites]
    recruits = campaign.recruits.aggregate(n=Count("pk"), activated=Count("pk", filter=Q(was_activated=True)))
    return CampaignDetail(
        campaign=campaign,
        sites=lines,
        roles=list(campaign.roles.order_by("pk")),
        windows=list(campaign.windows.order_by("starts", "ends")),
        recruits=recruits["n"],
        activated=recruits["activated"],
        places=sum(line.places for line in lines),
        taken=sum(line.taken for line in lines),
        unpublished=sum(line.unpublished for line in lines if line.site.closed_at is None),
        may_manage=access.is_manager(actor),
    )


def matrix(actor: Actor, site_id: int) -> Matrix:
    """The posts of one site: a row per window and role, a column per day."""
    access.require_manager(actor)
    site = access.led_site(actor, site_id)
    campaign = site.campaign
    posts = {
        (post.window_id, post.role_id, post.day): post
        for post in CampaignPost.objects.filter(site=site).select_related("shift")
    }
    days = days_between(campaign.starts_on, campaign.ends_on)
    windows = list(campaign.windows.order_by("starts", "ends"))
    roles = list(campaign.roles.order_by("pk"))
    rows = [
        MatrixRow(window, role, [(day, posts.get((window.pk, role.pk, day))) for day in days])
        for window in windows
        for role in roles
    ]
    return Matrix(campaign=campaign, site=site, days=days, rows=rows)


def open_sites(campaign: Campaign) -> list[tuple[int, str]]:
    return list(campaign.sites.filter(closed_at=None).order_by("name").values_list("pk", "name"))


def calls(actor: Actor, campaign_id: int) -> list[CallLine]:
    """The newest calls of a campaign, for who manages it: two queries more than the campaign's."""
    campaign = access.managed(actor, campaign_id)
    rows = (
        Call.objects.filter(campaign=campaign)
        .annotate(n_called=Count("called", distinct=True))
        .order_by("-pk")[:CALLS_SHOWN]
    )
    found = list(rows)
    posts = {
        pk: (places or 0, taken or 0)
        for pk, places, taken in Call.objects.filter(pk__in=[row.pk for row in found])
        .values_list("pk")
        .annotate(Sum("posts__post__places"), Sum("posts__post__shift__taken"))
        .order_by()
    }
    return [CallLine(row, row.n_called, *posts.get(row.pk, (0, 0))) for row in found]


def empty_posts(actor: Actor, campaign_id: int, *, day: date | None = None) -> Sequence[CampaignPost]:
    """Published posts of a day (None: the next days) that still want people, the earliest first; at most 200."""
    campaign = access.managed(actor, campaign_id)
    rows = _empty_posts(campaign)
    if day is not None:
        rows = rows.filter(day=day)
    rows = rows.select_related("site", "window", "role", "shift")
    return list(rows.order_by("shift__starts_at", "site__name", "role_id")[:200])


def days_with_empty_posts(actor: Actor, campaign_id: int) -> list[date]:
    """The days on which somebody is still wanted, the nearest first."""
    rows = _empty_posts(access.managed(actor, campaign_id))
    return list(rows.order_by("day").values_list("day", flat=True).distinct())


def _empty_posts(campaign: Campaign) -> QuerySet[CampaignPost]:
    return CampaignPost.objects.filter(
        site__campaign=campaign,
        site__closed_at=None,
        shift__is_open=True,
        shift__starts_at__gt=clock.now(),
        shift__taken__lt=F("shift__places"),
    )
