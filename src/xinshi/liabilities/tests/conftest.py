"""A bank with everything in it: both kinds of hours of several ages, redeemed, reserved, given, donated, of a group."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

import pytest
import time_machine

from xinshi.bank.actions import NewDeposit, deposit_many
from xinshi.benefits.actions import create_benefit, fulfil, reserve
from xinshi.benefits.domain import NewBenefit, NewSlot, Supply
from xinshi.giving import actions as giving
from xinshi.giving.tests.conftest import Cast, befriend, earn, give_beyond_cap, group, make_cast, put_rules
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import HoursKind
from xinshi.organizations.actions import join_many

SYSTEM = Actor.system("tests")
SERIAL = count(1)
TODAY = date(2026, 11, 25)


@dataclass
class Bank:
    """Who is in it, and what of it tests ask for."""

    cast: Cast
    team: int
    department: int
    made: list[int] = field(default_factory=list)


def deposit(person_id: int, minutes: int, worked_on: date, *, kind: HoursKind = HoursKind.VERIFIED) -> int:
    new = NewDeposit(
        person_id=person_id,
        kind=kind,
        category="0004",
        title="门诊导医",
        organizer="门诊部",
        raw_minutes=minutes,
        worked_on=worked_on,
        source_ref=f"service-record:{next(SERIAL)}",
    )
    return deposit_many(actor=SYSTEM, deposits=[new])[0].deposit_id


def offer(*, hours: int, stock: int | None = None, places: int | None = None, name: str = "套餐") -> int:
    """Counted with a stock, dated with places tomorrow, or unlimited."""
    supply = Supply.STOCK if stock is not None else Supply.DATED if places is not None else Supply.UNLIMITED
    days = [NewSlot(day=clock.today() + timedelta(days=1), places=places)] if places is not None else []
    new = NewBenefit(name=name, kind="meal", supply=supply, price_minutes=hours * 60, stock=stock)
    return create_benefit(actor=SYSTEM, benefit=new, slots=days)


def redeem(person_id: int, benefit: int, *, is_fulfilled: bool = True) -> int:
    made = reserve(actor=SYSTEM, benefit_id=benefit, key=f"key{next(SERIAL)}", person_id=person_id)
    if is_fulfilled:
        fulfil(actor=SYSTEM, voucher_id=made.voucher_id)
    return made.voucher_id


@pytest.fixture
def at_noon() -> object:
    """It is noon of TODAY at the hospital."""
    with time_machine.travel(clock.day_bounds(TODAY)[0] + timedelta(hours=12), tick=False) as traveller:
        yield traveller


@pytest.fixture
def bank(db: None, at_noon: object) -> Bank:
    put_rules()
    cast = make_cast()
    team, department = group(), group("门诊部")
    one, other = cast.volunteer.person_id, cast.second.person_id
    join_many(actor=SYSTEM, memberships=[(one, department), (other, team), (other, department)])
    deposit(one, 600, date(2026, 11, 1))
    deposit(one, 300, date(2026, 7, 1))
    deposit(one, 240, date(2025, 2, 1), kind=HoursKind.HONORARY)
    deposit(other, 500, date(2024, 1, 1))
    deposit(other, 500, date(2026, 1, 1))
    meal = offer(hours=2, stock=10)
    redeem(other, meal)
    redeem(one, meal, is_fulfilled=False)
    relative = befriend(cast.volunteer, cast.second)
    giving.give(actor=cast.volunteer.actor, relative_id=relative, minutes=60, key="gift")
    giving.donate(actor=cast.second.actor, minutes=80, key="donation")
    give_beyond_cap(cast.volunteer, minutes=50)
    earn(cast, team, minutes=90)
    return Bank(cast, team, department)
