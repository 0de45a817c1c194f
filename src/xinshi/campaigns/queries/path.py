"""The short path as one person sees it: the next step, the shifts they may take, what to bring.

Thousands ask within a minute when a campaign begins: what is asked here is prepared (ADR 0010).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet

from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries import OfferedShift, offered_rows, read_rows
from xinshi.archive.domain import PLEDGE
from xinshi.archive.queries import facts
from xinshi.bank.models import Passbook
from xinshi.campaigns.domain import Progress, Step, next_step
from xinshi.campaigns.models import Campaign, CampaignPost, CampaignSite, CampaignWave, Recruit
from xinshi.doors.prepared import PreparedRead
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor

OFFERED_MAX: Final = 40
OWN_MAX: Final = 50
OWN_STATES: Final = (SignUp.State.CONFIRMED, SignUp.State.WAITING, SignUp.State.OFFERED)


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """A place that somebody has, with what they need to find it. `starts` and `ends` on the hospital's clock."""

    signup_id: int
    is_waiting: bool
    day: date
    starts: time
    ends: time
    site: str
    place: str
    role: str
    contact: str
    contact_phone: str
    leader: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody's row in a campaign, as far as the path asks."""

    recruit_id: int
    person_id: int
    organization_id: int | None
    has_first_place: bool
    """They had a place once; only the first one counts on a wave."""
    has_waves: bool
    """The campaign has waves, so that one may have to wait for one's own."""


@dataclass(frozen=True, slots=True)
class Path:
    """`joined` is None for whoever has not."""

    campaign: Campaign
    step: Step
    progress: Progress
    joined: Joined | None = None


@dataclass(frozen=True, slots=True)
class OfferedPost:
    """A post with its shift; the same for everybody but for what `shift` says of the asker."""

    site: str
    place: str
    role: str
    description: str
    shift: OfferedShift


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be taken on one day: at most OFFERED_MAX posts, those with places first."""

    day: date | None
    days: tuple[tuple[date, bool], ...]
    """Every day that has shifts to come, and whether one of them has a place."""
    sites: tuple[tuple[int, str], ...]
    site_id: int | None
    posts: list[OfferedPost]
    is_cut: bool


def recruit_rows(campaign_id: int, person_id: int) -> QuerySet[Recruit]:
    """Somebody's row in a campaign, marked where the campaign has waves."""
    waves = CampaignWave.objects.filter(campaign_id=OuterRef("campaign_id"), is_active=True)
    return Recruit.objects.filter(campaign_id=campaign_id, person_id=person_id).annotate(has_waves=Exists(waves))


JOINED_COLUMNS: Final = ("pk", "person_id", "organization_id", "placed_at", "has_waves")


def joined_of(row: tuple[Any, ...]) -> Joined:
    """A row of `recruit_rows` that begins with JOINED_COLUMNS."""
    return Joined(row[0], row[1], row[2], row[3] is not None, row[4])


def _standing(campaign: int, person: int, at: datetime) -> QuerySet[Recruit, tuple[Any, ...]]:
    places = SignUp.objects.filter(
        person_id=OuterRef("person_id"),
        state__in=OWN_STATES,
        shift__campaign_post__site__campaign_id=OuterRef("campaign_id"),
        shift__ends_at__gt=at,
    )
    rows = recruit_rows(campaign, person).annotate(has_place=Exists(places))
    return rows.values_list(*JOINED_COLUMNS, "person__passbook__state", "has_place")


STANDING: Final = PreparedRead(_standing, campaign=int, person=int, at=datetime)


def path(actor: Actor, campaign: Campaign) -> Path:
    """How far the actor is; one query, and those of `archive.facts`."""
    person_id = actor.person_id
    found = [] if person_id is None else STANDING.rows(campaign=campaign.pk, person=person_id, at=clock.now())
    if person_id is None or not found:
        nothing = Progress(
            has_joined=False,
            is_active=False,
            has_pledged=False,
            needs_lesson=bool(campaign.lesson_code),
            has_place=False,
        )
        return Path(campaign, Step.JOIN, nothing)
    known, today = facts([person_id])[person_id], clock.today()
    *row, passbook_state, has_place = found[0]
    progress = Progress(
        has_joined=True,
        is_active=passbook_state == Passbook.State.ACTIVE,
        has_pledged=known.has(PLEDGE, today),
        needs_lesson=bool(campaign.lesson_code) and not known.has(campaign.lesson_code, today),
        has_place=has_place,
    )
    return Path(campaign, next_step(progress), progress, joined_of(tuple(row)))


def _own(campaign: int, person: int, at: datetime) -> QuerySet[CampaignPost, tuple[Any, ...]]:
    rows = CampaignPost.objects.filter(
        shift__signups__person_id=person,
        shift__signups__state__in=OWN_STATES,
        site__campaign_id=campaign,
        shift__ends_at__gt=at,
    )
    return rows.order_by("shift__starts_at").values_list(
        "shift__signups__pk",
        "shift__signups__state",
        "day",
        "window__starts",
        "window__ends",
        "site__name",
        "site__place",
        "role__name",
        "site__contact",
        "site__contact_phone",
        "site__leader__name",
    )[:OWN_MAX]


OWN: Final = PreparedRead(_own, campaign=int, person=int, at=datetime)


def own_places(person_id: int, campaign: Campaign) -> list[OwnPlace]:
    """The coming places of one person in a campaign, by time."""
    rows = OWN.rows(campaign=campaign.pk, person=person_id, at=clock.now())
    return [OwnPlace(pk, state == SignUp.State.WAITING, *rest) for pk, state, *rest in rows]


def _days(campaign: int, at: datetime) -> QuerySet[CampaignPost, tuple[Any, ...]]:
    coming = CampaignPost.objects.filter(
        site__campaign_id=campaign, site__closed_at=None, shift__is_open=True, shift__starts_at__gt=at
    )
    free = Count("pk", filter=Q(shift__taken__lt=F("shift__places")))
    return coming.values("day").annotate(free=free).order_by("day").values_list("day", "free")


def _posts(campaign: int, day: date, at: datetime, site: int | None = None) -> QuerySet[Shift, tuple[Any, ...]]:
    rows = Shift.objects.filter(
        campaign_post__site__campaign_id=campaign,
        campaign_post__site__closed_at=None,
        campaign_post__day=day,
        is_open=True,
        starts_at__gt=at,
    )
    if site is not None:
        rows = rows.filter(campaign_post__site_id=site)
    rows = rows.annotate(
        has_places=ExpressionWrapper(Q(taken__lt=F("places")), output_field=BooleanField()),
        left=F("places") - F("taken"),
    )
    return read_rows(
        rows.order_by("-has_places", "starts_at", "-left", "campaign_post__pk"),
        "campaign_post__site__name",
        "campaign_post__site__place",
        "campaign_post__role__name",
        "campaign_post__role__description",
    )[: OFFERED_MAX + 1]


DAYS: Final = PreparedRead(_days, campaign=int, at=datetime)
SITES: Final = PreparedRead(
    lambda campaign: (
        CampaignSite.objects.filter(campaign_id=campaign, closed_at=None).order_by("name").values_list("pk", "name")
    ),
    campaign=int,
)
POSTS: Final = PreparedRead(_posts, campaign=int, day=date, at=datetime)
POSTS_OF_SITE: Final = PreparedRead(_posts, campaign=int, day=date, at=datetime, site=int)


def choice(actor: Actor, campaign: Campaign, *, day: date | None = None, site_id: int | None = None) -> Choice:
    """The posts of a day as the actor sees them (None: the first day on which there are places); a fixed number of
    queries."""
    at = clock.now()
    days = tuple((one, free > 0) for one, free in DAYS.rows(campaign=campaign.pk, at=at))
    with_places = [one for one, is_free in days if is_free]
    every = [one for one, _is_free in days]
    chosen = day if day in every else next(iter(with_places or every), None)
    rows = _rows(campaign.pk, chosen, at, site_id) if chosen else []
    posts = [
        OfferedPost(site, place, role, description, shift)
        for (site, place, role, description, *_shift), shift in zip(rows, offered_rows(actor, rows), strict=True)
    ]
    return Choice(
        day=chosen,
        days=days,
        sites=tuple(SITES.rows(campaign=campaign.pk)),
        site_id=site_id,
        posts=posts[:OFFERED_MAX],
        is_cut=any(post.shift.places_left > 0 for post in posts[OFFERED_MAX:]),
    )


def _rows(campaign_id: int, day: date, at: datetime, site_id: int | None) -> list[tuple[Any, ...]]:
    if site_id is None:
        return POSTS.rows(campaign=campaign_id, day=day, at=at)
    return POSTS_OF_SITE.rows(campaign=campaign_id, day=day, at=at, site=site_id)
