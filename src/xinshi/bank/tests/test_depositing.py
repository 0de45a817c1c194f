"""Deposits: in order, once per source, all or none, through the right account; never changed by anybody afterwards."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from xinshi.audit.actions import record
from xinshi.audit.models import AuditEntry
from xinshi.bank.actions import NewDeposit, deposit_many, open_passbooks, raise_stars, reverse_deposit
from xinshi.bank.domain import DepositReversedBefore, PassbookNotOpen, SourceDepositedOtherwise
from xinshi.bank.models import Deposit, DepositReversal, Passbook
from xinshi.bank.tests.conftest import SYSTEM, Cast, LetHold, PutIn
from xinshi.doors.pipeline import ROWS_MIN
from xinshi.doors.rows import update_many
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.kernel.ids import has_valid_check_digit
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.models import Account, Transfer
from xinshi.ledger.queries import balance, system_totals
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent

MANY = ROWS_MIN + 50


def new(person_id: int, source: str, minutes: int = 60, **changes: object) -> NewDeposit:
    made = NewDeposit(
        person_id=person_id,
        kind=HoursKind.VERIFIED,
        category="0004",
        title="门诊导医",
        organizer="门诊部",
        raw_minutes=minutes,
        worked_on=date(2026, 3, 5),
        source_ref=source,
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def test_answers_in_the_order_given_and_books_each_source_once(cast: Cast) -> None:
    one, two = cast.volunteer.person_id, cast.second.person_id
    first = deposit_many(actor=SYSTEM, deposits=[new(one, "row:1", 60)])
    batch = [new(two, "row:3", 30), new(one, "row:1", 60), new(one, "row:2", 45), new(two, "row:3", 30)]
    results = deposit_many(actor=SYSTEM, deposits=batch)
    assert [result.minutes for result in results] == [30, 60, 45, 30]
    assert [result.is_new for result in results] == [True, False, True, False]
    assert results[1].deposit_id == first[0].deposit_id
    assert results[0].deposit_id == results[3].deposit_id
    assert [row.source_ref for row in Deposit.objects.order_by("transfer_id")] == ["row:1", "row:3", "row:2"]
    assert cast.volunteer.passbook.certified_minutes == 105
    assert cast.second.passbook.certified_minutes == 30


def test_a_deposit_stands_with_its_trail_and_its_event(cast: Cast) -> None:
    result = deposit_many(actor=cast.coordinator.actor, deposits=[new(cast.volunteer.person_id, "service-record:9")])[0]
    row = Deposit.objects.get(pk=result.deposit_id)
    assert (row.approved_by_ref, row.policy_version.number) == (cast.coordinator.actor.reference, 1)
    assert Transfer.objects.get(pk=row.transfer_id).key == "deposit:service-record:9"
    entry = AuditEntry.objects.get(action="bank.deposit")
    assert (entry.object_ref, entry.actor_ref) == (f"deposit:{row.pk}", cast.coordinator.actor.reference)
    assert StoredEvent.objects.filter(name="bank.deposited").count() == 1


@pytest.mark.parametrize(
    "changes",
    [{"raw_minutes": 61}, {"kind": HoursKind.HONORARY}, {"worked_on": date(2026, 3, 6)}, {"person_id": None}],
)
@pytest.mark.parametrize("is_stored", [True, False])
def test_refuses_a_source_with_other_figures(cast: Cast, changes: dict[str, object], is_stored: bool) -> None:
    if "person_id" in changes:
        changes = {"person_id": cast.second.person_id}
    first = new(cast.volunteer.person_id, "row:1")
    other = first._replace(**changes)  # type: ignore[arg-type]
    if is_stored:
        deposit_many(actor=SYSTEM, deposits=[first])
    before = Deposit.objects.count()
    with pytest.raises(SourceDepositedOtherwise):
        deposit_many(actor=SYSTEM, deposits=[new(cast.volunteer.person_id, "row:0"), first, other])
    assert Deposit.objects.count() == before
    assert cast.volunteer.passbook.certified_minutes == 60 * before
    assert cast.second.passbook.certified_minutes == 0


@pytest.mark.parametrize("state", ["pending", "frozen", "closed"])
def test_books_nothing_where_somebody_has_no_active_passbook(cast: Cast, state: str) -> None:
    Passbook.objects.filter(person_id=cast.second.person_id).update(state=state)
    batch = [new(cast.volunteer.person_id, "row:1"), new(cast.second.person_id, "row:2")]
    with pytest.raises(PassbookNotOpen) as refusal:
        deposit_many(actor=SYSTEM, deposits=batch)
    assert refusal.value.parameters == {"number": 1}
    assert (Deposit.objects.count(), Transfer.objects.count()) == (0, 0)


def test_a_partners_hours_come_through_its_clearing_account(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90, partner="zhiyuanhui")
    put_in(cast.volunteer, 60)
    totals = {(row.kind, row.owner_ref): row.minutes for row in system_totals()}
    assert totals[AccountKind.CLEARING, "partner:zhiyuanhui"] == -90
    assert totals[AccountKind.ISSUANCE, ""] == -60
    assert balance(cast.volunteer.passbook.account_id).posted == 150


def test_two_thousand_deposits_in_one_go_cost_a_bounded_number_of_queries(
    cast: Cast, django_assert_max_num_queries: object
) -> None:
    deposits = [new(cast.volunteer.person_id, f"row:{number}", 1 + number % 7) for number in range(2_000)]
    with django_assert_max_num_queries(100):  # type: ignore[operator]
        results = deposit_many(actor=SYSTEM, deposits=deposits)
    assert [result.minutes for result in results] == [1 + number % 7 for number in range(2_000)]
    assert cast.volunteer.passbook.certified_minutes == sum(1 + number % 7 for number in range(2_000))


def test_hundreds_of_deposits_are_booked_all_or_none_with_what_is_written_meanwhile(
    cast: Cast, let_hold: LetHold
) -> None:
    """So many that PostgreSQL is sent the next statement before it has answered the last one."""
    let_hold(holding_cap_minutes=100)
    deposits = [new(cast.volunteer.person_id, f"row:{number}", 1) for number in range(MANY)]

    def write_trail() -> None:
        record(actor=SYSTEM, action="bank.meanwhile", object_ref="test:1")

    def write_what_fails() -> None:
        ids = [Passbook.objects.values_list("pk", flat=True)[0]]
        update_many(Passbook, ids, same={"certified_minutes": -1})

    with pytest.raises(IntegrityError):
        deposit_many(actor=SYSTEM, deposits=deposits, meanwhile=write_what_fails)
    assert (Deposit.objects.count(), Transfer.objects.count(), cast.volunteer.passbook.certified_minutes) == (0, 0, 0)
    results = deposit_many(actor=SYSTEM, deposits=deposits, meanwhile=write_trail)
    assert [row.source_ref for row in Deposit.objects.order_by("pk")] == [one.source_ref for one in deposits]
    assert [(one.minutes, one.donation_minutes) for one in results] == [(1, 0)] * 100 + [(1, 1)] * (MANY - 100)
    assert cast.volunteer.passbook.certified_minutes == MANY
    assert AuditEntry.objects.filter(action="bank.deposit").count() == MANY
    assert AuditEntry.objects.filter(action="bank.meanwhile").count() == 1
    report = verify()
    assert report.ok, report.first_difference


def test_a_reversal_is_booked_once_and_lowers_both_figures(cast: Cast, put_in: PutIn) -> None:
    deposit = put_in(cast.volunteer, 90)
    put_in(cast.volunteer, 30)
    reverse_deposit(actor=cast.coordinator.actor, deposit_id=deposit, reason="误记")
    assert (balance(cast.volunteer.passbook.account_id).posted, cast.volunteer.passbook.certified_minutes) == (30, 30)
    with pytest.raises(DepositReversedBefore):
        reverse_deposit(actor=cast.coordinator.actor, deposit_id=deposit, reason="误记")
    with pytest.raises(NotFound):
        reverse_deposit(actor=cast.coordinator.actor, deposit_id=10**9, reason="误记")
    with pytest.raises(NotAllowed):
        reverse_deposit(actor=cast.auditor.actor, deposit_id=deposit, reason="误记")
    assert (balance(cast.volunteer.passbook.account_id).posted, cast.volunteer.passbook.certified_minutes) == (30, 30)
    assert DepositReversal.objects.count() == 1
    told = Message.objects.get()
    assert (told.recipient_ref, told.object_ref) == (f"person:{cast.volunteer.person_id}", f"deposit:{deposit}")
    assert told.parameters == {"title": "门诊导医", "hours": "1.5", "reason": "误记"}


def test_stars_only_rise(cast: Cast) -> None:
    passbook = cast.volunteer.passbook
    with pytest.raises(NotAllowed):
        raise_stars(actor=cast.administrator.actor, levels={passbook.pk: 3})
    assert raise_stars(actor=SYSTEM, levels={passbook.pk: 3}) == 1
    assert raise_stars(actor=SYSTEM, levels={passbook.pk: 2}) == 0
    assert cast.volunteer.passbook.star_level == 3


def test_opening_again_keeps_the_passbook_and_numbers_carry_a_check_digit(cast: Cast) -> None:
    people = [cast.volunteer.person_id, cast.second.person_id]
    before = dict(Passbook.objects.values_list("person_id", "number"))
    opened = open_passbooks(actor=cast.coordinator.actor, person_ids=people, opened_through="station")
    assert opened == {
        cast.volunteer.person_id: cast.volunteer.passbook.pk,
        cast.second.person_id: cast.second.passbook.pk,
    }
    assert dict(Passbook.objects.values_list("person_id", "number")) == before
    assert all(has_valid_check_digit(number) for number in before.values())
    assert Account.objects.filter(kind=AccountKind.PERSON).count() == len(before)
    with pytest.raises(NotAllowed):
        open_passbooks(actor=cast.clerk.actor, person_ids=people, opened_through="station")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE deposit SET raw_minutes = 1",
        "UPDATE deposit SET title = 'x'",
        "DELETE FROM deposit",
        "UPDATE deposit_reversal SET reason = 'x'",
        "DELETE FROM deposit_reversal",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_deposited(cast: Cast, put_in: PutIn, statement: str) -> None:
    reverse_deposit(actor=SYSTEM, deposit_id=put_in(cast.volunteer, 90), reason="误记")
    with (
        pytest.raises(DatabaseError, match="are never changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Deposit.objects.get().raw_minutes == 90
    assert DepositReversal.objects.get().reason == "误记"


@pytest.mark.usefixtures("bank_checks")
def test_verify_finds_lifetime_hours_that_are_not_what_was_deposited(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    assert verify().ok
    Passbook.objects.filter(pk=cast.volunteer.passbook.pk).update(certified_minutes=91)
    found = verify().first_difference
    assert found == f"lifetime hours: passbook {cast.volunteer.passbook.pk}: certified 91 minutes, its deposits make 90"
