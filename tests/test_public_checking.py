"""Anyone can check the bank: the public pages, one's own receipts, the API, the desk's alarm, the health check."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast
from xinshi.bank.actions import deposit_many
from xinshi.bank.domain import NewDeposit
from xinshi.bank.models import Deposit, Passbook
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.ledger.checking import check_book
from xinshi.ledger.models import Balance, Seal
from xinshi.ledger.proof.checking import Anchors, Outcome, check_receipt
from xinshi.ledger.proof.seal_list import read_seals
from xinshi.outbox.actions import beat

SYSTEM = Actor.system("tests")
NAME_OF_THE_ACTIVITY = "门诊导医"


def put_in(person_id: int, number: int) -> None:
    new = NewDeposit(
        person_id=person_id,
        kind=HoursKind.VERIFIED,
        category="0004",
        title=NAME_OF_THE_ACTIVITY,
        organizer="门诊部",
        raw_minutes=90,
        worked_on=date(2026, 3, 5),
        source_ref=f"service-record:{number}",
    )
    deposit_many(actor=SYSTEM, deposits=[new])


@pytest.fixture
def passbook(cast: Cast, seal_now: Callable[[], int]) -> Passbook:
    """The volunteer's, with two sealed lines."""
    person_id = cast.actors[Role.VOLUNTEER].person_id
    assert person_id is not None
    put_in(person_id, 1)
    put_in(person_id, 2)
    seal_now()
    return Passbook.objects.get(person_id=person_id)


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"Accept-Language": "en"})


def receipt_of(client: Client, passbook: Passbook, seq: int = 1) -> bytes:
    answer = client.get(reverse("bank:receipt_file", args=[passbook.pk, seq]))
    assert answer.status_code == 200
    content: bytes = answer.content
    return content


def test_a_volunteer_downloads_a_receipt_and_anybody_finds_that_it_holds(
    cast: Cast, passbook: Passbook, visitor: Client
) -> None:
    data = receipt_of(cast.client(Role.VOLUNTEER), passbook)
    seals = read_seals(visitor.get(reverse("ledger:seals_file")).content)
    assert check_receipt(data, Anchors(seals=seals)).outcome is Outcome.HOLDS
    for given in ({"text": data.decode()}, {"file": SimpleUploadedFile("receipt.json", data)}):
        page = visitor.post(reverse("ledger:check"), given).content.decode()
        assert "Yes, it holds" in page
        assert "1.5 " in page
        assert NAME_OF_THE_ACTIVITY not in page


def test_the_public_check_says_no_to_a_changed_receipt_and_to_another_banks(
    cast: Cast, passbook: Passbook, visitor: Client
) -> None:
    good = json.loads(receipt_of(cast.client(Role.VOLUNTEER), passbook))
    good["row"][5] = 900
    page = visitor.post(reverse("ledger:check"), {"text": json.dumps(good)}).content.decode()
    assert "No, it does not hold" in page
    for nonsense in ("x", "{}", "\x00", "[" * 5_000, "\ud800".encode("utf-8", "replace").decode()):
        answer = visitor.post(reverse("ledger:check"), {"text": nonsense})
        assert answer.status_code == 200
        assert "Yes, it holds" not in answer.content.decode()
    large = SimpleUploadedFile("receipt.json", b"x" * 70_000)
    assert "too large" in visitor.post(reverse("ledger:check"), {"file": large}).content.decode()
    assert "Choose the file" in visitor.post(reverse("ledger:check"), {}).content.decode()


def test_the_code_on_the_receipt_opens_a_public_yes(cast: Cast, passbook: Passbook, visitor: Client) -> None:
    page = cast.client(Role.VOLUNTEER).get(reverse("bank:receipt", args=[passbook.pk, 1])).content.decode()
    found = re.search(r'href="(/ledger/check/\d+/[0-9a-f]{24}/)"', page)
    assert found is not None
    shown = visitor.get(found.group(1)).content.decode()
    assert "Yes, it holds" in shown
    assert NAME_OF_THE_ACTIVITY not in shown
    other = found.group(1)[:-3] + ("00/" if not found.group(1).endswith("00/") else "11/")
    assert "No, it does not hold" in visitor.get(other).content.decode()
    assert visitor.get(f"/ledger/check/{2**70}/{'0' * 24}/").status_code == 404


@pytest.mark.parametrize("role", [Role.LEADER, Role.CLERK])
def test_a_receipt_is_for_its_owner_and_those_who_keep_passbooks(cast: Cast, passbook: Passbook, role: Role) -> None:
    for name in ("bank:receipt", "bank:receipt_file"):
        assert cast.client(role).get(reverse(name, args=[passbook.pk, 1])).status_code == 404
        assert cast.client(Role.COORDINATOR).get(reverse(name, args=[passbook.pk, 1])).status_code == 200
        assert cast.client(Role.VOLUNTEER).get(reverse(name, args=[passbook.pk, 3])).status_code == 404
        assert cast.client(Role.VOLUNTEER).get(reverse(name, args=[passbook.pk, 2**64])).status_code == 404


def test_a_line_says_that_it_waits_for_its_seal(cast: Cast, passbook: Passbook) -> None:
    put_in(passbook.person_id, 3)
    client = cast.client(Role.VOLUNTEER)
    client.cookies["xinshi_language"] = "en"
    assert "waits for the next seal" in client.get(reverse("bank:receipt", args=[passbook.pk, 3])).content.decode()
    assert client.get(reverse("bank:receipt_file", args=[passbook.pk, 3])).status_code == 409


def test_a_deposit_leads_to_its_receipt(cast: Cast, passbook: Passbook) -> None:
    deposit = Deposit.objects.order_by("pk")[0]
    page = cast.client(Role.VOLUNTEER).get(reverse("bank:deposit", args=[deposit.pk])).content.decode()
    assert f'href="{reverse("bank:receipt", args=[passbook.pk, 1])}"' in page


def test_the_newest_seal_and_the_key_are_public(passbook: Passbook, visitor: Client) -> None:
    page = visitor.get(reverse("ledger:seals")).content.decode()
    head = Seal.objects.get()
    assert f"1:{head.hash}" in page
    listed = json.loads(visitor.get(reverse("ledger:seals_file")).content)
    assert [seal["hash"] for seal in listed["seals"]] == [head.hash]
    assert listed["bank"]["public_key"] in page


def test_programs_get_receipts_and_seals_and_have_them_checked(cast: Cast, passbook: Passbook) -> None:
    client = cast.client(Role.VOLUNTEER)
    receipt = client.get(f"/api/v1/bank/passbooks/{passbook.pk}/lines/1/receipt")
    assert check_receipt(receipt.content).outcome is Outcome.HOLDS
    seals = client.get("/api/v1/ledger/seals").json()
    assert [seal["n"] for seal in seals["items"]] == [1]
    assert seals["bank"]["public_key"] == receipt.json()["bank"]["public_key"]
    payload = json.dumps({"receipt": receipt.content.decode()})
    checked = client.post("/api/v1/ledger/receipts/check", payload, content_type="application/json").json()
    assert (checked["outcome"], checked["holds"]) == ("holds", True)
    transfer_id = receipt.json()["row"][0]
    assert client.get(f"/api/v1/ledger/transfers/{transfer_id}/receipt").status_code == 403
    assert cast.client(Role.AUDITOR).get(f"/api/v1/ledger/transfers/{transfer_id}/receipt").status_code == 200
    assert cast.client(Role.LEADER).get(f"/api/v1/bank/passbooks/{passbook.pk}/lines/1/receipt").status_code == 404


def break_the_book(passbook: Passbook) -> None:
    Balance.objects.filter(account_id=passbook.account_id).update(posted=1)
    assert not check_book(actor=SYSTEM).ok


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR, Role.CLERK])
def test_the_desk_alarms_those_who_run_the_bank(cast: Cast, passbook: Passbook, role: Role) -> None:
    client = cast.client(role)
    client.cookies["xinshi_language"] = "en"
    assert "does not agree with itself" not in client.get("/desk/").content.decode()
    break_the_book(passbook)
    page = client.get("/desk/").content.decode()
    assert ("does not agree with itself" in page) == (role is not Role.CLERK)
    assert ('href="/ledger/">Open the book' in page) == (role in (Role.AUDITOR, Role.ADMINISTRATOR))


def test_the_health_check_is_red_while_the_book_differs(passbook: Passbook, visitor: Client) -> None:
    beat(worker="here")
    assert visitor.get("/healthz").json()["book"] is None
    assert check_book(actor=SYSTEM).ok
    answer = visitor.get("/healthz")
    assert (answer.status_code, answer.json()["book"]) == (200, True)
    break_the_book(passbook)
    answer = visitor.get("/healthz")
    assert (answer.status_code, answer.json()["status"], answer.json()["book"]) == (503, "unwell", False)


def test_the_ledger_page_shows_the_verifications(cast: Cast, passbook: Passbook) -> None:
    check_book(actor=SYSTEM)
    break_the_book(passbook)
    client = cast.client(Role.AUDITOR)
    client.cookies["xinshi_language"] = "en"
    page = client.get("/ledger/").content.decode()
    assert page.count("system:tests") == 2
    assert "something did not agree" in page
    rows = client.get("/api/v1/ledger/verifications").json()
    assert [row["ok"] for row in rows] == [False, True]
    assert cast.client(Role.COORDINATOR).get("/api/v1/ledger/verifications").status_code == 403
