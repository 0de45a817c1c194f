"""The least presence that the policy asks for (云南: 60 % of the activity): too short a record is never approved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from xinshi.activities.tests.conftest import SYSTEM, Cast
from xinshi.attendance.actions import approve, approve_activity, check_out, correct_presence
from xinshi.attendance.domain import LeftOut, is_too_short
from xinshi.attendance.tests.conftest import TUESDAY, Service, at, record_of, written
from xinshi.bank.actions import propose_policy, put_policy_in_force
from xinshi.bank.models import Deposit
from xinshi.bank.rules import Rules
from xinshi.messages.models import Message


@pytest.fixture
def sixty(cast: Cast) -> None:
    """From the Tuesday on the policy asks for 60 % of the scheduled time."""
    number = propose_policy(actor=SYSTEM, rules=Rules(presence_min_percent=60))
    put_policy_in_force(actor=SYSTEM, number=number, effective_from=TUESDAY)


def was_there(service: Service, cast: Cast, minutes: int) -> tuple[int, int]:
    """(activity, record) of somebody who was there for so many of 120 minutes."""
    shift, (pk,) = service.there()
    service.move_to(at(12))
    check_out(actor=cast.leader.actor, record_ids=[pk], at=at(9) + timedelta(minutes=minutes))
    return shift.activity_id, pk


@pytest.mark.usefixtures("sixty")
def test_less_than_60_percent_is_not_approvable(cast: Cast, service: Service) -> None:
    """云南: 60 % of the activity for any hours at all."""
    activity, pk = was_there(service, cast, 71)
    before = written()
    for decided in (
        approve(actor=cast.leader.actor, record_ids=[pk]),
        approve(actor=SYSTEM, record_ids=[pk]),
        approve_activity(actor=cast.coordinator.actor, activity_id=activity),
    ):
        assert (decided.done, decided.left_out) == (0, {pk: LeftOut.PRESENCE})
    assert written() == before
    correct_presence(
        actor=cast.coordinator.actor, record_id=pk, checked_in_at=at(9), checked_out_at=at(10, 12), reason="签退过早"
    )
    assert approve(actor=cast.coordinator.actor, record_ids=[pk]).minutes == 72
    assert Deposit.objects.get().activity_ref == f"activity:{activity}"


@pytest.mark.usefixtures("sixty")
def test_exactly_60_percent_is_enough(cast: Cast, service: Service) -> None:
    _, pk = was_there(service, cast, 72)
    assert approve(actor=cast.leader.actor, record_ids=[pk]).minutes == 72
    assert not is_too_short(72, 120, min_percent=60)
    assert is_too_short(71, 120, min_percent=60)
    assert not is_too_short(1, 120, min_percent=0)


def test_without_the_rule_every_minute_counts(cast: Cast, service: Service) -> None:
    _, pk = was_there(service, cast, 10)
    assert approve(actor=cast.leader.actor, record_ids=[pk]).minutes == 10


def test_a_version_that_came_later_does_not_judge_earlier_service(cast: Cast, service: Service) -> None:
    _, pk = was_there(service, cast, 10)
    number = propose_policy(actor=SYSTEM, rules=Rules(presence_min_percent=60))
    put_policy_in_force(actor=SYSTEM, number=number, effective_from=TUESDAY + timedelta(days=1))
    service.move_to(at(12, days=2))
    assert approve(actor=cast.leader.actor, record_ids=[pk]).minutes == 10


@pytest.mark.usefixtures("sixty")
def test_pages_show_what_is_too_short_and_refuse_it_in_one_step(cast: Cast, service: Service) -> None:
    activity, pk = was_there(service, cast, 30)
    client = cast.leader.client
    for address in (reverse("attendance:approvals"), reverse("attendance:approvals_of", args=[activity])):
        page = client.get(address).content.decode()
        assert "时间不足" in page
        assert "退回在岗时间不足的记录" in page
    assert "不足计划时长的 60 %" in client.get(reverse("attendance:record", args=[pk])).content.decode()
    answer = client.post(reverse("attendance:refuse"), {"too_short_of": str(activity)})
    assert answer.status_code == 302
    record = record_of(pk)
    assert (record.state, record.refusal_reason) == (
        "refused",
        "您的在岗时间不足计划时长的 60 %。",
    )
    assert Message.objects.filter(key=f"service-record:{pk}:refused:1").count() == 1
    assert client.post(reverse("attendance:refuse"), {"too_short_of": "x"}).status_code == 404
    assert cast.volunteer.client.post(reverse("attendance:refuse"), {"too_short_of": str(activity)}).status_code == 403


def test_the_volunteer_reads_what_the_policy_made_of_the_hours(cast: Cast, service: Service) -> None:
    number = propose_policy(actor=SYSTEM, rules=Rules(day_cap_minutes=60, notice_days=3))
    put_policy_in_force(actor=SYSTEM, number=number, effective_from=TUESDAY)
    _, (pk,) = service.submitted()
    approve(actor=cast.coordinator.actor, record_ids=[pk])
    told = Message.objects.get(recipient_ref=cast.volunteer.reference)
    assert "your passbook says why" in told.text
    assert (told.parameters["certified"], told.parameters["hours"]) == ("2", "1")
