"""`xinshi verify` names the first place where answered requests and the book disagree."""

from __future__ import annotations

import pytest

from xinshi.activities.tests.conftest import Cast, Somebody
from xinshi.appeals.actions import grant
from xinshi.appeals.domain import Given
from xinshi.appeals.models import CorrectionRequest, RequestPart
from xinshi.appeals.tests.conftest import REASON, Served, ask_about_deposit, ask_for_times
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.tests.conftest import at
from xinshi.ledger.actions import release
from xinshi.ledger.verification import verify


@pytest.fixture
def granted(served: Served, cast: Cast, colleague: Somebody) -> CorrectionRequest:
    request_id = ask_for_times(cast.volunteer, served)
    given = Given(starts_at=at(9), ends_at=at(10))
    grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given)
    assert verify().ok, verify().first_difference
    return CorrectionRequest.objects.get(pk=request_id)


def test_finds_a_granted_request_without_its_record(granted: CorrectionRequest) -> None:
    CorrectionRequest.objects.filter(pk=granted.pk).update(new_record_id=None)
    assert verify().first_difference == (
        f"granted corrections stand in the book: correction request {granted.pk} (record): is not in the book"
    )


def test_finds_a_granted_request_whose_deposit_is_another(granted: CorrectionRequest) -> None:
    CorrectionRequest.objects.filter(pk=granted.pk).update(new_deposit_id=granted.reversed_deposit_id)
    assert verify().first_difference.startswith("granted corrections stand in the book")


def test_finds_a_reversal_that_is_not_in_the_book(granted: CorrectionRequest) -> None:
    CorrectionRequest.objects.filter(pk=granted.pk).update(reversed_deposit_id=granted.new_deposit_id)
    assert verify().first_difference.startswith("granted corrections stand in the book")


def test_finds_a_replaced_record_that_nobody_asked_for(granted: CorrectionRequest) -> None:
    CorrectionRequest.objects.filter(pk=granted.pk).update(
        state="withdrawn",
        decided_at=None,
        decided_by_ref="",
        decided_by_person=None,
        new_record_id=None,
        new_deposit_id=None,
        reversed_deposit_id=None,
    )
    assert verify().first_difference == (
        f"corrected records were asked for: service record {granted.new_record_id}: "
        f"replaces {granted.subject_ref.removeprefix('service-record:')}, nobody asked for it"
    )


def test_finds_a_record_that_was_not_replaced(granted: CorrectionRequest) -> None:
    old = ServiceRecord.objects.get(replaced_by=granted.new_record_id)
    ServiceRecord.objects.filter(pk=old.pk).update(state="approved")
    assert verify().first_difference.startswith(f"replaced records are taken back: service record {old.pk}")


def test_finds_disputed_hours_that_are_free(served: Served, cast: Cast) -> None:
    request_id = ask_about_deposit(cast.volunteer, served.deposit_id)
    hold_id = CorrectionRequest.objects.get(pk=request_id).hold_id
    release(hold_id=hold_id, actor_ref="x")
    assert verify().first_difference == (
        f"disputed hours are set aside: correction request {request_id}: is open, its hold is released"
    )


def test_finds_hours_that_are_set_aside_for_nothing(served: Served, cast: Cast) -> None:
    request_id = ask_about_deposit(cast.volunteer, served.deposit_id)
    hold_id = CorrectionRequest.objects.get(pk=request_id).hold_id
    CorrectionRequest.objects.filter(pk=request_id).update(hold_id=None)
    assert verify().first_difference == (
        f"hours set aside are disputed: hold {hold_id} (dispute:{request_id}): no correction request"
    )


def test_finds_a_judge_who_had_a_part(granted: CorrectionRequest) -> None:
    RequestPart.objects.create(request=granted, actor_ref=granted.decided_by_ref, part="checked_in")
    assert verify().first_difference.startswith(f"answers are independent: correction request {granted.pk}")
