"""Who can have a benefit: window, group, age, limit per person, budget; each refusal says what would help."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from xinshi.benefits.actions import cancel, expire_overdue, fulfil
from xinshi.benefits.domain import (
    BirthDateMissing,
    BudgetPromised,
    BudgetSpent,
    LimitReached,
    LimitReachedForGood,
    NoLongerOffered,
    NotOfferedYet,
    OnlyForOneself,
    OtherGroup,
    Period,
    Relation,
    Relative,
    ReservationKeyReused,
    SoldOut,
    TooManyPieces,
    TooOld,
    TooYoung,
    day_of_age,
    period_bounds,
    years_old,
)
from xinshi.benefits.models import Benefit, Budget, Slot, Voucher
from xinshi.benefits.tests.conftest import SYSTEM, Cast, Made, change, make, overdue, take
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, Invalid
from xinshi.ledger.models import Hold
from xinshi.ledger.verification import verify
from xinshi.people.models import Person

pytestmark = pytest.mark.django_db
NOON = "2026-11-25T12:00:00+08:00"


@pytest.fixture(autouse=True)
def _frozen() -> object:
    with time_machine.travel(NOON, tick=False):
        yield


def refused(error: type[DomainError], cast: Cast, made: Made, **how: object) -> DomainError:
    before = (Voucher.objects.count(), Hold.objects.count(), list(Budget.objects.values("pieces_used", "minutes_used")))
    with pytest.raises(error) as caught:
        take(cast.volunteer, made, **how)
    after = (Voucher.objects.count(), Hold.objects.count(), list(Budget.objects.values("pieces_used", "minutes_used")))
    assert after == before
    return caught.value


def born(cast: Cast, day: date | None) -> None:
    Person.objects.filter(pk=cast.volunteer.person_id).update(birth_date=day)


def test_a_benefit_is_offered_from_its_first_to_its_last_day(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    today = clock.today()
    made = make(stock=9, offered_from=today + timedelta(days=1), offered_until=today + timedelta(days=2))
    assert refused(NotOfferedYet, cast, made).parameters == {"day": today + timedelta(days=1)}
    for days in (1, 2):
        with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
            assert take(cast.volunteer, made).is_new
    with time_machine.travel(clock.now() + timedelta(days=3), tick=False):
        assert refused(NoLongerOffered, cast, made).parameters == {"day": today + timedelta(days=2)}


def test_a_benefit_for_some_groups_is_refused_to_others(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(stock=9, groups=("staff", "student"))
    refused(OtherGroup, cast, made)
    Person.objects.filter(pk=cast.volunteer.person_id).update(group="student")
    assert take(cast.volunteer, made).is_new


@pytest.mark.parametrize(
    ("birth_date", "error", "parameters"),
    [
        (None, BirthDateMissing, {}),
        (date(2008, 11, 26), TooYoung, {"years": 18, "day": date(2026, 11, 26)}),
        (date(1965, 11, 25), TooOld, {"years": 60}),
    ],
)
def test_age_is_looked_at_on_the_day_of_reserving(
    cast: Cast, birth_date: date | None, error: type[DomainError], parameters: dict[str, object]
) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(stock=9, age_min=18, age_max=60)
    born(cast, birth_date)
    assert refused(error, cast, made).parameters == parameters
    for fits in (date(2008, 11, 25), date(1965, 11, 26)):
        born(cast, fits)
        assert take(cast.volunteer, made).is_new


@given(st.dates(date(1900, 1, 1), date(2020, 12, 31)), st.integers(1, 110), st.integers(-400, 400))
def test_somebody_is_old_enough_from_exactly_the_day_that_is_said(birth: date, years: int, days: int) -> None:
    on = day_of_age(birth, years) + timedelta(days=days)
    assert (years_old(birth, on) >= years) is (days >= 0)


@given(st.sampled_from([Period.MONTH, Period.QUARTER, Period.YEAR]), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_periods_cover_every_day_once(period: Period, day: date) -> None:
    first, after = period_bounds(period, day)
    assert first <= day < after
    assert period_bounds(period, after - timedelta(days=1)) == (first, after)
    assert period_bounds(period, after)[0] == after


def test_a_limit_counts_pieces_in_its_period_and_gives_back_what_is_cancelled(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(hours=1, stock=50, pieces_max=3, limit_pieces=3, limit_period=Period.MONTH)
    first = take(cast.volunteer, made, pieces=2).voucher_id
    assert refused(LimitReached, cast, made, pieces=2).parameters == {
        "limit": 3,
        "used": 2,
        "period": "month",
        "day": date(2026, 12, 1),
    }
    take(cast.volunteer, made)
    refused(LimitReached, cast, made)
    cancel(actor=cast.volunteer.actor, voucher_id=first)
    take(cast.volunteer, made, pieces=2)
    refused(LimitReached, cast, made)
    with time_machine.travel("2026-12-01T00:00:00+08:00", tick=False):
        assert take(cast.volunteer, made, pieces=3).is_new


def test_what_ran_out_unused_does_not_count_before_the_worker_comes_by(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(stock=9, limit_pieces=1, limit_period=Period.EVER)
    voucher_id = take(cast.volunteer, made).voucher_id
    assert refused(LimitReachedForGood, cast, made).parameters == {"limit": 1, "used": 1}
    overdue(voucher_id)
    assert take(cast.volunteer, made).is_new


def test_the_limit_of_a_dated_benefit_counts_in_the_month_of_its_day(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(places=(5, 5, 5, 5, 5), in_days=3, limit_pieces=1, limit_period=Period.MONTH)
    assert str(Slot.objects.get(pk=made.slots[3]).day) == "2026-12-01"
    take(cast.volunteer, made, slot=made.slots[0])
    refused(LimitReached, cast, made, slot=made.slots[1])
    assert take(cast.volunteer, made, slot=made.slots[3]).is_new
    refused(LimitReached, cast, made, slot=made.slots[4])


def test_several_pieces_cost_and_take_as_many(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=2, stock=4, pieces_max=3)
    assert refused(TooManyPieces, cast, made, pieces=4).parameters == {"limit": 3}
    refused(TooManyPieces, cast, made, pieces=0)
    voucher_id = take(cast.volunteer, made, pieces=3, key="k").voucher_id
    assert (Voucher.objects.get().minutes, Voucher.objects.get().pieces, Benefit.objects.get().taken) == (360, 3, 3)
    refused(ReservationKeyReused, cast, made, pieces=2, key="k")
    refused(SoldOut, cast, made, pieces=2)
    fulfil(actor=cast.clerk.actor, voucher_id=voucher_id)
    assert cast.volunteer.balance.posted == 240
    assert verify().ok, verify().first_difference


def test_a_budget_of_pieces_is_spent_given_back_and_new_in_the_next_period(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(hours=1, stock=50, budget_pieces=2, budget_period=Period.MONTH)
    first, _ = (take(cast.volunteer, made).voucher_id for _ in range(2))
    assert refused(BudgetSpent, cast, made).parameters == {"period": "month", "day": date(2026, 12, 1)}
    cancel(actor=cast.volunteer.actor, voucher_id=first)
    third = take(cast.volunteer, made).voucher_id
    refused(BudgetSpent, cast, made)
    overdue(third)
    expire_overdue(actor=SYSTEM)
    assert Budget.objects.get().pieces_used == 1
    with time_machine.travel("2026-12-01T00:00:00+08:00", tick=False):
        assert take(cast.volunteer, made).is_new
    assert list(Budget.objects.order_by("starts_on").values_list("pieces_used", "minutes_used")) == [(1, 60), (1, 60)]
    assert verify().ok, verify().first_difference


def test_a_budget_of_hours_counts_a_day_in_its_own_quarter(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(hours=10, places=(9,) * 40, budget_minutes=900, budget_period=Period.QUARTER)
    take(cast.volunteer, made, slot=made.slots[0])
    refused(BudgetSpent, cast, made, slot=made.slots[1])
    assert str(Slot.objects.get(pk=made.slots[39]).day) == "2027-01-06"
    assert take(cast.volunteer, made, slot=made.slots[39]).is_new
    assert verify().ok, verify().first_difference


def test_a_new_budget_counts_what_is_promised_already_and_is_never_smaller(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(hours=2, stock=50)
    for _ in range(3):
        take(cast.volunteer, made)
    with pytest.raises(BudgetPromised) as caught:
        change(made, budget_pieces=2, budget_period=Period.YEAR)
    assert caught.value.parameters == {"period": "year", "day": date(2026, 1, 1), "pieces": 3, "hours": "6"}
    assert (Budget.objects.count(), Benefit.objects.get().budget_pieces) == (0, None)
    change(made, budget_pieces=4, budget_minutes=600, budget_period=Period.YEAR)
    take(cast.volunteer, made)
    refused(BudgetSpent, cast, made)
    change(made, budget_pieces=None, budget_minutes=600, budget_period=Period.MONTH)
    take(cast.volunteer, made)
    refused(BudgetSpent, cast, made)
    change(made, budget_pieces=None, budget_minutes=None, budget_period=None)
    assert take(cast.volunteer, made).is_new
    assert Budget.objects.count() == 0
    assert verify().ok, verify().first_difference


def test_the_database_itself_refuses_more_than_the_budget(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    take(cast.volunteer, make(stock=5, budget_pieces=1, budget_period=Period.YEAR))
    for broken in ({"pieces_used": 2}, {"minutes_max": 599}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Budget.objects.update(**broken)


MOTHER = Relative(relation=Relation.PARENT, name=" 张桂兰 ", digits="123x")


def test_a_benefit_for_relatives_is_reserved_for_one_and_their_data_is_sealed(cast: Cast) -> None:
    from django.db import connection

    cast.give(cast.volunteer, hours=100)
    made = make(places=(3,), for_relatives=True)
    take(cast.volunteer, made, relative=MOTHER)
    row = Voucher.objects.get()
    assert (row.relation, row.beneficiary_name, row.beneficiary_digits) == ("parent", "张桂兰", "123X")
    with connection.cursor() as cursor:
        cursor.execute("SELECT beneficiary_name, beneficiary_digits FROM voucher")
        stored = cursor.fetchone()
    assert "张桂兰" not in stored[0]
    assert "123" not in stored[1][:20] or stored[1] != "123X"
    assert take(cast.volunteer, made).is_new


def test_what_is_for_oneself_is_not_reserved_for_a_relative(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    refused(OnlyForOneself, cast, make(stock=1), relative=MOTHER)
    made = make(stock=1, for_relatives=True)
    refused(Invalid, cast, made, relative=Relative(relation=Relation.CHILD, name="  "))
    refused(Invalid, cast, made, relative=Relative(relation=Relation.CHILD, name="张", digits="12"))


@pytest.mark.parametrize(
    "how",
    [
        {"kind": "course", "stock": 3},
        {"kind": "course", "places": (3,), "for_relatives": True},
        {"places": (3,), "pieces_max": 2},
        {"pieces_max": 21},
        {"pieces_max": 0},
        {"age_min": 60, "age_max": 18},
        {"age_min": 0},
        {"groups": ("doctors",)},
        {"groups": ("student", "staff")},
        {"offered_from": date(2026, 2, 1), "offered_until": date(2026, 1, 31)},
        {"limit_pieces": 1},
        {"limit_period": Period.MONTH},
        {"limit_pieces": 0, "limit_period": Period.MONTH},
        {"budget_pieces": 1},
        {"budget_period": Period.MONTH},
        {"budget_pieces": 1, "budget_period": Period.EVER},
        {"budget_pieces": -1, "budget_period": Period.YEAR},
        {"cancel_hours": -1},
        {"cancel_hours": 721},
        {"offer_hours": 0},
        {"no_show_max": 0, "places": (1,)},
        {"no_show_max": 1, "stock": 1},
        {"no_show_keeps_minutes": True},
        {"no_show_days": 0, "places": (1,)},
        {"handout": "长" * 121},
        {"provider_id": 2**40},
    ],
)
def test_refuses_settings_that_do_not_fit(cast: Cast, how: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        make(**how)
    assert Benefit.objects.count() == 0
