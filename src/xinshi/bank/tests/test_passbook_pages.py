"""The passbook as pages: what stands on it, who may open whose, how it is narrowed and paged, how few queries it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from xinshi.bank.actions import propose_policy, put_policy_in_force, reverse_deposit
from xinshi.bank.models import Deposit, DepositReversal
from xinshi.bank.rules import Rules
from xinshi.bank.tests.conftest import SYSTEM, Cast, PutIn
from xinshi.kernel import clock
from xinshi.kernel.codes import HoursKind
from xinshi.ledger.actions import hold, system_account
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.queries import balance
from xinshi.people.actions import NewPerson, register_people

STAFF = ("coordinator", "auditor", "administrator")
OTHERS = ("second", "leader", "clerk")


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def set_aside(cast: Cast, minutes: int) -> None:
    hold(
        key="voucher:7",
        account_id=cast.volunteer.passbook.account_id,
        to_id=system_account(AccountKind.REDEMPTION),
        minutes=minutes,
        kind="redemption",
        expires_at=clock.now() + timedelta(days=30),
        actor_ref="user:1",
        memo="健康体检",
    )


def test_shows_spendable_balance_and_lifetime_hours_apart(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 600)
    put_in(cast.volunteer, 90, kind=HoursKind.HONORARY, category="0001", worked_on=date(2025, 12, 31))
    set_aside(cast, 360)
    text = text_of(cast.volunteer.client, reverse("bank:own"))
    assert '<p class="passbook-sum"><b>5.5</b>' in text
    assert '<p class="book-life-sum"><b>11.5</b>' in text
    assert "<b>6</b><span>Reserved hours</span>" in text
    assert "健康体检" in text
    for share in ("Verified hours", "Honorary hours", "Health", "Community service", "2026", "2025"):
        assert share in text


def test_every_line_opens_its_deposit_and_the_deposit_its_source(cast: Cast, put_in: PutIn) -> None:
    first = put_in(cast.volunteer, 120, source_ref="activity:5")
    text = text_of(cast.volunteer.client, reverse("bank:own"))
    assert f'href="{reverse("bank:deposit", args=[first])}"' in text
    opened = text_of(cast.volunteer.client, reverse("bank:deposit", args=[first]))
    assert f'href="{reverse("activities:detail", args=[5])}"' in opened


def test_deposit_page_says_who_approved_policy_booking_and_seal(
    cast: Cast, put_in: PutIn, seal_now: Callable[[], int]
) -> None:
    first = put_in(cast.volunteer, 120, partner="zhiyuanhui")
    address = reverse("bank:deposit", args=[first])
    waiting = text_of(cast.volunteer.client, address)
    assert "Waits for the next seal" in waiting
    assert "Partner: zhiyuanhui" in waiting
    assert "Version 1" in waiting
    assert "the system" in waiting
    seal_now()
    assert "Fingerprint" in text_of(cast.volunteer.client, address)


@pytest.mark.parametrize("role", STAFF)
def test_staff_open_anybodys_passbook(cast: Cast, put_in: PutIn, role: str) -> None:
    deposit = put_in(cast.volunteer)
    client, passbook = cast.of_role(role).client, cast.volunteer.passbook
    assert "李明" in text_of(client, reverse("bank:passbook", args=[passbook.pk]))
    assert "李明" in text_of(client, reverse("bank:deposit", args=[deposit]))
    assert "李明" in text_of(client, reverse("bank:passbooks") + f"?term={passbook.number}")
    answer = client.get(reverse("bank:of_person", args=[passbook.person_id]))
    assert answer.headers["Location"] == reverse("bank:passbook", args=[passbook.pk])


@pytest.mark.parametrize("role", OTHERS)
def test_somebody_elses_passbook_does_not_exist(cast: Cast, put_in: PutIn, role: str) -> None:
    deposit = put_in(cast.volunteer)
    client, passbook = cast.of_role(role).client, cast.volunteer.passbook
    for name, identifier in (
        ("bank:passbook", passbook.pk),
        ("bank:passbook_pdf", passbook.pk),
        ("bank:passbook_xlsx", passbook.pk),
        ("bank:of_person", passbook.person_id),
        ("bank:deposit", deposit),
    ):
        assert client.get(reverse(name, args=[identifier])).status_code == 404
        assert client.get(reverse(name, args=[2**63])).status_code == 404
    assert client.get(reverse("bank:passbooks")).status_code == 403
    assert client.get(reverse("bank:take_back", args=[deposit])).status_code == 403


def test_who_has_no_passbook_reads_how_to_get_one(cast: Cast) -> None:
    [new] = register_people(actor=SYSTEM, people=[NewPerson(name="钱进", volunteer_number="7" * 18)])
    cast.second.user.person_id = new
    cast.second.user.save()
    assert "You have no passbook yet" in text_of(cast.second.client, reverse("bank:own"))


@pytest.mark.parametrize("role", STAFF)
def test_staff_are_told_that_somebody_has_no_passbook_yet(cast: Cast, role: str) -> None:
    [new] = register_people(actor=SYSTEM, people=[NewPerson(name="钱进", volunteer_number="7" * 18)])
    address = reverse("bank:of_person", args=[new])
    answer = cast.of_role(role).client.get(address, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("people:person", args=[new])
    assert "There is no passbook for this person yet" in answer.content.decode()
    assert cast.of_role("clerk").client.get(address).status_code == 404


def test_an_empty_passbook_says_what_to_do_next(cast: Cast) -> None:
    assert "No hours yet" in text_of(cast.second.client, reverse("bank:own"))


def test_narrows_by_year_kind_category_and_spending(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 60, title="甲项")
    put_in(cast.volunteer, 60, title="乙项", worked_on=date(2025, 5, 4))
    put_in(cast.volunteer, 60, title="丙项", kind=HoursKind.HONORARY)
    taken = put_in(cast.volunteer, 60, title="丁项", category="0013")
    reverse_deposit(actor=SYSTEM, deposit_id=taken, reason="误记")
    own = reverse("bank:own")
    for query, shown in (
        ("", "甲乙丙丁"),
        ("?year=2025", "乙"),
        ("?year=2026", "甲丙丁"),
        ("?kind=honorary", "丙"),
        ("?kind=verified&year=2026", "甲丁"),
        ("?category=0004", "甲乙丙"),
        ("?kind=spent", ""),
        ("?kind=nonsense&year=999999999999&category=%00", "甲乙丙丁"),
        ("?before=nonsense", "甲乙丙丁"),
    ):
        text = text_of(cast.volunteer.client, own + query)
        assert "".join(name for name in "甲乙丙丁" if f"{name}项" in text) == shown, query


def test_a_reversal_stands_beside_what_it_takes_back(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 60)
    taken = put_in(cast.volunteer, 120)
    reverse_deposit(actor=SYSTEM, deposit_id=taken, reason="误记")
    text = text_of(cast.volunteer.client, reverse("bank:own"))
    assert text.count(f'href="{reverse("bank:deposit", args=[taken])}"') == 2
    assert "+2</b>" in text
    assert "−2</b>" in text
    assert text.count("Taken back") == 1
    assert "误记" in text_of(cast.volunteer.client, reverse("bank:deposit", args=[taken]))


def test_pages_by_line_so_that_nothing_is_shown_twice(cast: Cast, put_in: PutIn) -> None:
    for number in range(120):
        put_in(cast.volunteer, 60, title=f"第{number:03d}次")
    client, address, seen = cast.volunteer.client, reverse("bank:own"), []
    for page, expected in (("", 50), ("?before=71", 50), ("?before=21", 20)):
        text = text_of(client, address + page)
        found = [number for number in range(120) if f"第{number:03d}次" in text]
        assert len(found) == expected
        seen += found
    assert sorted(seen) == list(range(120))
    assert "before=71#statement" in text_of(client, address)


@pytest.mark.parametrize("expiry_months", [None, 24])
def test_a_passbook_page_costs_at_most_eight_queries(cast: Cast, put_in: PutIn, expiry_months: int | None) -> None:
    number = propose_policy(actor=cast.administrator.actor, rules=Rules(expiry_months=expiry_months))
    put_policy_in_force(actor=cast.other_administrator.actor, number=number, effective_from=clock.today())
    for number in range(60):
        taken = put_in(cast.volunteer, 60, category=("0004", "0013", "0001")[number % 3])
    reverse_deposit(actor=SYSTEM, deposit_id=taken, reason="误记")
    set_aside(cast, 60)
    client = cast.volunteer.client
    with CaptureQueriesContext(
        connection,
    ) as captured:
        text = text_of(client, reverse("bank:own") + "?category=0004")
    assert ("What can be spent until when" in text) == bool(expiry_months)
    own = [row["sql"] for row in captured if not is_of_the_session(row["sql"])]
    assert len(own) <= 8, "\n".join(own)


def is_of_the_session(sql: str) -> bool:
    """True for what every page of somebody signed in costs: session, user, roles."""
    return any(f'FROM "{table}"' in sql for table in ("django_session", "user_account", "role_grant"))


def test_takes_a_deposit_back_with_a_reason(cast: Cast, put_in: PutIn) -> None:
    deposit = put_in(cast.volunteer, 120)
    address = reverse("bank:take_back", args=[deposit])
    client = cast.coordinator.client
    assert "This field is required" in client.post(address, {"reason": "  "}).content.decode()
    assert DepositReversal.objects.count() == 0
    answer = client.post(address, {"reason": "Entered twice"})
    assert answer.headers["Location"] == reverse("bank:deposit", args=[deposit])
    assert DepositReversal.objects.get().reason == "Entered twice"
    assert DepositReversal.objects.get().reversed_by_ref == cast.coordinator.actor.reference
    assert balance(cast.volunteer.passbook.account_id).posted == 0
    assert cast.volunteer.passbook.certified_minutes == 0
    again = client.post(address, {"reason": "Entered twice"}).content.decode()
    assert "already taken back" in again
    assert DepositReversal.objects.count() == 1


def test_hours_already_reserved_cannot_be_taken_back(cast: Cast, put_in: PutIn) -> None:
    deposit = put_in(cast.volunteer, 120)
    set_aside(cast, 60)
    answer = cast.coordinator.client.post(reverse("bank:take_back", args=[deposit]), {"reason": "误记"})
    assert "is not enough" in answer.content.decode()
    assert DepositReversal.objects.count() == 0
    assert cast.volunteer.passbook.certified_minutes == 120


@pytest.mark.parametrize("role", ["volunteer", "second", "leader", "clerk", "auditor"])
def test_only_coordinators_and_administrators_take_back(cast: Cast, put_in: PutIn, role: str) -> None:
    deposit = put_in(cast.volunteer, 120)
    answer = cast.of_role(role).client.post(reverse("bank:take_back", args=[deposit]), {"reason": "误记"})
    assert answer.status_code == 403
    assert DepositReversal.objects.count() == 0
    assert Deposit.objects.count() == 1
