"""Requests about vouchers: cancelled, excused or refunded by who had no part in redeeming them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from xinshi.activities.tests.conftest import Cast, Somebody
from xinshi.appeals.actions import ask, grant, refuse
from xinshi.appeals.domain import Asked, CorrectionKind, NewRequest, NotAskable, Remedy
from xinshi.appeals.tests.conftest import REASON, Served, available, everything, request_of
from xinshi.attendance.domain import HadPart
from xinshi.attendance.tests.conftest import MoveTo, at
from xinshi.benefits.actions import fulfil, mark_no_show
from xinshi.benefits.models import Voucher
from xinshi.benefits.tests.conftest import make, take
from xinshi.ledger.verification import verify


def ask_about(who: Somebody, voucher_id: int, remedy: Remedy) -> int:
    return ask(
        actor=who.actor,
        request=NewRequest(
            kind=CorrectionKind.VOUCHER,
            subject_ref=f"voucher:{voucher_id}",
            text="当天我在急诊，有病历为证。",
            asked=Asked(remedy=remedy),
        ),
    )


Ended = Callable[[Remedy], int]


@pytest.fixture
def ended(served: Served, cast: Cast, frozen: MoveTo) -> Ended:
    """A voucher of 李明's for an hour: reserved, missed with its hours kept, or redeemed by 冯丽."""

    def make_one(remedy: Remedy) -> int:
        benefit = make(hours=1, places=(1,), no_show_keeps_minutes=True) if remedy == Remedy.EXCUSE else make(hours=1)
        voucher_id = take(cast.volunteer.actor, benefit).voucher_id
        if remedy == Remedy.EXCUSE:
            frozen(at(12) + timedelta(days=3))
            mark_no_show(actor=cast.clerk.actor, voucher_id=voucher_id)
        elif remedy == Remedy.REFUND:
            fulfil(actor=cast.clerk.actor, voucher_id=voucher_id)
        return voucher_id

    return make_one


@pytest.mark.parametrize(
    ("remedy", "state"), [(Remedy.CANCEL, "cancelled"), (Remedy.EXCUSE, "excused"), (Remedy.REFUND, "refunded")]
)
def test_a_granted_request_gives_the_hours_back(
    ended: Ended, cast: Cast, colleague: Somebody, remedy: Remedy, state: str
) -> None:
    voucher_id = ended(remedy)
    assert available(cast.volunteer.person_id) == 60
    request_id = ask_about(cast.volunteer, voucher_id, remedy)
    grant(actor=colleague.actor, request_id=request_id, reason=REASON)
    assert Voucher.objects.get(pk=voucher_id).state == state
    assert available(cast.volunteer.person_id) == 120
    assert request_of(request_id).state == "granted"
    assert verify().ok, verify().first_difference


def test_a_remedy_fits_how_the_voucher_ended(ended: Ended, cast: Cast) -> None:
    voucher_id = ended(Remedy.REFUND)
    before = everything()
    for remedy in (Remedy.CANCEL, Remedy.EXCUSE):
        with pytest.raises(NotAskable):
            ask_about(cast.volunteer, voucher_id, remedy)
    assert everything() == before


def test_who_redeemed_it_does_not_answer(ended: Ended, cast: Cast, colleague: Somebody) -> None:
    voucher_id = ended(Remedy.REFUND)
    Voucher.objects.filter(pk=voucher_id).update(ended_by_ref=colleague.actor.reference)
    request_id = ask_about(cast.volunteer, voucher_id, Remedy.REFUND)
    before = everything()
    with pytest.raises(HadPart):
        grant(actor=colleague.actor, request_id=request_id, reason=REASON)
    assert everything() == before
    refuse(actor=cast.coordinator.actor, request_id=request_id, reason=REASON)
    assert Voucher.objects.get(pk=voucher_id).state == "fulfilled"


def test_the_voucher_leads_to_the_form(ended: Ended, cast: Cast) -> None:
    voucher_id = ended(Remedy.REFUND)
    address = f"/appeals/ask/?about=voucher:{voucher_id}"
    assert address in cast.volunteer.client.get(f"/benefits/vouchers/{voucher_id}/").content.decode()
    assert cast.volunteer.client.get(address).status_code == 200
    done = cast.volunteer.client.post(address, {"kind": "voucher", "remedy": "refund", "text": "核销错了人，不是我。"})
    assert done.status_code == 302
    assert cast.second.client.get(address).status_code == 404
