"""P2: edits, deletions, reorderings and truncations behind the program's back (CI profile)."""

from __future__ import annotations

import os

import pytest
from django.db import DatabaseError, connection, transaction

from tests.trust import tampering
from tests.trust.hospital import found
from xinshi.attendance.actions import approve
from xinshi.bank.actions import reverse_deposit
from xinshi.bank.models import Deposit, Passbook
from xinshi.benefits.actions import cancel, fulfil, reserve
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.ledger.models import Balance, Entry, Hold, Transfer
from xinshi.ledger.verification import verify

NUMBER = int(os.environ.get("XINSHI_TRUST_TAMPERINGS", "150"))
ENOUGH_FOR_EVERY_KIND = 100
SYSTEM = Actor.system("trust")
CLERK = Actor(reference="user:999", user_id=999, roles=frozenset({Role.CLERK}))


@pytest.fixture
def lived_in(db: None, seal_now: object) -> None:
    """A hospital in which people served, redeemed, changed their minds, and clerks made mistakes."""
    hospital = found(60)
    for number, (record, _person, _minutes) in enumerate(hospital["records"][:40]):
        approve(actor=SYSTEM, record_ids=[record])
        if number % 10 == 9:
            tampering.publish()
    for deposit in Deposit.objects.order_by("-pk")[:4]:
        reverse_deposit(actor=SYSTEM, deposit_id=deposit.pk, reason="误记")
    people = [row["person"] for row in hospital["volunteers"]]
    for number, person in enumerate(people[:12]):
        benefit = hospital["benefits"][number % 3][0]
        voucher = reserve(actor=SYSTEM, benefit_id=benefit, key=f"k{number}", person_id=person).voucher_id
        if number % 3 == 0:
            cancel(actor=CLERK, voucher_id=voucher, reason="误约")
        elif number % 3 == 1:
            fulfil(actor=CLERK, voucher_id=voucher)
    assert (Passbook.objects.count(), Transfer.objects.count(), Hold.objects.count()) == (25, 72, 12)


@pytest.mark.slow
def test_every_tampering_is_detected(lived_in: None, seed: int) -> None:
    outcome = tampering.run(seed=seed, number=NUMBER)
    print(outcome)
    assert outcome.undetected == []
    assert outcome.done == NUMBER
    assert set(outcome.by_kind) == set(tampering.TAMPERINGS) or NUMBER < ENOUGH_FOR_EVERY_KIND


def test_a_whole_booking_forged_before_the_first_is_detected(lived_in: None) -> None:
    """Both sides, its lines and its balances, under a number below every seal: all sums agree."""
    published = tampering.publish()
    balance = Balance.objects.order_by("account_id").first()
    assert balance is not None
    issuance = Transfer.objects.order_by("id").values_list("debit_id", flat=True)[0]
    tampering.without_triggers()
    Transfer.objects.create(
        id=-1,
        key="gift:1",
        payload_hash="0" * 32,
        debit_id=issuance,
        credit_id=balance.account_id,
        minutes=60,
        kind="gift",
        worked_on=clock.today(),
        posted_at=clock.now(),
        actor_ref="user:1",
    )
    after = balance.posted + 60
    Entry.objects.create(
        account_id=balance.account_id, seq=balance.seq + 1, transfer_id=-1, amount=60, balance_after=after
    )
    Balance.objects.filter(pk=balance.pk).update(posted=after, seq=balance.seq + 1)
    assert verify(published=published).first_difference == (
        "numbers of transfers: transfer -1: stands before the first that can be"
    )


def test_a_balance_of_no_account_is_detected(lived_in: None) -> None:
    """Found by the dice once in a thousand: an empty balance row under a number that no account has."""
    published = tampering.publish()
    tampering.without_triggers()
    Balance.objects.create(account_id=10**9, posted=0, held=0, floor=0, seq=0)
    assert verify(published=published).first_difference == (
        "bounded accounts have balances: account 1000000000: its balance row is missing or should not exist"
    )
    Balance.objects.filter(account_id=10**9).delete()


@pytest.mark.parametrize(
    "table",
    ["ledger_transfer", "ledger_entry", "ledger_seal", "deposit", "deposit_reversal", "audit_entry", "audit_seal"],
)
def test_the_program_itself_cannot_change_the_past(lived_in: None, table: str) -> None:
    """A migration that builds a table anew on SQLite loses its triggers: here it would show."""
    tampering.publish()
    column = {"ledger_entry": "seq", "ledger_seal": "n"}.get(table, "id")
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
            connection.cursor().execute(statement)
