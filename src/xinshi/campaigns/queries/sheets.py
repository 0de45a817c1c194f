"""Hand-over sheets: who comes to a site in a window, what the shift before left, what is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from xinshi.activities.models import SignUp
from xinshi.bank.ages import is_minor
from xinshi.campaigns import access
from xinshi.campaigns.models import CampaignPost, CampaignSite, CampaignWindow, HandOverNote
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.domain import masked_phone
from xinshi.people.queries import names_by_reference

NOTES_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class SheetPerson:
    """`phone` is masked unless the sheet was asked for with whole numbers."""

    name: str
    phone: str
    is_minor: bool
    has_come: bool
    note: str


@dataclass(frozen=True, slots=True)
class SheetRole:
    post: CampaignPost
    people: list[SheetPerson]

    @property
    def missing(self) -> int:
        return max(0, self.post.places - len(self.people))


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note as it was written, with who wrote it."""

    note: HandOverNote
    by: str


@dataclass(frozen=True, slots=True)
class Sheet:
    site: CampaignSite
    day: date
    window: CampaignWindow
    starts_at: datetime
    ends_at: datetime
    roles: list[SheetRole]
    notes: list[NoteLine]
    shows_phones: bool


@dataclass(frozen=True, slots=True)
class SheetLink:
    """A sheet that can be opened: one window of a day."""

    day: date
    window: CampaignWindow
    places: int
    taken: int


def sheet(actor: Actor, site_id: int, day: date, window_id: int, *, with_phones: bool = False) -> Sheet:
    """The sheet for who leads the site; a fixed number of queries. NotFound where there is no post then."""
    site = access.led_site(actor, site_id)
    posts = list(
        CampaignPost.objects.filter(site=site, day=day, window_id=window_id, shift__isnull=False)
        .select_related("role", "window", "shift")
        .order_by("role_id")
    )
    if not posts:
        raise NotFound
    signups = (
        SignUp.objects.filter(shift_id__in=[post.shift_id for post in posts], state=SignUp.State.CONFIRMED)
        .select_related("person")
        .order_by("person__name", "pk")
    )
    people: dict[int, list[SheetPerson]] = {}
    for row in signups:
        phone = row.person.phone
        people.setdefault(row.shift_id, []).append(
            SheetPerson(
                name=row.person.name,
                phone=phone if with_phones else masked_phone(phone),
                is_minor=is_minor(row.person.birth_date, today=day),
                has_come=row.attended_at is not None,
                note=row.note,
            )
        )
    first = posts[0]
    assert first.shift is not None, "only published posts are on a sheet"
    return Sheet(
        site=site,
        day=day,
        window=first.window,
        starts_at=first.shift.starts_at,
        ends_at=first.shift.ends_at,
        roles=[SheetRole(post, people.get(post.shift_id or 0, [])) for post in posts],
        notes=notes_of(site),
        shows_phones=with_phones,
    )


def notes_of(site: CampaignSite) -> list[NoteLine]:
    """The last notes of a site, the newest first."""
    rows = list(site.notes.select_related("window").order_by("-written_at", "-pk")[:NOTES_SHOWN])
    names = names_by_reference(row.written_by_ref for row in rows)
    return [NoteLine(row, names.get(row.written_by_ref, "")) for row in rows]


def sheets_of(actor: Actor, site_id: int, day: date | None = None) -> tuple[CampaignSite, date, list[SheetLink]]:
    """The windows of a day of a site that can be opened."""
    site = access.led_site(actor, site_id)
    campaign = site.campaign
    chosen = min(max(day or clock.today(), campaign.starts_on), campaign.ends_on)
    links: dict[int, SheetLink] = {}
    rows = CampaignPost.objects.filter(site=site, day=chosen, shift__isnull=False).select_related("window", "shift")
    for post in rows.order_by("window__starts"):
        assert post.shift is not None, "filtered"
        before = links.get(post.window_id)
        links[post.window_id] = SheetLink(
            day=chosen,
            window=post.window,
            places=post.places + (before.places if before else 0),
            taken=post.shift.taken + (before.taken if before else 0),
        )
    return site, chosen, list(links.values())
