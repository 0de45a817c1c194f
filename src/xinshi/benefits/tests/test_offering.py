"""What coordinators offer: benefits, days, stock; what is promised stays promised."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from xinshi.audit.models import AuditEntry
from xinshi.benefits.actions import add_slots, change_benefit, change_slot, create_benefit
from xinshi.benefits.domain import DayExists, NewBenefit, NewSlot, NotDated, StockPromised, Supply, SupplyFixed
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.benefits.tests.conftest import Cast, make, take
from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db
MEAL = NewBenefit(name="食堂午餐", kind="meal", supply=Supply.STOCK, price_minutes=120, stock=20)


def different(**how: object) -> NewBenefit:
    values = {name: getattr(MEAL, name) for name in MEAL.__dataclass_fields__} | how
    return NewBenefit(**values)


def test_a_coordinator_creates_and_changes_a_benefit(cast: Cast) -> None:
    actor = cast.coordinator.actor
    made = create_benefit(actor=actor, benefit=MEAL)
    changed = change_benefit(actor=actor, benefit_id=made, benefit=different(price_minutes=90, stars_min=1))
    benefit = Benefit.objects.get()
    assert (changed, benefit.price_minutes, benefit.stars_min) == (["price_minutes", "stars_min"], 90, 1)
    assert change_benefit(actor=actor, benefit_id=made, benefit=different(price_minutes=90, stars_min=1)) == []
    line = AuditEntry.objects.get(action="benefits.change_benefit")
    assert line.detail["before"] == {"price_minutes": 120, "stars_min": 0}


def test_only_those_who_manage_offer(cast: Cast) -> None:
    made = make(places=(1,))
    for somebody in (cast.volunteer, cast.clerk, cast.auditor):
        for verb, how in (
            (create_benefit, {"benefit": MEAL}),
            (change_benefit, {"benefit_id": made.id, "benefit": MEAL}),
            (add_slots, {"benefit_id": made.id, "slots": [NewSlot(day=clock.today(), places=1)]}),
            (change_slot, {"slot_id": made.slots[0], "places": 9}),
        ):
            with pytest.raises(NotAllowed):
                verb(actor=somebody.actor, **how)
    assert (Benefit.objects.count(), Slot.objects.get().places) == (1, 1)


@pytest.mark.parametrize(
    "how",
    [
        {"name": "  "},
        {"name": "长" * 61},
        {"kind": "no such kind"},
        {"price_minutes": 0},
        {"price_minutes": 600_001},
        {"stars_min": 6},
        {"stock": None},
        {"stock": -1},
        {"supply": Supply.UNLIMITED},
        {"valid_days": 0},
        {"description": "长" * 1_001},
        {"place": "长" * 121},
    ],
)
def test_refuses_what_does_not_fit(cast: Cast, how: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        create_benefit(actor=cast.coordinator.actor, benefit=different(**how))
    assert Benefit.objects.count() == 0


def test_there_are_never_fewer_than_were_promised(cast: Cast) -> None:
    actor = cast.coordinator.actor
    cast.give(cast.volunteer, hours=100)
    counted, dated = make(stock=5), make(places=(5,))
    for made in (counted, counted, dated, dated):
        take(cast.volunteer, made)
    with pytest.raises(StockPromised):
        change_benefit(actor=actor, benefit_id=counted.id, benefit=different(stock=1))
    with pytest.raises(StockPromised):
        change_slot(actor=actor, slot_id=dated.slots[0], places=1)
    change_benefit(actor=actor, benefit_id=counted.id, benefit=different(stock=2))
    assert [change_slot(actor=actor, slot_id=dated.slots[0], places=2) for _ in range(2)] == [True, False]
    assert (Benefit.objects.get(pk=counted.id).stock, Slot.objects.get().places) == (2, 2)


def test_how_it_runs_out_stays_once_it_has_days_or_vouchers(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    counted, dated, fresh = make(stock=5), make(places=(5,)), make(stock=5)
    take(cast.volunteer, counted)
    other = different(supply=Supply.UNLIMITED, stock=None)
    for made in (counted, dated):
        with pytest.raises(SupplyFixed):
            change_benefit(actor=cast.coordinator.actor, benefit_id=made.id, benefit=other)
    assert "supply" in change_benefit(actor=cast.coordinator.actor, benefit_id=fresh.id, benefit=other)


def test_an_open_voucher_keeps_its_price(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(hours=10, stock=5)
    take(cast.volunteer, made)
    change_benefit(actor=cast.coordinator.actor, benefit_id=made.id, benefit=different(price_minutes=60))
    assert Voucher.objects.get().minutes == 600


def test_days_are_added_all_or_none(cast: Cast) -> None:
    made = make(places=(1,), in_days=0)
    tomorrow = clock.today() + timedelta(days=1)
    twice = [NewSlot(day=tomorrow, places=3), NewSlot(day=clock.today(), places=3)]
    with pytest.raises(DayExists):
        add_slots(actor=cast.coordinator.actor, benefit_id=made.id, slots=twice)
    with pytest.raises(DayExists):
        add_slots(actor=cast.coordinator.actor, benefit_id=made.id, slots=twice[:1] * 2)
    assert Slot.objects.count() == 1
    nine, ten = (NewSlot(day=tomorrow, places=2, starts=time(hour)) for hour in (9, 10))
    assert len(add_slots(actor=cast.coordinator.actor, benefit_id=made.id, slots=[nine, ten])) == 2
    with pytest.raises(DayExists):
        add_slots(actor=cast.coordinator.actor, benefit_id=made.id, slots=[nine])
    assert Slot.objects.filter(day=tomorrow, starts_at=clock.at_local(tomorrow, time(9))).count() == 1


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31), date(2020, 1, 1)])
def test_refuses_days_of_the_past_and_of_a_far_future(cast: Cast, day: date) -> None:
    made = make(places=(1,))
    with pytest.raises(Invalid):
        add_slots(actor=cast.coordinator.actor, benefit_id=made.id, slots=[NewSlot(day=day, places=1, starts=time(9))])
    assert Slot.objects.count() == 1


def test_only_a_dated_benefit_has_days(cast: Cast) -> None:
    made = make(stock=1)
    with pytest.raises(NotDated):
        add_slots(actor=cast.coordinator.actor, benefit_id=made.id, slots=[NewSlot(day=clock.today(), places=1)])
    for verb, how in (
        (change_slot, {"slot_id": 99, "places": 1}),
        (change_benefit, {"benefit_id": 99, "benefit": MEAL}),
    ):
        with pytest.raises(NotFound):
            verb(actor=cast.coordinator.actor, **how)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda made: Slot.objects.filter(pk=made.slots[0]).update(taken=F("places") + 1),
        lambda made: Benefit.objects.filter(supply="stock").update(taken=F("stock") + 1),
        lambda made: Benefit.objects.filter(supply="dated").update(taken=1),
        lambda made: Benefit.objects.filter(pk=made.id).update(price_minutes=0),
        lambda made: Benefit.objects.filter(pk=made.id).update(kind="elsewhere"),
        lambda made: Voucher.objects.update(state="fulfilled"),
        lambda made: Voucher.objects.update(minutes=0),
    ],
)
def test_the_database_itself_refuses_what_would_break_a_promise(cast: Cast, break_it: object) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(places=(1,))
    take(cast.volunteer, made)
    make(stock=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        break_it(made)
