"""A request is answered by somebody who had no part in it, and what is granted is carried out by reversal and new record."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from xinshi.activities.tests.conftest import Cast, Somebody
from xinshi.appeals.actions import appeal, ask, ask_more, give_more, grant, leave_open, refuse, withdraw
from xinshi.appeals.domain import (
    AlreadyAsked,
    Asked,
    CorrectionKind,
    Given,
    MinutesSpent,
    NewRequest,
    NotAppealable,
    NotAskable,
    OrganiserMissing,
    ReasonTooShort,
    Remedy,
    RequestEnded,
    StarNotReached,
    StepNotPossible,
    TextTooShort,
    TimesMissing,
    TimesNotPossible,
)
from xinshi.appeals.models import CorrectionRequest, RequestEvent, RequestPart
from xinshi.appeals.tests.conftest import (
    REASON,
    TEXT,
    Served,
    ask_about_deposit,
    ask_for_times,
    available,
    everything,
    request_of,
    trail,
)
from xinshi.attendance.actions import check_in
from xinshi.attendance.actions import refuse as refuse_record
from xinshi.attendance.domain import HadPart
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.tests.conftest import MoveTo, Service, at
from xinshi.audit.models import AuditEntry
from xinshi.bank.models import Deposit, DepositReversal, Passbook
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.ledger.actions import hold, system_account
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.models import Hold
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message


def given(until: int, minute: int = 0) -> Given:
    return Given(starts_at=at(9), ends_at=at(until, minute))


def spend(person_id: int, minutes: int) -> None:
    hold(
        key="spent-in-test",
        account_id=Passbook.objects.get(person_id=person_id).account_id,
        to_id=system_account(AccountKind.REDEMPTION),
        minutes=minutes,
        kind="redeem",
        expires_at=at(9, days=40),
        actor_ref="user:1",
    )


def test_a_granted_request_replaces_the_record_and_the_trail_says_so(
    served: Served, cast: Cast, colleague: Somebody
) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    done = grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given(10))
    row = request_of(request_id)
    assert (row.state, row.decided_by_ref, row.answer) == ("granted", colleague.actor.reference, REASON)
    assert (row.new_record_id, row.reversed_deposit_id) == (done.new_record_id, served.deposit_id)
    assert DepositReversal.objects.get().deposit_id == served.deposit_id
    assert Deposit.objects.get(pk=row.new_deposit_id).raw_minutes == 60
    assert available(cast.volunteer.person_id) == 60
    assert ServiceRecord.objects.get(pk=served.record_id).state == "replaced"
    assert trail(request_id) == [("asked", "asker"), ("granted", "coordinator")]
    assert verify().ok


def test_other_times_than_asked_are_partly_granted(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given(10, 30))
    assert request_of(request_id).state == "partly"
    assert available(cast.volunteer.person_id) == 90


def test_minutes_may_be_asked_where_times_are_not_known(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask(
        actor=cast.volunteer.actor,
        request=NewRequest(
            kind=CorrectionKind.RECORD,
            subject_ref=f"service-record:{served.record_id}",
            text=TEXT,
            asked=Asked(minutes=60),
        ),
    )
    grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given(10))
    assert request_of(request_id).state == "granted"


def test_nobody_who_had_a_part_answers(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    before = everything()
    for who, refusal in (
        (cast.coordinator, HadPart),
        (cast.leader, NotAllowed),
        (cast.volunteer, NotAllowed),
        (cast.clerk, NotAllowed),
        (cast.auditor, NotAllowed),
        (cast.administrator, NotAllowed),
    ):
        with pytest.raises(refusal):
            grant(actor=who.actor, request_id=request_id, reason=REASON, given=given(10))
        with pytest.raises(refusal):
            refuse(actor=who.actor, request_id=request_id, reason=REASON)
        with pytest.raises(refusal):
            ask_more(actor=who.actor, request_id=request_id, question="请补充照片好吗？")
    assert everything() == before


def test_who_writes_it_down_for_somebody_does_not_answer_it(
    served: Served, cast: Cast, colleague: Somebody, second_administrator: Somebody
) -> None:
    request_id = ask(
        actor=colleague.actor,
        request=NewRequest(
            kind=CorrectionKind.RECORD,
            subject_ref=f"service-record:{served.record_id}",
            text="李明口述：记录有误。",
            asked=Asked(minutes=60),
            person_id=cast.volunteer.person_id,
        ),
    )
    row = request_of(request_id)
    assert (row.asker_ref, row.asked_by_ref, row.is_assisted) == (
        f"person:{cast.volunteer.person_id}",
        colleague.actor.reference,
        True,
    )
    assert row.level == 2, "both coordinators had a part, so it begins where somebody had none"
    assert trail(request_id) == [("asked", "station")]
    before = everything()
    with pytest.raises(NotAllowed):
        refuse(actor=colleague.actor, request_id=request_id, reason=REASON)
    assert everything() == before
    refuse(actor=cast.administrator.actor, request_id=request_id, reason=REASON)


def test_the_database_refuses_a_judge_who_had_a_part(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    rows = CorrectionRequest.objects.filter(pk=request_id)
    decided = {"state": "refused", "decided_at": at(12), "answer": REASON}
    for reference, person_id in (
        (cast.coordinator.actor.reference, None),
        ("user:999", cast.coordinator.person_id),
        (cast.volunteer.actor.reference, None),
        ("user:999", cast.leader.person_id),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**decided, decided_by_ref=reference, decided_by_person_id=person_id)
    assert request_of(request_id).state == "open"
    rows.update(**decided, decided_by_ref=colleague.actor.reference, decided_by_person_id=colleague.person_id)


def test_who_takes_a_part_after_it_was_asked_does_not_answer_either(
    service: Service, cast: Cast, colleague: Somebody
) -> None:
    _shift, (record,) = service.submitted()
    request_id = ask(
        actor=cast.volunteer.actor,
        request=NewRequest(
            kind=CorrectionKind.RECORD, subject_ref=f"service-record:{record}", text=TEXT, asked=Asked(minutes=90)
        ),
    )
    refuse_record(actor=colleague.actor, record_ids=[record], reason="没有签到")
    before = everything()
    with pytest.raises(HadPart):
        grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given(11))
    assert everything() == before
    grant(actor=cast.coordinator.actor, request_id=request_id, reason=REASON, given=given(11))


def test_a_request_is_answered_once(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given(10))
    before = everything()
    for again in (
        lambda: grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given(10)),
        lambda: refuse(actor=colleague.actor, request_id=request_id, reason=REASON),
        lambda: leave_open(actor=colleague.actor, request_id=request_id, reason=REASON),
        lambda: withdraw(actor=cast.volunteer.actor, request_id=request_id),
        lambda: give_more(actor=cast.volunteer.actor, request_id=request_id, text=TEXT),
    ):
        with pytest.raises(RequestEnded):
            again()
    assert everything() == before


def test_an_answer_says_why(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    before = everything()
    with pytest.raises(ReasonTooShort):
        refuse(actor=colleague.actor, request_id=request_id, reason="  不行 ")
    with pytest.raises(TimesMissing):
        grant(actor=colleague.actor, request_id=request_id, reason=REASON)
    assert everything() == before


def test_spent_hours_leave_the_request_open_with_a_word(served: Served, cast: Cast, colleague: Somebody) -> None:
    person = cast.volunteer.person_id
    spend(person, 110)
    request_id = ask_for_times(cast.volunteer, served)
    before = everything()
    with pytest.raises(MinutesSpent):
        grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given(10))
    assert everything() == before
    leave_open(actor=colleague.actor, request_id=request_id, reason="时间已兑换，等余额够了再更正。")
    assert trail(request_id)[-1] == ("left_open", "coordinator")
    grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given(11))
    assert available(person) == 10
    assert verify().ok


def test_disputed_hours_are_set_aside_and_taken_back(served: Served, cast: Cast, colleague: Somebody) -> None:
    person = cast.volunteer.person_id
    request_id = ask_about_deposit(cast.volunteer, served.deposit_id)
    held = Hold.objects.get(pk=request_of(request_id).hold_id)
    assert (held.kind, held.minutes, held.state, available(person)) == ("dispute", 120, "open", 0)
    assert verify().ok
    grant(actor=colleague.actor, request_id=request_id, reason=REASON)
    held.refresh_from_db()
    assert (held.state, available(person)) == ("released", 0)
    assert request_of(request_id).reversed_deposit_id == served.deposit_id
    assert trail(request_id) == [("asked", "asker"), ("set_aside", "asker"), ("granted", "coordinator")]
    assert verify().ok


@pytest.mark.parametrize("end", ["refused", "withdrawn"])
def test_disputed_hours_go_back_where_nothing_is_granted(
    served: Served, cast: Cast, colleague: Somebody, end: str
) -> None:
    request_id = ask_about_deposit(cast.volunteer, served.deposit_id)
    if end == "refused":
        refuse(actor=colleague.actor, request_id=request_id, reason=REASON)
    else:
        withdraw(actor=cast.volunteer.actor, request_id=request_id)
    assert request_of(request_id).state == end
    assert available(cast.volunteer.person_id) == 120
    assert verify().ok


def test_hours_that_are_gone_are_not_set_aside_and_the_trail_says_so(served: Served, cast: Cast) -> None:
    spend(cast.volunteer.person_id, 30)
    request_id = ask_about_deposit(cast.volunteer, served.deposit_id)
    assert request_of(request_id).hold_id is None
    assert trail(request_id)[-1] == ("not_set_aside", "asker")
    assert verify().ok


def test_missing_service_in_a_known_shift(cast: Cast, service: Service, frozen: MoveTo, colleague: Somebody) -> None:
    made = service.make(starts_at=at(9), places=1, leader=cast.leader)
    frozen(at(12))
    request_id = ask(
        actor=cast.volunteer.actor,
        request=NewRequest(
            kind=CorrectionKind.MISSING,
            text="签到表漏了我的名字。",
            asked=Asked(starts_at=at(9), ends_at=at(11), shift_id=made.shift_ids[0]),
        ),
    )
    parts = set(RequestPart.objects.filter(request_id=request_id).values_list("actor_ref", flat=True))
    assert f"person:{cast.leader.person_id}" in parts
    assert cast.leader.actor.reference in parts
    grant(
        actor=colleague.actor,
        request_id=request_id,
        reason=REASON,
        given=Given(starts_at=at(9), ends_at=at(11), shift_id=made.shift_ids[0]),
    )
    record = ServiceRecord.objects.get(pk=request_of(request_id).new_record_id)
    assert (record.hours_kind, record.credited_minutes, record.state) == ("honorary", 120, "approved")
    assert request_of(request_id).state == "granted"
    assert verify().ok


def test_missing_service_of_its_own_gets_organiser_and_person_in_charge(
    cast: Cast, service: Service, frozen: MoveTo, colleague: Somebody
) -> None:
    frozen(at(20))
    request_id = ask(
        actor=cast.volunteer.actor,
        request=NewRequest(
            kind=CorrectionKind.MISSING,
            text="晚上送一位老人回家。",
            asked=Asked(starts_at=at(17), ends_at=at(18, 30), title="护送老人", place="门诊至家中", category="0017"),
        ),
    )
    before = everything()
    times = {"starts_at": at(17), "ends_at": at(18, 30)}
    with pytest.raises(OrganiserMissing):
        grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=Given(**times))
    assert everything() == before
    grant(
        actor=colleague.actor,
        request_id=request_id,
        reason=REASON,
        given=Given(**times, organizer_id=cast.department.pk, person_in_charge_id=cast.leader.person_id),
    )
    deposit = Deposit.objects.get(pk=request_of(request_id).new_deposit_id)
    assert (deposit.title, deposit.category, deposit.raw_minutes, deposit.kind) == ("护送老人", "0017", 90, "honorary")
    assert verify().ok


def test_missing_service_never_overlaps_what_is_known(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask(
        actor=cast.volunteer.actor,
        request=NewRequest(
            kind=CorrectionKind.MISSING,
            text="同一时间还在别处帮忙。",
            asked=Asked(starts_at=at(10), ends_at=at(11, 30), title="送药", place="药房", category="0004"),
        ),
    )
    before = everything()
    with pytest.raises(Exception, match=r"overlap|conflict"):
        grant(
            actor=colleague.actor,
            request_id=request_id,
            reason=REASON,
            given=Given(
                starts_at=at(10),
                ends_at=at(11, 30),
                organizer_id=cast.department.pk,
                person_in_charge_id=cast.leader.person_id,
            ),
        )
    assert everything() == before


def test_a_forgotten_sign_out_is_put_right(service: Service, cast: Cast, colleague: Somebody) -> None:
    _shift, (record,) = service.there()
    service.move_to(at(18))
    request_id = ask(
        actor=cast.volunteer.actor,
        request=NewRequest(
            kind=CorrectionKind.RECORD,
            subject_ref=f"service-record:{record}",
            text="忘记签退，十一点走的。",
            asked=Asked(starts_at=at(9), ends_at=at(11)),
        ),
    )
    grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given(11))
    assert request_of(request_id).state == "granted"
    assert available(cast.volunteer.person_id) == 120
    with pytest.raises(Exception, match="already_checked_in"):
        check_in(actor=cast.leader.actor, signup_ids=[ServiceRecord.objects.get(pk=record).signup_id])
    assert verify().ok


def test_a_star_is_granted_by_the_policy_only(served: Served, cast: Cast, colleague: Somebody) -> None:
    passbook = Passbook.objects.get(person_id=cast.volunteer.person_id)
    request_id = ask(
        actor=cast.volunteer.actor,
        request=NewRequest(
            kind=CorrectionKind.STAR, subject_ref=f"passbook:{passbook.pk}", text="我应该已经是一星了。"
        ),
    )
    before = everything()
    with pytest.raises(StarNotReached):
        grant(actor=colleague.actor, request_id=request_id, reason=REASON)
    assert everything() == before


def test_an_appeal_goes_once_to_the_second_level(
    served: Served, cast: Cast, colleague: Somebody, second_administrator: Somebody
) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    before = everything()
    with pytest.raises(NotAppealable):
        appeal(actor=cast.volunteer.actor, request_id=request_id, text="还没答复我就申诉。")
    assert everything() == before
    refuse(actor=colleague.actor, request_id=request_id, reason=REASON)
    with pytest.raises(NotFound):
        appeal(actor=cast.second.actor, request_id=request_id, text="替别人申诉可以吗？")
    appeal_id = appeal(actor=cast.volunteer.actor, request_id=request_id, text="照片上有时间，请再看看。")
    row = request_of(appeal_id)
    assert (row.level, row.kind, row.subject_ref, row.appeal_of_id) == (
        2,
        "record",
        f"service-record:{served.record_id}",
        request_id,
    )
    with pytest.raises(NotAllowed):
        grant(actor=colleague.actor, request_id=appeal_id, reason=REASON, given=given(10))
    grant(actor=cast.administrator.actor, request_id=appeal_id, reason=REASON, given=given(10))
    assert available(cast.volunteer.person_id) == 60
    for ended in (request_id, appeal_id):
        with pytest.raises(NotAppealable):
            appeal(actor=cast.volunteer.actor, request_id=ended, text="再来一次申诉。")
    assert verify().ok


def test_an_appeal_after_a_partly_granted_one_is_about_the_new_record(
    served: Served, cast: Cast, colleague: Somebody
) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    grant(actor=colleague.actor, request_id=request_id, reason=REASON, given=given(10, 30))
    appeal_id = appeal(actor=cast.volunteer.actor, request_id=request_id, text="应该是到十点整。")
    assert request_of(appeal_id).subject_ref == f"service-record:{request_of(request_id).new_record_id}"
    grant(actor=cast.administrator.actor, request_id=appeal_id, reason=REASON, given=given(10))
    assert available(cast.volunteer.person_id) == 60
    assert verify().ok


def test_what_is_not_ones_own_is_not_there(served: Served, cast: Cast) -> None:
    before = everything()
    for subject_ref, kind in (
        (f"service-record:{served.record_id}", CorrectionKind.RECORD),
        (f"deposit:{served.deposit_id}", CorrectionKind.DEPOSIT),
        (f"deposit:{served.deposit_id}", CorrectionKind.NOTICE),
        ("service-record:999999", CorrectionKind.RECORD),
        ("service-record:" + "9" * 30, CorrectionKind.RECORD),
        ("voucher:x", CorrectionKind.VOUCHER),
        ("nothing", CorrectionKind.DEPOSIT),
    ):
        asked = Asked(minutes=5, remedy=Remedy.CANCEL if kind == CorrectionKind.VOUCHER else None)
        with pytest.raises(NotFound):
            ask(
                actor=cast.second.actor,
                request=NewRequest(kind=kind, subject_ref=subject_ref, text=TEXT, asked=asked),
            )
    assert everything() == before


def test_what_cannot_be_asked_is_refused(served: Served, cast: Cast) -> None:
    record = f"service-record:{served.record_id}"
    before = everything()
    for new, refusal in (
        (NewRequest(kind=CorrectionKind.RECORD, subject_ref=record, text="错"), TextTooShort),
        (NewRequest(kind=CorrectionKind.RECORD, subject_ref=record, text=TEXT), TimesMissing),
        (
            NewRequest(kind=CorrectionKind.RECORD, subject_ref=record, text=TEXT, asked=Asked(minutes=1441)),
            TimesNotPossible,
        ),
        (
            NewRequest(
                kind=CorrectionKind.RECORD, subject_ref=record, text=TEXT, asked=Asked(starts_at=at(9), ends_at=at(13))
            ),
            TimesNotPossible,
        ),
        (
            NewRequest(
                kind=CorrectionKind.RECORD, subject_ref=record, text=TEXT, asked=Asked(starts_at=at(11), ends_at=at(9))
            ),
            TimesNotPossible,
        ),
        (NewRequest(kind=CorrectionKind.DEPOSIT, subject_ref=record, text=TEXT), NotAskable),
        (NewRequest(kind=CorrectionKind.MISSING, text=TEXT, asked=Asked()), TimesMissing),
    ):
        with pytest.raises(refusal):
            ask(actor=cast.volunteer.actor, request=new)
    assert everything() == before


def test_one_open_request_per_subject_and_person(served: Served, cast: Cast, colleague: Somebody) -> None:
    first = ask_for_times(cast.volunteer, served)
    before = everything()
    with pytest.raises(AlreadyAsked):
        ask_for_times(cast.volunteer, served)
    assert everything() == before
    withdraw(actor=cast.volunteer.actor, request_id=first)
    ask_for_times(cast.volunteer, served)


def test_the_trail_is_never_changed(served: Served, cast: Cast) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    events = RequestEvent.objects.filter(request_id=request_id)
    for change in (lambda: events.update(text="改"), events.delete, lambda: RequestPart.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert trail(request_id) == [("asked", "asker")]


def test_more_is_asked_and_given(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    ask_more(actor=colleague.actor, request_id=request_id, question="请补一张现场照片。")
    with pytest.raises(StepNotPossible):
        ask_more(actor=colleague.actor, request_id=request_id, question="请补一张现场照片。")
    with pytest.raises(NotFound):
        give_more(actor=cast.second.actor, request_id=request_id, text="我来补充说明。")
    give_more(actor=cast.volunteer.actor, request_id=request_id, text="当时没拍，有同事作证。")
    assert request_of(request_id).state == "open"
    assert [what for what, _role in trail(request_id)] == ["asked", "more_asked", "more_given"]


def test_nobody_reads_personal_words_in_audit_or_messages(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    ask_more(actor=colleague.actor, request_id=request_id, question="请补一张现场照片。")
    refuse(actor=colleague.actor, request_id=request_id, reason=REASON)
    said = [str(row) for row in AuditEntry.objects.filter(action__startswith="appeals.").values("detail", "object_ref")]
    said += [str(row) for row in Message.objects.filter(object_ref=f"correction-request:{request_id}").values()]
    assert len(said) > 4
    for words in (TEXT, REASON, "现场照片", "李明"):
        assert not any(words in line for line in said)
    recipients = set(
        Message.objects.filter(object_ref=f"correction-request:{request_id}").values_list("recipient_ref", flat=True)
    )
    assert recipients == {f"person:{cast.volunteer.person_id}", f"person:{colleague.person_id}"}
