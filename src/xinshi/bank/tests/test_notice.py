"""Public notice (公示): booked at once, spendable afterwards, read by everybody at the hospital under masked names."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from xinshi.bank.actions import end_notice, extend_notice, reverse_deposit
from xinshi.bank.domain import NoticeNotLonger, NotInNotice
from xinshi.bank.notices import in_notice
from xinshi.bank.tests.conftest import SYSTEM, Cast, LetHold, PutIn, Somebody
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.ledger import actions as ledger
from xinshi.ledger.domain import AccountKind, InsufficientMinutes
from xinshi.ledger.queries import BalanceView, balance
from xinshi.ledger.verification import verify

pytestmark = pytest.mark.usefixtures("bank_checks")
NOON = "2026-03-10T04:00:00Z"


def funds(who: Somebody) -> BalanceView:
    return balance(who.passbook.account_id)


def spend(who: Somebody, minutes: int) -> None:
    ledger.hold(
        key="hold:v",
        account_id=who.passbook.account_id,
        to_id=ledger.system_account(AccountKind.REDEMPTION),
        minutes=minutes,
        kind="redemption",
        expires_at=clock.now() + timedelta(days=1),
        actor_ref="user:1",
    )


def test_hours_become_final_after_three_days(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    """招远: 3 days of public notice before hours become final."""
    let_hold(notice_days=3)
    with time_machine.travel(NOON, tick=False):
        deposit = put_in(cast.volunteer, 90)
        assert (funds(cast.volunteer).posted, funds(cast.volunteer).available) == (90, 0)
        assert in_notice([deposit])[deposit].until == date(2026, 3, 13)
        assert cast.volunteer.passbook.certified_minutes == 90
        with pytest.raises(InsufficientMinutes):
            spend(cast.volunteer, 90)
        report = verify()
        assert report.ok, report.first_difference
    with time_machine.travel("2026-03-13T15:59:00Z", tick=False):
        assert deposit in in_notice([deposit])
    with time_machine.travel("2026-03-13T16:00:00Z", tick=False):
        assert in_notice([deposit]) == {}
        spend(cast.volunteer, 90)
        report = verify()
        assert report.ok, report.first_difference


def test_without_the_rule_hours_can_be_spent_at_once(cast: Cast, put_in: PutIn) -> None:
    deposit = put_in(cast.volunteer, 90)
    assert (funds(cast.volunteer).available, in_notice([deposit])) == (90, {})


@time_machine.travel(NOON, tick=False)
def test_a_deposit_in_notice_can_be_taken_back(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    let_hold(notice_days=3)
    deposit = put_in(cast.volunteer, 90)
    put_in(cast.volunteer, 30)
    reverse_deposit(actor=cast.coordinator.actor, deposit_id=deposit, reason="误记")
    assert (funds(cast.volunteer).posted, funds(cast.volunteer).held) == (30, 30)
    assert in_notice([deposit]) == {}
    report = verify()
    assert report.ok, report.first_difference


@time_machine.travel(NOON, tick=False)
def test_a_disputed_deposit_stays_in_notice_until_it_is_settled(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    let_hold(notice_days=3)
    deposit = put_in(cast.volunteer, 90)
    until = date(2026, 4, 30)
    extend_notice(actor=SYSTEM, deposit_id=deposit, until=until)
    assert in_notice([deposit])[deposit].until == until
    for too_early in (until, date(2026, 3, 20), date(2027, 4, 30)):
        with pytest.raises(NoticeNotLonger):
            extend_notice(actor=SYSTEM, deposit_id=deposit, until=too_early)
    with pytest.raises(NotAllowed):
        extend_notice(actor=cast.auditor.actor, deposit_id=deposit, until=date(2026, 5, 1))
    with pytest.raises(NotFound):
        end_notice(actor=SYSTEM, deposit_id=10**9)
    assert funds(cast.volunteer).available == 0
    end_notice(actor=cast.coordinator.actor, deposit_id=deposit)
    assert funds(cast.volunteer).available == 90
    for refused in (end_notice, lambda **given: extend_notice(until=date(2026, 6, 1), **given)):
        with pytest.raises(NotInNotice):
            refused(actor=SYSTEM, deposit_id=deposit)
    report = verify()
    assert report.ok, report.first_difference


@time_machine.travel(NOON, tick=False)
def test_everybody_signed_in_reads_the_notice_with_masked_names(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    """招远; 《志愿服务条例》 20: no disclosure, so names are masked."""
    address = reverse("bank:public_notice")
    assert "without public notice" in cast.second.client.get(address).content.decode()
    let_hold(notice_days=3)
    put_in(cast.volunteer, 90)
    page = cast.second.client.get(address).content.decode()
    assert "李*" in page
    assert "李明" not in page
    assert "Mine" not in page
    assert "Mine" in cast.volunteer.client.get(address).content.decode()
    own = cast.volunteer.client.get(reverse("bank:own")).content.decode()
    assert "in public notice until" in own
    found = cast.second.client.get("/api/v1/bank/public-notice").json()
    assert [(row["masked_name"], row["until"]) for row in found["items"]] == [("李*", "2026-03-13")]


@time_machine.travel(NOON, tick=False)
def test_the_deposits_page_says_what_the_policy_made_of_it(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    let_hold(notice_days=3, day_cap_minutes=60, holding_cap_minutes=40)
    page = cast.volunteer.client.get(reverse("bank:deposit", args=[put_in(cast.volunteer, 90)])).content.decode()
    assert "The most for one day is reached: 1 hours" in page
    assert "The most that one person may hold is reached: 0.67 hours" in page
    assert "Can only be donated" in page
    nothing = put_in(cast.volunteer, 90)
    page = cast.auditor.client.get(reverse("bank:deposit", args=[nothing])).content.decode()
    assert "nothing was put into the balance" in page
    found = cast.auditor.client.get(f"/api/v1/bank/deposits/{nothing}").json()
    assert (found["transfer_id"], found["credited_minutes"]) == (None, 0)
    assert found["why"] == [{"rule": "day_cap", "figure": 60}]
