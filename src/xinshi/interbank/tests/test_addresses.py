"""No partner's address leads into the hospital's own network, however it came to stand there (trust.md S7)."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from xinshi.doors.tests.test_outgoing import (
    HOSTILE_ANSWERS,
    HOSTILE_LITERALS,
    HOSTILE_URLS,
    Connections,
    connections,
    resolve_to,
)
from xinshi.exchange.models import Partner
from xinshi.exchange.partners.actions import change_partner, register_partner
from xinshi.exchange.partners.domain import ADDRESS_LENGTH_MAX
from xinshi.interbank.moving import sending
from xinshi.interbank.moving.models import Stream, Transfer
from xinshi.interbank.moving.sending import posted, send_due
from xinshi.interbank.tests.conftest import Cast, earn, standing
from xinshi.interbank.tests.stranger import Stranger
from xinshi.interbank.tests.test_sending import begin
from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid

__all__ = ["connections"]

HOSTILE = [*(f"https://{host}" for host in HOSTILE_LITERALS), *(url for url in HOSTILE_URLS if url)]


@pytest.fixture
def real_way(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way out as it is, in place of the stranger's own ears."""
    monkeypatch.undo()
    assert sending.send.__module__ == "xinshi.doors.outgoing"


def test_no_hostile_address_is_written_down(cast: Cast, stranger: Stranger) -> None:
    actor, before = cast.administrator.actor, list(Partner.objects.order_by("pk").values())
    for url in HOSTILE:
        with pytest.raises(Invalid):
            register_partner(actor=actor, code="west", name="城西", kind=Partner.Kind.BANK, address=url)
        with pytest.raises(Invalid):
            change_partner(actor=actor, partner_id=stranger.partner.pk, name="城东", address=url)
    assert list(Partner.objects.order_by("pk").values()) == before


@pytest.mark.usefixtures("real_way")
def test_a_hostile_address_that_stands_there_all_the_same_is_not_connected_to(
    cast: Cast, stranger: Stranger, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: Connections = request.getfixturevalue("connections")
    asked = resolve_to(monkeypatch)
    for url in HOSTILE:
        stranger.partner.address = url
        for address in ("messages", "state", "missing", "entries"):
            assert posted(stranger.partner, address, []) is None
    assert (found.tried, asked) == ([], [])


@pytest.mark.usefixtures("real_way")
def test_a_name_that_leads_inside_brings_nothing_there_and_the_hours_stay_held(
    cast: Cast, stranger: Stranger, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: Connections = request.getfixturevalue("connections")
    earn(cast.li.person_id, 100, source="first:1")
    transfer = Transfer.objects.get(pk=begin(cast.li, stranger))
    for answer in HOSTILE_ANSWERS:
        resolve_to(monkeypatch, *([answer] * 3))
        Stream.objects.update(due_at=clock.now(), quiet_until=None)
        Transfer.objects.update(due_at=clock.now())
        assert send_due() > 0
    transfer.refresh_from_db()
    assert (found.tried, transfer.state, standing(cast.li.person_id).held) == ([], "unknown", 60)


def test_the_longest_address_leaves_room_for_what_is_called_below_it(
    cast: Cast, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = "https://east.example/"
    longest = base + "x" * (ADDRESS_LENGTH_MAX - len(base))
    change_partner(actor=cast.administrator.actor, partner_id=stranger.partner.pk, name="城东", address=longest)
    monkeypatch.undo()
    tried: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **_: tried.append(asked[0]) or [])
    stranger.partner.refresh_from_db()
    assert posted(stranger.partner, "messages", []) is None
    assert tried == ["east.example"]
