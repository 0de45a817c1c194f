"""Deadlines, missed days, excuses and refunds: what becomes of the hours, the place and the right to reserve again."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
import time_machine

from xinshi.benefits.actions import (
    cancel,
    excuse_no_show,
    expire_overdue,
    fulfil,
    mark_no_show,
    refund,
    remind_owners,
    undo_redeeming,
)
from xinshi.benefits.domain import (
    NotANoShow,
    NothingMissed,
    NotRedeemed,
    OwnAffair,
    PausedForNoShows,
    ReasonMissing,
    TooLateToCancel,
    UndoTooLate,
    VoucherMissed,
    VoucherRefunded,
    VoucherUsed,
    reminder_due,
)
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.benefits.tests.conftest import SYSTEM, Cast, change, make, take
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.actions import expire_holds
from xinshi.ledger.models import Hold, Transfer
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _frozen() -> object:
    with time_machine.travel("2026-11-25T12:00:00+08:00", tick=False):
        yield


def later(**span: int) -> object:
    return time_machine.travel(clock.now() + timedelta(**span), tick=False)


def test_a_volunteer_cancels_until_the_deadline_and_a_clerk_after_it(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(places=(1,), in_days=2, starts=time(9), cancel_hours=24)
    voucher_id = take(cast.volunteer, made).voucher_id
    with time_machine.travel("2026-11-26T09:00:00+08:00", tick=False):
        with pytest.raises(TooLateToCancel) as caught:
            cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
        assert caught.value.parameters == {"day": date(2026, 11, 26), "time": "09:00"}
        assert Voucher.objects.get().state == "reserved"
    with time_machine.travel("2026-11-26T08:59:59+08:00", tick=False):
        cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    again = take(cast.volunteer, made).voucher_id
    with time_machine.travel("2026-11-26T10:00:00+08:00", tick=False):
        cancel(actor=cast.clerk.actor, voucher_id=again, reason="发烧")
    assert cast.volunteer.balance.available == 600


def test_a_voucher_without_a_day_is_cancelled_until_so_long_before_it_runs_out(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    voucher_id = take(cast.volunteer, make(stock=1, valid_days=2, cancel_hours=24)).voucher_id
    with time_machine.travel("2026-11-27T00:00:00+08:00", tick=False), pytest.raises(TooLateToCancel):
        cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    with time_machine.travel("2026-11-26T23:59:00+08:00", tick=False):
        cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)


@pytest.mark.parametrize("keeps", [True, False])
def test_a_day_is_missed_by_itself_the_day_after(cast: Cast, *, keeps: bool) -> None:
    cast.give(cast.volunteer, hours=10)
    voucher_id = take(cast.volunteer, make(hours=4, places=(1,), in_days=1, no_show_keeps_minutes=keeps)).voucher_id
    with later(days=1):
        assert expire_overdue(actor=SYSTEM) == 0
    with later(days=2):
        expire_holds()
        assert cast.volunteer.balance.available == (360 if keeps else 600)
        assert verify().ok, verify().first_difference
        assert [expire_overdue(actor=SYSTEM) for _ in range(2)] == [1, 0]
        with pytest.raises(VoucherMissed):
            fulfil(actor=cast.clerk.actor, voucher_id=voucher_id)
    row = Voucher.objects.get()
    assert (row.state, row.ended_by_ref, Slot.objects.get().taken) == ("no_show", "system:tests", 1)
    assert (cast.volunteer.balance.posted, cast.volunteer.balance.held) == (360 if keeps else 600, 0)
    assert Hold.objects.get().state == ("captured" if keeps else "expired")
    assert Message.objects.filter(key=f"voucher:{voucher_id}:missed").count() == 1
    assert verify().ok, verify().first_difference


def test_the_rule_is_the_one_of_the_day_of_reserving(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=4, places=(1,), in_days=0)
    voucher_id = take(cast.volunteer, made).voucher_id
    change(made, no_show_keeps_minutes=True)
    mark_no_show(actor=cast.clerk.actor, voucher_id=voucher_id)
    assert cast.volunteer.balance.posted == 600


def test_a_clerk_says_that_nobody_came_once_its_time_has_begun(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    cast.give(cast.clerk, hours=10)
    made = make(hours=4, places=(5,), in_days=0, starts=time(14), no_show_keeps_minutes=True)
    voucher_id, own = take(cast.volunteer, made).voucher_id, take(cast.clerk, made).voucher_id
    anyday = take(cast.volunteer, make(stock=1)).voucher_id
    for early in (voucher_id, anyday):
        with pytest.raises(NothingMissed):
            mark_no_show(actor=cast.clerk.actor, voucher_id=early)
    with later(hours=2):
        for somebody in (cast.volunteer, cast.coordinator, cast.auditor):
            with pytest.raises(NotAllowed):
                mark_no_show(actor=somebody.actor, voucher_id=voucher_id)
        with pytest.raises(OwnAffair):
            mark_no_show(actor=cast.clerk.actor, voucher_id=own)
        mark_no_show(actor=cast.clerk.actor, voucher_id=voucher_id)
        with pytest.raises(VoucherMissed):
            mark_no_show(actor=cast.clerk.actor, voucher_id=voucher_id)
    assert Transfer.objects.filter(kind="redemption").count() == 1
    assert verify().ok, verify().first_difference


def test_an_excuse_reverses_what_was_kept_and_takes_the_mark_away(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=4, places=(1,), in_days=0, no_show_keeps_minutes=True)
    voucher_id = take(cast.volunteer, made).voucher_id
    with pytest.raises(NotANoShow):
        excuse_no_show(actor=cast.coordinator.actor, voucher_id=voucher_id, reason="住院")
    mark_no_show(actor=cast.clerk.actor, voucher_id=voucher_id)
    for somebody in (cast.volunteer, cast.clerk, cast.auditor):
        with pytest.raises(NotAllowed):
            excuse_no_show(actor=somebody.actor, voucher_id=voucher_id, reason="住院")
    with pytest.raises(ReasonMissing):
        excuse_no_show(actor=cast.coordinator.actor, voucher_id=voucher_id, reason=" ")
    reversal = excuse_no_show(actor=cast.coordinator.actor, voucher_id=voucher_id, reason="住院")
    booked = Transfer.objects.get(kind="redemption")
    assert Transfer.objects.get(pk=reversal).reverses_id == booked.pk
    row = Voucher.objects.get()
    assert (row.state, row.undone_reason, row.undone_by_ref) == ("excused", "住院", cast.coordinator.actor.reference)
    assert cast.volunteer.balance.posted == 600
    with pytest.raises(NotANoShow):
        excuse_no_show(actor=cast.coordinator.actor, voucher_id=voucher_id, reason="住院")
    assert verify().ok, verify().first_difference


def test_an_excuse_where_nothing_was_kept_books_nothing(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    voucher_id = take(cast.volunteer, make(hours=4, places=(1,), in_days=0)).voucher_id
    mark_no_show(actor=cast.clerk.actor, voucher_id=voucher_id)
    assert excuse_no_show(actor=cast.administrator.actor, voucher_id=voucher_id, reason="住院") is None
    assert Transfer.objects.exclude(kind__startswith="deposit").count() == 0
    assert verify().ok, verify().first_difference


def test_after_two_missed_days_dated_benefits_pause_until_an_excuse_or_the_end_of_the_pause(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    ruled = make(hours=1, places=(9,) * 60, in_days=0, no_show_max=2, no_show_days=30, no_show_pause_days=10)
    lenient = make(hours=1, places=(9,), in_days=0)
    missed = [take(cast.volunteer, made).voucher_id for made in (ruled, lenient)]
    for voucher_id in missed:
        assert take(cast.volunteer, ruled, slot=ruled.slots[1]).is_new
        mark_no_show(actor=cast.clerk.actor, voucher_id=voucher_id)
    with pytest.raises(PausedForNoShows) as caught:
        take(cast.volunteer, ruled, slot=ruled.slots[2])
    assert caught.value.parameters == {"count": 2, "day": date(2026, 12, 5)}
    assert take(cast.volunteer, lenient).is_new
    with time_machine.travel("2026-12-05T00:00:00+08:00", tick=False):
        Voucher.objects.filter(slot_id=ruled.slots[1]).update(state="cancelled", ended_at=clock.now(), ended_by_ref="x")
        Voucher.objects.filter(benefit_id=lenient.id, state="reserved").update(
            state="cancelled", ended_at=clock.now(), ended_by_ref="x"
        )
        assert take(cast.volunteer, ruled, slot=ruled.slots[20]).is_new
    excuse_no_show(actor=cast.coordinator.actor, voucher_id=missed[0], reason="住院")
    assert take(cast.volunteer, ruled, slot=ruled.slots[3]).is_new


def test_a_day_that_passed_unused_counts_as_missed_before_the_worker_comes_by(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(hours=1, places=(9,) * 9, in_days=0, no_show_max=1)
    take(cast.volunteer, made)
    with later(days=1), pytest.raises(PausedForNoShows):
        take(cast.volunteer, made, slot=made.slots[5])


def test_a_refund_brings_hours_and_piece_back_by_a_reversal_once(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=4, stock=3, pieces_max=2)
    voucher_id = take(cast.volunteer, made, pieces=2).voucher_id
    with pytest.raises(NotRedeemed):
        refund(actor=cast.coordinator.actor, voucher_id=voucher_id, reason="x")
    booked = fulfil(actor=cast.clerk.actor, voucher_id=voucher_id)
    for somebody in (cast.volunteer, cast.clerk, cast.auditor):
        with pytest.raises(NotAllowed):
            refund(actor=somebody.actor, voucher_id=voucher_id, reason="x")
    with pytest.raises(ReasonMissing):
        refund(actor=cast.coordinator.actor, voucher_id=voucher_id, reason="")
    reversal = refund(actor=cast.coordinator.actor, voucher_id=voucher_id, reason="餐已售罄")
    assert Transfer.objects.get(pk=reversal).reverses_id == booked
    assert (cast.volunteer.balance.posted, Benefit.objects.get().taken) == (600, 0)
    assert Voucher.objects.get().state == "refunded"
    with pytest.raises(NotRedeemed):
        refund(actor=cast.coordinator.actor, voucher_id=voucher_id, reason="x")
    with pytest.raises(VoucherRefunded):
        fulfil(actor=cast.clerk.actor, voucher_id=voucher_id)
    assert verify().ok, verify().first_difference


def test_nobody_refunds_their_own(cast: Cast) -> None:
    cast.give(cast.coordinator, hours=10)
    voucher_id = take(cast.coordinator, make(stock=1)).voucher_id
    fulfil(actor=cast.clerk.actor, voucher_id=voucher_id)
    with pytest.raises(OwnAffair):
        refund(actor=cast.coordinator.actor, voucher_id=voucher_id, reason="x")
    assert cast.coordinator.balance.posted == 0


def test_the_desk_undoes_its_own_mistake_within_ten_minutes(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=30)
    made = make(hours=10, stock=3)
    first, second = (take(cast.volunteer, made).voucher_id for _ in range(2))
    for voucher_id in (first, second):
        fulfil(actor=cast.clerk.actor, voucher_id=voucher_id)
    with pytest.raises(UndoTooLate):
        undo_redeeming(actor=cast.administrator.actor, voucher_id=first, reason="扫错了")
    with pytest.raises(NotAllowed):
        undo_redeeming(actor=cast.coordinator.actor, voucher_id=first, reason="扫错了")
    with later(minutes=10):
        undo_redeeming(actor=cast.clerk.actor, voucher_id=first, reason="扫错了")
    with later(minutes=10, seconds=1), pytest.raises(UndoTooLate):
        undo_redeeming(actor=cast.clerk.actor, voucher_id=second, reason="扫错了")
    with pytest.raises(VoucherUsed):
        fulfil(actor=cast.clerk.actor, voucher_id=second)
    assert cast.volunteer.balance.posted == 1200
    assert verify().ok, verify().first_difference


def test_owners_are_reminded_three_days_and_one_day_before_once_each(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    anyday = take(cast.volunteer, make(stock=9, valid_days=5)).voucher_id
    dated = take(cast.volunteer, make(places=(9,), in_days=2)).voucher_id
    told = []
    for days in range(7):
        with later(days=days):
            told.append([remind_owners(actor=SYSTEM) for _ in range(2)])
    assert told == [[0, 0], [1, 0], [1, 0], [0, 0], [1, 0], [0, 0], [0, 0]]
    keys = Message.objects.filter(key__contains=":reminder-").order_by("key").values_list("key", flat=True)
    assert set(keys) == {f"voucher:{anyday}:reminder-3", f"voucher:{anyday}:reminder-1", f"voucher:{dated}:reminder-1"}
    with pytest.raises(NotAllowed):
        remind_owners(actor=cast.clerk.actor)


def test_a_worker_that_was_away_sends_only_the_nearest_reminder() -> None:
    day = date(2026, 11, 25)
    made = day - timedelta(days=20)
    fits = [reminder_due(last_day=day + timedelta(days=n), reserved_on=made, today=day) for n in range(6)]
    assert fits == [1, 1, 3, 3, None, None]
    assert reminder_due(last_day=day, reserved_on=day - timedelta(days=1), today=day) is None
    assert reminder_due(last_day=day - timedelta(days=1), reserved_on=made, today=day) is None
