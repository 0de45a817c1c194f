"""Statements whose number is a fingerprint of their figures: given out once, checked by anybody, found out when altered."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from xinshi.audit.models import AuditEntry
from xinshi.bank import statement_queries
from xinshi.bank.actions import issue_statement, reverse_deposit
from xinshi.bank.models import StatementIssue
from xinshi.bank.queries import WHOLE, StatementFilter
from xinshi.bank.statements import SIGNS, Figures, grouped, number_of, typed_number
from xinshi.bank.tests.conftest import SYSTEM, Cast, PutIn
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import NotFound
from xinshi.ledger.tests.test_tampering import without_triggers
from xinshi.ledger.verification import verify


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def issued(cast: Cast, put_in: PutIn, seal_now: Callable[[], int]) -> StatementIssue:
    put_in(cast.volunteer, 600)
    taken = put_in(cast.volunteer, 90, kind=HoursKind.HONORARY, category="0013")
    reverse_deposit(actor=SYSTEM, deposit_id=taken, reason="误记")
    seal_now()
    return issue_statement(actor=cast.volunteer.actor, passbook_id=cast.volunteer.passbook.pk, wanted=WHOLE)


def page_of(client: Client, number: str) -> str:
    answer = client.get(reverse("bank:check_statement", args=[number]))
    assert answer.status_code == 200
    return answer.content.decode()


@given(st.text("0123456789abcdef", min_size=64, max_size=64))
def test_a_number_is_typed_as_it_is_read_from_paper(digest: str) -> None:
    number = number_of(digest)
    assert len(number) == 16
    assert set(number) <= set(SIGNS)
    for typed in (number, grouped(number), grouped(number).lower(), f" {number[:9]} {number[9:]}\n"):
        assert typed_number(typed) == number
    assert typed_number(number.replace("0", "O").replace("1", "l")) == number
    assert typed_number(number[:-1]) == ""
    assert typed_number(f"{number}A") == ""
    assert typed_number(number[:-1] + "U") == ""


def test_every_figure_is_in_the_number() -> None:
    values = {
        "passbook_number": "860000000001",
        "year": None,
        "kind": "",
        "category": "",
        "available_minutes": 60,
        "held_minutes": 0,
        "certified_minutes": 60,
        "lines": ((1, 1, 60, 60, "2026-03-05"),),
        "seal_n": 1,
        "seal_hash": "ab",
        "issued_at": "2026-03-05T00:00:00.000000+00:00",
        "nonce": "00",
    }
    others = {
        "passbook_number": "860000000002",
        "year": 2026,
        "kind": "verified",
        "category": "0004",
        "available_minutes": 61,
        "held_minutes": 1,
        "certified_minutes": 61,
        "lines": ((1, 1, 61, 61, "2026-03-05"),),
        "seal_n": 2,
        "seal_hash": "ac",
        "issued_at": "2026-03-06T00:00:00.000000+00:00",
        "nonce": "01",
    }
    assert set(others) == set(values)
    digests = {Figures(**values | {name: others[name]}).digest for name in others}
    assert len(digests | {Figures(**values).digest}) == len(others) + 1


def test_the_number_confirms_what_stands_on_the_paper_and_no_more(issued: StatementIssue, visitor: Client) -> None:
    text = page_of(visitor, issued.number)
    assert "Yes, genuine" in text
    for shown in (
        "李*",
        f"•••• {issued.passbook.number[-4:]}",
        f"{issued.seal_n}:{issued.seal_hash}",
        "3 · +11.5 · −1.5",
    ):
        assert shown in text
    for kept in ("李明", issued.passbook.number, "门诊导医"):
        assert kept not in text


def test_a_number_is_found_as_people_type_it(issued: StatementIssue, visitor: Client) -> None:
    typed = visitor.get(reverse("bank:check"), {"number": grouped(issued.number).lower()})
    assert typed.headers["Location"] == reverse("bank:check_statement", args=[issued.number])
    assert "16 letters and digits" in visitor.get(reverse("bank:check"), {"number": "12"}).content.decode()
    assert "issued no statement" in page_of(visitor, "0" * 16)
    assert "issued no statement" in page_of(visitor, "nonsense")


def test_goes_on_fitting_while_the_passbook_grows(
    issued: StatementIssue, cast: Cast, put_in: PutIn, seal_now: Callable[[], int], visitor: Client
) -> None:
    put_in(cast.volunteer, 30)
    seal_now()
    assert "Yes, genuine" in page_of(visitor, issued.number)
    new = issue_statement(actor=cast.volunteer.actor, passbook_id=issued.passbook_id, wanted=WHOLE)
    assert new.number != issued.number
    assert new.lines == 4


def test_opened_twice_on_a_day_it_is_the_same_statement(issued: StatementIssue, cast: Cast) -> None:
    again = issue_statement(actor=cast.volunteer.actor, passbook_id=issued.passbook_id, wanted=WHOLE)
    assert again.pk == issued.pk
    narrowed = issue_statement(
        actor=cast.volunteer.actor, passbook_id=issued.passbook_id, wanted=StatementFilter(kind="honorary")
    )
    assert (narrowed.lines, narrowed.in_minutes, narrowed.out_minutes) == (2, 90, 90)
    check = statement_queries.check(narrowed.number)
    assert check is not None
    assert check.fits
    assert AuditEntry.objects.filter(action="bank.issue_statement").count() == 2


@pytest.mark.parametrize("role", ["second", "leader", "clerk"])
def test_nobody_gets_somebody_elses_statement(issued: StatementIssue, cast: Cast, role: str) -> None:
    with pytest.raises(NotFound):
        issue_statement(actor=cast.of_role(role).actor, passbook_id=issued.passbook_id, wanted=WHOLE)
    assert StatementIssue.objects.count() == 1


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        (
            "UPDATE ledger_entry SET amount = 599, balance_after = 599 WHERE account_id = {account} AND seq = 1",
            "is_book",
        ),
        ("UPDATE ledger_transfer SET worked_on = '2026-03-06' WHERE minutes = 600", "is_book"),
        ("DELETE FROM ledger_entry WHERE account_id = {account} AND seq = 3", "is_book"),
        ("UPDATE passbook_statement SET available_minutes = 6000", "is_book"),
        ("UPDATE passbook_statement SET in_minutes = 6000", "is_book"),
        ("UPDATE passbook_statement SET digest = '" + "0" * 64 + "'", "is_number"),
        ("UPDATE ledger_seal SET hash = '" + "0" * 64 + "' WHERE n = 1", "is_sealed"),
    ],
)
def test_a_statement_no_longer_fits_a_book_that_was_altered(
    issued: StatementIssue, visitor: Client, tampering: str, broken: str
) -> None:
    without_triggers([tampering.format(account=issued.passbook.account_id)])
    check = statement_queries.check(issued.number)
    assert check is not None
    assert not getattr(check, broken)
    assert "No longer fits" in page_of(visitor, issued.number)


def test_verify_compares_seals_with_those_that_were_printed(issued: StatementIssue, bank_checks: None) -> None:
    assert verify().ok
    without_triggers([f"UPDATE passbook_statement SET seal_hash = '{'0' * 64}'"])
    assert "statement" in verify().first_difference


def test_the_database_refuses_to_change_a_statement(issued: StatementIssue) -> None:
    for change in ("UPDATE passbook_statement SET lines = 9", "DELETE FROM passbook_statement"):
        refused = pytest.raises(DatabaseError, match="never changed or deleted")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_the_page_of_the_api_and_the_paper_share_one_number(issued: StatementIssue, cast: Cast) -> None:
    client = cast.volunteer.client
    assert client.get(reverse("bank:passbook_pdf", args=[issued.passbook_id])).status_code == 200
    assert client.get(f"/api/v1/bank/passbooks/{issued.passbook_id}/statement.pdf").status_code == 200
    assert StatementIssue.objects.count() == 1


def test_the_passbook_page_draws_the_year_with_a_table_behind_it(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 600)
    put_in(cast.volunteer, 90, kind=HoursKind.HONORARY)
    text = cast.volunteer.client.get(reverse("bank:own")).content.decode()
    assert len(re.findall(r'<rect class="verified"', text)) == 1
    assert len(re.findall(r'<rect class="honorary"', text)) == 1
    assert "11.5 hours in the twelve months to" in text
    assert '<td class="number">10</td><td class="number">1.5</td><td class="number">11.5</td>' in text
