"""The live board: posts filled and missing by site and hour of one day, who is there now, and the counters.

One snapshot for everybody who looks, kept for two seconds: a hundred screens cost what one does. Numbers only, no names.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.core.cache import cache
from django.db.models import Count

from xinshi.attendance.models import ServiceRecord
from xinshi.campaigns import access
from xinshi.campaigns.domain import Standing, Window, is_soon, standing
from xinshi.campaigns.models import Campaign, CampaignPost
from xinshi.campaigns.queries.outcomes import Amount, campaign_outcomes
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor

KEPT_SECONDS: Final = 2
SOON_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """All roles of a site in a window together; its standing is that of the role that is worst off.

    `missing` is what can still be filled: nothing once the window is over.
    """

    window_id: int
    places: int
    taken: int
    present: int
    missing: int
    standing: Standing
    is_over: bool


@dataclass(frozen=True, slots=True)
class SiteRow:
    site_id: int
    name: str
    cells: list[Cell | None]
    missing: int
    present: int
    is_closed: bool


@dataclass(frozen=True, slots=True)
class BoardWindow:
    id: int
    starts_at: datetime
    ends_at: datetime
    is_over: bool
    is_soon: bool


@dataclass(frozen=True, slots=True)
class SoonLine:
    """A role at a site that goes on or begins soon and wants people."""

    site_id: int
    site: str
    role: str
    window_id: int
    starts_at: datetime
    ends_at: datetime
    places: int
    taken: int
    present: int
    standing: Standing

    @property
    def missing(self) -> int:
        return self.places - self.taken


@dataclass(frozen=True, slots=True)
class Board:
    """`version` changes with everything that is shown; windows that are over stand last."""

    campaign_id: int
    day: date
    windows: list[BoardWindow]
    rows: list[SiteRow]
    soon: list[SoonLine]
    places: int
    taken: int
    missing: int
    present: int
    recruits: int
    outcomes: list[Amount]
    version: str
    made_at: datetime

    @property
    def percent(self) -> int:
        return self.taken * 100 // self.places if self.places else 0


def day_of_board(campaign: Campaign, wanted: date | None) -> date:
    """The day asked for where it is one of the campaign's; otherwise today, or the nearest day that is."""
    day = wanted or clock.today()
    return min(max(day, campaign.starts_on), campaign.ends_on)


def board(actor: Actor, campaign_id: int, *, day: date | None = None) -> tuple[Campaign, Board]:
    """The campaign and its snapshot; NotFound for what the actor may not see."""
    campaign = access.campaign_of(actor, campaign_id)
    return campaign, snapshot(campaign, day_of_board(campaign, day))


def snapshot(campaign: Campaign, day: date) -> Board:
    """From the cache, or five queries whatever the number of sites."""
    key = f"campaigns:board:{campaign.pk}:{day.isoformat()}"
    found = cache.get(key)
    if isinstance(found, Board):
        return found
    made = _made(campaign, day)
    cache.set(key, made, KEPT_SECONDS)
    return made


@dataclass(frozen=True, slots=True)
class _Post:
    site_id: int
    site: str
    is_closed: bool
    window_id: int
    role: str
    starts_at: datetime
    ends_at: datetime
    places: int
    minimum: int
    taken: int
    present: int

    @property
    def missing(self) -> int:
        return max(0, self.places - self.taken)

    @property
    def standing(self) -> Standing:
        return standing(taken=self.taken, places=self.places, minimum=self.minimum)


def _made(campaign: Campaign, day: date) -> Board:
    at = clock.now()
    posts = _posts(campaign, day)
    windows = _windows(posts, at)
    rows = _rows(posts, windows)
    soon = [post for post in posts if is_soon(Window(post.starts_at, post.ends_at), at=at) and not post.is_closed]
    soon.sort(key=lambda post: (post.standing != Standing.TOO_FEW, post.starts_at, post.taken - post.places))
    recruits = campaign.recruits.count()
    outcomes = campaign_outcomes(campaign)
    shown = (windows, rows, [(post.site, post.role, post.taken, post.present) for post in soon], recruits, outcomes)
    return Board(
        campaign_id=campaign.pk,
        day=day,
        windows=windows,
        rows=rows,
        soon=[_soon_line(post) for post in soon if post.taken < post.places][:SOON_SHOWN],
        places=sum(post.places for post in posts),
        taken=sum(post.taken for post in posts),
        missing=sum(post.missing for post in posts if post.ends_at > at),
        present=sum(post.present for post in posts),
        recruits=recruits,
        outcomes=outcomes,
        version=hashlib.sha256(repr(shown).encode()).hexdigest()[:16],
        made_at=at,
    )


def _posts(campaign: Campaign, day: date) -> list[_Post]:
    rows = (
        CampaignPost.objects.filter(site__campaign=campaign, day=day, shift__isnull=False, places__gte=1)
        .order_by("site__name", "site_id", "shift__starts_at", "role_id")
        .values_list(
            "shift_id",
            "site_id",
            "site__name",
            "site__closed_at",
            "window_id",
            "role__name",
            "shift__starts_at",
            "shift__ends_at",
            "shift__places",
            "shift__minimum",
            "shift__taken",
        )
    )
    here = dict(
        ServiceRecord.objects.filter(
            shift__campaign_post__site__campaign=campaign,
            shift__campaign_post__day=day,
            state=ServiceRecord.State.OPEN,
        )
        .values_list("shift_id")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return [
        _Post(
            site_id=row[1],
            site=row[2],
            is_closed=row[3] is not None,
            window_id=row[4],
            role=row[5],
            starts_at=row[6],
            ends_at=row[7],
            places=row[8] if row[3] is None else row[10],
            minimum=row[9] if row[3] is None else 0,
            taken=row[10],
            present=here.get(row[0], 0),
        )
        for row in rows
    ]


def _windows(posts: list[_Post], at: datetime) -> list[BoardWindow]:
    """What goes on or is to come first, by time; what is over last."""
    found = {post.window_id: (post.starts_at, post.ends_at) for post in posts}
    windows = [
        BoardWindow(pk, starts, ends, is_over=ends <= at, is_soon=is_soon(Window(starts, ends), at=at))
        for pk, (starts, ends) in found.items()
    ]
    return sorted(windows, key=lambda window: (window.is_over, window.starts_at, window.ends_at))


def _rows(posts: list[_Post], windows: list[BoardWindow]) -> list[SiteRow]:
    """A row per site; those with most missing soon stand first."""
    of_site: dict[int, list[_Post]] = defaultdict(list)
    for post in posts:
        of_site[post.site_id].append(post)
    soon = {window.id for window in windows if window.is_soon}
    rows = [_row(found, windows) for found in of_site.values()]
    urgent = {row.site_id: sum(cell.missing for cell in row.cells if cell and cell.window_id in soon) for row in rows}
    return sorted(rows, key=lambda row: (row.is_closed, -urgent[row.site_id], row.name))


def _row(posts: list[_Post], windows: list[BoardWindow]) -> SiteRow:
    cells: list[Cell | None] = []
    for window in windows:
        here = [post for post in posts if post.window_id == window.id]
        cells.append(_cell(window, here) if here else None)
    return SiteRow(
        site_id=posts[0].site_id,
        name=posts[0].site,
        cells=cells,
        missing=sum(cell.missing for cell in cells if cell),
        present=sum(cell.present for cell in cells if cell),
        is_closed=posts[0].is_closed,
    )


def _cell(window: BoardWindow, posts: list[_Post]) -> Cell:
    standings = {post.standing for post in posts}
    worst = next(one for one in (Standing.TOO_FEW, Standing.SOME_MISSING, Standing.FULL) if one in standings)
    return Cell(
        window_id=window.id,
        places=sum(post.places for post in posts),
        taken=sum(post.taken for post in posts),
        present=sum(post.present for post in posts),
        missing=0 if window.is_over else sum(post.missing for post in posts),
        standing=worst,
        is_over=window.is_over,
    )


def _soon_line(post: _Post) -> SoonLine:
    return SoonLine(
        site_id=post.site_id,
        site=post.site,
        role=post.role,
        window_id=post.window_id,
        starts_at=post.starts_at,
        ends_at=post.ends_at,
        places=post.places,
        taken=post.taken,
        present=post.present,
        standing=post.standing,
    )
