"""Waiting lists: the order is kept, what becomes free is kept for the first whose conditions hold."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
import time_machine

from xinshi.benefits import queries
from xinshi.benefits.actions import (
    accept_offer,
    call_off_slot,
    cancel,
    change_slot,
    fulfil,
    join_waiting_list,
    leave_waiting_list,
    refund,
    tend_waiting_lists,
)
from xinshi.benefits.domain import (
    AlreadyWaiting,
    DayFull,
    LimitReached,
    NotEnoughHours,
    NothingToWaitFor,
    NotWaiting,
    NotYetOffered,
    OfferOver,
    Period,
    PlaceFree,
    Relation,
    Relative,
    SoldOut,
    StarsMissing,
    StockPromised,
)
from xinshi.benefits.models import Benefit, Slot, Voucher, Waiting
from xinshi.benefits.tests.conftest import SYSTEM, Cast, Made, change, make, take
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.ledger.models import Hold
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _frozen() -> object:
    with time_machine.travel("2026-11-25T12:00:00+08:00", tick=False):
        yield


def wait(who: Actor, made: Made, slot: int | None = None) -> int:
    chosen = slot if slot is not None else (made.slots[0] if made.slots else None)
    return join_waiting_list(actor=who, benefit_id=made.id, slot_id=chosen)


def states(*entries: int) -> list[str]:
    found = dict(Waiting.objects.values_list("pk", "state"))
    return [found[entry] for entry in entries]


@pytest.fixture
def full(cast: Cast) -> tuple[Made, int]:
    """A day with one place, which the volunteer has taken."""
    cast.give(cast.volunteer, hours=10)
    made = make(hours=10, places=(1,))
    return made, take(cast.volunteer, made).voucher_id


def test_who_waits_is_offered_what_is_cancelled_and_accepts(cast: Cast, full: tuple[Made, int]) -> None:
    made, voucher_id = full
    first, second = cast.volunteers(2, hours=10)
    entries = [wait(first, made), wait(second, made)]
    assert Hold.objects.filter(state="open").count() == 1
    assert [queries.waiting_entry(SYSTEM, entry).position for entry in entries] == [1, 2]
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    assert states(*entries) == ["offered", "waiting"]
    assert Slot.objects.get().taken == 1
    assert queries.waiting_entry(SYSTEM, entries[1]).position == 1
    told = Message.objects.get(key=f"waiting:{entries[0]}:offered")
    assert told.parameters["until"] == "2026-11-26 12:00"
    with pytest.raises(DayFull):
        take(cast.volunteer, made)
    assert verify().ok, verify().first_difference
    done, again = (accept_offer(actor=first, waiting_id=entries[0]) for _ in range(2))
    assert (done.voucher_id, done.is_new, again.is_new) == (again.voucher_id, True, False)
    assert (Slot.objects.get().taken, Voucher.objects.filter(state="reserved").count()) == (1, 1)
    assert states(*entries) == ["accepted", "waiting"]
    assert verify().ok, verify().first_difference


def test_the_first_whose_conditions_hold_is_asked(cast: Cast, full: tuple[Made, int]) -> None:
    made, voucher_id = full
    (poor,), (rich,) = cast.volunteers(1), cast.volunteers(1, hours=10)
    entries = [wait(poor, made), wait(rich, made)]
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    assert states(*entries) == ["waiting", "offered"]


def test_declining_and_letting_it_lapse_pass_it_on(cast: Cast, full: tuple[Made, int]) -> None:
    made, voucher_id = full
    people = cast.volunteers(3, hours=10)
    entries = [wait(who, made) for who in people]
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    leave_waiting_list(actor=people[0], waiting_id=entries[0])
    assert states(*entries) == ["declined", "offered", "waiting"]
    with time_machine.travel(clock.now() + timedelta(hours=24), tick=False):
        with pytest.raises(OfferOver):
            accept_offer(actor=people[1], waiting_id=entries[1])
        assert [tend_waiting_lists(actor=SYSTEM) for _ in range(2)] == [1, 0]
        assert states(*entries) == ["declined", "lapsed", "offered"]
        with pytest.raises(OfferOver):
            accept_offer(actor=people[1], waiting_id=entries[1])
        leave_waiting_list(actor=people[2], waiting_id=entries[2])
        assert Slot.objects.get().taken == 0
    assert verify().ok, verify().first_difference


def test_nobody_waits_for_the_worker_to_take_what_was_not_accepted_in_time(cast: Cast, full: tuple[Made, int]) -> None:
    made, voucher_id = full
    slow, quick = cast.volunteers(2, hours=10)
    entry = wait(slow, made)
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    with pytest.raises(DayFull):
        take(quick, made)
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        assert take(quick, made).is_new
        assert states(entry) == ["lapsed"]
    assert verify().ok, verify().first_difference


def test_an_offer_of_a_time_ends_when_the_time_begins(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(places=(1,), in_days=1, starts=time(9))
    (who,) = cast.volunteers(1, hours=10)
    voucher_id = take(cast.volunteer, made).voucher_id
    entry = wait(who, made)
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    assert Waiting.objects.get(pk=entry).offer_until == Slot.objects.get().starts_at


def test_more_places_more_stock_a_refund_are_offered_in_order(cast: Cast) -> None:
    people = cast.volunteers(6, hours=10)
    dated, counted = make(hours=5, places=(1,)), make(hours=5, stock=1)
    for made in (dated, counted):
        take(people[0], made)
    entries = [wait(who, made) for who in people[1:4] for made in (dated, counted)]
    change_slot(actor=cast.coordinator.actor, slot_id=dated.slots[0], places=3)
    assert states(*entries[::2]) == ["offered", "offered", "waiting"]
    change(counted, stock=2)
    assert states(*entries[1::2]) == ["offered", "waiting", "waiting"]
    with pytest.raises(StockPromised):
        change(counted, stock=1)
    redeemed = Voucher.objects.get(benefit_id=counted.id).pk
    fulfil(actor=cast.clerk.actor, voucher_id=redeemed)
    refund(actor=cast.coordinator.actor, voucher_id=redeemed, reason="弄错了")
    assert states(*entries[1::2]) == ["offered", "offered", "waiting"]
    with pytest.raises(SoldOut):
        take(people[5], counted)
    assert verify().ok, verify().first_difference


def test_one_waits_only_for_what_is_full_and_once(cast: Cast, full: tuple[Made, int]) -> None:
    made, _ = full
    who = cast.second.actor
    with pytest.raises(PlaceFree):
        wait(who, make(stock=1))
    with pytest.raises(NothingToWaitFor):
        wait(who, make())
    with pytest.raises(StarsMissing):
        wait(who, make(stars=1, stock=0))
    entry = wait(who, made)
    with pytest.raises(AlreadyWaiting):
        wait(who, made)
    leave_waiting_list(actor=who, waiting_id=entry)
    with pytest.raises(NotWaiting):
        leave_waiting_list(actor=who, waiting_id=entry)
    assert wait(who, made) != entry
    assert Waiting.objects.count() == 2


def test_nobody_acts_for_somebody_else(cast: Cast, full: tuple[Made, int]) -> None:
    made, voucher_id = full
    cast.give(cast.second, hours=10)
    entry = wait(cast.second.actor, made)
    with pytest.raises(NotYetOffered):
        accept_offer(actor=cast.second.actor, waiting_id=entry)
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    for somebody in (cast.volunteer, cast.clerk, cast.coordinator):
        for verb in (accept_offer, leave_waiting_list):
            with pytest.raises(NotFound):
                verb(actor=somebody.actor, waiting_id=entry)
    with pytest.raises(NotAllowed):
        join_waiting_list(
            actor=cast.clerk.actor, benefit_id=made.id, slot_id=made.slots[0], person_id=cast.second.person_id
        )
    with pytest.raises(NotAllowed):
        tend_waiting_lists(actor=cast.administrator.actor)
    assert states(entry) == ["offered"]


def test_conditions_are_looked_at_again_on_accepting(cast: Cast) -> None:
    cast.give(cast.second, hours=10)
    cast.give(cast.volunteer, hours=10)
    made = make(hours=5, places=(1, 1), limit_pieces=1, limit_period=Period.EVER)
    voucher_id = take(cast.volunteer, made).voucher_id
    entry = wait(cast.second.actor, made)
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    other = take(cast.second, make(hours=6, stock=1)).voucher_id
    with pytest.raises(NotEnoughHours):
        accept_offer(actor=cast.second.actor, waiting_id=entry)
    cancel(actor=cast.second.actor, voucher_id=other)
    elsewhere = change(made, limit_pieces=None, limit_period=None)
    assert elsewhere == ["limit_pieces", "limit_period"]
    take(cast.second, made, slot=made.slots[1])
    change(made, limit_pieces=1, limit_period=Period.YEAR)
    with pytest.raises(LimitReached):
        accept_offer(actor=cast.second.actor, waiting_id=entry)
    assert (states(entry), Slot.objects.get(pk=made.slots[0]).taken) == (["offered"], 1)


def test_a_relative_is_named_on_accepting(cast: Cast) -> None:
    cast.give(cast.second, hours=10)
    cast.give(cast.volunteer, hours=10)
    made = make(hours=5, places=(1,), for_relatives=True)
    voucher_id = take(cast.volunteer, made).voucher_id
    entry = wait(cast.second.actor, made)
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    done = accept_offer(
        actor=cast.second.actor, waiting_id=entry, relative=Relative(relation=Relation.SPOUSE, name="张三")
    )
    assert Voucher.objects.get(pk=done.voucher_id).beneficiary_name == "张三"


def test_a_called_off_day_ends_its_list_and_tells(cast: Cast, full: tuple[Made, int]) -> None:
    made, voucher_id = full
    people = cast.volunteers(2, hours=10)
    entries = [wait(who, made) for who in people]
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    call_off_slot(actor=cast.coordinator.actor, slot_id=made.slots[0], reason="停诊")
    assert states(*entries) == ["closed", "closed"]
    assert (Slot.objects.get().taken, Slot.objects.get().places) == (0, 0)
    assert Message.objects.filter(key__endswith=":closed").count() == 2
    assert verify().ok, verify().first_difference


def test_the_worker_ends_the_lists_of_days_that_are_over(cast: Cast, full: tuple[Made, int]) -> None:
    made, _ = full
    entry = wait(cast.second.actor, made)
    assert tend_waiting_lists(actor=SYSTEM) == 0
    with time_machine.travel(clock.now() + timedelta(days=4), tick=False):
        assert [tend_waiting_lists(actor=SYSTEM) for _ in range(2)] == [1, 0]
    assert states(entry) == ["closed"]


def test_who_earns_the_hours_later_is_asked_when_the_worker_comes_by(cast: Cast, full: tuple[Made, int]) -> None:
    made, voucher_id = full
    entry = wait(cast.second.actor, made)
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    assert states(entry) == ["waiting"]
    cast.give(cast.second, hours=10)
    assert tend_waiting_lists(actor=SYSTEM) == 1
    assert states(entry) == ["offered"]


def test_an_offer_keeps_its_part_of_the_budget(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=5, stock=1, budget_pieces=1, budget_period=Period.MONTH)
    voucher_id = take(cast.volunteer, made).voucher_id
    cast.give(cast.second, hours=10)
    entry = wait(cast.second.actor, made)
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    assert verify().ok, verify().first_difference
    change(made, stock=2)
    assert Benefit.objects.get().taken == 1
    accept_offer(actor=cast.second.actor, waiting_id=entry)
    assert verify().ok, verify().first_difference
