"""What was decided on a request for correction: the old record stays as it was, a new one takes its place."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from xinshi.activities.tests.conftest import SYSTEM, Cast
from xinshi.attendance import queries
from xinshi.attendance.actions import approve, refuse, settle_missing, settle_record
from xinshi.attendance.domain import (
    HadPart,
    NoShiftThatDay,
    PresenceOverlaps,
    RecordReplaced,
    kind_once_corrected,
)
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.tests.conftest import MoveTo, Service, at, record_of, written
from xinshi.bank.models import Deposit, DepositReversal, Passbook
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.actions import hold, system_account
from xinshi.ledger.domain import AccountKind, InsufficientMinutes
from xinshi.ledger.queries import balance
from xinshi.ledger.verification import verify


@pytest.fixture
def approved(service: Service, cast: Cast) -> int:
    """A record of two hours, nine to eleven, approved by the leader; it is noon."""
    _shift, (record,) = service.submitted()
    approve(actor=cast.leader.actor, record_ids=[record])
    return record


def assert_book_agrees() -> None:
    """But for the room above, which misses the request that should have led here."""
    difference = verify().first_difference
    assert not difference or difference.startswith("corrected records were asked for: service record")


def available(cast: Cast) -> int:
    return balance(Passbook.objects.get(person_id=cast.volunteer.person_id).account_id).available


def spend(cast: Cast, minutes: int) -> None:
    """Set minutes aside, as a voucher does."""
    account = Passbook.objects.get(person_id=cast.volunteer.person_id).account_id
    hold(
        key="voucher-of-test",
        account_id=account,
        to_id=system_account(AccountKind.REDEMPTION),
        minutes=minutes,
        kind="redeem",
        expires_at=at(9, days=30),
        actor_ref="user:1",
    )


def test_an_approved_record_is_replaced_and_its_deposit_exchanged(approved: int, cast: Cast) -> None:
    old = record_of(approved)
    settled = settle_record(
        actor=cast.coordinator.actor, record_id=approved, checked_in_at=at(9), checked_out_at=at(10, 30), reason="早退"
    )
    new = record_of(settled.record_id)
    assert (new.state, new.replaces_id, new.signup_id, new.credited_minutes) == ("approved", approved, None, 90)
    assert (new.hours_kind, new.entry_reason, new.checked_in_through, new.checked_out_through) == (
        "honorary",
        "早退",
        "leader",
        "entered",
    )
    kept = record_of(approved)
    assert (kept.state, kept.checked_out_at, kept.deposit_id, kept.decided_by_ref) == (
        "replaced",
        old.checked_out_at,
        old.deposit_id,
        old.decided_by_ref,
    )
    assert settled.reversed_deposit_id == old.deposit_id
    assert DepositReversal.objects.get().deposit_id == old.deposit_id
    assert Deposit.objects.get(pk=settled.deposit_id).source_ref == f"service-record:{new.pk}"
    assert available(cast) == 90
    assert_book_agrees()


def test_a_refused_record_whose_times_stand_keeps_its_kind_of_hours(service: Service, cast: Cast) -> None:
    _shift, (record,) = service.submitted()
    refuse(actor=cast.leader.actor, record_ids=[record], reason="没看到人")
    settled = settle_record(
        actor=cast.coordinator.actor, record_id=record, checked_in_at=at(9), checked_out_at=at(11), reason="有照片为证"
    )
    new = record_of(settled.record_id)
    assert (new.hours_kind, new.credited_minutes, settled.reversed_deposit_id) == ("verified", 120, None)
    assert new.decided_by_ref == cast.coordinator.actor.reference
    assert record_of(record).refusal_reason == "没看到人"
    assert_book_agrees()


def test_a_forgotten_sign_out_is_settled_as_honorary(service: Service, cast: Cast) -> None:
    _shift, (record,) = service.there()
    service.move_to(at(15))
    settled = settle_record(
        actor=cast.coordinator.actor, record_id=record, checked_in_at=at(9), checked_out_at=at(11), reason="忘记签退"
    )
    assert record_of(settled.record_id).hours_kind == "honorary"
    assert settled.minutes == 120


def test_two_levels_need_no_second_yes_once_it_was_decided(service: Service, cast: Cast, two_levels: None) -> None:
    _shift, (record,) = service.submitted()
    settled = settle_record(
        actor=cast.coordinator.actor, record_id=record, checked_in_at=at(9), checked_out_at=at(11), reason="一直未批"
    )
    new = record_of(settled.record_id)
    assert (new.state, new.levels_approved, settled.minutes) == ("approved", 2, 120)
    assert_book_agrees()


def test_the_day_may_be_another_shift_of_the_same_activity(service: Service, cast: Cast) -> None:
    shift, (record,) = service.submitted(shifts=2)
    service.move_to(at(12, days=1))
    settled = settle_record(
        actor=cast.coordinator.actor,
        record_id=record,
        checked_in_at=at(9, days=1),
        checked_out_at=at(11, days=1),
        reason="记错了一天",
    )
    new = record_of(settled.record_id)
    assert new.shift_id != shift.shift_id
    assert (new.checked_in_at, new.credited_minutes) == (at(9, days=1), 120)


def test_a_day_without_a_shift_is_refused(approved: int, cast: Cast, service: Service) -> None:
    service.move_to(at(12, days=3))
    before = written()
    with pytest.raises(NoShiftThatDay):
        settle_record(
            actor=cast.coordinator.actor,
            record_id=approved,
            checked_in_at=at(9, days=2),
            checked_out_at=at(11, days=2),
            reason="记错了一天",
        )
    assert written() == before


def test_who_had_a_part_may_not_settle(service: Service, cast: Cast) -> None:
    _shift, (record,) = service.submitted()
    approve(actor=cast.coordinator.actor, record_ids=[record])
    before = written()
    for who in (cast.coordinator.actor, cast.leader.actor, cast.volunteer.actor):
        with pytest.raises((HadPart, NotAllowed)):
            settle_record(
                actor=who, record_id=record, checked_in_at=at(9), checked_out_at=at(10), reason="自己改自己的"
            )
    assert written() == before
    settle_record(
        actor=cast.administrator.actor, record_id=record, checked_in_at=at(9), checked_out_at=at(10), reason="核实过"
    )
    assert "user:" in "".join(queries.parts_in_record(record))


def test_spent_minutes_stop_a_lowering_but_not_a_raising(approved: int, cast: Cast) -> None:
    settle = {"actor": cast.coordinator.actor, "record_id": approved, "checked_in_at": at(9)}
    shorter = settle_record(**settle, checked_out_at=at(10, 30), reason="早退")
    spend(cast, 80)
    before = written()
    settle |= {"actor": cast.administrator.actor, "record_id": shorter.record_id}
    with pytest.raises(InsufficientMinutes):
        settle_record(**settle, checked_out_at=at(10), reason="更早")
    assert written() == before
    longer = settle_record(**settle, checked_out_at=at(11), reason="有证据一直在")
    assert longer.minutes == 120
    assert available(cast) == 40
    assert_book_agrees()


def test_a_replaced_record_is_not_settled_again(approved: int, cast: Cast) -> None:
    settle = {"record_id": approved, "checked_in_at": at(9), "reason": "早退"}
    settle_record(actor=cast.coordinator.actor, **settle, checked_out_at=at(10, 30))
    before = written()
    with pytest.raises(RecordReplaced):
        settle_record(actor=cast.administrator.actor, **settle, checked_out_at=at(10))
    assert written() == before


def test_nobody_serves_twice_at_once_by_a_correction(approved: int, cast: Cast, service: Service) -> None:
    person = cast.volunteer.person_id
    other = service.make(starts_at=at(11), hours=1, places=1)
    service.move_to(at(13))
    settle_missing(
        actor=cast.coordinator.actor,
        person_id=person,
        shift_id=other.shift_ids[0],
        checked_in_at=at(11),
        checked_out_at=at(12),
        reason="漏记",
    )
    before = written()
    with pytest.raises(PresenceOverlaps):
        settle_record(
            actor=cast.coordinator.actor,
            record_id=approved,
            checked_in_at=at(9),
            checked_out_at=at(11, 30),
            reason="多做了半小时",
        )
    assert written() == before
    new = ServiceRecord.objects.exclude(pk=approved).get()
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRecord.objects.filter(pk=new.pk).update(checked_in_at=at(10, 59))


def test_missing_service_is_honorary_and_in_the_book_at_once(cast: Cast, service: Service, frozen: MoveTo) -> None:
    made = service.make(starts_at=at(9), places=1)
    frozen(at(12))
    settled = settle_missing(
        actor=cast.coordinator.actor,
        person_id=cast.volunteer.person_id,
        shift_id=made.shift_ids[0],
        checked_in_at=at(9),
        checked_out_at=at(10),
        reason="签到表漏写",
    )
    new = record_of(settled.record_id)
    assert (new.state, new.hours_kind, new.credited_minutes, new.entry_reason) == (
        "approved",
        "honorary",
        60,
        "签到表漏写",
    )
    assert available(cast) == 60
    assert_book_agrees()


@pytest.mark.parametrize(
    ("becomes", "through", "kind"),
    [
        ((at(9), at(11)), ("leader", "leader"), "verified"),
        ((at(9), at(11)), ("leader", "entered"), "honorary"),
        ((at(9), at(12)), ("leader", "leader"), "honorary"),
        ((at(8), at(11)), ("leader", "leader"), "honorary"),
    ],
)
def test_hours_stay_verified_only_where_both_sign_ins_stand(
    becomes: tuple, through: tuple[str, str], kind: str
) -> None:
    assert kind_once_corrected(kind="verified", was=(at(9), at(11)), becomes=becomes, through=through) == kind


def test_the_database_wants_a_sign_up_or_what_is_replaced(approved: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRecord.objects.filter(pk=approved).update(signup=None)
    assert SYSTEM.is_system
