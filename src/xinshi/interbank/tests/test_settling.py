"""Both lists by the protocol itself: what really moved, compared with what the partner says, and put right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from xinshi.doors.outgoing import Answer
from xinshi.exchange.models import Partner
from xinshi.interbank.moving import sending
from xinshi.interbank.moving.actions import ask_transfer
from xinshi.interbank.moving.sending import send_due
from xinshi.interbank.protocol import bodies
from xinshi.interbank.protocol.bodies import AnswerState, moment_text
from xinshi.interbank.protocol.canonical import digest
from xinshi.interbank.reconciling import protocol_lists
from xinshi.interbank.reconciling.actions import compare_by_interface, end_difference
from xinshi.interbank.reconciling.models import Comparison, Difference
from xinshi.interbank.reconciling.protocol_lists import NoListCame
from xinshi.interbank.statements.figures import figures_of
from xinshi.interbank.statements.movements import movements
from xinshi.interbank.tests.conftest import Cast, earn, standing
from xinshi.interbank.tests.stranger import CODE, SYSTEM, Stranger
from xinshi.kernel import clock
from xinshi.kernel.codes import HoursKind


def as_there(entry: bodies.Entry, **changes: object) -> bodies.Entry:
    """Our entry as the other bank lists it."""
    return replace(entry, direction="received" if entry.direction == "sent" else "sent", **changes)


def listing_of(entries: list[bodies.Entry], page: int = 2) -> Callable[[bodies.Body], bodies.Listing]:
    """A bank that lists these, `page` at a time."""

    def script(asked: bodies.Body) -> bodies.Listing:
        assert isinstance(asked, bodies.EntriesQuery)
        start = next((n for n, one in enumerate(entries, 1) if f"{one.direction}:{one.sequence}" == asked.after), 0)
        shown, rest = entries[start : start + page], entries[start + page :]
        return bodies.Listing(
            sender=CODE,
            receiver=asked.sender,
            about=digest(asked.body()),
            from_day=asked.from_day,
            to_day=asked.to_day,
            drawn_at=moment_text(clock.now()),
            entries=tuple(shown),
            next=f"{shown[-1].direction}:{shown[-1].sequence}" if rest else "",
        )

    return script


@pytest.fixture
def moved(cast: Cast, stranger: Stranger) -> list[bodies.Entry]:
    """李 earned four hours here; one hour came, one and a half went. Returned is our own list."""
    earn(cast.li.person_id, 240, source="service-record:1")
    stranger.say(stranger.message(stranger.token(cast.li.person_id), 60))
    stranger.say(stranger.message("f" * 64, 30))
    stranger.always(AnswerState.APPLIED)
    ask_transfer(
        actor=cast.li.actor, partner_id=stranger.partner.pk, minutes=90, kind=HoursKind.VERIFIED, form_key="one"
    )
    send_due()
    assert standing(cast.li.person_id).posted == 240 + 60 - 90
    today = clock.now().date().isoformat()
    return protocol_lists.entries_of(stranger.partner, today, today)


def compared(stranger: Stranger) -> Comparison:
    today = clock.now().date()
    return Comparison.objects.get(
        pk=compare_by_interface(actor=SYSTEM, partner_id=stranger.partner.pk, from_day=today, to_day=today)
    )


def test_an_honest_partner_says_the_same_page_by_page(stranger: Stranger, moved: list[bodies.Entry]) -> None:
    stranger.script = listing_of([as_there(one) for one in moved], page=1)
    found = compared(stranger)
    assert (found.matched_count, found.matched_minutes, found.still_open) == (3, 150, 0)
    assert not Difference.objects.exists()
    asked = [one for one in stranger.heard if isinstance(one, bodies.EntriesQuery)]
    assert [bool(one.after) for one in asked] == [False, True, True]


def test_a_list_is_asked_for_where_messages_go_however_the_address_is_written(
    stranger: Stranger, moved: list[bodies.Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []

    def serve(url: str, **given: Any) -> Answer:
        called.append(url)
        return stranger.serve(url, **given)

    monkeypatch.setattr(sending, "send", serve)
    stranger.script = listing_of([as_there(one) for one in moved])
    for address in ("https://east.example", "https://east.example/", "https://east.example/interbank/v1"):
        Partner.objects.filter(pk=stranger.partner.pk).update(address=address)
        assert compared(stranger).matched_count == 3
    assert set(called) == {"https://east.example/interbank/v1/entries"}


def test_what_the_partner_never_got_comes_back_to_the_person(
    cast: Cast, stranger: Stranger, moved: list[bodies.Entry]
) -> None:
    there = [as_there(one, state="refused") if one.direction == "sent" else as_there(one) for one in moved]
    stranger.script = listing_of(there)
    assert compared(stranger).differs == 1
    found = Difference.objects.get()
    assert (found.stream, found.owed_minutes) == ("out", -90)
    end_difference(actor=cast.coordinator.actor, difference_id=found.pk, ending="theirs", reason="东区没有入账")
    assert standing(cast.li.person_id).posted == 300
    month = figures_of(0, movements(stranger.partner, None, clock.now() + timedelta(minutes=1)))
    assert (month.in_minutes, month.out_minutes, month.correction_minutes, month.closing_minutes) == (60, 90, 90, 60)
    assert month.kinds == (("verified", 60, 1, 90, 1),)
    compared(stranger)
    assert Difference.objects.get().ending == "theirs"


def test_what_the_partner_never_sent_is_taken_back(cast: Cast, stranger: Stranger, moved: list[bodies.Entry]) -> None:
    stranger.script = listing_of([as_there(one) for one in moved if one.state != "applied" or one.direction == "sent"])
    assert compared(stranger).only_here == 1
    end_difference(
        actor=cast.coordinator.actor, difference_id=Difference.objects.get().pk, ending="theirs", reason="东区没有转出"
    )
    assert standing(cast.li.person_id).posted == 150


@pytest.mark.parametrize(
    "change",
    [
        lambda found: None,
        lambda found: {**found, "about": "0" * 64},
        lambda found: {**found, "from": "west"},
    ],
)
def test_a_list_that_cannot_be_trusted_is_no_list(
    stranger: Stranger, moved: list[bodies.Entry], change: Callable[[dict[str, object]], dict[str, object] | None]
) -> None:
    honest = listing_of([as_there(one) for one in moved], page=10)

    def script(asked: bodies.Body) -> bodies.Listing | None:
        altered = change(honest(asked).body())
        return None if altered is None else bodies.read(altered)  # type: ignore[return-value]

    stranger.script = script
    with pytest.raises(NoListCame):
        compared(stranger)
    assert not Comparison.objects.exists()


def test_days_are_those_of_utc(stranger: Stranger, moved: list[bodies.Entry]) -> None:
    day: date = clock.now().date()
    assert len(protocol_lists.ours(stranger.partner, day, day)) == 3
    assert protocol_lists.ours(stranger.partner, day - timedelta(days=1), day - timedelta(days=1)) == []
