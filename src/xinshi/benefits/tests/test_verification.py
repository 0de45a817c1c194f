"""`xinshi verify` names the first place where vouchers, holds and promises disagree."""

from __future__ import annotations

import pytest

from xinshi.benefits.actions import fulfil
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.benefits.tests.conftest import Cast, make, take
from xinshi.kernel import clock
from xinshi.ledger.actions import release
from xinshi.ledger.models import Hold
from xinshi.ledger.verification import verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def vouchers(cast: Cast) -> tuple[int, int]:
    """One open for a day, one redeemed from a stock."""
    cast.give(cast.volunteer, hours=100)
    redeemed = take(cast.volunteer, make(stock=5)).voucher_id
    fulfil(actor=cast.clerk.actor, voucher_id=redeemed)
    still_open = take(cast.volunteer, make(places=(3,))).voucher_id
    assert verify().ok, verify().first_difference
    return still_open, redeemed


def test_finds_a_voucher_whose_hours_were_given_back(vouchers: tuple[int, int]) -> None:
    release(hold_id=Voucher.objects.get(pk=vouchers[0]).hold_id, actor_ref="x")
    assert (
        verify().first_difference
        == f"vouchers and holds agree: voucher {vouchers[0]}: is reserved, its hold is released"
    )


def test_finds_a_voucher_that_ended_while_its_hours_are_held(vouchers: tuple[int, int]) -> None:
    Voucher.objects.filter(pk=vouchers[0]).update(state="cancelled", ended_at=clock.now(), ended_by_ref="x")
    assert verify().first_difference.startswith(f"vouchers and holds agree: voucher {vouchers[0]}: is cancelled")


def test_finds_a_voucher_with_other_minutes(vouchers: tuple[int, int]) -> None:
    Voucher.objects.filter(pk=vouchers[1]).update(minutes=1)
    assert verify().first_difference.startswith(f"vouchers have holds: voucher {vouchers[1]}")


def test_finds_a_voucher_without_a_hold(vouchers: tuple[int, int]) -> None:
    Voucher.objects.filter(pk=vouchers[0]).update(hold_id=None)
    assert verify().first_difference.startswith(f"vouchers have holds: voucher {vouchers[0]}")


def test_finds_held_hours_without_a_voucher(vouchers: tuple[int, int]) -> None:
    hold_id = Voucher.objects.get(pk=vouchers[0]).hold_id
    Slot.objects.update(taken=0)
    Voucher.objects.filter(pk=vouchers[0]).delete()
    assert verify().first_difference == f"holds have vouchers: hold {hold_id} (voucher:{vouchers[0]}): no voucher"
    assert Hold.objects.filter(pk=hold_id).exists()


def test_finds_places_and_stock_that_vouchers_do_not_make(vouchers: tuple[int, int]) -> None:
    Slot.objects.update(taken=2)
    assert verify().first_difference.startswith("places of days: slot")
    Slot.objects.update(taken=1)
    Benefit.objects.filter(supply="stock").update(taken=2)
    assert verify().first_difference.startswith("stock: benefit")
