"""A campaign of two sites and two days, two windows and two roles, and people for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from xinshi.activities.tests.conftest import SYSTEM, Cast, Somebody, all_at_once, cast
from xinshi.campaigns import actions
from xinshi.campaigns.domain import Need, NewCampaign, NewRole, NewSite
from xinshi.campaigns.models import Campaign, CampaignPost, CampaignSite
from xinshi.kernel import clock
from xinshi.messages.models import OutgoingText

__all__ = ["SYSTEM", "Cast", "Somebody", "all_at_once", "cast"]
MORNING, AFTERNOON = (time(8), time(12)), (time(13), time(17))
PHONE = "13900001111"
ADULT = date(1990, 5, 21)


@pytest.fixture(autouse=True)
def fresh_board() -> Iterator[None]:
    """No snapshot of another test's board."""
    cache.clear()
    yield
    cache.clear()


def last_code() -> str:
    """The digits of the newest text."""
    row = OutgoingText.objects.filter(purpose="code").order_by("-id").first()
    assert row is not None, "a text was put in line"
    found = re.search(r"\d{6}", row.text)
    assert found is not None, row.text
    return found[0]


def new_campaign(cast: Cast, **more: object) -> NewCampaign:
    first = clock.today() + timedelta(days=1)
    values: dict[str, object] = {
        "name": "流感疫苗接种",
        "code": "flu",
        "purpose": "在社区接种点协助登记、分诊和留观",
        "category": "0004",
        "starts_on": first,
        "ends_on": first + timedelta(days=1),
        "target_people": 50,
        "organizer_id": cast.department.pk,
        "person_in_charge_id": cast.coordinator.person_id,
        "roles": (NewRole(name="登记"), NewRole(name="分诊", description="引导与测温")),
        "windows": (MORNING, AFTERNOON),
        "bring": "身份证、深色长裤",
        "activation_places": 3,
        "activation_reason": "接种高峰三天内需要五十人",
    }
    return NewCampaign(**{**values, **more})  # type: ignore[arg-type]  # a table of defaults


@dataclass
class Surge:
    """The campaign of the tests: 东站 is led by 陈静, 西站 by 赵强."""

    row: Campaign
    east: CampaignSite
    west: CampaignSite

    @property
    def first(self) -> date:
        return self.row.starts_on

    def fresh(self) -> Campaign:
        return Campaign.objects.get(pk=self.row.pk)

    def need(
        self,
        *,
        site: CampaignSite | None = None,
        day: int = 0,
        window: int = 0,
        role: int = 0,
        places: int = 2,
        minimum: int = 1,
    ) -> Need:
        windows = list(self.row.windows.order_by("starts"))
        roles = list(self.row.roles.order_by("pk"))
        return Need(
            site_id=(site or self.east).pk,
            day=self.first + timedelta(days=day),
            window_id=windows[window].pk,
            role_id=roles[role].pk,
            places=places,
            minimum=minimum,
        )

    def everywhere(self, places: int = 2, minimum: int = 1) -> list[Need]:
        return [
            self.need(site=site, day=day, window=window, role=role, places=places, minimum=minimum)
            for site in (self.east, self.west)
            for day in range(2)
            for window in range(2)
            for role in range(2)
        ]

    def posts(self) -> list[CampaignPost]:
        rows = CampaignPost.objects.filter(site__campaign=self.row).select_related("shift", "site", "window", "role")
        return list(rows.order_by("day", "window__starts", "site_id", "role_id"))


MakeSurge = Callable[..., Surge]


@pytest.fixture
def make_surge(cast: Cast) -> MakeSurge:
    def make(**more: object) -> Surge:
        actor = cast.coordinator.actor
        pk = actions.create_campaign(actor=actor, campaign=new_campaign(cast, **more))
        east, west = actions.add_sites(
            actor=actor,
            campaign_id=pk,
            sites=[
                NewSite(
                    name="东站",
                    place="东湖路 1 号",
                    leader_id=cast.leader.person_id,
                    contact="陈静",
                    contact_phone="13800000001",
                ),
                NewSite(name="西站", place="西山路 2 号", leader_id=cast.other_leader.person_id),
            ],
        )
        return Surge(Campaign.objects.get(pk=pk), CampaignSite.objects.get(pk=east), CampaignSite.objects.get(pk=west))

    return make


@pytest.fixture
def surge(make_surge: MakeSurge) -> Surge:
    return make_surge()


@pytest.fixture
def open_surge(cast: Cast, surge: Surge) -> Surge:
    """Sixteen posts of two places each, published."""
    actions.set_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk, needs=surge.everywhere())
    actions.publish_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk)
    surge.row.refresh_from_db()
    return surge


def recruits(cast: Cast, surge: Surge, number: int) -> list[int]:
    """People of the campaign who pledged."""
    ids = cast.people(number)
    actions.recruit_many(actor=cast.coordinator.actor, campaign_id=surge.row.pk, person_ids=ids, has_pledged=True)
    return ids


@pytest.fixture
def browser(db: None) -> Client:
    return Client(headers={"Accept-Language": "en"})
