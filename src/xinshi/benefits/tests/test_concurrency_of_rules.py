"""Budgets, limits, waiting lists and refunds with many at once, on whichever database the tests use."""

from __future__ import annotations

from collections.abc import Callable

from xinshi.benefits.actions import (
    accept_offer,
    cancel,
    change_slot,
    confirm_settlement,
    draft_settlement,
    fulfil,
    join_waiting_list,
    leave_waiting_list,
    refund,
    tend_waiting_lists,
    undo_redeeming,
)
from xinshi.benefits.domain import BudgetSpent, DayFull, LimitReached, Period
from xinshi.benefits.models import Benefit, Budget, SettlementItem, Slot, Voucher, Waiting
from xinshi.benefits.tests.conftest import SYSTEM, Cast, give_hours, make, take
from xinshi.benefits.tests.test_concurrency import all_at_once
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError
from xinshi.ledger.models import Transfer
from xinshi.ledger.verification import verify
from xinshi.organizations.actions import create_organization
from xinshi.organizations.models import Organization


def test_of_24_people_5_get_what_the_budget_has(committed_cast: Cast) -> None:
    people = committed_cast.volunteers(24, hours=10)
    made = make(hours=10, stock=100, budget_pieces=5, budget_period=Period.YEAR)
    results = all_at_once([lambda who=who: take(who, made) for who in people])
    assert len([r for r in results if isinstance(r, BudgetSpent)]) == 19
    assert (Budget.objects.get().pieces_used, Benefit.objects.get().taken, Voucher.objects.count()) == (5, 5, 5)
    assert verify().ok, verify().first_difference


def test_of_24_forms_of_one_person_the_limit_lets_3_through(committed_cast: Cast) -> None:
    cast = committed_cast
    cast.give(cast.volunteer, hours=100)
    made, actor = make(hours=1, stock=100, limit_pieces=3, limit_period=Period.MONTH), cast.volunteer.actor
    results = all_at_once([lambda n=n: take(actor, made, key=f"k{n}") for n in range(24)])
    assert len([r for r in results if isinstance(r, LimitReached)]) == 21
    assert (Voucher.objects.count(), Benefit.objects.get().taken, cast.volunteer.balance.held) == (3, 3, 180)
    assert verify().ok, verify().first_difference


def test_what_becomes_free_in_a_rush_goes_down_the_list_and_to_nobody_twice(committed_cast: Cast) -> None:
    cast = committed_cast
    holders, waiting, others = (cast.volunteers(n, hours=10) for n in (6, 10, 6))
    made = make(hours=10, places=(6,))
    vouchers = [take(who, made).voucher_id for who in holders]
    entries = [join_waiting_list(actor=who, benefit_id=made.id, slot_id=made.slots[0]) for who in waiting]
    jobs: list[Callable[[], object]] = []
    for holder, pk, other in zip(holders, vouchers, others, strict=True):
        jobs += [
            lambda holder=holder, pk=pk: cancel(actor=holder, voucher_id=pk),
            lambda other=other: take(other, made),
        ]
    results = all_at_once(jobs)
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, DayFull)]
    offered = list(Waiting.objects.filter(state="offered").order_by("pk").values_list("pk", flat=True))
    assert (offered, Slot.objects.get().taken) == (entries[:6], 6)
    assert verify().ok, verify().first_difference
    answers: list[Callable[[], object]] = []
    for who, entry in zip(waiting, entries, strict=True):
        answers += [lambda who=who, entry=entry: accept_offer(actor=who, waiting_id=entry)] * 2
    answers[3] = lambda: leave_waiting_list(actor=waiting[1], waiting_id=entries[1])
    answers.insert(6, lambda: tend_waiting_lists(actor=SYSTEM))
    ids = [who.person_id for who in waiting if who.person_id is not None]
    answers.insert(9, lambda: give_hours(ids, hours=1))
    all_at_once(answers)
    reserved = Voucher.objects.filter(state="reserved").count()
    kept = Waiting.objects.filter(state="offered").count()
    assert (reserved + kept, Slot.objects.get().taken) == (6, 6)
    assert Waiting.objects.filter(state="accepted").count() == reserved
    assert verify().ok, verify().first_difference


def test_places_added_while_people_join_and_reserve_are_never_promised_twice(committed_cast: Cast) -> None:
    cast = committed_cast
    people = cast.volunteers(16, hours=10)
    made, coordinator = make(hours=10, places=(2,)), cast.coordinator.actor
    jobs: list[Callable[[], object]] = []
    for number, who in enumerate(people):
        if number % 2:
            jobs.append(lambda who=who: take(who, made))
        else:
            jobs.append(lambda who=who: join_waiting_list(actor=who, benefit_id=made.id, slot_id=made.slots[0]))
    for place in (5, 9, 13):
        jobs.insert(place, lambda place=place: change_slot(actor=coordinator, slot_id=made.slots[0], places=place))
    assert all(isinstance(r, DomainError) for r in all_at_once(jobs) if isinstance(r, Exception))
    slot = Slot.objects.get()
    promised = Voucher.objects.count() + Waiting.objects.filter(state="offered").count()
    assert slot.taken == promised <= slot.places
    assert not (slot.taken < slot.places and Waiting.objects.filter(state="waiting").exists())
    assert verify().ok, verify().first_difference


def test_pressing_redeem_and_undo_many_times_pays_once_and_comes_back_once(committed_cast: Cast) -> None:
    cast = committed_cast
    cast.give(cast.volunteer, hours=10)
    voucher_id = take(cast.volunteer, make(hours=10, stock=1)).voucher_id
    clerk, coordinator = cast.clerk.actor, cast.coordinator.actor
    all_at_once([lambda: fulfil(actor=clerk, voucher_id=voucher_id)] * 12)
    assert (Transfer.objects.filter(kind="redemption").count(), cast.volunteer.balance.posted) == (1, 0)
    back: list[Callable[[], object]] = [lambda: undo_redeeming(actor=clerk, voucher_id=voucher_id, reason="x")] * 6
    back += [lambda: refund(actor=coordinator, voucher_id=voucher_id, reason="x")] * 6
    results = all_at_once(back)
    assert len([r for r in results if not isinstance(r, Exception)]) == 1
    assert (Transfer.objects.filter(kind="reversal").count(), cast.volunteer.balance.posted) == (1, 600)
    assert Benefit.objects.get().taken == 0
    assert verify().ok, verify().first_difference


def test_a_statement_confirmed_many_times_at_once_counts_once(committed_cast: Cast) -> None:
    cast = committed_cast
    provider = create_organization(actor=SYSTEM, name="体检中心", kind=Organization.Kind.DEPARTMENT)
    cast.give(cast.volunteer, hours=10)
    made = make(hours=1, stock=9, provider_id=provider)
    for _ in range(4):
        fulfil(actor=cast.clerk.actor, voucher_id=take(cast.volunteer, made).voucher_id)
    month = clock.today().replace(day=1)
    long_ago = month.replace(year=month.year - 1)
    Voucher.objects.update(ended_at=clock.at_local(long_ago, clock.now().time()))
    statements = [
        draft_settlement(actor=cast.coordinator.actor, provider_id=provider, month=day)
        for day in (long_ago, long_ago.replace(year=long_ago.year + 1, month=1))
    ]
    actor = cast.coordinator.actor
    jobs = [lambda pk=pk: confirm_settlement(actor=actor, settlement_id=pk) for pk in statements * 6]
    results = all_at_once(jobs)
    assert sorted(r for r in results if isinstance(r, int)) == [0, 4]
    assert SettlementItem.objects.count() == 4
    assert verify().ok, verify().first_difference
