"""Frozen and closed passbooks: nothing goes in or out, the reason is told, nobody does it to their own."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from xinshi.bank.actions import change_passbook_state, reverse_deposit
from xinshi.bank.domain import OwnPassbook, PassbookNotOpen, PassbookStateNotPossible
from xinshi.bank.models import Deposit, Passbook
from xinshi.bank.tests.conftest import SYSTEM, Cast, PutIn
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.ledger.actions import hold, system_account
from xinshi.ledger.domain import AccountClosed, AccountKind, AccountNotEmpty
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message

ACTIVE, FROZEN, CLOSED = Passbook.State.ACTIVE, Passbook.State.FROZEN, Passbook.State.CLOSED


def change(cast: Cast, state: Passbook.State, reason: str = "正在核实一次补录") -> None:
    change_passbook_state(
        actor=cast.coordinator.actor, passbook_id=cast.volunteer.passbook.pk, state=state, reason=reason
    )


def test_frozen_hours_stay_and_nothing_goes_in_until_freed(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 60)
    change(cast, FROZEN)
    with pytest.raises(PassbookNotOpen):
        put_in(cast.volunteer, 60)
    assert Deposit.objects.count() == 1
    assert cast.volunteer.passbook.certified_minutes == 60
    page = cast.volunteer.client.get(reverse("bank:own")).content.decode()
    assert "Frozen: 正在核实一次补录" in page
    change(cast, ACTIVE, "已核实")
    put_in(cast.volunteer, 60)
    assert cast.volunteer.passbook.certified_minutes == 120
    assert [message.text for message in Message.objects.order_by("pk")] == [
        "Your passbook was frozen: %(reason)s",
        "Your passbook is active: %(reason)s",
    ]


@pytest.mark.usefixtures("bank_checks")
def test_closes_only_an_empty_passbook_and_for_ever(cast: Cast, put_in: PutIn) -> None:
    deposit = put_in(cast.volunteer, 60)
    with pytest.raises(AccountNotEmpty):
        change(cast, CLOSED)
    assert cast.volunteer.passbook.state == ACTIVE
    reverse_deposit(actor=SYSTEM, deposit_id=deposit, reason="误记")
    change(cast, CLOSED, "本人申请销户")
    with pytest.raises(PassbookStateNotPossible):
        change(cast, ACTIVE)
    with pytest.raises(AccountClosed):
        hold(
            key="gift:1",
            account_id=cast.volunteer.passbook.account_id,
            to_id=system_account(AccountKind.REDEMPTION),
            minutes=1,
            kind="gift",
            expires_at=clock.now() + timedelta(days=1),
            actor_ref="user:1",
        )
    assert cast.volunteer.passbook.state == CLOSED
    assert verify().ok
    Passbook.objects.filter(pk=cast.volunteer.passbook.pk).update(state="active")
    assert verify().first_difference.startswith("closed passbooks: passbook")


@pytest.mark.parametrize("state", [ACTIVE, Passbook.State.PENDING])
def test_refuses_steps_that_lead_nowhere(cast: Cast, state: Passbook.State) -> None:
    with pytest.raises(PassbookStateNotPossible):
        change(cast, state)
    assert cast.volunteer.passbook.state == ACTIVE
    assert Message.objects.count() == 0


def test_nobody_does_it_to_their_own(cast: Cast) -> None:
    with pytest.raises(OwnPassbook):
        change_passbook_state(
            actor=cast.coordinator.actor, passbook_id=cast.coordinator.passbook.pk, state=FROZEN, reason="x"
        )
    assert cast.coordinator.passbook.state == ACTIVE
    with pytest.raises(NotFound):
        change_passbook_state(actor=cast.coordinator.actor, passbook_id=10**9, state=FROZEN, reason="x")


@pytest.mark.parametrize("role", ["second", "leader", "clerk", "auditor"])
def test_only_coordinators_and_administrators_do_it(cast: Cast, role: str) -> None:
    who, passbook = cast.of_role(role), cast.volunteer.passbook.pk
    with pytest.raises(NotAllowed):
        change_passbook_state(actor=who.actor, passbook_id=passbook, state=FROZEN, reason="x")
    answer = who.client.post(reverse("bank:change_state", args=[passbook]), {"state": "frozen", "reason": "x"})
    assert answer.status_code == 403
    path = f"/api/v1/bank/passbooks/{passbook}/state"
    payload = json.dumps({"state": "frozen", "reason": "x"})
    assert who.client.post(path, payload, content_type="application/json").status_code in (403, 404)
    assert cast.volunteer.passbook.state == ACTIVE


def test_page_and_api_freeze_and_free(cast: Cast) -> None:
    passbook, client = cast.volunteer.passbook.pk, cast.administrator.client
    page = reverse("bank:change_state", args=[passbook])
    assert "Freeze it" in client.get(page).content.decode()
    assert client.post(page, {"state": "active", "reason": "x"}).status_code == 200
    assert cast.volunteer.passbook.state == ACTIVE
    answer = client.post(page, {"state": "frozen", "reason": "核实中"})
    assert answer.headers["Location"] == reverse("bank:passbook", args=[passbook])
    assert (cast.volunteer.passbook.state, cast.volunteer.passbook.state_reason) == (FROZEN, "核实中")
    path = f"/api/v1/bank/passbooks/{passbook}/state"
    for payload in ({"state": "pending", "reason": "x"}, {"state": "active", "reason": " "}, {}):
        assert client.post(path, json.dumps(payload), content_type="application/json").status_code == 422
    done = client.post(path, json.dumps({"state": "active", "reason": "已核实"}), content_type="application/json")
    assert (done.status_code, done.json()["state"], done.json()["state_reason"]) == (200, "active", "已核实")
