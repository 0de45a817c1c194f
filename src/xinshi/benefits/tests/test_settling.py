"""Statements: what a department gave in a month, frozen when it confirms; corrections go to the next one."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.db import DatabaseError, transaction

from xinshi.benefits.actions import (
    confirm_settlement,
    draft_settlement,
    excuse_no_show,
    fulfil,
    mark_no_show,
    refund,
    settle,
)
from xinshi.benefits.domain import MonthNotOver, SettledByAnother, StatementNotConfirmed, StatementNotDraft
from xinshi.benefits.models import Settlement, SettlementItem
from xinshi.benefits.queries import settlement as queries
from xinshi.benefits.tests.conftest import SYSTEM, Cast, make, take
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.ledger.verification import verify
from xinshi.organizations.actions import create_organization, join_many
from xinshi.organizations.models import Organization

pytestmark = pytest.mark.django_db
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


@pytest.fixture(autouse=True)
def _frozen() -> object:
    with time_machine.travel("2026-11-25T12:00:00+08:00", tick=False):
        yield


@pytest.fixture
def provider(cast: Cast) -> int:
    return create_organization(actor=SYSTEM, name="体检中心", kind=Organization.Kind.DEPARTMENT)


def lines(settlement_id: int) -> list[tuple[str, int, int, int, int, int]]:
    card = queries.statement(SYSTEM, settlement_id)
    return [
        (line.benefit_name, line.vouchers, line.pieces, line.minutes, line.no_shows, line.corrections)
        for line in card.lines
    ]


def test_a_month_is_counted_confirmed_and_settled_and_corrections_go_to_the_next(cast: Cast, provider: int) -> None:
    cast.give(cast.volunteer, hours=100)
    meal = make(name="午餐", kind="meal", hours=2, stock=20, pieces_max=3, provider_id=provider)
    check = make(name="体检", hours=10, places=(9,), in_days=0, provider_id=provider, no_show_keeps_minutes=True)
    meals = [take(cast.volunteer, meal, pieces=n).voucher_id for n in (1, 3, 2)]
    missed = take(cast.volunteer, check).voucher_id
    for voucher_id in meals:
        fulfil(actor=cast.clerk.actor, voucher_id=voucher_id)
    mark_no_show(actor=cast.clerk.actor, voucher_id=missed)
    refund(actor=cast.coordinator.actor, voucher_id=meals[2], reason="凉了")
    november = draft_settlement(actor=cast.coordinator.actor, provider_id=provider, month=date(2026, 11, 25))
    assert draft_settlement(actor=cast.coordinator.actor, provider_id=provider, month=NOVEMBER) == november
    expected = [("体检", 0, 0, 0, 1, 0), ("午餐", 2, 4, 480, 0, 1)]
    assert sorted(lines(november)) == sorted(expected)
    with pytest.raises(MonthNotOver):
        confirm_settlement(actor=cast.coordinator.actor, settlement_id=november)
    with time_machine.travel("2026-12-02T12:00:00+08:00", tick=False):
        assert confirm_settlement(actor=cast.coordinator.actor, settlement_id=november) == 5
        with pytest.raises(StatementNotDraft):
            confirm_settlement(actor=cast.coordinator.actor, settlement_id=november)
        refund(actor=cast.coordinator.actor, voucher_id=meals[1], reason="退餐")
        excuse_no_show(actor=cast.coordinator.actor, voucher_id=missed, reason="住院")
        assert sorted(lines(november)) == sorted(expected)
        december = draft_settlement(actor=cast.coordinator.actor, provider_id=provider, month=DECEMBER)
        assert sorted(lines(december)) == sorted([("体检", 0, 0, 0, -1, 1), ("午餐", -1, -3, -360, 0, 1)])
        settle(actor=cast.administrator.actor, settlement_id=november)
    assert Settlement.objects.get(pk=november).state == "settled"
    assert verify().ok, verify().first_difference


def test_lines_are_never_changed_or_deleted(cast: Cast, provider: int) -> None:
    cast.give(cast.volunteer, hours=10)
    fulfil(actor=cast.clerk.actor, voucher_id=take(cast.volunteer, make(stock=1, provider_id=provider)).voucher_id)
    statement = draft_settlement(actor=cast.coordinator.actor, provider_id=provider, month=NOVEMBER)
    with time_machine.travel("2026-12-02T12:00:00+08:00", tick=False):
        confirm_settlement(actor=cast.coordinator.actor, settlement_id=statement)
    for change in (
        lambda: SettlementItem.objects.update(minutes=1),
        lambda: SettlementItem.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert SettlementItem.objects.get().minutes == 600


def test_who_confirms_and_who_settles(cast: Cast, provider: int) -> None:
    make(stock=1, provider_id=provider)
    statement = draft_settlement(actor=cast.coordinator.actor, provider_id=provider, month=NOVEMBER)
    leader = Actor(
        reference="user:555",
        user_id=555,
        person_id=cast.second.person_id,
        roles=frozenset({Role.VOLUNTEER, Role.LEADER}),
    )
    with time_machine.travel("2026-12-02T12:00:00+08:00", tick=False):
        for somebody in (cast.volunteer.actor, cast.clerk.actor, cast.auditor.actor, leader):
            with pytest.raises(NotFound):
                confirm_settlement(actor=somebody, settlement_id=statement)
        with pytest.raises(StatementNotConfirmed):
            settle(actor=cast.administrator.actor, settlement_id=statement)
        assert list(queries.statements(leader)) == []
        join_many(actor=SYSTEM, memberships=[(cast.second.person_id, provider)])
        assert [row.pk for row in queries.statements(leader)] == [statement]
        confirm_settlement(actor=leader, settlement_id=statement)
        for somebody in (cast.volunteer.actor, cast.clerk.actor, cast.coordinator.actor, leader):
            with pytest.raises(NotAllowed):
                settle(actor=somebody, settlement_id=statement)
        settle(actor=cast.administrator.actor, settlement_id=statement)
        with pytest.raises(StatementNotConfirmed):
            settle(actor=cast.administrator.actor, settlement_id=statement)


def test_whoever_confirmed_does_not_settle(cast: Cast, provider: int) -> None:
    make(stock=1, provider_id=provider)
    statement = draft_settlement(actor=cast.administrator.actor, provider_id=provider, month=NOVEMBER)
    with time_machine.travel("2026-12-02T12:00:00+08:00", tick=False):
        confirm_settlement(actor=cast.administrator.actor, settlement_id=statement)
        with pytest.raises(SettledByAnother):
            settle(actor=cast.administrator.actor, settlement_id=statement)
    assert Settlement.objects.get().state == "confirmed"


def test_only_a_department_that_gives_something_has_statements(cast: Cast, provider: int) -> None:
    with pytest.raises(NotFound):
        draft_settlement(actor=cast.coordinator.actor, provider_id=provider, month=NOVEMBER)
    make(stock=1, provider_id=provider)
    with pytest.raises(MonthNotOver):
        draft_settlement(actor=cast.coordinator.actor, provider_id=provider, month=DECEMBER)
    for somebody in (cast.volunteer, cast.clerk, cast.auditor):
        with pytest.raises(NotAllowed):
            draft_settlement(actor=somebody.actor, provider_id=provider, month=NOVEMBER)
    assert Settlement.objects.count() == 0
