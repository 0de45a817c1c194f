"""Workers, requests and people at the same moment, each with a connection of its own: nothing is doubled, lost or stuck."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connections

from xinshi.bank.actions import change_passbook_state
from xinshi.bank.models import Deposit, Passbook
from xinshi.exchange.models import Partner
from xinshi.exchange.partners.actions import pause
from xinshi.exchange.tests.conftest import NOW
from xinshi.interbank.identity.tests.conftest import make_bank
from xinshi.interbank.moving.actions import ask_to_bring, ask_transfer, confirm_decision, propose_decision
from xinshi.interbank.moving.models import Decision, Outcome, OutgoingMessage, Stream, Transfer
from xinshi.interbank.moving.reaching import not_reached, reached, spoke
from xinshi.interbank.moving.sending import attempt, send_due
from xinshi.interbank.protocol.bodies import AnswerState, MessageType
from xinshi.interbank.protocol.states import PayerState
from xinshi.interbank.tests.conftest import Cast, earn, standing
from xinshi.interbank.tests.stranger import SYSTEM, Stranger, agree
from xinshi.interbank.tests.test_sending import begin, state
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import DomainError
from xinshi.people.actions import withdraw_consent

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(hours=25)
ROUNDS = 6
"""Each race is run so often: the order in which threads come is chance."""


@pytest.fixture(autouse=True)
def _rows(cast: Cast) -> Iterator[None]:
    """李 has 100 minutes of her own."""
    earn(cast.li.person_id, 100, source="first:1")
    yield
    connections.close_all()


def at_once(*jobs: Callable[[], object]) -> list[Any]:
    """The jobs' results or refusals, in order; anything else is raised, a deadlock too."""
    begun = Barrier(len(jobs))

    def run(job: Callable[[], object]) -> object:
        try:
            begun.wait(timeout=30)
            return job()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def held_and_there(cast: Cast) -> tuple[int, int]:
    found = standing(cast.li.person_id)
    return found.held, found.posted


def refusals(results: Sequence[object]) -> list[str]:
    return sorted(one.code for one in results if isinstance(one, DomainError))


def test_one_message_by_many_requests_is_applied_once(cast: Cast, stranger: Stranger) -> None:
    messages = [stranger.message(stranger.token(cast.li.person_id), 1) for _ in range(6)]
    envelopes = [stranger.seal(one) for one in messages]
    orders = [envelopes, envelopes[::-1], envelopes[3:] + envelopes[:3], envelopes[::2] + envelopes[1::2]]
    found = at_once(*(lambda order=order: stranger.post("messages", *order) for order in orders))
    assert {status for status, _ in found} == {200}
    assert {stranger.ask(stranger.query(one)).state for one in messages} == {AnswerState.APPLIED}
    assert (Deposit.objects.filter(partner="east").count(), Outcome.objects.count()) == (6, 6)
    assert (held_and_there(cast), Stream.objects.get().in_next) == ((0, 106), 7)


def test_a_message_and_its_closing_have_one_outcome(cast: Cast, stranger: Stranger) -> None:
    ends = set()
    for _ in range(ROUNDS):
        message = stranger.message(stranger.token(cast.li.person_id), 1)
        said, closed = at_once(
            lambda message=message: stranger.say(message),
            lambda message=message: stranger.ask(stranger.query(message, close=True)),
        )
        assert (said.state, said.code, said.decided_at) == (closed.state, closed.code, closed.decided_at)
        ends.add(said.state)
    assert ends <= {AnswerState.APPLIED, AnswerState.REFUSED}
    applied = Outcome.objects.filter(state="applied").count()
    assert (Deposit.objects.filter(partner="east").count(), held_and_there(cast)) == (applied, (0, 100 + applied))


def test_what_is_earned_once_is_sent_once_however_many_banks_there_are(cast: Cast, stranger: Stranger) -> None:
    """Two partners have two locks: it is the passbook's that counts."""
    from xinshi.exchange.models import PartnerContract
    from xinshi.interbank.identity.models import SharedKey

    west = make_bank("west", "西桥时间银行")
    Partner.objects.filter(pk=west.pk).update(address="https://west.example")
    for model in (PartnerContract, SharedKey):
        for row in model.objects.filter(partner=stranger.partner):
            row.pk, row.partner = None, west
            row.save(force_insert=True)
    agree(cast.li.person_id, west)
    results = at_once(
        *(
            lambda partner_id=partner_id, form=form: ask_transfer(
                actor=cast.li.actor, partner_id=partner_id, minutes=60, kind=HoursKind.VERIFIED, form_key=form
            )
            for partner_id in (stranger.partner.pk, west.pk)
            for form in (f"{partner_id}-a", f"{partner_id}-b")
        )
    )
    assert refusals(results) == ["not_enough_own_hours"] * 3
    assert (held_and_there(cast), Transfer.objects.count(), OutgoingMessage.objects.count()) == ((60, 100), 1, 1)


def test_one_form_sent_many_times_at_once_holds_once(cast: Cast, stranger: Stranger) -> None:
    results = at_once(*(lambda: begin(cast.li, stranger, 10) for _ in range(4)))
    assert len(set(results)) == 1
    assert (held_and_there(cast), OutgoingMessage.objects.count()) == ((10, 100), 1)


def test_an_answer_and_a_decision_never_both_move_the_minutes(cast: Cast, stranger: Stranger) -> None:
    """Whichever comes second finds it ended; where they disagree, the partner is disputed and nothing moves again."""
    for number in range(ROUNDS):
        sent = begin(cast.li, stranger, 5, form=f"form-{number}")
        stranger.hears_nothing  # noqa: B018  # a verb of the stranger
        Stream.objects.update(due_at=NOW, quiet_until=None)
        send_due()
        before = held_and_there(cast)
        with time_machine.travel(LATER):
            propose_decision(
                actor=cast.coordinator.actor, transfer_id=sent, outcome=PayerState.REJECTED, reason="电话问过"
            )
            Stream.objects.update(quiet_until=None)
            stranger.always(AnswerState.APPLIED)
            at_once(
                send_due,
                lambda sent=sent: confirm_decision(
                    actor=cast.administrator.actor, transfer_id=sent, outcome=PayerState.REJECTED, reason="来函"
                ),
            )
        ended = state(sent)
        assert ended in ("confirmed", "rejected")
        assert held_and_there(cast) == (before[0] - 5, before[1] - (5 if ended == "confirmed" else 0))
        partner = Partner.objects.get(code="east")
        decided = Decision.objects.get(transfer_id=sent).decided_at is not None
        assert decided is (ended == "rejected")
        assert ended == "confirmed" or partner.state == Partner.State.DISPUTED
        Partner.objects.filter(code="east").update(state="active", state_reason="")


def test_many_workers_send_each_transfer_once(cast: Cast, stranger: Stranger) -> None:
    sent = [begin(cast.li, stranger, 2, form=f"form-{number}") for number in range(10)]
    stranger.always(AnswerState.APPLIED)
    at_once(*([send_due] * 4), lambda: reached(partner_id=stranger.partner.pk))
    send_due()
    assert {state(one) for one in sent} == {"confirmed"}
    assert held_and_there(cast) == (0, 80)
    assert Stream.objects.get().leased_until is None


def test_nothing_waits_in_a_circle(cast: Cast, stranger: Stranger) -> None:
    """Everything that locks a partner, a passbook, balances or a stream, for the same person and the same partner."""
    partner_id = stranger.partner.pk
    stranger.always(AnswerState.APPLIED)
    for number in range(ROUNDS):
        begin(cast.li, stranger, 1, form=f"before-{number}")
        incoming = [
            stranger.message(stranger.token(cast.li.person_id), 1),
            stranger.message(stranger.token(cast.li.person_id), 1, type=MessageType.REQUEST, key=f"r{number:020d}"),
        ]
        results = at_once(
            send_due,
            lambda number=number: begin(cast.li, stranger, 1, form=f"out-{number}"),
            lambda number=number: ask_to_bring(
                actor=cast.li.actor, partner_id=partner_id, minutes=1, kind=HoursKind.VERIFIED, form_key=f"in-{number}"
            ),
            lambda incoming=incoming: stranger.post("messages", *incoming),
            lambda incoming=incoming: stranger.post("state", stranger.query(incoming[0], close=True)),
            lambda: not_reached(partner_id=partner_id),
            lambda: (spoke(partner_id=partner_id), reached(partner_id=partner_id)),
        )
        assert refusals(results) == []
        assert {one[0] for one in results[3:5]} == {200}
    with time_machine.travel(LATER):
        send_due()
        send_due()
    assert not Transfer.objects.filter(direction="out", ended_at=None).exists()
    out = sum(Transfer.objects.filter(direction="out", state="confirmed").values_list("minutes", flat=True))
    came = sum(Deposit.objects.filter(partner="east").values_list("raw_minutes", flat=True))
    assert held_and_there(cast) == (0, 100 - out + came)


def test_a_request_is_granted_or_finds_no_passbook_never_half(cast: Cast, stranger: Stranger) -> None:
    """Frozen, or consent withdrawn, at the moment at which the hours are asked for."""
    passbook = Passbook.objects.get(person_id=cast.li.person_id)
    for number in range(ROUNDS):
        asked = stranger.message(stranger.token(cast.li.person_id), 1, type=MessageType.REQUEST)
        ended = (
            (
                lambda: change_passbook_state(
                    actor=SYSTEM, passbook_id=passbook.pk, state=Passbook.State.FROZEN, reason="x"
                )
            )
            if number % 2
            else lambda: withdraw_consent(actor=SYSTEM, person_id=cast.li.person_id, purpose="exchange:east")
        )
        said, _ = at_once(lambda asked=asked: stranger.say(asked), ended)
        found = Transfer.objects.filter(key=asked.key).first()
        assert (said.code, found is None) in (("", False), ("no_passbook", True), ("no_consent", True))
        Passbook.objects.filter(pk=passbook.pk).update(state="active")
        agree(cast.li.person_id, stranger.partner)
    granted = Transfer.objects.count()
    assert (held_and_there(cast), OutgoingMessage.objects.count()) == ((granted, 100), granted)


def test_a_pause_comes_before_a_message_is_tried_or_after_it(cast: Cast, stranger: Stranger) -> None:
    for number in range(ROUNDS):
        sent = begin(cast.li, stranger, 1, form=f"form-{number}")
        rows, _ = at_once(
            lambda: attempt(stranger.partner.pk),
            lambda: pause(actor=cast.coordinator.actor, partner_id=stranger.partner.pk, reason="x"),
        )
        assert (state(sent) == "sent") is (sent in {_transfer_of(row) for row in rows})
        Partner.objects.filter(code="east").update(state="active", state_reason="")
        Stream.objects.update(due_at=NOW)


def _transfer_of(row: OutgoingMessage) -> int:
    return Transfer.objects.get(key=row.key).pk
