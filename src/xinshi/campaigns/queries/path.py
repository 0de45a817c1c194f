"""The short path as one person sees it: the next step, the shifts they may take, what to bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import F

from xinshi.activities.models import SignUp
from xinshi.activities.queries import OfferedShift, offered
from xinshi.archive.domain import PLEDGE
from xinshi.archive.queries import facts
from xinshi.bank.models import Passbook
from xinshi.bank.queries import passbooks_by_person
from xinshi.campaigns.domain import Progress, Step, next_step
from xinshi.campaigns.models import Campaign, CampaignPost, CampaignSite, Recruit
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor

OFFERED_MAX: Final = 40
OWN_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """A place that somebody has, with what they need to find it."""

    signup: SignUp
    post: CampaignPost

    @property
    def site(self) -> CampaignSite:
        return self.post.site


@dataclass(frozen=True, slots=True)
class Path:
    campaign: Campaign
    step: Step
    progress: Progress
    places: list[OwnPlace]


@dataclass(frozen=True, slots=True)
class OfferedPost:
    post: CampaignPost
    shift: OfferedShift


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be taken on one day: at most OFFERED_MAX posts, those with places first."""

    day: date | None
    days: list[tuple[date, int]]
    sites: list[tuple[int, str]]
    site_id: int | None
    posts: list[OfferedPost]
    is_cut: bool


def path(actor: Actor, campaign: Campaign) -> Path:
    """How far the actor is; at most five queries."""
    person_id = actor.person_id
    if person_id is None or not Recruit.objects.filter(campaign=campaign, person_id=person_id).exists():
        nothing = Progress(
            has_joined=False,
            is_active=False,
            has_pledged=False,
            needs_lesson=bool(campaign.lesson_code),
            has_place=False,
        )
        return Path(campaign, Step.JOIN, nothing, [])
    known, today = facts([person_id])[person_id], clock.today()
    card = passbooks_by_person([person_id]).get(person_id)
    places = own_places(person_id, campaign)
    progress = Progress(
        has_joined=True,
        is_active=card is not None and card.state == Passbook.State.ACTIVE,
        has_pledged=known.has(PLEDGE, today),
        needs_lesson=bool(campaign.lesson_code) and not known.has(campaign.lesson_code, today),
        has_place=bool(places),
    )
    return Path(campaign, next_step(progress), progress, places)


def own_places(person_id: int, campaign: Campaign) -> list[OwnPlace]:
    """The coming places of one person in a campaign, by time."""
    rows = (
        SignUp.objects.filter(
            person_id=person_id,
            state__in=[SignUp.State.CONFIRMED, SignUp.State.WAITING, SignUp.State.OFFERED],
            shift__campaign_post__site__campaign=campaign,
            shift__ends_at__gt=clock.now(),
        )
        .select_related("shift")
        .order_by("shift__starts_at")
    )
    found = list(rows[:OWN_MAX])
    posts = CampaignPost.objects.filter(shift_id__in=[row.shift_id for row in found])
    of_shift = {post.shift_id: post for post in posts.select_related("site__leader", "window", "role")}
    return [OwnPlace(row, of_shift[row.shift_id]) for row in found]


def choice(actor: Actor, campaign: Campaign, *, day: date | None = None, site_id: int | None = None) -> Choice:
    """The posts of a day as the actor sees them (None: the first day on which there are places); a fixed number of
    queries."""
    open_posts = CampaignPost.objects.filter(
        site__campaign=campaign, site__closed_at=None, shift__is_open=True, shift__starts_at__gt=clock.now()
    )
    free = open_posts.filter(shift__taken__lt=F("shift__places"))
    found = list(free.order_by("day").values_list("day", flat=True).distinct())
    every = list(open_posts.order_by("day").values_list("day", flat=True).distinct())
    days = [(one, 1 if one in set(found) else 0) for one in every]
    chosen = day if day in every else next(iter(found or every), None)
    sites = list(campaign.sites.filter(closed_at=None).order_by("name").values_list("pk", "name"))
    rows = open_posts.filter(day=chosen) if chosen else open_posts.none()
    if site_id is not None:
        rows = rows.filter(site_id=site_id)
    rows = rows.annotate(left=F("shift__places") - F("shift__taken")).select_related(
        "site", "window", "role", "shift__activity__programme", "shift__role"
    )
    with_places = list(rows.filter(left__gt=0).order_by("shift__starts_at", "-left", "pk")[: OFFERED_MAX + 1])
    posts = with_places[:OFFERED_MAX]
    if len(posts) < OFFERED_MAX:
        posts += list(rows.filter(left=0).order_by("shift__starts_at", "pk")[: OFFERED_MAX - len(posts)])
    shifts = offered(actor, [post.shift for post in posts if post.shift is not None])
    return Choice(
        day=chosen,
        days=days,
        sites=sites,
        site_id=site_id,
        posts=[OfferedPost(post, shift) for post, shift in zip(posts, shifts, strict=True)],
        is_cut=len(with_places) > OFFERED_MAX,
    )
