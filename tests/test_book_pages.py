"""The auditor's pages and endpoints of the book and the trail, through HTTP."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from tests.conftest import Cast
from xinshi.audit.models import AuditEntry
from xinshi.bank.actions import deposit_many
from xinshi.bank.domain import NewDeposit
from xinshi.bank.models import Deposit, Passbook
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind


@pytest.fixture
def deposits(cast: Cast) -> list[Deposit]:
    person = cast.actors[Role.VOLUNTEER].person_id
    assert person is not None
    deposit_many(
        actor=Actor.system("tests"),
        deposits=[
            NewDeposit(
                person_id=person,
                kind=HoursKind.VERIFIED,
                category="0004",
                title="门诊导医",
                organizer="门诊部",
                raw_minutes=60 + n,
                worked_on=date(2026, 3, 5),
                source_ref=f"service-record:{n + 1}",
            )
            for n in range(55)
        ],
    )
    return list(Deposit.objects.order_by("pk"))


@pytest.fixture
def auditor(cast: Cast, deposits: list[Deposit]) -> Client:
    client = cast.client(Role.AUDITOR)
    client.cookies["xinshi_language"] = "en"
    return client


def test_the_overview_shows_the_book_and_leads_into_it(auditor: Client, deposits: list[Deposit]) -> None:
    page = auditor.get("/ledger/").content.decode()
    total = sum(d.raw_minutes for d in deposits)
    assert f"{total / 60:.2f}".rstrip("0").rstrip(".") in page
    account = Passbook.objects.get(pk=deposits[0].passbook_id).account_id
    found = auditor.get("/ledger/", {"term": str(account)}).content.decode()
    assert f"/ledger/accounts/{account}/" in found
    assert auditor.get("/ledger/", {"term": "nobody:1", "before": "x"}).status_code == 200


def test_an_accounts_statement_goes_on_where_a_page_ends(auditor: Client, deposits: list[Deposit]) -> None:
    account = Passbook.objects.get(pk=deposits[0].passbook_id).account_id
    first = auditor.get(f"/ledger/accounts/{account}/")
    assert [line.seq for line in first.context["lines"]] == list(range(55, 5, -1))
    second = auditor.get(f"/ledger/accounts/{account}/", {"before": first.context["older"]})
    assert [line.seq for line in second.context["lines"]] == [5, 4, 3, 2, 1]
    assert second.context["older"] is None


def test_a_booking_leads_to_its_source(auditor: Client, deposits: list[Deposit]) -> None:
    page = auditor.get(f"/ledger/transfers/{deposits[0].transfer_id}/").content.decode()
    assert "/attendance/records/1/" in page
    assert auditor.get("/ledger/transfers/999999/").status_code == 404
    assert auditor.get(f"/ledger/transfers/{2**70}/").status_code == 404


def test_verifying_says_that_all_agrees_and_leaves_a_trace(auditor: Client) -> None:
    page = auditor.post("/ledger/verify/").content.decode()
    assert "Everything agrees" in page
    trace = AuditEntry.objects.get(action="ledger.verify")
    assert trace.detail["ok"] is True
    assert "everything agrees" in auditor.get("/ledger/").content.decode()


def test_verifying_names_the_first_difference(auditor: Client, deposits: list[Deposit]) -> None:
    from xinshi.ledger.models import Balance

    account = Passbook.objects.get(pk=deposits[0].passbook_id).account_id
    Balance.objects.filter(account_id=account).update(posted=1)
    page = auditor.post("/ledger/verify/").content.decode()
    assert f"account {account}: balance 1" in page
    answer = auditor.post("/api/v1/ledger/verify", HTTP_X_CSRFTOKEN="").json()
    assert answer["ok"] is False


def test_the_trail_is_paged_and_filtered(auditor: Client) -> None:
    first = auditor.get("/audit/", {"action": "bank.deposit"})
    assert len(first.context["lines"]) == 50
    second = auditor.get("/audit/" + first.context["older"])
    assert len(second.context["lines"]) == 5
    assert auditor.get("/audit/", {"action": "nothing.at-all"}).context["lines"] == []


def test_programs_of_auditors_read_the_book(auditor: Client, deposits: list[Deposit]) -> None:
    book = auditor.get("/api/v1/ledger/book").json()
    assert book["outstanding_minutes"] == sum(d.raw_minutes for d in deposits)
    assert [(row["kind"], row["minutes"]) for row in book["system_accounts"] if row["minutes"]] == [
        ("issuance", -book["outstanding_minutes"])
    ]
    transfer = auditor.get(f"/api/v1/ledger/transfers/{deposits[0].transfer_id}").json()
    assert (transfer["minutes"], transfer["key"]) == (60, "deposit:service-record:1")
    account = transfer["credit_id"]
    page = auditor.get(f"/api/v1/ledger/accounts/{account}/lines", {"limit": 40}).json()
    rest = auditor.get(f"/api/v1/ledger/accounts/{account}/lines", {"limit": 40, "cursor": page["next_cursor"]}).json()
    assert [line["seq"] for line in page["items"] + rest["items"]] == list(range(55, 0, -1))
    assert rest["next_cursor"] is None
    lines = auditor.get("/api/v1/audit/entries", {"object_ref": f"deposit:{deposits[0].pk}"}).json()["items"]
    assert [line["action"] for line in lines] == ["bank.deposit"]


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.LEADER, Role.COORDINATOR, Role.CLERK])
def test_others_do_not_read_the_book(cast: Cast, role: Role) -> None:
    for path in ("/api/v1/ledger/book", "/api/v1/ledger/transfers/1", "/api/v1/audit/entries"):
        assert cast.client(role).get(path).status_code == 403
