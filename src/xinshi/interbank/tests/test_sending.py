"""Hours that leave this bank, and hours that are asked for: whatever the other bank answers, or if it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from xinshi.bank.models import Passbook
from xinshi.bank.registration.closing import close_account
from xinshi.bank.registration.models import ClosingWish
from xinshi.exchange.models import Partner
from xinshi.exchange.tests.conftest import NOW
from xinshi.interbank.moving.actions import ask_to_bring, ask_transfer, confirm_decision, propose_decision
from xinshi.interbank.moving.domain import (
    FormUsed,
    NoConsent,
    NotEnoughOwnHours,
    NothingToConfirm,
    NotOverdue,
    NotUnknown,
    OwnTransfer,
    SecondPersonNeeded,
)
from xinshi.interbank.moving.ending import obstacles
from xinshi.interbank.moving.models import Decision, OutgoingMessage, Stream, Transfer
from xinshi.interbank.moving.sending import send_due
from xinshi.interbank.protocol import bodies
from xinshi.interbank.protocol.bodies import AnswerState
from xinshi.interbank.protocol.states import PayerState
from xinshi.interbank.tests.conftest import Cast, Somebody, earn, standing
from xinshi.interbank.tests.stranger import Stranger
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import DomainError, NotAllowed, NotFound
from xinshi.ledger.models import Hold
from xinshi.ledger.tasks import release_overdue
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message

LATER = NOW + timedelta(hours=25)


def begin(of: Somebody, stranger: Stranger, minutes: int = 60, *, form: str = "form-1") -> int:
    return ask_transfer(
        actor=of.actor, partner_id=stranger.partner.pk, minutes=minutes, kind=HoursKind.VERIFIED, form_key=form
    )


def bring(of: Somebody, stranger: Stranger, minutes: int = 60, *, form: str = "form-2") -> int:
    return ask_to_bring(
        actor=of.actor, partner_id=stranger.partner.pk, minutes=minutes, kind=HoursKind.VERIFIED, form_key=form
    )


def state(transfer_id: int) -> str:
    return Transfer.objects.get(pk=transfer_id).state


def held_and_there(cast: Cast) -> tuple[int, int]:
    found = standing(cast.li.person_id)
    return found.held, found.posted


@pytest.fixture
def li(cast: Cast, stranger: Stranger) -> Somebody:
    """She has 100 minutes of her own."""
    earn(cast.li.person_id, 100, source="first:1")
    return cast.li


def test_hours_are_held_sent_and_booked_away_on_confirmation(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    sent = begin(li, stranger)
    assert (state(sent), held_and_there(cast)) == ("held", (60, 100))
    assert begin(li, stranger) == sent, "one form sends once"
    with pytest.raises(FormUsed):
        begin(li, stranger, 61)
    stranger.always(AnswerState.APPLIED)
    assert (send_due(), state(sent), held_and_there(cast)) == (1, "confirmed", (0, 40))
    assert (send_due(), len(stranger.heard)) == (0, 1)
    assert Hold.objects.get(key__startswith="interbank:").state == "captured"
    assert Message.objects.get(key=f"bank-transfer:{sent}:ended").recipient_ref == f"person:{li.person_id}"


def test_a_refusal_gives_the_minutes_back_and_says_why(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    sent = begin(li, stranger)
    stranger.always(AnswerState.REFUSED, "no_consent")
    send_due()
    assert (state(sent), held_and_there(cast), Transfer.objects.get(pk=sent).code) == (
        "rejected",
        (0, 100),
        "no_consent",
    )
    begin(li, stranger, 100, form="again")


def test_what_is_not_answered_is_never_given_back(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    sent = begin(li, stranger)
    send_due()
    assert (state(sent), held_and_there(cast)) == ("unknown", (60, 100))
    for days in (1, 2, 400):
        with time_machine.travel(NOW + timedelta(days=days)):
            release_overdue()
            assert send_due() > 0
            assert (state(sent), held_and_there(cast)) == ("unknown", (60, 100))
    queries = [one for one in stranger.heard if isinstance(one, bodies.StateQuery)]
    assert all(one.close for one in queries[-2:])
    hashes = {one.hash for one in stranger.heard if isinstance(one, bodies.Message)}
    assert hashes == {OutgoingMessage.objects.get().message_hash}, "the key is never made anew"


@pytest.mark.parametrize(
    ("answer", "ends", "left"),
    [
        ((AnswerState.APPLIED, ""), "confirmed", (0, 40)),
        ((AnswerState.REFUSED, "closed"), "rejected", (0, 100)),
        ((AnswerState.ABSENT, ""), "unknown", (60, 100)),
        ((AnswerState.WAITING, ""), "unknown", (60, 100)),
    ],
)
def test_an_unknown_ends_by_the_partners_final_answer_alone(
    cast: Cast, stranger: Stranger, li: Somebody, answer: tuple[AnswerState, str], ends: str, left: tuple[int, int]
) -> None:
    sent = begin(li, stranger)
    send_due()
    stranger.always(*answer)
    with time_machine.travel(LATER):
        send_due()
        assert (state(sent), held_and_there(cast)) == (ends, left)


Change = Callable[[bodies.Answer], Any]


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, about="0" * 64),
        lambda one: replace(one, message="0" * 64),
        lambda one: replace(one, key="t" * 20),
        lambda one: replace(one, receiver="elsewhere"),
        lambda one: replace(one, sender="nobody"),
    ],
)
def test_an_answer_to_something_else_is_no_answer(cast: Cast, stranger: Stranger, li: Somebody, change: Change) -> None:
    sent = begin(li, stranger)
    stranger.script = lambda asked: change(stranger.answer(asked, AnswerState.REFUSED, "closed"))
    send_due()
    assert (state(sent), held_and_there(cast)) == ("unknown", (60, 100))


def test_a_partner_that_contradicts_itself_is_disputed(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    sent = begin(li, stranger)
    stranger.always(AnswerState.APPLIED)
    send_due()
    Stream.objects.update(delivered_next=1)
    stranger.taken_next = 1
    stranger.always(AnswerState.REFUSED, "expired")
    with time_machine.travel(NOW + timedelta(minutes=1)):
        send_due()
    assert (state(sent), held_and_there(cast)) == ("confirmed", (0, 40))
    assert Partner.objects.get(code="east").state == Partner.State.DISPUTED


def test_what_a_partner_has_forgotten_is_sent_again_from_there(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    first, second = begin(li, stranger, 10), begin(li, stranger, 20, form="form-b")
    stranger.always(AnswerState.APPLIED)
    send_due()
    assert (state(first), state(second), Stream.objects.get().delivered_next) == ("confirmed", "confirmed", 3)
    third = begin(li, stranger, 30, form="form-c")
    stranger.taken_next = 1  # Its backup was put back.

    def taking_in_turn(asked: bodies.Body) -> bodies.Answer:
        place = stranger.taken_next
        if isinstance(asked, bodies.Message) and asked.sequence > place:
            waits = replace(stranger.answer(asked, AnswerState.WAITING), next_sequence=place)
            stranger.taken_next = place
            return waits
        return stranger.answer(asked, AnswerState.APPLIED)

    stranger.script = taking_in_turn
    stranger.heard.clear()
    send_due()
    assert (state(third), Stream.objects.get().delivered_next) == ("sent", 1)
    with time_machine.travel(NOW + timedelta(minutes=1)):
        send_due()
    sent = [one.sequence for one in stranger.heard if isinstance(one, bodies.Message)]
    assert (sent, state(third), held_and_there(cast)) == ([3, 1, 2, 3], "confirmed", (0, 40))
    assert (Stream.objects.get().delivered_next, stranger.taken_next) == (4, 4)


def test_two_people_decide_what_nobody_answers(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    sent = begin(li, stranger)
    with pytest.raises(NotUnknown):
        propose_decision(actor=cast.coordinator.actor, transfer_id=sent, outcome=PayerState.REJECTED, reason="x")
    send_due()
    with time_machine.travel(LATER):
        two_people_decide(cast, li, sent)
    assert (state(sent), held_and_there(cast), Transfer.objects.get(pk=sent).code) == ("rejected", (0, 100), "decided")
    found = Decision.objects.get()
    assert (found.proposed_reason, found.decided_reason) == ("电话问过，没有收到", "看过来函")


def two_people_decide(cast: Cast, li: Somebody, sent: int) -> None:
    """A coordinator and an administrator give the minutes back; everybody else, and every other way, is refused."""
    for actor, refused in ((li.actor, NotAllowed), (cast.auditor.actor, NotAllowed)):
        with pytest.raises(refused):
            propose_decision(actor=actor, transfer_id=sent, outcome=PayerState.REJECTED, reason="x")
    with pytest.raises(DomainError):
        propose_decision(actor=cast.coordinator.actor, transfer_id=sent, outcome=PayerState.REJECTED, reason=" ")
    with pytest.raises(NothingToConfirm):
        confirm_decision(actor=cast.coordinator.actor, transfer_id=sent, outcome=PayerState.REJECTED, reason="x")
    propose_decision(
        actor=cast.coordinator.actor, transfer_id=sent, outcome=PayerState.REJECTED, reason="电话问过，没有收到"
    )
    with pytest.raises(SecondPersonNeeded):
        confirm_decision(actor=cast.coordinator.actor, transfer_id=sent, outcome=PayerState.REJECTED, reason="x")
    with pytest.raises(NothingToConfirm):
        confirm_decision(actor=cast.administrator.actor, transfer_id=sent, outcome=PayerState.CONFIRMED, reason="x")
    assert (state(sent), held_and_there(cast)) == ("unknown", (60, 100))
    confirm_decision(actor=cast.administrator.actor, transfer_id=sent, outcome=PayerState.REJECTED, reason="看过来函")


@pytest.mark.parametrize("outcome", [PayerState.REJECTED, PayerState.CONFIRMED])
def test_nobody_decides_while_the_message_may_still_be_applied_there(
    cast: Cast, stranger: Stranger, li: Somebody, outcome: PayerState
) -> None:
    """Decided earlier, the minutes were given back here, and applied there when the message came after all."""
    sent = begin(li, stranger)
    send_due()
    expires_at = Transfer.objects.get(pk=sent).expires_at
    for moment in (NOW, expires_at, expires_at + timedelta(minutes=5, seconds=-1)):
        with time_machine.travel(moment), pytest.raises(NotOverdue):
            propose_decision(actor=cast.coordinator.actor, transfer_id=sent, outcome=outcome, reason="x")
    with time_machine.travel(expires_at + timedelta(minutes=5)):
        propose_decision(actor=cast.coordinator.actor, transfer_id=sent, outcome=outcome, reason="x")
    with time_machine.travel(expires_at), pytest.raises(NotOverdue):
        confirm_decision(actor=cast.administrator.actor, transfer_id=sent, outcome=outcome, reason="x")
    assert (state(sent), held_and_there(cast)) == ("unknown", (60, 100))


def test_the_partners_answer_comes_before_a_decision_that_was_only_proposed(
    cast: Cast, stranger: Stranger, li: Somebody
) -> None:
    sent = begin(li, stranger)
    send_due()
    stranger.always(AnswerState.APPLIED)
    with time_machine.travel(LATER):
        propose_decision(actor=cast.coordinator.actor, transfer_id=sent, outcome=PayerState.REJECTED, reason="x")
        send_due()
    assert (state(sent), Decision.objects.get().is_withdrawn) == ("confirmed", True)


def test_nobody_decides_about_their_own_hours(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    sent = begin(li, stranger)
    send_due()
    Transfer.objects.filter(pk=sent).update(person_id=cast.coordinator.person_id)
    with pytest.raises(OwnTransfer):
        propose_decision(actor=cast.coordinator.actor, transfer_id=sent, outcome=PayerState.REJECTED, reason="x")
    Transfer.objects.filter(pk=sent).update(person_id=li.person_id)


def test_brings_hours_that_the_other_bank_grants(cast: Cast, stranger: Stranger) -> None:
    brought = bring(cast.li, stranger, 90)
    stranger.always(AnswerState.APPLIED)
    send_due()
    assert (state(brought), held_and_there(cast)) == ("granted", (0, 0))
    asked = stranger.heard[0]
    assert isinstance(asked, bodies.Message)
    assert (asked.person, asked.minutes) == (stranger.token(cast.li.person_id), 90)
    other = stranger.message(stranger.token(cast.li.person_id), 91, key=asked.key)
    assert stranger.say(other).code == "does_not_match"
    assert (state(brought), held_and_there(cast)) == ("refused", (0, 0))


def test_brought_hours_are_applied_even_before_the_answer_comes(cast: Cast, stranger: Stranger) -> None:
    brought = bring(cast.li, stranger, 90)
    key = Transfer.objects.get(pk=brought).key
    assert stranger.say(stranger.message(stranger.token(cast.li.person_id), 90, key=key)).state is AnswerState.APPLIED
    assert (state(brought), held_and_there(cast)) == ("applied", (0, 90))
    stranger.always(AnswerState.APPLIED)
    send_due()
    assert state(brought) == "applied"


def test_a_request_that_is_declined_says_why(cast: Cast, stranger: Stranger) -> None:
    brought = bring(cast.li, stranger, 90)
    stranger.always(AnswerState.REFUSED, "insufficient_minutes")
    send_due()
    assert (state(brought), Transfer.objects.get(pk=brought).code) == ("declined", "insufficient_minutes")


def test_closing_what_was_granted_ends_the_request(cast: Cast, stranger: Stranger) -> None:
    """The hole that the simulation found: the transfer was called back before it came."""
    brought = bring(cast.li, stranger, 90)
    stranger.always(AnswerState.APPLIED)
    send_due()
    key = Transfer.objects.get(pk=brought).key
    lost = stranger.message(stranger.token(cast.li.person_id), 90, key=key)
    assert stranger.ask(stranger.query(lost, close=True)).code == "closed"
    assert (state(brought), Transfer.objects.get(pk=brought).code) == ("refused", "closed")


def test_refuses_before_anything_is_held(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    with pytest.raises(NotEnoughOwnHours):
        begin(li, stranger, 101)
    with pytest.raises(NoConsent):
        begin(cast.wang, stranger)
    Partner.objects.filter(code="east").update(out_minutes_max=59)
    with pytest.raises(DomainError) as limited:
        begin(li, stranger)
    assert limited.value.code == "over_limit"
    Partner.objects.filter(code="east").update(state="disputed", state_reason="x")
    with pytest.raises(DomainError) as stopped:
        bring(li, stranger)
    assert stopped.value.code == "partner_disputed"
    assert (Transfer.objects.count(), OutgoingMessage.objects.count(), held_and_there(cast)) == (0, 0, (0, 100))


def test_a_partner_whose_lease_another_worker_has_is_left_alone(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    begin(li, stranger)
    stranger.always(AnswerState.APPLIED)
    Stream.objects.update(leased_until=NOW + timedelta(seconds=30))
    assert (send_due(), stranger.heard) == (0, [])
    with time_machine.travel(NOW + timedelta(seconds=31)):
        assert send_due() == 1


def test_a_stopped_partner_gets_no_messages_but_is_asked_about_those_it_has(
    cast: Cast, stranger: Stranger, li: Somebody
) -> None:
    sent = begin(li, stranger)
    send_due()
    begin(li, stranger, 10, form="second")
    Partner.objects.filter(code="east").update(state="paused", state_reason="x")
    stranger.heard.clear()
    stranger.always(AnswerState.APPLIED)
    with time_machine.travel(NOW + timedelta(minutes=1)):
        send_due()
    assert {type(one) for one in stranger.heard} == {bodies.StateQuery}
    assert (state(sent), held_and_there(cast)) == ("confirmed", (10, 40))


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE interbank_transfer SET state = 'rejected', code = 'x'", "its hold is captured"),
        ("UPDATE interbank_transfer SET minutes = 61", "its hold is captured"),
        ("DELETE FROM interbank_transfer", "no transfer"),
        ("UPDATE interbank_stream SET out_next = 3, delivered_next = 1", "not what comes next"),
        ("UPDATE interbank_stream SET out_hash = in_hash", "not what comes next"),
    ],
)
def test_verification_finds_what_was_changed_behind_the_programs_back(
    cast: Cast, stranger: Stranger, li: Somebody, statement: str, says: str
) -> None:
    begin(li, stranger)
    stranger.always(AnswerState.APPLIED)
    send_due()
    assert verify().first_difference == ""
    kept = list(Transfer.objects.values()), list(Stream.objects.values())
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert says in verify().first_difference
    Transfer.objects.all().delete()
    Transfer.objects.bulk_create(Transfer(**row) for row in kept[0])
    Stream.objects.filter(pk=kept[1][0]["partner_id"]).update(**kept[1][0])


def test_others_do_not_see_a_transfer(cast: Cast, stranger: Stranger, li: Somebody) -> None:
    from xinshi.interbank.moving import queries

    sent = begin(li, stranger)
    assert queries.transfer(li.actor, sent).transfer.pk == sent
    assert queries.transfer(cast.auditor.actor, sent).transfer.pk == sent
    with pytest.raises(NotFound):
        queries.transfer(cast.wang.actor, sent)
    with pytest.raises(NotAllowed):
        queries.desk_transfers(li.actor)
    assert [one.pk for one in queries.desk_transfers(cast.coordinator.actor, state="open")] == [sent]
    assert queries.own_sendable(li.actor) == {"verified": 40, "honorary": 0}


def test_a_request_that_a_bank_never_answers_keeps_no_account_open_for_ever(
    cast: Cast, stranger: Stranger, li: Somebody
) -> None:
    """Nobody can decide about a request, so that whoever had asked a bank that is gone could never leave."""
    brought = bring(li, stranger)
    send_due()
    assert (state(brought), len(obstacles(li.person_id))) == ("unknown", 1)
    with time_machine.travel(NOW + timedelta(hours=47)):
        assert len(obstacles(li.person_id)) == 1
    with time_machine.travel(NOW + timedelta(hours=49)):
        assert obstacles(li.person_id) == []
        passbook = Passbook.objects.get(person_id=li.person_id)
        close_account(
            actor=cast.coordinator.actor, passbook_id=passbook.pk, hours=ClosingWish.Hours.LAPSE, reason="搬家"
        )
        key = Transfer.objects.get(pk=brought).key
        late = stranger.message(stranger.token(li.person_id), 60, key=key)
        assert stranger.say(late).code in ("no_passbook", "no_consent")
    assert (state(brought), held_and_there(cast)) == ("refused", (0, 0))


def test_hours_that_were_sent_keep_the_account_open_until_they_have_ended(
    cast: Cast, stranger: Stranger, li: Somebody
) -> None:
    begin(li, stranger)
    send_due()
    with time_machine.travel(NOW + timedelta(days=400)):
        assert len(obstacles(li.person_id)) == 1
