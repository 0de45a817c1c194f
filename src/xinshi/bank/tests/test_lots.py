"""Lots: which minutes go first, what comes back where, and what runs out when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from xinshi.audit.models import AuditEntry
from xinshi.bank import lots
from xinshi.bank.accounts import donation_accounts
from xinshi.bank.actions import apply_policy, reverse_deposit, warn_of_expiry
from xinshi.bank.models import Passbook
from xinshi.bank.replay import Holding, Lot, Reserved, by_day, main_key, notice_key, replay, settle, spendable
from xinshi.bank.tests.conftest import SYSTEM, Cast, LetHold, PutIn, Somebody
from xinshi.bank.timeline import ExpiryRule, months_after
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger import actions as ledger
from xinshi.ledger.domain import AccountKind, HistoryLine, NewTransfer
from xinshi.ledger.models import Transfer
from xinshi.ledger.queries import balance
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message

pytestmark = pytest.mark.usefixtures("bank_checks")
OLD, MIDDLE, NEW = date(2025, 1, 10), date(2025, 6, 10), date(2026, 1, 10)


def line(seq: int, amount: int, worked_on: date = MIDDLE, *, reverses: int | None = None, key: str = "") -> HistoryLine:
    return HistoryLine(seq, 100 + seq, key or f"deposit:row:{seq}", "deposit_verified", amount, worked_on, reverses)


def left(found: list[Lot]) -> list[tuple[int, int]]:
    return [(lot.seq, lot.minutes) for lot in found]


def test_what_was_served_first_is_spent_first_whenever_it_was_booked() -> None:
    assert left(replay([line(1, 60, NEW), line(2, 60, OLD), line(3, -70)])) == [(1, 50)]


def test_of_the_same_day_the_earlier_line_goes_first() -> None:
    assert left(replay([line(1, 60), line(2, 60), line(3, -70)])) == [(2, 50)]


def test_a_refund_goes_back_where_it_came_from() -> None:
    found = replay([line(1, 60, OLD), line(2, 60, NEW), line(3, -80), line(4, 80, NEW, reverses=103)])
    assert left(found) == [(1, 60), (2, 60)]


def test_a_reversed_deposit_takes_its_own_lot_first_then_the_oldest() -> None:
    lines = [line(1, 60, OLD), line(2, 60, MIDDLE), line(3, 60, NEW)]
    assert left(replay([*lines, line(4, -60, NEW, reverses=103)])) == [(1, 60), (2, 60)]
    spent = [*lines, line(4, -130)]
    assert left(replay([*spent, line(5, -50, OLD, reverses=101)])) == []
    assert left(replay([*spent, line(5, -20, MIDDLE, reverses=102)])) == [(3, 30)]


def test_a_notice_keeps_its_own_deposit_and_other_holds_the_oldest_minutes() -> None:
    holding = Holding(replay([line(1, 60, OLD), line(2, 60, NEW)]))
    at = datetime(2026, 3, 5, tzinfo=UTC)
    later = at + timedelta(days=1)
    holding.reserved = [Reserved(notice_key("row:2"), "notice", 60, later), Reserved("hold:v", "redemption", 25, later)]
    assert left(spendable(holding, at=at)) == [(1, 35), (2, 0)]
    assert left(spendable(holding, at=later)) == [(1, 60), (2, 60)]
    assert holding.minutes == 120
    assert main_key("row:2") == "deposit:row:2"


amounts = st.integers(1, 500)
histories = st.lists(st.tuples(st.booleans(), amounts, st.dates(date(2024, 1, 1), date(2026, 1, 1))), max_size=30)


@given(history=histories, held=st.lists(amounts, max_size=3), months=st.integers(1, 36), cap=st.integers(1, 2_000))
def test_no_minute_is_lost_or_made_by_replay_and_settlement(
    history: list[tuple[bool, int, date]], held: list[int], months: int, cap: int
) -> None:
    lines: list[HistoryLine] = []
    total = 0
    for is_in, minutes, day in history:
        amount = minutes if is_in or not total else -min(minutes, total)
        total += amount
        lines.append(line(len(lines) + 1, amount, day))
    at = datetime(2026, 3, 5, tzinfo=UTC)
    holding, reserved = Holding(replay(lines)), 0
    for number, minutes in enumerate(held):
        if reserved + minutes <= total:
            reserved += minutes
            holding.reserved = [*holding.reserved, Reserved(f"v:{number}", "redemption", minutes, at + timedelta(1))]
    assert holding.minutes == total
    rule = ExpiryRule(months, date(2025, 1, 1))
    done = settle(holding, rule=rule, holding_cap_minutes=cap, on=date(2026, 3, 5), at=at)
    assert holding.minutes == total - done.expired_minutes - done.donation_minutes >= reserved
    assert holding.minutes <= max(cap, reserved)
    expired_left = sum(lot.minutes for lot in holding.lots if rule.expires_on(lot.worked_on) < date(2026, 3, 5))
    assert expired_left <= reserved
    again = settle(holding, rule=rule, holding_cap_minutes=cap, on=date(2026, 3, 5), at=at)
    assert (again.expired_minutes, again.donation_minutes) == (0, 0)


def test_months_end_where_the_month_ends() -> None:
    assert months_after(date(2025, 1, 31), 1) == date(2025, 2, 28)
    assert months_after(date(2023, 11, 30), 3) == date(2024, 2, 29)
    assert months_after(date(2026, 3, 5), -12) == date(2025, 3, 5)


def posted(who: Somebody) -> int:
    return balance(who.passbook.account_id).posted


def spend(who: Somebody, minutes: int, key: str = "spend:1") -> int:
    transfer = NewTransfer(
        key=key,
        debit_id=who.passbook.account_id,
        credit_id=ledger.system_account(AccountKind.REDEMPTION),
        minutes=minutes,
        kind="redemption",
        worked_on=clock.today(),
    )
    return ledger.post(transfer=transfer, actor_ref="user:1").id


@time_machine.travel("2026-03-05T04:00:00Z", tick=False)
def test_hours_run_out_by_lot_once_with_the_trail_and_the_message(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    """The issue: expiry by lot. 12 months after the service; lifetime hours and stars stay."""
    let_hold(expiry_months=12)
    put_in(cast.volunteer, 90, worked_on=OLD)
    put_in(cast.volunteer, 60, worked_on=MIDDLE)
    put_in(cast.second, 60, worked_on=NEW)
    spend(cast.volunteer, 20)
    expected = [(months_after(OLD, 12), 70), (months_after(MIDDLE, 12), 60)]
    assert [(row.day, row.minutes) for row in lots.expiring(cast.volunteer.passbook)] == expected
    done = apply_policy(actor=SYSTEM)
    assert (done.expired_passbooks, done.expired_minutes, done.donation_minutes) == (1, 70, 0)
    assert (posted(cast.volunteer), cast.volunteer.passbook.certified_minutes) == (60, 150)
    assert posted(cast.second) == 60
    entry = AuditEntry.objects.get(action="bank.expire_minutes")
    assert (entry.object_ref, entry.detail) == (f"passbook:{cast.volunteer.passbook.pk}", {"minutes": 70})
    assert Message.objects.get().parameters == {"hours": "1.17"}
    again = apply_policy(actor=SYSTEM)
    assert (again.expired_minutes, Message.objects.count()) == (0, 1)
    report = verify()
    assert report.ok, report.first_difference


@time_machine.travel("2026-03-05T04:00:00Z", tick=False)
def test_hours_last_through_their_last_day(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    let_hold(expiry_months=12)
    put_in(cast.volunteer, 90, worked_on=date(2025, 3, 5))
    assert apply_policy(actor=SYSTEM).expired_minutes == 0
    assert apply_policy(actor=SYSTEM, on=date(2026, 3, 6)).expired_minutes == 90


@time_machine.travel("2026-03-05T04:00:00Z", tick=False)
def test_a_refund_of_what_has_run_out_meanwhile_runs_out_at_the_next_settlement(
    cast: Cast, put_in: PutIn, let_hold: LetHold
) -> None:
    let_hold(expiry_months=12)
    put_in(cast.volunteer, 90, worked_on=OLD)
    spent = spend(cast.volunteer, 40)
    assert apply_policy(actor=SYSTEM).expired_minutes == 50
    ledger.reverse(transfer_id=spent, key="refund:1", actor_ref="user:1")
    assert apply_policy(actor=SYSTEM).expired_minutes == 40
    keys = Transfer.objects.filter(kind="expiry").values_list("key", flat=True)
    assert len(set(keys)) == 2


@time_machine.travel("2026-03-05T04:00:00Z", tick=False)
def test_reserved_hours_do_not_run_out_until_they_are_given_back(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    let_hold(expiry_months=12)
    put_in(cast.volunteer, 90, worked_on=OLD)
    held = ledger.hold(
        key="hold:v",
        account_id=cast.volunteer.passbook.account_id,
        to_id=ledger.system_account(AccountKind.REDEMPTION),
        minutes=30,
        kind="redemption",
        expires_at=clock.now() + timedelta(days=3),
        actor_ref="user:1",
    )
    assert apply_policy(actor=SYSTEM).expired_minutes == 60
    assert apply_policy(actor=SYSTEM).expired_minutes == 0
    ledger.release(hold_id=held.id, actor_ref="user:1")
    assert apply_policy(actor=SYSTEM).expired_minutes == 30


@time_machine.travel("2026-03-05T04:00:00Z", tick=False)
def test_no_hours_run_out_before_the_grace_of_the_rule_is_over(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    """The issue: warnings 90 days ahead, so a new rule takes nothing from anybody before."""
    let_hold(since=date(2026, 3, 5), expiry_months=12)
    put_in(cast.volunteer, 90, worked_on=OLD)
    last = date(2026, 3, 5) + timedelta(days=90)
    assert [row.day for row in lots.expiring(cast.volunteer.passbook)] == [last]
    assert apply_policy(actor=SYSTEM, on=last).expired_minutes == 0
    let_hold(since=date(2026, 4, 1), expiry_months=12, approval_levels=2)
    assert [row.day for row in lots.expiring(cast.volunteer.passbook, on=date(2026, 4, 2))] == [last]
    let_hold(since=date(2026, 5, 1), expiry_months=18)
    assert lots.expiring(cast.volunteer.passbook, on=date(2026, 5, 2))[0].day == date(2026, 5, 1) + timedelta(days=90)
    assert by_day([], None) == []


def test_people_are_warned_90_30_and_7_days_ahead_once_each(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    """The issue: expiry by lot with warnings 90/30/7 days ahead."""
    let_hold(expiry_months=12)
    last = date(2026, 3, 10)
    put_in(cast.volunteer, 90, worked_on=date(2025, 3, 10))
    put_in(cast.second, 90, worked_on=date(2026, 1, 10))
    told: list[tuple[int, str]] = []
    for ahead in (91, 90, 89, 31, 30, 29, 8, 7, 6, 0, -1):
        before = Message.objects.count()
        warn_of_expiry(actor=SYSTEM, on=last - timedelta(days=ahead))
        if Message.objects.count() > before:
            newest = Message.objects.latest("pk")
            told.append((ahead, newest.recipient_ref))
            assert newest.parameters == {"hours": "1.5", "day": "2026-03-10"}
    person = f"person:{cast.volunteer.person_id}"
    assert told == [(90, person), (30, person), (7, person)]


def test_after_an_absence_only_the_nearest_warning_is_sent(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    let_hold(expiry_months=12)
    put_in(cast.volunteer, 90, worked_on=date(2025, 3, 10))
    assert warn_of_expiry(actor=SYSTEM, on=date(2026, 3, 8)) == 1
    assert Message.objects.get().key.endswith(":2026-03-10:7")


def test_a_lower_cap_moves_what_is_beyond_it_once(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    """南京: 1,500 h, 上海长宁: 600 h; when the version takes effect the excess of a balance can only be donated."""
    put_in(cast.volunteer, 150)
    put_in(cast.second, 100)
    let_hold(holding_cap_minutes=100)
    done = apply_policy(actor=SYSTEM)
    assert (done.capped_passbooks, done.donation_minutes, done.expired_minutes) == (1, 50, 0)
    donation = donation_accounts([cast.volunteer.person_id])[cast.volunteer.person_id]
    assert (posted(cast.volunteer), balance(donation).posted, posted(cast.second)) == (100, 50, 100)
    assert Message.objects.get().parameters == {"hours": "0.83", "cap": "1.67"}
    assert AuditEntry.objects.filter(action="bank.cap_holding").count() == 1
    assert apply_policy(actor=SYSTEM).donation_minutes == 0
    report = verify()
    assert report.ok, report.first_difference


def test_frozen_passbooks_are_left_alone_and_only_the_system_settles(
    cast: Cast, put_in: PutIn, let_hold: LetHold
) -> None:
    put_in(cast.volunteer, 150)
    let_hold(holding_cap_minutes=100)
    passbook = cast.volunteer.passbook
    passbook.state = "frozen"
    passbook.save(update_fields=["state"])
    assert apply_policy(actor=SYSTEM).donation_minutes == 0
    for refused in (apply_policy, warn_of_expiry):
        with pytest.raises(NotAllowed):
            refused(actor=cast.administrator.actor)
    assert posted(cast.volunteer) == 150


def test_the_passbook_page_says_what_can_be_spent_until_when(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    put_in(cast.volunteer, 90, worked_on=clock.today())
    page = cast.volunteer.client.get("/bank/").content.decode()
    assert "What can be spent until when" not in page
    let_hold(expiry_months=24)
    page = cast.volunteer.client.get("/bank/").content.decode()
    assert "What can be spent until when" in page
    assert months_after(clock.today(), 24).isoformat() in page
    reverse_deposit(actor=SYSTEM, deposit_id=put_in(cast.volunteer, 30), reason="误记")


def test_who_may_lose_hours_is_asked_once_and_not_for_each_passbook(db: None) -> None:
    """On SQLite one question for each passbook read every transfer of the book: 18 s of every hour at the demo hospital."""
    plan = lots.with_service_until(Passbook.objects.all(), NEW).explain()
    assert "CORRELATED" not in plan
    assert "SubPlan" not in plan
