"""A cast with identity numbers, and a stand-in for the interface that is running."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pytest

from xinshi.exchange.models import Partner
from xinshi.exchange.pulling.actions import PullReport, pull_zhiyuanhui
from xinshi.exchange.pulling.client import Client, access
from xinshi.exchange.pulling.tests.stand_in import KEY_ID, SECRET, StandIn, running
from xinshi.exchange.tests.conftest import SYSTEM, Cast, Somebody, cast, frozen, make_cast
from xinshi.people.models import Person, id_index

__all__ = ["Cast", "Somebody", "cast", "frozen", "make_cast"]

LI: Final = "11010519491231002X"
WANG: Final = "440524188001010014"
STRANGER: Final = "210102199003078811"


@pytest.fixture
def stand_in(settings: Any) -> Iterator[StandIn]:
    with running() as found:
        settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
        settings.ZHIYUANHUI_URL = found.url
        settings.ZHIYUANHUI_ACCESS_KEY_ID = KEY_ID
        settings.ZHIYUANHUI_ACCESS_KEY_SECRET = SECRET
        settings.ZHIYUANHUI_REGION_ID = "cn-east"
        settings.ZHIYUANHUI_SINCE = date(2026, 11, 18)
        settings.ZHIYUANHUI_TIMEOUT_SECONDS = 0.4
        yield found


@dataclass
class Puller:
    """Pulls without waiting; `paused` are the pauses that it would have made."""

    paused: list[float] = field(default_factory=list)

    def __call__(self) -> PullReport:
        client = Client(access(), sleep=self.paused.append, chance=lambda: 0.0)
        return pull_zhiyuanhui(actor=SYSTEM, client=client)


@pytest.fixture
def pull(stand_in: StandIn, cast: Cast) -> Puller:
    for somebody, number in ((cast.li, LI), (cast.wang, WANG)):
        Person.objects.filter(pk=somebody.person_id).update(id_kind="01", id_number=number, id_index=id_index(number))
    return Puller()


def segment(name: str, idcard: str, day: str, start: str, end: str, value: str | float, **more: Any) -> dict[str, Any]:
    """A row of verified hours, with the data that must not stay."""
    return {
        "name": name,
        "idcard": idcard,
        "activity": "门诊导医",
        "address": "东城区安定路 5 号",
        "value": value,
        "signInTime": f"{day} {start}:00",
        "signOutTime": f"{day} {end}:00" if end else "",
        **more,
    }


def platform() -> Partner:
    return Partner.objects.get(code="zhiyuanhui")
