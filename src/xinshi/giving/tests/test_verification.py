"""`xinshi verify` names the first place where this room and the book disagree."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from xinshi.bank.accounts import donation_accounts, group_account, pool_account
from xinshi.giving import actions
from xinshi.giving.domain import Decision
from xinshi.giving.models import Grant, GroupHoursEntry
from xinshi.giving.tests.conftest import (
    SYSTEM,
    Cast,
    befriend,
    earn,
    fill_pool,
    give_beyond_cap,
    give_hours,
    group,
    propose,
)
from xinshi.kernel import clock
from xinshi.ledger.actions import post, reverse, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.ledger.models import Transfer
from xinshi.ledger.verification import verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything(cast: Cast) -> dict[str, int]:
    """One of each, and a book that agrees."""
    give_hours(cast.volunteer, minutes=600)
    relative = befriend(cast.volunteer, cast.second)
    gift = actions.give(actor=cast.volunteer.actor, relative_id=relative, minutes=60, key="k").id
    donation = fill_pool(cast.stranger, minutes=300)
    grant = propose(cast, cast.second, minutes=60)
    actions.decide_grant(actor=cast.colleague.actor, grant_id=grant, decision=Decision.APPROVE)
    team = group()
    entry = earn(cast, team, minutes=60)
    give_beyond_cap(cast.volunteer, minutes=50)
    assert verify().ok, verify().first_difference
    return {"gift": gift, "donation": donation, "grant": grant, "entry": entry, "team": team}


def book(key: str, debit: int, credit: int, *, kind: str, minutes: int = 10) -> int:
    new = NewTransfer(key=key, debit_id=debit, credit_id=credit, minutes=minutes, kind=kind, worked_on=clock.today())
    return post(transfer=new, actor_ref=SYSTEM.reference).id


def insert_gift(cast: Cast, everything: dict[str, int]) -> None:
    """A gift that nobody booked: behind the back of the program."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO gift (giver_id, receiver_id, relative_id, minutes, note, key, policy_version_id, given_on,"
            " given_at, given_by_ref) SELECT giver_id, receiver_id, relative_id, minutes, '', 'x', policy_version_id,"
            " given_on, given_at, given_by_ref FROM gift"
        )


def test_finds_a_gift_without_a_booking(cast: Cast, everything: dict[str, int]) -> None:
    insert_gift(cast, everything)
    assert verify().first_difference == f"gifts match: gift {everything['gift'] + 1}: does not match its booking"


TAMPERING: dict[str, tuple[Callable[[Cast, dict[str, int]], object], str]] = {
    "a booking of a gift without a gift": (
        lambda cast, ids: book(
            "gift:999", cast.volunteer.passbook.account_id, cast.second.passbook.account_id, kind="gift"
        ),
        "bookings of giving have rows: transfer {0} (gift:999): nobody gave, donated or granted it",
    ),
    "the pool spent on something else": (
        lambda cast, ids: book("x", pool_account(), cast.second.passbook.account_id, kind="redemption"),
        "ways in and out of the pool: transfer {0}: from pool to person, which is no way that hours may go",
    ),
    "hours that can only be donated, spent": (
        lambda cast, ids: book(
            "x",
            donation_accounts([cast.volunteer.person_id])[cast.volunteer.person_id],
            cast.volunteer.passbook.account_id,
            kind="correction",
        ),
        "ways in and out of the pool: transfer {0}: from donation to person, which is no way that hours may go",
    ),
    "hours of a group, redeemed": (
        lambda cast, ids: book(
            "x", group_account(ids["team"]), system_account(AccountKind.REDEMPTION), kind="redemption"
        ),
        "ways in and out of the pool: transfer {0}: from group to redemption, which is no way that hours may go",
    ),
    "something into the pool that nobody donated": (
        lambda cast, ids: book("x", cast.volunteer.passbook.account_id, pool_account(), kind="correction"),
        "ways in and out of the pool: transfer {0}: from person to pool, which is no way that hours may go",
    ),
    "a gift reversed in the book alone": (
        lambda cast, ids: reverse(
            transfer_id=Transfer.objects.get(key=f"gift:{ids['gift']}").pk, key="x", actor_ref="x"
        ),
        "reversals of giving say why: transfer {0}: reverses gift:1, and nobody said why",
    ),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_finds_bookings_that_giving_did_not_make(cast: Cast, everything: dict[str, int], what: str) -> None:
    tamper, sentence = TAMPERING[what]
    tamper(cast, everything)
    last = Transfer.objects.order_by("-pk").first().pk
    expected = sentence.format(last).replace("gift:1,", f"gift:{everything['gift']},")
    assert verify().first_difference == expected


def test_finds_a_grant_whose_minutes_were_changed(cast: Cast, everything: dict[str, int]) -> None:
    Grant.objects.update(minutes=61)
    difference = verify().first_difference
    assert difference == f"grants match: grant {everything['grant']}: is approved, the book says otherwise"


def test_finds_a_grant_that_is_approved_without_a_booking(cast: Cast, everything: dict[str, int]) -> None:
    other = propose(cast, cast.stranger, minutes=60)
    Grant.objects.filter(pk=other).update(
        state="approved", decided_at=clock.now(), decided_on=clock.today(), decided_by_ref="user:999"
    )
    assert verify().first_difference == f"grants match: grant {other}: is approved, the book says otherwise"


def test_finds_hours_of_a_group_that_were_given_to_another_group(cast: Cast, everything: dict[str, int]) -> None:
    GroupHoursEntry.objects.update(organization_id=group("西山区红十字志愿服务队"))
    assert verify().first_difference == (
        f"hours of groups match: hours of group {everything['entry']}: are approved, the book says otherwise"
    )


def test_finds_a_grant_called_reversed_that_was_not_taken_back(cast: Cast, everything: dict[str, int]) -> None:
    Grant.objects.filter(pk=everything["grant"]).update(state="reversed")
    assert verify().first_difference == (
        f"reversed grants: grant {everything['grant']}: is reversed, what was taken back says otherwise"
    )
