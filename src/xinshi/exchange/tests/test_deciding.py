"""Lines that were held back: credited or discarded by somebody else than the person concerned, once."""

from __future__ import annotations

import pytest

from xinshi.audit.models import AuditEntry
from xinshi.bank.domain import PassbookNotOpen
from xinshi.bank.models import Deposit, Passbook
from xinshi.exchange.actions import accept_lines, discard_lines
from xinshi.exchange.actions.deciding import ConsentWithdrawn, LineNotWaiting, OwnLine
from xinshi.exchange.models import ImportLine
from xinshi.exchange.queries import held_back_count
from xinshi.exchange.tests.conftest import SYSTEM, Cast, held, outcome, summary, take, written
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.ledger.verification import verify
from xinshi.outbox.models import StoredEvent
from xinshi.people.actions import give_consent, withdraw_consent
from xinshi.people.domain import ZHIYUANHUI


@pytest.fixture
def waiting(cast: Cast) -> list[int]:
    """Two rows of 李, two hours each, of which one waits; and one of the coordinator's own, which waits too."""
    row = [cast.li.name, cast.li.number, "2"]
    take(summary(row, row, [cast.coordinator.name, cast.coordinator.number, "3"]), actor=cast.coordinator.actor)
    return held()


def test_accepting_credits_the_line_with_who_and_when(cast: Cast, waiting: list[int]) -> None:
    line_id = waiting[0]
    assert accept_lines(actor=cast.coordinator.actor, line_ids=[line_id], reason="两次都服务了") == 120
    line = ImportLine.objects.get(pk=line_id)
    assert (line.state, line.decided_by_ref, line.decision_reason) == (
        "credited",
        cast.coordinator.actor.reference,
        "两次都服务了",
    )
    assert Deposit.objects.filter(source_ref=f"exchange-line:{line_id}").count() == 1
    assert cast.li.certified == 240
    assert AuditEntry.objects.filter(action="exchange.accept_line", object_ref=f"exchange-line:{line_id}").exists()
    assert StoredEvent.objects.filter(name="exchange.line_decided").count() == 1
    assert verify().ok


def test_discarding_needs_a_reason_and_credits_nothing(cast: Cast, waiting: list[int]) -> None:
    before = written()
    with pytest.raises(Invalid):
        discard_lines(actor=cast.coordinator.actor, line_ids=waiting[:1], reason="  ")
    assert written() == before
    assert discard_lines(actor=cast.coordinator.actor, line_ids=waiting[:1], reason="重复") == 1
    assert ImportLine.objects.get(pk=waiting[0]).state == "discarded"
    assert cast.li.certified == 120
    assert verify().ok


def test_a_decided_line_is_decided(cast: Cast, waiting: list[int]) -> None:
    accept_lines(actor=cast.coordinator.actor, line_ids=waiting[:1])
    before = written()
    for decide in (
        lambda: accept_lines(actor=cast.administrator.actor, line_ids=waiting),
        lambda: discard_lines(actor=cast.administrator.actor, line_ids=waiting, reason="重复"),
    ):
        with pytest.raises(LineNotWaiting):
            decide()
    assert written() == before


def test_nobody_decides_on_their_own_hours(cast: Cast, waiting: list[int]) -> None:
    before = written()
    with pytest.raises(OwnLine):
        accept_lines(actor=cast.coordinator.actor, line_ids=waiting)
    with pytest.raises(OwnLine):
        discard_lines(actor=cast.coordinator.actor, line_ids=waiting, reason="重复")
    assert written() == before
    assert (held_back_count(cast.coordinator.actor), held_back_count(cast.administrator.actor)) == (1, 2)
    assert held_back_count(cast.auditor.actor) == held_back_count(cast.li.actor) == 0
    assert accept_lines(actor=cast.administrator.actor, line_ids=waiting) == 300


@pytest.mark.parametrize("role", ["li", "wang", "auditor"])
def test_only_keepers_decide(cast: Cast, waiting: list[int], role: str) -> None:
    before = written()
    with pytest.raises(NotAllowed):
        accept_lines(actor=getattr(cast, role).actor, line_ids=waiting)
    assert written() == before


def test_an_unknown_line_refuses_the_whole_selection(cast: Cast, waiting: list[int]) -> None:
    before = written()
    with pytest.raises(NotFound):
        accept_lines(actor=cast.administrator.actor, line_ids=[*waiting, 10**9])
    assert written() == before


def test_a_withdrawn_consent_or_a_frozen_passbook_refuses(cast: Cast, waiting: list[int]) -> None:
    before = written()
    Passbook.objects.filter(person_id=cast.li.person_id).update(state="frozen")
    with pytest.raises(PassbookNotOpen):
        accept_lines(actor=cast.administrator.actor, line_ids=waiting)
    Passbook.objects.filter(person_id=cast.li.person_id).update(state="active")
    give_consent(actor=SYSTEM, person_id=cast.li.person_id, purpose=ZHIYUANHUI)
    withdraw_consent(actor=SYSTEM, person_id=cast.li.person_id, purpose=ZHIYUANHUI)
    with pytest.raises(ConsentWithdrawn):
        accept_lines(actor=cast.administrator.actor, line_ids=waiting)
    assert written() == before


def test_what_was_discarded_stays_so_when_the_file_comes_again(cast: Cast) -> None:
    row = [cast.li.name, cast.li.number, "2"]
    rows = summary(row, row)
    take(rows)
    discard_lines(actor=cast.coordinator.actor, line_ids=held(), reason="重复")
    assert outcome(take(rows)) == {"already_known": 2}
    assert cast.li.certified == 120
