"""Reserving: a place, a hold and a voucher together, or nothing and the reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xinshi.audit.models import AuditEntry
from xinshi.bank.models import Passbook
from xinshi.benefits.actions import reserve
from xinshi.benefits.domain import (
    BenefitNotOffered,
    DayFull,
    DayMissing,
    DayOver,
    NotEnoughHours,
    PassbookMissing,
    PassbookNotActive,
    ReservationKeyReused,
    SoldOut,
    StarsMissing,
)
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.benefits.tests.conftest import SYSTEM, Cast, make, take
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError, NotAllowed, NotFound
from xinshi.kernel.ids import SHORT_CODE_ALPHABET
from xinshi.ledger.models import Hold, Transfer
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent
from xinshi.people.actions import NewPerson, register_people

pytestmark = pytest.mark.django_db


def refused(error: type[DomainError], cast: Cast, made: object, **how: object) -> DomainError:
    """The refusal; nothing was promised, held, booked, told or published."""

    def footprint() -> tuple[object, ...]:
        return (
            Voucher.objects.count(),
            Hold.objects.count(),
            Transfer.objects.count(),
            Message.objects.count(),
            StoredEvent.objects.count(),
            list(Benefit.objects.order_by("pk").values_list("taken", flat=True)),
            list(Slot.objects.order_by("pk").values_list("taken", flat=True)),
            cast.volunteer.balance,
        )

    before = footprint()
    with pytest.raises(error) as caught:
        take(cast.volunteer, made, **how)
    assert footprint() == before
    return caught.value


def test_a_place_a_hold_and_a_voucher_are_made_together(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    made = make(hours=10, places=(2, 3))
    result = take(cast.volunteer, made, slot=made.slots[1])
    voucher = Voucher.objects.get()
    hold = Hold.objects.get()
    assert (voucher.pk, voucher.short_code, voucher.state) == (result.voucher_id, result.short_code, "reserved")
    assert (voucher.minutes, voucher.slot_id, voucher.hold_id) == (600, made.slots[1], hold.pk)
    assert (hold.key, hold.minutes, hold.expires_at) == (f"voucher:{voucher.pk}", 600, voucher.expires_at)
    assert set(voucher.short_code) <= set(SHORT_CODE_ALPHABET)
    assert (cast.volunteer.balance.posted, cast.volunteer.balance.available) == (1500, 900)
    assert list(Slot.objects.order_by("pk").values_list("taken", flat=True)) == [0, 1]
    assert AuditEntry.objects.filter(action="benefits.reserve", object_ref=f"voucher:{voucher.pk}").count() == 1
    assert StoredEvent.objects.filter(name="benefits.reserved").count() == 1
    assert Message.objects.filter(recipient_ref=f"person:{cast.volunteer.person_id}").count() == 1
    assert verify().ok, verify().first_difference


def test_a_voucher_for_a_day_runs_out_when_the_day_ends(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=20)
    take(cast.volunteer, make(places=(1,), in_days=3))
    assert Voucher.objects.get().expires_at == clock.day_bounds(clock.today() + timedelta(days=3))[1]


def test_a_voucher_without_a_day_is_valid_for_its_days(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=20)
    take(cast.volunteer, make(stock=1))
    assert Voucher.objects.get().expires_at == clock.day_bounds(clock.today() + timedelta(days=30))[1]


def test_the_same_form_sent_twice_reserves_once(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(stock=5)
    first, second = (take(cast.volunteer, made, key="form-1") for _ in range(2))
    assert (first.voucher_id, first.is_new, second.is_new) == (second.voucher_id, True, False)
    assert (Voucher.objects.count(), Hold.objects.count(), Benefit.objects.get().taken) == (1, 1, 1)
    assert cast.volunteer.balance.held == 600


def test_a_key_is_ones_own(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    cast.give(cast.second, hours=10)
    made = make(stock=5)
    assert take(cast.volunteer, made, key="same").is_new
    assert take(cast.second, made, key="same").is_new


def test_refuses_a_key_that_was_used_for_something_else(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    first, other = make(stock=5), make(name="午餐", kind="meal", stock=5)
    take(cast.volunteer, first, key="form-1")
    refused(ReservationKeyReused, cast, other, key="form-1")


def test_refuses_when_hours_are_missing_and_says_how_many(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=7)
    error = refused(NotEnoughHours, cast, make(hours=10, places=(2,)))
    assert error.parameters == {"price_hours": "10", "available_hours": "7", "missing_hours": "3"}


def test_hours_set_aside_are_not_set_aside_again(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=15)
    made = make(hours=10, stock=9)
    take(cast.volunteer, made)
    error = refused(NotEnoughHours, cast, made)
    assert error.parameters["missing_hours"] == "5"


def test_refuses_when_stars_are_missing_and_says_how_far_it_is(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=120)
    Passbook.objects.filter(person_id=cast.volunteer.person_id).update(star_level=1)
    error = refused(StarsMissing, cast, make(stars=2, stock=1))
    assert error.parameters == {"needed": 2, "stars": 1, "missing_hours": "180"}


def test_stars_that_are_enough_open_it(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=120)
    Passbook.objects.filter(person_id=cast.volunteer.person_id).update(star_level=1)
    assert take(cast.volunteer, make(stars=1, stock=1)).is_new


def test_refuses_the_second_of_one_piece(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(stock=1)
    take(cast.volunteer, made)
    refused(SoldOut, cast, made)


def test_refuses_a_full_day_and_takes_another(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(places=(1, 1))
    take(cast.volunteer, made)
    refused(DayFull, cast, made)
    assert take(cast.volunteer, made, slot=made.slots[1]).is_new


def test_what_never_runs_out_is_always_there(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=30)
    made = make()
    assert [take(cast.volunteer, made).is_new for _ in range(3)] == [True] * 3


def test_refuses_a_dated_benefit_without_a_day(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(places=(1,))
    with pytest.raises(DayMissing):
        reserve(actor=cast.volunteer.actor, benefit_id=made.id, key="k")
    assert (Voucher.objects.count(), cast.volunteer.balance.held) == (0, 0)


def test_refuses_a_day_of_another_benefit(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    one, other, counted = make(places=(1,)), make(places=(1,)), make(stock=1)
    refused(NotFound, cast, one, slot=other.slots[0])
    refused(NotFound, cast, counted, slot=other.slots[0])


def test_refuses_a_day_that_is_over(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(places=(1, 1))
    Slot.objects.filter(pk=made.slots[0]).update(day=clock.today() - timedelta(days=1))
    Slot.objects.filter(pk=made.slots[1]).update(starts_at=clock.now() - timedelta(minutes=1))
    refused(DayOver, cast, made)
    refused(DayOver, cast, made, slot=made.slots[1])


def test_refuses_what_is_not_offered(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(stock=1, is_active=False)
    refused(NotFound, cast, made)
    with pytest.raises(BenefitNotOffered):
        take(cast.clerk, made)


@pytest.mark.parametrize("state", ["pending", "frozen", "closed"])
def test_refuses_a_passbook_that_is_not_active(cast: Cast, state: str) -> None:
    cast.give(cast.volunteer, hours=100)
    Passbook.objects.filter(person_id=cast.volunteer.person_id).update(state=state)
    refused(PassbookNotActive, cast, make(stock=1))


def test_refuses_who_has_no_passbook(cast: Cast) -> None:
    (person_id,) = register_people(actor=SYSTEM, people=[NewPerson(name="新人", volunteer_number="1" * 18)])
    nobody = Actor(reference="user:77", user_id=77, person_id=person_id, roles=frozenset({Role.VOLUNTEER}))
    with pytest.raises(PassbookMissing):
        take(nobody, make(stock=1))
    assert Voucher.objects.count() == 0


def test_nobody_spends_somebody_elses_hours(cast: Cast) -> None:
    cast.give(cast.second, hours=100)
    made = make(stock=1)
    for actor in (
        cast.volunteer.actor,
        cast.clerk.actor,
        cast.administrator.actor,
        Actor(reference="user:5", user_id=5),
    ):
        with pytest.raises(NotAllowed):
            reserve(actor=actor, benefit_id=made.id, key="k", person_id=cast.second.person_id)
    assert (Voucher.objects.count(), cast.second.balance.held) == (0, 0)


def test_the_system_itself_may_reserve_for_somebody(cast: Cast) -> None:
    cast.give(cast.second, hours=100)
    made = make(stock=1)
    reserve(actor=SYSTEM, benefit_id=made.id, key="k", person_id=cast.second.person_id)
    assert Voucher.objects.get().person_id == cast.second.person_id
