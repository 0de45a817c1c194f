"""Campaigns for programs: planning, the board, calls, the report."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from xinshi.activities.api import Identifier, Reference
from xinshi.campaigns import access, actions
from xinshi.campaigns.domain import (
    POSTS_AT_ONCE_MAX,
    CallState,
    CampaignState,
    Need,
    NewCampaign,
    NewRole,
    NewSite,
    Standing,
)
from xinshi.campaigns.models import Call, CampaignPost
from xinshi.campaigns.queries import board as boards
from xinshi.campaigns.queries import planning
from xinshi.campaigns.queries.outcomes import in_words
from xinshi.campaigns.queries.report import report as report_of
from xinshi.doors.api import NO_NUL, actor_of, idempotent

router = Router(tags=["campaigns"])
DAY_MIN, DAY_MAX = date(1990, 1, 1), date(2199, 12, 31)
Day = Annotated[date, Field(ge=DAY_MIN, le=DAY_MAX)]
Number = Annotated[int, Field(ge=0, le=5_000)]


class CampaignOut(Schema):
    """`code` ends the public address; sums are of all posts."""

    id: int
    name: str
    code: str
    purpose: str
    state: CampaignState
    starts_on: date
    ends_on: date
    target_people: int
    recruits: int
    sites: int
    places: int
    taken: int


class PostOut(Schema):
    """How many are needed at a site on a day in a window and a role; `shift_id` once it is published."""

    id: int
    site_id: int
    day: date
    window_id: int
    role_id: int
    places: int
    minimum: int
    shift_id: int | None
    taken: int


class PartOut(Schema):
    id: int
    name: str


class CampaignDetailOut(Schema):
    campaign: CampaignOut
    sites: list[PartOut]
    roles: list[PartOut]
    windows: list[PartOut]


class CampaignRoleIn(Schema):
    name: Annotated[str, Field(min_length=1, max_length=40, pattern=NO_NUL)]
    description: Annotated[str, Field(max_length=500, pattern=NO_NUL)] = ""


class WindowIn(Schema):
    starts: time
    ends: time


class CampaignIn(Schema):
    name: Annotated[str, Field(min_length=1, max_length=40, pattern=NO_NUL)]
    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{2,19}$")]
    purpose: Annotated[str, Field(min_length=1, max_length=1_000, pattern=NO_NUL)]
    category: Annotated[str, Field(max_length=4, pattern=r"^\d*$")]
    starts_on: Day
    ends_on: Day
    target_people: Annotated[int, Field(ge=1, le=100_000)]
    organizer_id: Reference
    person_in_charge_id: Reference
    roles: Annotated[list[CampaignRoleIn], Field(min_length=1, max_length=8)]
    windows: Annotated[list[WindowIn], Field(min_length=1, max_length=8)]
    bring: Annotated[str, Field(max_length=500, pattern=NO_NUL)] = ""
    risks: Annotated[str, Field(max_length=1_000, pattern=NO_NUL)] = ""


class SiteIn(Schema):
    name: Annotated[str, Field(min_length=1, max_length=30, pattern=NO_NUL)]
    place: Annotated[str, Field(min_length=1, max_length=120, pattern=NO_NUL)]
    leader_id: Reference
    contact: Annotated[str, Field(max_length=40, pattern=NO_NUL)] = ""
    contact_phone: Annotated[str, Field(max_length=20, pattern=r"^[\d-]*$")] = ""


class NeedIn(Schema):
    """0 places: nobody is needed any more."""

    site_id: Reference
    day: Day
    window_id: Reference
    role_id: Reference
    places: Number
    minimum: Number = 1


class NeedsIn(Schema):
    posts: Annotated[list[NeedIn], Field(min_length=1, max_length=POSTS_AT_ONCE_MAX)]


class PostsSetOut(Schema):
    added: int
    changed: int
    removed: int


class PublishedOut(Schema):
    activities: int
    posts: int
    places: int


class CellOut(Schema):
    site_id: int
    window_id: int
    places: int
    taken: int
    missing: int
    present: int
    standing: Standing


class OutcomeOut(Schema):
    label: str
    amount: int


class BoardOut(Schema):
    """One day; `version` changes with everything that is shown."""

    campaign_id: int
    day: date
    places: int
    taken: int
    missing: int
    present: int
    recruits: int
    outcomes: list[OutcomeOut]
    cells: list[CellOut]
    version: str
    made_at: datetime


class CallIn(Schema):
    post_ids: Annotated[list[Reference], Field(min_length=1, max_length=200)]
    people_max: Annotated[int, Field(ge=1, le=2_000)]
    batch_per_place: Annotated[int, Field(ge=1, le=10)] = 3
    wait_minutes: Annotated[int, Field(ge=1, le=1_440)] = 10


class CallOut(Schema):
    """`called`: how many were written to so far."""

    id: int
    state: CallState
    people_max: int
    called: int
    made_at: datetime


class CampaignReasonIn(Schema):
    reason: Annotated[str, Field(min_length=1, max_length=300, pattern=NO_NUL)]


class ToldOut(Schema):
    people: int


class ReportLineOut(Schema):
    """A site's sums; `minutes` of presence."""

    site_id: int
    name: str
    posts: int
    places: int
    taken: int
    came: int
    minutes: int
    outcomes: list[OutcomeOut]


class ReportOut(Schema):
    recruits: int
    served: int
    sites: list[ReportLineOut]
    outcomes: list[OutcomeOut]


def _line(line: planning.CampaignLine) -> CampaignOut:
    row = line.campaign
    return CampaignOut(
        id=row.pk,
        name=row.name,
        code=row.code,
        purpose=row.purpose,
        state=CampaignState(row.state),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        target_people=row.target_people,
        recruits=line.recruits,
        sites=line.sites,
        places=line.places,
        taken=line.taken,
    )


def _detail(request: HttpRequest, campaign_id: int) -> CampaignDetailOut:
    found = planning.campaign_detail(actor_of(request), campaign_id)
    line = planning.CampaignLine(found.campaign, found.recruits, len(found.sites), found.places, found.taken)
    return CampaignDetailOut(
        campaign=_line(line),
        sites=[PartOut(id=one.site.pk, name=one.site.name) for one in found.sites],
        roles=[PartOut(id=role.pk, name=role.name) for role in found.roles],
        windows=[PartOut(id=one.pk, name=f"{one.starts:%H:%M}-{one.ends:%H:%M}") for one in found.windows],
    )


@router.get("/", response=list[CampaignOut])
def list_campaigns(request: HttpRequest) -> list[CampaignOut]:
    """The campaigns that the caller may see, the newest first; at most 100."""
    return [_line(line) for line in planning.campaign_lines(actor_of(request))]


@router.post("/", response=CampaignDetailOut)
@idempotent
def create_campaign(request: HttpRequest, payload: CampaignIn) -> CampaignDetailOut:
    """Plan a campaign."""
    values = payload.dict(exclude={"roles", "windows"})
    made = actions.create_campaign(
        actor=actor_of(request),
        campaign=NewCampaign(
            roles=tuple(NewRole(name=role.name, description=role.description) for role in payload.roles),
            windows=tuple((one.starts.replace(tzinfo=None), one.ends.replace(tzinfo=None)) for one in payload.windows),
            **values,
        ),
    )
    return _detail(request, made)


@router.get("/{campaign_id}", response=CampaignDetailOut)
def show_campaign(request: HttpRequest, campaign_id: Identifier) -> CampaignDetailOut:
    """One campaign with its sites, roles and windows."""
    return _detail(request, campaign_id)


@router.post("/{campaign_id}/sites", response=PartOut)
@idempotent
def add_campaign_site(request: HttpRequest, campaign_id: Identifier, payload: SiteIn) -> PartOut:
    """A further site."""
    made = actions.add_site(actor=actor_of(request), campaign_id=campaign_id, site=NewSite(**payload.dict()))
    return PartOut(id=made, name=payload.name.strip())


@router.get("/{campaign_id}/posts", response=list[PostOut])
def list_posts(request: HttpRequest, campaign_id: Identifier, day: Annotated[Day, Query()]) -> list[PostOut]:
    """The posts of one day, for who sees the board."""
    campaign = access.campaign_of(actor_of(request), campaign_id)
    rows = CampaignPost.objects.filter(site__campaign=campaign, day=day).select_related("shift")
    return [
        PostOut(
            id=row.pk,
            site_id=row.site_id,
            day=row.day,
            window_id=row.window_id,
            role_id=row.role_id,
            places=row.places,
            minimum=row.minimum,
            shift_id=row.shift_id,
            taken=row.shift.taken if row.shift else 0,
        )
        for row in rows.order_by("pk")
    ]


@router.put("/{campaign_id}/posts", response=PostsSetOut)
@idempotent
def set_campaign_posts(request: HttpRequest, campaign_id: Identifier, payload: NeedsIn) -> PostsSetOut:
    """Bring these posts to their need; published ones follow at once. Naming a post twice keeps the last."""
    needs = {
        (one.site_id, one.day, one.window_id, one.role_id): Need(
            **one.dict(exclude={"minimum"}), minimum=one.minimum if one.places else 0
        )
        for one in payload.posts
    }
    done = actions.set_posts(actor=actor_of(request), campaign_id=campaign_id, needs=list(needs.values()))
    return PostsSetOut(added=done.added, changed=done.changed, removed=done.removed)


@router.post("/{campaign_id}/publish", response=PublishedOut)
@idempotent
def publish_campaign_posts(request: HttpRequest, campaign_id: Identifier) -> PublishedOut:
    """Make every post that is not published yet a shift that takes sign-ups."""
    made = actions.publish_posts(actor=actor_of(request), campaign_id=campaign_id)
    return PublishedOut(activities=made.activities, posts=made.posts, places=made.places)


@router.get("/{campaign_id}/board", response=BoardOut)
def show_board(request: HttpRequest, campaign_id: Identifier, day: Annotated[Day | None, Query()] = None) -> BoardOut:
    """The live board of one day: numbers only."""
    _, found = boards.board(actor_of(request), campaign_id, day=day)
    return BoardOut(
        campaign_id=found.campaign_id,
        day=found.day,
        places=found.places,
        taken=found.taken,
        missing=found.missing,
        present=found.present,
        recruits=found.recruits,
        outcomes=_outcomes(in_words(found.outcomes)),
        cells=[
            CellOut(
                site_id=row.site_id,
                window_id=cell.window_id,
                places=cell.places,
                taken=cell.taken,
                missing=cell.missing,
                present=cell.present,
                standing=cell.standing,
            )
            for row in found.rows
            for cell in row.cells
            if cell is not None
        ],
        version=found.version,
        made_at=found.made_at,
    )


@router.post("/{campaign_id}/calls", response=CallOut)
@idempotent
def call_people(request: HttpRequest, campaign_id: Identifier, payload: CallIn) -> CallOut:
    """Call people to empty posts; the first batch is sent at once, the worker goes on."""
    made = actions.call(actor=actor_of(request), campaign_id=campaign_id, **payload.dict())
    return _call(Call.objects.get(pk=made))


@router.post("/calls/{call_id}/stop", response=CallOut)
@idempotent
def stop_calling(request: HttpRequest, call_id: Identifier) -> CallOut:
    """Write to nobody any more."""
    actions.stop_call(actor=actor_of(request), call_id=call_id)
    return _call(Call.objects.get(pk=call_id))


def _call(row: Call) -> CallOut:
    return CallOut(
        id=row.pk,
        state=CallState(row.state),
        people_max=row.people_max,
        called=row.called.count(),
        made_at=row.made_at,
    )


@router.post("/sites/{site_id}/close", response=ToldOut)
@idempotent
def close_campaign_site(request: HttpRequest, site_id: Identifier, payload: CampaignReasonIn) -> ToldOut:
    """Close a site; its people are told and offered the others."""
    return ToldOut(people=actions.close_site(actor=actor_of(request), site_id=site_id, reason=payload.reason))


@router.get("/{campaign_id}/report", response=ReportOut)
def show_report(request: HttpRequest, campaign_id: Identifier) -> ReportOut:
    """What came of it, by site."""
    found = report_of(actor_of(request), campaign_id)
    return ReportOut(
        recruits=found.recruits,
        served=found.served,
        sites=[
            ReportLineOut(
                site_id=line.site_id,
                name=line.name,
                posts=line.posts,
                places=line.places,
                taken=line.taken,
                came=line.came,
                minutes=line.minutes,
                outcomes=_outcomes(list(line.outcomes.items())),
            )
            for line in found.lines
        ],
        outcomes=_outcomes(found.kinds),
    )


def _outcomes(amounts: list[tuple[str, int]]) -> list[Any]:
    return [OutcomeOut(label=label, amount=amount) for label, amount in amounts]
