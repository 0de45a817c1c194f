"""Many at once: threads with connections of their own, on whichever database the tests use."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connections

from xinshi.benefits.actions import call_off_slot, cancel, change_benefit, expire_overdue, fulfil
from xinshi.benefits.domain import DayFull, NewBenefit, NotEnoughHours, SoldOut, Supply
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.benefits.tests.conftest import SYSTEM, Cast, give_hours, make, take
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError
from xinshi.ledger.models import Hold, Transfer
from xinshi.ledger.verification import verify

THREADS = 12


def all_at_once(jobs: list[Callable[[], object]]) -> list[object]:
    """The jobs' results or refusals, in order; anything else is raised."""

    def attempt(job: Callable[[], object]) -> object:
        try:
            return job()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(attempt, jobs))


def test_of_24_people_5_get_the_5_places_of_a_day(committed_cast: Cast) -> None:
    people = committed_cast.volunteers(24, hours=10)
    made = make(hours=10, places=(5,))
    results = all_at_once([lambda who=who: take(who, made) for who in people])
    assert len([r for r in results if isinstance(r, DayFull)]) == 19
    assert (Slot.objects.get().taken, Voucher.objects.count(), Hold.objects.filter(state="open").count()) == (5, 5, 5)
    assert verify().ok, verify().first_difference


def test_of_24_people_5_get_the_5_pieces_of_a_stock(committed_cast: Cast) -> None:
    people = committed_cast.volunteers(24, hours=10)
    made = make(hours=10, stock=5)
    results = all_at_once([lambda who=who: take(who, made) for who in people])
    assert len([r for r in results if isinstance(r, SoldOut)]) == 19
    assert (Benefit.objects.get().taken, Voucher.objects.count()) == (5, 5)
    assert verify().ok, verify().first_difference


def test_of_20_reservations_at_once_10_are_paid_by_hours_for_10(committed_cast: Cast) -> None:
    cast = committed_cast
    cast.give(cast.volunteer, hours=100)
    one, other = make(hours=10, stock=50), make(hours=10, places=(50,))
    actor = cast.volunteer.actor
    results = all_at_once([lambda n=n: take(actor, one if n % 2 else other, key=f"k{n}") for n in range(20)])
    assert len([r for r in results if isinstance(r, NotEnoughHours)]) == 10
    assert (Voucher.objects.count(), cast.volunteer.balance.available) == (10, 0)
    assert Benefit.objects.get(pk=one.id).taken + Slot.objects.get().taken == 10
    assert verify().ok, verify().first_difference


def test_a_form_sent_many_times_at_once_reserves_once(committed_cast: Cast) -> None:
    cast = committed_cast
    cast.give(cast.volunteer, hours=100)
    made, actor = make(hours=10, places=(50,)), cast.volunteer.actor
    results = all_at_once([lambda: take(actor, made, key="form") for _ in range(24)])
    assert (sum(r.is_new for r in results), len({r.voucher_id for r in results})) == (1, 1)
    assert (Voucher.objects.count(), Slot.objects.get().taken, cast.volunteer.balance.held) == (1, 1, 600)
    assert verify().ok, verify().first_difference


def test_redeeming_cancelling_and_running_out_at_once_end_a_voucher_once(committed_cast: Cast) -> None:
    cast = committed_cast
    people = cast.volunteers(12, hours=10)
    made = make(hours=10, stock=12)
    vouchers = [take(who, made).voucher_id for who in people]
    past = clock.now() - timedelta(minutes=1)
    Voucher.objects.filter(pk__in=vouchers[8:]).update(expires_at=past)
    Hold.objects.filter(key__in=[f"voucher:{pk}" for pk in vouchers[8:]]).update(expires_at=past)
    clerk, own = cast.clerk.actor, dict(zip(vouchers, people, strict=True))
    jobs: list[Callable[[], object]] = []
    for pk in vouchers:
        jobs += [
            lambda pk=pk: fulfil(actor=clerk, voucher_id=pk),
            lambda pk=pk: cancel(actor=own[pk], voucher_id=pk),
            lambda: expire_overdue(actor=SYSTEM),
            lambda pk=pk: fulfil(actor=clerk, voucher_id=pk),
        ]
    all_at_once(jobs)
    states = list(Voucher.objects.order_by("pk").values_list("state", flat=True))
    assert states[8:] == ["expired"] * 4
    assert set(states[:8]) <= {"fulfilled", "cancelled"}
    assert Transfer.objects.filter(kind="redemption").count() == states.count("fulfilled")
    assert Benefit.objects.get().taken == states.count("fulfilled")
    assert Hold.objects.filter(state="open").count() == 0
    assert verify().ok, verify().first_difference


def test_what_is_cancelled_meanwhile_is_taken_by_others_and_never_promised_twice(committed_cast: Cast) -> None:
    cast = committed_cast
    holders, waiting = cast.volunteers(4, hours=10), cast.volunteers(12, hours=10)
    made = make(hours=10, places=(4,))
    vouchers = [take(who, made).voucher_id for who in holders]
    gives = [lambda who=who, pk=pk: cancel(actor=who, voucher_id=pk) for who, pk in zip(holders, vouchers, strict=True)]
    takes = [lambda who=who: take(who, made) for who in waiting]
    mixed = [job for pair in zip(takes[:4], gives, strict=True) for job in pair]
    results = all_at_once([*mixed, *takes[4:]])
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, DayFull)]
    assert Slot.objects.get().taken == Voucher.objects.filter(state="reserved").count() <= 4
    assert verify().ok, verify().first_difference


def test_a_stock_made_smaller_meanwhile_is_not_oversold(committed_cast: Cast) -> None:
    cast = committed_cast
    people = cast.volunteers(12, hours=10)
    made = make(hours=10, stock=12)
    smaller = NewBenefit(name="健康体检", kind="health_check", supply=Supply.STOCK, price_minutes=600, stock=6)
    coordinator = cast.coordinator.actor
    jobs: list[Callable[[], object]] = [lambda who=who: take(who, made) for who in people]
    jobs.insert(4, lambda: change_benefit(actor=coordinator, benefit_id=made.id, benefit=smaller))
    all_at_once(jobs)
    benefit = Benefit.objects.get()
    assert benefit.taken == Voucher.objects.count() <= (benefit.stock or 0)
    assert verify().ok, verify().first_difference


def test_a_day_called_off_in_the_rush_leaves_nothing_promised(committed_cast: Cast) -> None:
    """Deposits for the same people go on meanwhile: the order of locks is the same everywhere."""
    cast = committed_cast
    people = cast.volunteers(16, hours=10)
    ids = [who.person_id for who in people if who.person_id is not None]
    made = make(hours=10, places=(16,))
    coordinator = cast.coordinator.actor
    jobs: list[Callable[[], object]] = [lambda who=who: take(who, made) for who in people]
    for place in (6, 10, 14):
        jobs.insert(place, lambda: call_off_slot(actor=coordinator, slot_id=made.slots[0], reason="医生生病"))
    for place in (2, 7, 11, 15):
        jobs.insert(place, lambda: give_hours(ids, hours=1))
    results = all_at_once(jobs)
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, DayFull)]
    call_off_slot(actor=coordinator, slot_id=made.slots[0], reason="医生生病")
    assert (Slot.objects.get().taken, Slot.objects.get().places) == (0, 0)
    assert Hold.objects.filter(state="open").count() == 0
    assert verify().ok, verify().first_difference
