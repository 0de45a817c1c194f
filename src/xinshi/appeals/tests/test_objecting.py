"""Objections to hours in public notice: by anybody, set aside until decided, the objector not named to whom it concerns."""

from __future__ import annotations

from datetime import date

import pytest

from xinshi.activities.tests.conftest import SYSTEM, Cast, Somebody
from xinshi.appeals import queries
from xinshi.appeals.actions import ask, end_settled_notices, grant, refuse, withdraw
from xinshi.appeals.domain import AlreadyAsked, CorrectionKind, NewRequest
from xinshi.appeals.tests.conftest import REASON, Served, available, everything, request_of, trail
from xinshi.attendance.actions import approve
from xinshi.attendance.tests.conftest import MoveTo, Service, at
from xinshi.bank.actions import propose_policy, put_policy_in_force
from xinshi.bank.models import Deposit
from xinshi.bank.notices import in_notice
from xinshi.bank.rules import Rules
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message

WORDS = "那天上午我在场，没有看到他。"


@pytest.fixture
def noticed(service: Service, cast: Cast) -> Served:
    """李明's two hours of the Tuesday, in public notice until the Friday."""
    number = propose_policy(actor=SYSTEM, rules=Rules(notice_days=3))
    put_policy_in_force(actor=SYSTEM, number=number, effective_from=date(2026, 3, 3))
    shift, (record,) = service.submitted()
    approve(actor=cast.coordinator.actor, record_ids=[record])
    deposit = Deposit.objects.get(source_ref=f"service-record:{record}")
    assert in_notice([deposit.pk])[deposit.pk].until == date(2026, 3, 6)
    return Served(record, deposit.pk, shift.shift_id, shift.activity_id)


def object_to(who: Somebody, deposit_id: int) -> int:
    return ask(
        actor=who.actor, request=NewRequest(kind=CorrectionKind.NOTICE, subject_ref=f"deposit:{deposit_id}", text=WORDS)
    )


def test_disputed_hours_stay_in_notice_until_it_is_decided(
    noticed: Served, cast: Cast, colleague: Somebody, frozen: MoveTo
) -> None:
    request_id = object_to(cast.second, noticed.deposit_id)
    assert trail(request_id) == [("asked", "asker"), ("set_aside", "asker")]
    frozen(at(9, days=10))
    assert available(cast.volunteer.person_id) == 0
    assert end_settled_notices(actor=SYSTEM) == 0
    assert verify().ok, verify().first_difference
    refuse(actor=colleague.actor, request_id=request_id, reason=REASON)
    assert available(cast.volunteer.person_id) == 120
    assert verify().ok


@pytest.mark.parametrize("end", ["refused", "withdrawn"])
def test_an_objection_never_shortens_the_notice(
    noticed: Served, cast: Cast, colleague: Somebody, frozen: MoveTo, end: str
) -> None:
    request_id = object_to(cast.second, noticed.deposit_id)
    if end == "refused":
        refuse(actor=colleague.actor, request_id=request_id, reason=REASON)
    else:
        withdraw(actor=cast.second.actor, request_id=request_id)
    assert available(cast.volunteer.person_id) == 0
    frozen(at(23, days=3))
    assert end_settled_notices(actor=SYSTEM) == 0
    frozen(at(1, days=4))
    assert end_settled_notices(actor=SYSTEM) == 1
    assert end_settled_notices(actor=SYSTEM) == 0
    assert available(cast.volunteer.person_id) == 120
    assert verify().ok


def test_a_second_objection_keeps_the_first_last_day(
    noticed: Served, cast: Cast, colleague: Somebody, frozen: MoveTo
) -> None:
    withdraw(actor=cast.second.actor, request_id=object_to(cast.second, noticed.deposit_id))
    again = object_to(cast.other_leader, noticed.deposit_id)
    assert request_of(again).notice_until == date(2026, 3, 6)
    frozen(at(9, days=8))
    assert end_settled_notices(actor=SYSTEM) == 0, "it is in dispute again"
    refuse(actor=colleague.actor, request_id=again, reason=REASON)
    assert available(cast.volunteer.person_id) == 120


def test_a_granted_objection_takes_the_hours_back(noticed: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = object_to(cast.auditor, noticed.deposit_id)
    grant(actor=colleague.actor, request_id=request_id, reason=REASON)
    assert request_of(request_id).reversed_deposit_id == noticed.deposit_id
    assert available(cast.volunteer.person_id) == 0
    assert verify().ok


def test_one_dispute_at_a_time_and_none_after_the_notice(
    noticed: Served, cast: Cast, colleague: Somebody, frozen: MoveTo
) -> None:
    request_id = object_to(cast.second, noticed.deposit_id)
    before = everything()
    with pytest.raises(AlreadyAsked):
        object_to(cast.other_leader, noticed.deposit_id)
    assert everything() == before
    frozen(at(9, days=10))
    refuse(actor=colleague.actor, request_id=request_id, reason=REASON)
    before = everything()
    with pytest.raises(NotFound):
        object_to(cast.other_leader, noticed.deposit_id)
    assert everything() == before


def test_the_objector_is_not_named_to_whom_it_concerns(noticed: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = object_to(cast.second, noticed.deposit_id)
    refuse(actor=colleague.actor, request_id=request_id, reason=REASON)
    seen = queries.request_detail(cast.volunteer.actor, request_id)
    assert (seen.reads_texts, seen.is_asker, seen.may_speak, seen.may_appeal) == (False, False, False, False)
    assert [line.text for line in seen.trail] == ["", "", REASON]
    page = cast.volunteer.client.get(f"/appeals/requests/{request_id}/").content.decode()
    assert WORDS not in page
    assert "王芳" not in page
    assert REASON in page
    told = Message.objects.filter(
        recipient_ref=f"person:{cast.volunteer.person_id}", object_ref=f"correction-request:{request_id}"
    )
    assert [message.text[:20] for message in told.order_by("pk")] == ["Somebody objected to", "The objection to hou"]
    assert cast.leader.client.get(f"/appeals/requests/{request_id}/").status_code == 404


def test_the_notice_page_leads_to_the_objection(noticed: Served, cast: Cast) -> None:
    page = cast.second.client.get("/bank/notice/").content.decode()
    address = f"/appeals/ask/?about=deposit:{noticed.deposit_id}"
    assert address in page
    form = cast.second.client.get(address)
    assert form.status_code == 200
    done = cast.second.client.post(address, {"kind": "notice", "text": WORDS})
    assert done.status_code == 302
    assert request_of(int(done["Location"].split("/")[-2])).kind == "notice"


def test_only_the_system_ends_what_was_settled(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        end_settled_notices(actor=cast.administrator.actor)
