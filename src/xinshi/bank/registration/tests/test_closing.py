"""The end of an account: what is wished, what is in the way, what becomes of the hours; lifetime hours stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from xinshi.bank.accounts import donation_accounts, pool_account
from xinshi.bank.domain import OwnPassbook
from xinshi.bank.models import ClosingWish, Passbook
from xinshi.bank.obstacles import ObstaclesInTheWay
from xinshi.bank.registration.closing import (
    DonationsOff,
    HoursLeft,
    Settled,
    WishKnown,
    WishOtherwise,
    ask_to_close,
    close_account,
    decline_wish,
    withdraw_wish,
)
from xinshi.bank.registration.tests.conftest import Cast, set_rules
from xinshi.bank.tests.conftest import PutIn
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.actions import hold, post, release, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.ledger.models import Balance, Transfer
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message
from xinshi.people.models import Consent

Hours = ClosingWish.Hours
pytestmark = pytest.mark.usefixtures("bank_checks")


def close(cast: Cast, hours: ClosingWish.Hours, reason: str = "本人申请销户，签字为证") -> Settled:
    return close_account(
        actor=cast.coordinator.actor, passbook_id=cast.volunteer.passbook.pk, hours=hours, reason=reason
    )


def test_hours_that_lapse_go_to_expiry_with_the_reason_and_lifetime_hours_stay(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    assert close(cast, Hours.LAPSE) == Settled(donated_minutes=0, lapsed_minutes=90)
    passbook = cast.volunteer.passbook
    assert (passbook.state, passbook.certified_minutes) == ("closed", 90)
    transfer = Transfer.objects.get(kind="lapse")
    assert (transfer.minutes, transfer.credit_id) == (90, system_account(AccountKind.EXPIRY))
    assert transfer.memo == "本人申请销户，签字为证"
    wish = ClosingWish.objects.get()
    assert (wish.outcome, wish.hours, wish.note) == ("closed", "lapse", "本人申请销户，签字为证")
    assert not Consent.objects.filter(person_id=cast.volunteer.person_id, purpose="service", withdrawn_at=None).exists()
    assert verify().ok


def test_hours_are_donated_only_where_the_policy_takes_donations(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    with pytest.raises(DonationsOff):
        close(cast, Hours.DONATE)
    assert cast.volunteer.passbook.state == "active"
    set_rules(donations=True)
    assert close(cast, Hours.DONATE) == Settled(donated_minutes=90, lapsed_minutes=0)
    assert Balance.objects.get(pk=pool_account()).posted == 90
    assert verify().ok


def test_minutes_that_can_only_be_donated_are_settled_too(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    account = donation_accounts([cast.volunteer.person_id])[cast.volunteer.person_id]
    post(
        transfer=NewTransfer(
            key="cap:1",
            debit_id=cast.volunteer.passbook.account_id,
            credit_id=account,
            minutes=30,
            kind="correction",
            worked_on=clock.today(),
        ),
        actor_ref="system:tests",
    )
    assert close(cast, Hours.LAPSE).lapsed_minutes == 90
    assert Balance.objects.get(pk=account).posted == 0
    assert verify().ok


def test_hours_to_be_spent_first_keep_the_account_open(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    with pytest.raises(HoursLeft):
        close(cast, Hours.KEEP)
    assert cast.volunteer.passbook.state == "active"
    ask_to_close(actor=cast.volunteer.actor, hours=Hours.KEEP, note="想先换体检")
    client = cast.coordinator.client
    path = reverse("bank:close_account", args=[cast.volunteer.passbook.pk])
    assert client.post(path, {"hours": "keep", "reason": "先兑换体检"}).status_code == 302
    assert ClosingWish.objects.get().outcome == "declined"
    assert Message.objects.get().parameters == {"reason": "先兑换体检"}
    assert cast.volunteer.passbook.state == "active"


def test_an_empty_account_closes_whatever_is_chosen(cast: Cast) -> None:
    assert close(cast, Hours.KEEP) == Settled(0, 0)
    assert Transfer.objects.count() == 0
    assert cast.volunteer.passbook.state == "closed"


def test_the_volunteers_own_wish_binds_the_desk(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    set_rules(donations=True)
    ask_to_close(actor=cast.volunteer.actor, hours=Hours.DONATE, note="搬家了")
    with pytest.raises(WishKnown):
        ask_to_close(actor=cast.volunteer.actor, hours=Hours.LAPSE, note="")
    with pytest.raises(WishOtherwise):
        close(cast, Hours.LAPSE)
    assert cast.volunteer.passbook.state == "active"
    assert close(cast, Hours.DONATE).donated_minutes == 90
    assert ClosingWish.objects.get().outcome == "closed"


def test_reserved_hours_are_named_and_stand_in_the_way(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    made = hold(
        key="voucher:1",
        account_id=cast.volunteer.passbook.account_id,
        to_id=system_account(AccountKind.REDEMPTION),
        minutes=30,
        kind="redemption",
        expires_at=clock.now() + timedelta(days=1),
        actor_ref="user:1",
        memo="体检",
    )
    with pytest.raises(ObstaclesInTheWay) as refusal:
        close(cast, Hours.LAPSE)
    assert "“体检”" in str(refusal.value.parameters["obstacles"])
    assert cast.volunteer.passbook.state == "active"
    assert Transfer.objects.filter(kind="lapse").count() == 0
    release(hold_id=made.id, actor_ref="user:1")
    assert close(cast, Hours.LAPSE).lapsed_minutes == 90


def test_volunteers_ask_and_take_it_back_on_their_own_page(cast: Cast) -> None:
    client = cast.volunteer.client
    assert client.post(reverse("bank:close_own"), {"hours": "lapse", "note": "搬家"}).status_code == 302
    assert "You asked for it" in client.get(reverse("bank:close_own")).content.decode()
    desk = cast.coordinator.client.get(reverse("bank:accounts_to_check")).content.decode()
    assert "Let them lapse" in desk
    client.post(reverse("bank:withdraw_wish"))
    assert ClosingWish.objects.get().outcome == "withdrawn"
    assert cast.volunteer.passbook.state == "active"


@pytest.mark.parametrize("role", ["volunteer", "second", "leader", "clerk", "auditor"])
def test_only_the_station_closes_and_never_its_own(cast: Cast, role: str) -> None:
    passbook = cast.volunteer.passbook.pk
    with pytest.raises(NotAllowed):
        close_account(actor=cast.of_role(role).actor, passbook_id=passbook, hours=Hours.LAPSE, reason="x")
    with pytest.raises(NotAllowed):
        decline_wish(actor=cast.of_role(role).actor, passbook_id=passbook, reason="x")
    own = cast.coordinator.passbook.pk
    with pytest.raises(OwnPassbook):
        close_account(actor=cast.coordinator.actor, passbook_id=own, hours=Hours.LAPSE, reason="x")
    assert Passbook.objects.filter(state="closed").count() == 0


def test_a_wish_that_nobody_made_cannot_be_taken_back(cast: Cast) -> None:
    from xinshi.kernel.errors import NotFound

    with pytest.raises(NotFound):
        withdraw_wish(actor=cast.volunteer.actor)
