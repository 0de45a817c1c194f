"""Taking a partner's messages: each at its place in the stream, decided and booked once, and answered for ever the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank.actions import NewDeposit, deposit_many
from xinshi.bank.domain import SourceDepositedOtherwise
from xinshi.bank.models import Passbook
from xinshi.exchange.models import Partner, PartnerContract
from xinshi.exchange.partners.actions import dispute
from xinshi.exchange.partners.domain import (
    Direction,
    DirectionClosed,
    KindNotAgreed,
    NoContract,
    OverLimit,
    OverMonthLimit,
    OverTransferLimit,
    PartnerDisputed,
    PartnerPaused,
)
from xinshi.exchange.partners.queries import require_open, require_within_limits
from xinshi.interbank.identity.queries import person_of
from xinshi.interbank.moving.domain import OwnLot, source_ref
from xinshi.interbank.moving.holdings import month_minutes, own_lots, sendable_minutes
from xinshi.interbank.moving.keys import own_code
from xinshi.interbank.moving.models import IncomingMessage, Outcome, Stream, Transfer
from xinshi.interbank.moving.trusting import Trouble, Trusted
from xinshi.interbank.moving.writing import (
    hold_and_send,
    locked_partner,
    read_stored,
    stored_fields,
    stream_of,
)
from xinshi.interbank.protocol import bodies
from xinshi.interbank.protocol.bodies import AnswerState, MessageType, moment_text
from xinshi.interbank.protocol.chain import Head, Place, place
from xinshi.interbank.protocol.states import AskerState, Circumstances, Refusal, arrived, refusal
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import gettext_noop
from xinshi.ledger.actions import lock_balances
from xinshi.ledger.domain import KeyReused

SYSTEM: Final = Actor.system("interbank")
BROKEN: Final = gettext_noop("A message of this partner does not fit the ones before it.")
WAITING_MAX: Final = 1_000
State = Transfer.State


def take(said: Trusted[bodies.Message]) -> bodies.Answer:
    """Take one message and what waited behind it; the answer. Trouble where it cannot be taken now, or never.

    The caller notes that the partner spoke.
    """
    answer = _take(said.partner.pk, said.body, lambda partner: _record(partner, said))
    if isinstance(answer, Trouble):
        raise answer
    waiting = IncomingMessage.objects.filter(partner=said.partner)
    for _ in range(WAITING_MAX):
        if not waiting.filter(sequence=answer.next_sequence).exists() or not take_waiting(said.partner.pk):
            return answer
        answer = replace(answer, next_sequence=_next_sequence(said.partner.pk))
    return answer


@transaction.atomic
def _take(partner_id: int, message: bodies.Message, keep: Callable[[Partner], None]) -> bodies.Answer | Trouble:
    """One step. A broken chain is returned, not raised: that it was found must stay in the book."""
    partner = locked_partner(partner_id)
    recorded = IncomingMessage.objects.filter(partner=partner, sequence=message.sequence).first()
    stream = stream_of(partner)
    head = Head(stream.in_next, stream.in_hash)
    found = place(head, message, recorded_hash=recorded.message_hash if recorded else "")
    if found is Place.BROKEN:
        dispute(actor=SYSTEM, partner_id=partner_id, reason=BROKEN)
        return Trouble("chain_broken")
    if found is not Place.REPEAT:
        try:
            require_open(partner)
        except PartnerDisputed:
            return Trouble("disputed")
        except PartnerPaused:
            return Trouble("paused")
    if found is Place.TOO_FAR:
        return Trouble("too_far_ahead")
    if found in (Place.TAKE, Place.WAIT) and recorded is None:
        keep(partner)
    kept = _decide(partner, stream, message) if found is Place.TAKE else None
    return answer_about(
        partner,
        message.type,
        message.key,
        message.hash,
        about=message.hash,
        kept=kept,
        next_sequence=stream.in_next,
    )


@transaction.atomic
def take_waiting(partner_id: int) -> bool:
    """Take the message that waited for its turn, where there is one; False where there is none."""
    partner = locked_partner(partner_id)
    stream = stream_of(partner)
    waiting = IncomingMessage.objects.filter(partner=partner, sequence=stream.in_next).first()
    if waiting is None or partner.state != Partner.State.ACTIVE:
        return False
    if waiting.previous_hash != stream.in_hash:
        dispute(actor=SYSTEM, partner_id=partner_id, reason=BROKEN)
        return False
    _decide(partner, stream, read_stored(waiting.body))
    return True


def _record(partner: Partner, said: Trusted[bodies.Message]) -> None:
    IncomingMessage.objects.create(
        partner=partner,
        key_id=said.key_id,
        signature=said.signature,
        received_at=clock.now(),
        **stored_fields(said.body),
    )


def _decide(partner: Partner, stream: Stream, message: bodies.Message) -> Outcome:
    """Decide a message whose turn has come, book what it brings, and promise the outcome."""
    stream.in_next, stream.in_hash = stream.in_next + 1, message.hash
    stream.gap_tries, stream.gap_due_at = 0, None
    stream.save(update_fields=["in_next", "in_hash", "gap_tries", "gap_due_at"])
    earlier = list(Outcome.objects.filter(partner=partner, type=message.type, key=message.key).order_by("pk"))
    for one in earlier:
        if one.message_hash == message.hash:
            return one  # It was closed before it came.
    found = _look_around(partner, message, is_key_used=bool(earlier))
    code = refusal(message, found.circumstances, now=moment_text(clock.now()))
    if code is None:
        code = (
            _credit(partner, message, found)
            if message.type is MessageType.TRANSFER
            else _grant(partner, message, found)
        )
    if code is not None and message.type is MessageType.TRANSFER:
        end_asked(partner, message.key, code)
    return _promise(partner, message, code)


@dataclass(frozen=True, slots=True)
class _Found:
    circumstances: Circumstances
    passbook: Passbook | None
    contract: PartnerContract | None
    same: Transfer | None
    """The transfer that has this key already."""
    lots: list[OwnLot]
    """What the person may send, where a request asks for it."""


def _look_around(partner: Partner, message: bodies.Message, *, is_key_used: bool) -> _Found:
    """Everything that may stand against a message; what is found is locked until it is booked."""
    is_request = message.type is MessageType.REQUEST
    person_id = person_of(message.person, partner)
    passbook = None
    if person_id is not None:
        rows = Passbook.objects.select_for_update(no_key=True)
        passbook = rows.filter(person_id=person_id, state=Passbook.State.ACTIVE).first()
    same = Transfer.objects.filter(partner=partner, key=message.key).first()
    known = Circumstances(
        is_key_used=is_key_used or (is_request and same is not None),
        people=int(person_id is not None),
        has_passbook=passbook is not None,
        is_agreed=True,
        is_kind_agreed=True,
        is_within_limits=True,
        available_minutes=None,
        matches_request=is_request or same is None or _fits(same, message, person_id),
    )
    contract = None
    if person_id is not None:
        direction = Direction.OUT if is_request else Direction.IN
        try:
            contract = require_within_limits(
                partner,
                direction,
                message.minutes,
                hours_kind=message.kind,
                person_month_minutes=_moved(person_id, partner, direction, same),
            )
        except (NoContract, DirectionClosed):
            known = replace(known, is_agreed=False)
        except KindNotAgreed:
            known = replace(known, is_kind_agreed=False)
        except (OverLimit, OverMonthLimit, OverTransferLimit):
            known = replace(known, is_within_limits=False)
    lots: list[OwnLot] = []
    if is_request and passbook is not None:
        lock_balances(account_ids=[passbook.account_id])
        lots = own_lots(passbook, message.kind)
        known = replace(known, available_minutes=sendable_minutes(passbook, message.kind, lots))
    return _Found(known, passbook, contract, same, lots)


def _moved(person_id: int, partner: Partner, direction: Direction, same: Transfer | None) -> int:
    """Minutes moved this month, without the very transfer that was asked for here and now comes."""
    is_asked = same is not None and same.direction == Transfer.Direction.IN and same.ended_at is None
    own = same.minutes if same is not None and is_asked and same.person_id == person_id else 0
    return max(0, month_minutes(person_id, partner.pk, direction.value) - own)


def _fits(asked: Transfer, message: bodies.Message, person_id: int | None) -> bool:
    """Whether a transfer is what a request asked for."""
    fits = (asked.person_id, asked.minutes, asked.kind) == (person_id, message.minutes, message.kind)
    return fits and asked.direction == Transfer.Direction.IN and asked.ended_at is None


def _grant(partner: Partner, message: bodies.Message, found: _Found) -> Refusal | None:
    """Hold what was asked for and send it; KEY_REUSED where the book has the key already, from another bank."""
    assert found.passbook is not None, "a granted request has a passbook"
    try:
        hold_and_send(
            partner,
            found.passbook,
            found.lots,
            key=message.key,
            minutes=message.minutes,
            kind=message.kind,
            token=message.person,
            is_asked_here=False,
            by_ref=SYSTEM.reference,
        )
    except KeyReused:
        return Refusal.KEY_REUSED
    return None


def _credit(partner: Partner, message: bodies.Message, found: _Found) -> Refusal | None:
    """Put the hours into the passbook, through the partner's clearing account, by the contract's coefficient.

    KEY_REUSED where the book has the key already, from another bank: a refusal, for an error would come again at every try.
    """
    assert found.passbook is not None, "an applied transfer has a passbook"
    assert found.contract is not None, "an applied transfer has a contract"
    new = NewDeposit(
        person_id=found.passbook.person_id,
        kind=HoursKind(message.kind),
        category=message.category,
        title=message.activity,
        organizer=partner.name,
        raw_minutes=message.minutes,
        worked_on=bodies.day_of(message.worked_on),
        source_ref=source_ref(message.key),
        partner_percent=found.contract.coefficient_percent,
    )
    try:
        done = deposit_many(actor=SYSTEM, partner=partner.code, deposits=[new])[0]
    except SourceDepositedOtherwise:
        return Refusal.KEY_REUSED
    if not done.is_new:
        return Refusal.KEY_REUSED
    at, asked = clock.now(), found.same
    ended = {
        "worked_on": bodies.day_of(message.worked_on),
        "category": message.category,
        "activity": message.activity,
        "state": State.APPLIED,
        "deposit_id": done.deposit_id,
        "due_at": None,
        "ended_at": at,
    }
    if asked is not None:
        assert arrived(AskerState(asked.state), is_applied=True) is AskerState.APPLIED, "it was asked for"
        Transfer.objects.filter(pk=asked.pk).update(**ended)
        transfer_id = asked.pk
    else:
        transfer_id = Transfer.objects.create(
            partner=partner,
            person_id=found.passbook.person_id,
            direction=Transfer.Direction.IN,
            is_asked_here=False,
            key=message.key,
            minutes=message.minutes,
            kind=message.kind,
            expires_at=bodies.moment_of(message.expires_at),
            begun_at=at,
            begun_by_ref=SYSTEM.reference,
            **ended,
        ).pk
    record(
        actor=SYSTEM,
        action="interbank.apply",
        object_ref=f"bank-transfer:{transfer_id}",
        partner=partner.code,
        minutes=message.minutes,
        deposit=done.deposit_id,
    )
    return None


def end_asked(partner: Partner, key: str, code: str) -> None:
    """The transfer that was asked for here is refused here, or closed: the request has ended with it."""
    asked = Transfer.objects.filter(partner=partner, key=key, direction=Transfer.Direction.IN, ended_at=None)
    for row in asked:
        state = arrived(AskerState(row.state), is_applied=False)
        asked.filter(pk=row.pk).update(state=state.value, code=code, due_at=None, ended_at=clock.now())


def _promise(partner: Partner, message: bodies.Message, code: Refusal | None) -> Outcome:
    outcome = Outcome.objects.create(
        partner=partner,
        type=message.type.value,
        key=message.key,
        message_hash=message.hash,
        state="applied" if code is None else "refused",
        code=code.value if code else "",
        minutes=message.minutes,
        decided_at=clock.now().replace(microsecond=0),
    )
    record(
        actor=SYSTEM,
        action="interbank.take",
        object_ref=f"exchange-partner:{partner.pk}",
        type=message.type.value,
        sequence=message.sequence,
        state=outcome.state,
        code=outcome.code,
    )
    return outcome


def answer_about(
    partner: Partner,
    kind: MessageType,
    key: str,
    message_hash: str,
    *,
    about: str,
    kept: Outcome | None = None,
    next_sequence: int = 0,
) -> bodies.Answer:
    """What became of a partner's message, as it is promised now; `kept` and `next_sequence` where the caller has them."""
    kept = kept or Outcome.objects.filter(partner=partner, type=kind, key=key, message_hash=message_hash).first()
    waiting = (
        IncomingMessage.objects.filter(partner=partner, message_hash=message_hash).first() if kept is None else None
    )
    state = AnswerState(kept.state) if kept else AnswerState.WAITING if waiting else AnswerState.ABSENT
    minutes = kept.minutes if kept else waiting.minutes if waiting else 0
    return bodies.Answer(
        sender=own_code(),
        receiver=partner.code,
        about=about,
        message_type=kind,
        key=key,
        message=message_hash,
        state=state,
        code=kept.code if kept else "",
        minutes=minutes,
        decided_at=moment_text(kept.decided_at) if kept else "",
        next_sequence=next_sequence or _next_sequence(partner.pk),
    )


def _next_sequence(partner_id: int) -> int:
    return Stream.objects.filter(partner_id=partner_id).values_list("in_next", flat=True).first() or 1
