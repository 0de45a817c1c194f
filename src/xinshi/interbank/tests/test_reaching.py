"""A bank that is down is tried as a whole, and once it is back everything goes on at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from xinshi.doors.outgoing import Answer as HttpAnswer
from xinshi.doors.outgoing import NoAnswer
from xinshi.exchange.models import Partner
from xinshi.exchange.partners.queries import health
from xinshi.exchange.tests.conftest import NOW
from xinshi.interbank.identity.tests.conftest import make_bank
from xinshi.interbank.moving import queries, sending
from xinshi.interbank.moving.models import Stream, Transfer
from xinshi.interbank.moving.reaching import reached
from xinshi.interbank.moving.sending import send_due
from xinshi.interbank.protocol.bodies import AnswerState, MessageType
from xinshi.interbank.tests.conftest import Cast, Somebody, earn
from xinshi.interbank.tests.stranger import Stranger
from xinshi.interbank.tests.test_sending import begin, state


@pytest.fixture
def li(cast: Cast, stranger: Stranger) -> Somebody:
    earn(cast.li.person_id, 100, source="first:1")
    return cast.li


def calls_in(stranger: Stranger, minutes: int, *, begun: int) -> list[int]:
    """How many calls go out in each of the minutes from `begun` on, with a worker that looks every second second."""
    counts = []
    for minute in range(begun, begun + minutes):
        before = stranger.calls
        for second in range(0, 60, 2):
            with time_machine.travel(NOW + timedelta(minutes=minute, seconds=second)):
                send_due()
        counts.append(stranger.calls - before)
    return counts


def test_a_bank_that_is_down_is_called_once_a_minute_however_much_waits(stranger: Stranger, li: Somebody) -> None:
    sent = [begin(li, stranger, 10, form=f"form-{number}") for number in range(4)]
    first, *later = calls_in(stranger, 10, begun=0)
    assert first <= 8, "1, 2, 4 … seconds"
    assert set(later) <= {0, 1, 2}
    assert 6 <= sum(later) <= 10
    assert {state(one) for one in sent} == {"unknown"}


def test_once_it_is_back_everything_goes_on_within_a_minute_and_a_half(stranger: Stranger, li: Somebody) -> None:
    sent = [begin(li, stranger, 10, form=f"form-{number}") for number in range(4)]
    send_due()
    Transfer.objects.update(due_at=NOW + timedelta(hours=1), tries=20)
    Stream.objects.update(due_at=NOW + timedelta(hours=1), tries=20)
    calls_in(stranger, 3, begun=0)
    stranger.always(AnswerState.APPLIED)
    calls_in(stranger, 2, begun=3)
    assert [state(one) for one in sent] == ["confirmed"] * 4
    found = Stream.objects.get()
    assert (found.unanswered, found.unreached_since, found.quiet_until) == (0, None, None)


def test_a_word_from_it_is_enough(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    sent = begin(li, stranger)
    send_due()
    Stream.objects.update(unanswered=9, quiet_until=NOW + timedelta(minutes=1))
    Transfer.objects.update(due_at=NOW + timedelta(minutes=15))
    stranger.always(AnswerState.APPLIED)
    assert send_due() == 0, "it is left alone"
    stranger.say(stranger.message(stranger.token(cast.wang.person_id)))
    assert send_due() == 0, "it is not called as often as it speaks"
    with time_machine.travel(NOW + timedelta(seconds=20)):
        send_due()
        assert state(sent) == "confirmed"


def test_a_bank_that_calls_and_takes_no_calls_is_not_called_as_often_as_it_speaks(
    cast: Cast, stranger: Stranger, li: Somebody
) -> None:
    """Each word of it made everything due at once, and nobody saw that it could not be reached."""
    sent = begin(li, stranger)
    begun = stranger.calls
    for tenth in range(300):
        with time_machine.travel(NOW + timedelta(seconds=tenth / 10)):
            if tenth % 5 == 0:
                stranger.say(stranger.message(stranger.token(cast.wang.person_id)))
            send_due()
    assert 5 <= stranger.calls - begun <= 16, "once in two seconds"
    steps = queries.transfer(li.actor, sent)
    assert (steps.transfer.state, steps.is_out_of_reach) == ("unknown", True)
    assert steps.unreachable_since is not None
    assert steps.unreachable_since - NOW < timedelta(seconds=5)
    heard_at = Partner.objects.get(code="east").last_heard_at
    assert heard_at is not None
    assert heard_at - NOW > timedelta(seconds=29)


def test_hours_that_it_asks_for_are_no_reason_to_call_it_at_once(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    begin(li, stranger, 10)
    send_due()
    quiet_until = NOW + timedelta(seconds=1)
    Stream.objects.update(unanswered=9, quiet_until=quiet_until)
    asked = stranger.message(stranger.token(li.person_id), 20, type=MessageType.REQUEST)
    assert stranger.say(asked).state is AnswerState.APPLIED
    assert Stream.objects.get().quiet_until == quiet_until


def test_after_one_lost_packet_the_pauses_go_on(stranger: Stranger, li: Somebody) -> None:
    """A line that loses every second packet would know no pauses at all."""
    begin(li, stranger)
    stranger.always(AnswerState.ABSENT)
    send_due()
    due_at = NOW + timedelta(minutes=9)
    Transfer.objects.update(due_at=due_at)
    Stream.objects.update(unanswered=1, unreached_since=NOW, due_at=due_at)
    reached(partner_id=stranger.partner.pk)
    assert (Stream.objects.get().unanswered, Transfer.objects.get().due_at) == (0, due_at)
    Stream.objects.update(unanswered=2, unreached_since=NOW)
    reached(partner_id=stranger.partner.pk)
    now_due = Transfer.objects.get().due_at
    assert now_due is not None
    assert now_due - NOW < timedelta(seconds=5)


def test_what_goes_wrong_with_one_bank_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, stranger: Stranger, li: Somebody
) -> None:
    first = make_bank("aaa", "第一家银行")
    Partner.objects.filter(pk=first.pk).update(address="https://first.example")
    sent = begin(li, stranger)
    Stream.objects.create(partner=first, out_next=2, due_at=NOW - timedelta(days=1))
    serve = sending._serve

    def failing(partner_id: int) -> int:
        if partner_id == first.pk:
            raise RuntimeError("what nobody thought of")
        return serve(partner_id)

    monkeypatch.setattr(sending, "_serve", failing)
    stranger.always(AnswerState.APPLIED)
    assert (send_due(), state(sent)) == (1, "confirmed")
    Stream.objects.filter(partner=first).delete()


def test_banks_that_take_calls_come_first_and_one_slow_call_ends_the_pass(
    monkeypatch: pytest.MonkeyPatch, stranger: Stranger, li: Somebody
) -> None:
    """Ten banks that are down, each for ten seconds a call, kept one that is up waiting for most of every minute."""
    down = [make_bank(f"down-{number}", f"第{number}家银行") for number in range(4)]
    for tried, one in enumerate(down):
        Partner.objects.filter(pk=one.pk).update(address="https://down.example")
        Stream.objects.create(
            partner=one,
            out_next=2,
            due_at=NOW - timedelta(days=1),
            unanswered=9 - tried,
            unreached_since=NOW,
            quiet_until=NOW - timedelta(seconds=9 - tried),
        )
    begin(li, stranger)
    served: list[int] = []
    seconds = iter(range(0, 1_000, 3))
    monkeypatch.setattr(sending.time, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(sending, "_serve", lambda partner_id: served.append(partner_id) or 1)
    assert send_due() == 2
    assert served == [stranger.partner.pk, down[0].pk], "however long it is down already"
    Stream.objects.exclude(partner=stranger.partner).delete()


def test_who_begins_a_transfer_does_not_wait_for_the_minute(stranger: Stranger, li: Somebody) -> None:
    begin(li, stranger, 10)
    send_due()
    Stream.objects.update(unanswered=9, quiet_until=NOW + timedelta(minutes=1))
    stranger.always(AnswerState.APPLIED)
    second = begin(li, stranger, 20, form="form-2")
    send_due()
    assert state(second) == "confirmed"


@pytest.mark.parametrize(
    ("answer", "is_there"),
    [
        (HttpAnswer(503, {}, b'{"error": {"code": "paused", "detail": ""}}'), True),
        (HttpAnswer(200, {}, b'{"envelopes": []}'), True),
        (HttpAnswer(200, {}, b'{"envelopes": 1}'), True),
        (HttpAnswer(502, {}, b"<html>Bad Gateway</html>"), False),
        (HttpAnswer(404, {}, b'{"detail": "Not Found"}'), False),
        (NoAnswer(reason="it took too long"), False),
    ],
)
def test_an_error_of_the_bank_is_a_sign_of_life_and_one_of_the_way_there_is_none(
    monkeypatch: pytest.MonkeyPatch, stranger: Stranger, li: Somebody, answer: HttpAnswer | NoAnswer, is_there: bool
) -> None:
    def serve(*_: Any, **__: Any) -> HttpAnswer:
        stranger.calls += 1
        if isinstance(answer, NoAnswer):
            raise answer
        return answer

    monkeypatch.setattr(sending, "send", serve)
    sent = begin(li, stranger)
    send_due()
    found = Stream.objects.get()
    assert (found.unanswered == 0, state(sent)) == (is_there, "unknown")
    assert Partner.objects.get(code="east").last_heard_at is None
    counts = calls_in(stranger, 6, begun=1)
    assert sum(counts) < 24, "no storm either way"


def test_pages_say_that_nobody_takes_the_calls(cast: Cast, stranger: Stranger, li: Somebody, client: Client) -> None:
    sent = begin(li, stranger)
    for seconds in (1, 6):
        with time_machine.travel(NOW + timedelta(seconds=seconds)):
            send_due()
            is_told = queries.transfer(li.actor, sent).is_out_of_reach
            assert is_told is (seconds > 1), "one call alone may be any lost packet"
    client.force_login(li.user)
    page = client.get(f"/interbank/transfers/{sent}/").content.decode()
    assert "每分钟" in page
    client.force_login(cast.auditor.user)
    partner = Partner.objects.get(code="east")
    since = health(partner).unreachable_since
    assert since is not None
    assert since - NOW < timedelta(seconds=2)
    assert "无人接听" in client.get("/exchange/partners/").content.decode()
    stranger.always(AnswerState.APPLIED)
    with time_machine.travel(NOW + timedelta(minutes=2)):
        send_due()
    assert health(partner).unreachable_since is None
