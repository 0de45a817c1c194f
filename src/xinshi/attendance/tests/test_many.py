"""Thousands at once: one transaction, a fixed number of statements, on both databases."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from xinshi.activities.tests.conftest import Cast
from xinshi.attendance.actions import approve, approve_activity, check_in, check_out, refuse
from xinshi.attendance.models import Approval, ServiceRecord
from xinshi.attendance.tests.conftest import Service, at
from xinshi.audit.models import AuditEntry
from xinshi.bank.models import Deposit, Passbook
from xinshi.ledger.models import Transfer
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent

MANY = 2_000


def statements(captured: CaptureQueriesContext) -> list[str]:
    """What was asked of the database, without the marks of transactions."""
    marks = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")
    return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(marks)]


def shapes(captured: CaptureQueriesContext) -> set[str]:
    """The different statements, parts of one bulk write counted once."""
    return {sql[:60] for sql in statements(captured)}


def test_2000_records_are_approved_in_one_transaction_by_sets(cast: Cast, service: Service) -> None:
    shift, records = service.many(MANY)
    with CaptureQueriesContext(connection) as captured:
        decided = approve_activity(actor=cast.leader.actor, activity_id=shift.activity_id)
    assert (decided.done, decided.minutes, decided.left_out) == (MANY, MANY * 120, {})
    assert Deposit.objects.count() == Transfer.objects.count() == Approval.objects.count() == MANY
    assert set(Deposit.objects.values_list("source_ref", flat=True)) == {f"service-record:{pk}" for pk in records}
    by_source = dict(Deposit.objects.values_list("source_ref", "pk"))
    approved = ServiceRecord.objects.filter(state="approved").values_list("pk", "deposit_id")
    assert dict(approved) == {pk: by_source[f"service-record:{pk}"] for pk in records}
    assert set(Passbook.objects.filter(person_id__in=shift.people).values_list("certified_minutes", flat=True)) == {120}
    assert AuditEntry.objects.filter(action="attendance.approve").count() == MANY
    assert Message.objects.filter(object_ref__startswith="service-record:").count() == MANY
    assert StoredEvent.objects.filter(name="attendance.approved").count() == MANY
    assert len(shapes(captured)) <= 30
    # SQLite takes 999 values a statement, so bulk writes come in parts there.
    assert len(statements(captured)) <= (60 if connection.vendor == "postgresql" else 400)
    before = Transfer.objects.count()
    assert approve(actor=cast.leader.actor, record_ids=records).done == 0
    assert Transfer.objects.count() == before
    assert verify().ok


def test_a_whole_shift_is_checked_in_and_out_by_a_fixed_number_of_statements(cast: Cast, service: Service) -> None:
    numbers = []
    leader = cast.leader.actor
    for people in (5, 30):
        shift = service.shift(cast.people(people))
        with CaptureQueriesContext(connection) as coming:
            records = check_in(actor=leader, signup_ids=shift.signups)
        service.move_to(at(11))
        with CaptureQueriesContext(connection) as leaving:
            check_out(actor=leader, record_ids=records)
        numbers.append((len(statements(coming)), len(statements(leaving))))
        service.move_to(at(9))
    assert numbers == [(5, 5), (5, 5)]


def test_a_whole_shift_is_refused_at_once(cast: Cast, service: Service) -> None:
    _, records = service.many(300)
    assert refuse(actor=cast.leader.actor, record_ids=records, reason="活动没有举行").done == 300
    assert ServiceRecord.objects.filter(state="refused", refusal_reason="活动没有举行").count() == 300
    assert Deposit.objects.count() == 0
