"""What the worker does for partners: sends what was not delivered, asks about what has no final answer, asks for gaps.

A call is made by whoever has the partner's lease; what it is about was stored before, and nothing is locked meanwhile.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from xinshi.audit.actions import record
from xinshi.doors.outgoing import NoAnswer, NotSent, send
from xinshi.exchange.models import Partner
from xinshi.exchange.partners.actions import note_heard
from xinshi.interbank.moving.advancing import advance
from xinshi.interbank.moving.keys import own_code, signed, signer
from xinshi.interbank.moving.models import IncomingMessage, OutgoingMessage, Stream, Transfer
from xinshi.interbank.moving.reaching import is_tried_out, may_be_called, not_reached, reached
from xinshi.interbank.moving.taking import SYSTEM, take
from xinshi.interbank.moving.trusting import Acquaintance, Trouble, trusted
from xinshi.interbank.moving.writing import locked_partner, read_stored
from xinshi.interbank.protocol import bodies
from xinshi.interbank.protocol.bodies import MessageType, moment_text
from xinshi.interbank.protocol.canonical import Malformed, digest, parsed
from xinshi.interbank.protocol.states import ANSWERED, Event, pause_seconds
from xinshi.kernel import clock

BATCH: Final = 50
ROUNDS_MAX: Final = 20
SERVED_SECONDS_MAX: Final = 5.0
"""After so long the next partner has its turn; the first one goes on in the next pass."""
LEASE: Final = timedelta(seconds=45)
"""Longer than one round of calls can take; a worker that died is followed by another after it."""
ANSWER_SECONDS_MAX: Final = 10.0
PREFIX: Final = "/interbank/v1"
"""Below a partner's base address; an address that was written down with it means the same."""
ANSWER_BYTES_MAX: Final = 1_048_576
PARTNERS_MAX: Final = 1_000
State = Transfer.State
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What one call is about: a message of ours, and the hash of what is sent about it."""

    type: MessageType
    key: str
    message_hash: str
    about: str


def send_due() -> int:
    """Do what is due with every partner; returns how many messages and queries went out. Any number may run at once.

    Those that take calls come first, each for a few seconds. A call that nobody takes may last ten: of those that take none
    at least one is tried in each pass, the longest due first, and when they have used up the time of one partner, the pass
    ends, and the next one begins with those that take calls again.
    """
    done, until = 0, None
    for partner_id, unanswered in list(_due()):
        if unanswered:
            until = until or time.monotonic() + SERVED_SECONDS_MAX
            if time.monotonic() > until:
                break
        try:
            done += _serve(partner_id)
        except Exception:  # What goes wrong with one partner must not stop the others.
            log.exception("exchange with a partner failed", extra={"partner": partner_id})
    return done


def _due() -> QuerySet[Stream, tuple[int, int]]:
    """(partner, calls in vain) of whoever has something due, those that take calls first."""
    now = clock.now()
    undelivered = Q(out_next__gt=F("delivered_next")) & (Q(due_at__lte=now) | is_tried_out())
    unfinished = Transfer.objects.filter(partner=OuterRef("partner"), ended_at=None)
    waiting = Exists(unfinished.filter(due_at__lte=now)) | (
        is_tried_out() & Exists(unfinished.filter(state=State.UNKNOWN))
    )
    missing = Exists(IncomingMessage.objects.filter(partner=OuterRef("partner"), sequence__gt=OuterRef("in_next")))
    gap = missing & (Q(gap_due_at=None) | Q(gap_due_at__lte=now) | is_tried_out())
    due = Stream.objects.exclude(partner__address="").filter(may_be_called(), undelivered | waiting | gap)
    is_out_of_reach = Case(When(unanswered=0, then=Value(0)), default=Value(1))
    order = (is_out_of_reach, F("quiet_until").asc(nulls_first=True), "due_at")
    return due.order_by(*order).values_list("partner_id", "unanswered")[:PARTNERS_MAX]


def _serve(partner_id: int) -> int:
    """Rounds of calls with one partner while each brings something on; 0 where another worker has it.

    A lease that ended meanwhile, because a call took so long, is another worker's by now and stays so.
    """
    now = clock.now()
    free, lease = Q(leased_until=None) | Q(leased_until__lt=now), now + LEASE
    if not Stream.objects.filter(free, partner_id=partner_id).update(leased_until=lease):
        return 0
    done, until = 0, time.monotonic() + SERVED_SECONDS_MAX
    try:
        for _ in range(ROUNDS_MAX):
            went = 0
            for work in (_send_messages, _ask_states, _ask_missing):
                streams = Stream.objects.select_related("partner").filter(may_be_called(), partner_id=partner_id)
                if (stream := streams.first()) is None:
                    break
                went += work(stream.partner, stream)
            done += went
            if not went or time.monotonic() > until:
                break
            held, lease = lease, clock.now() + LEASE
            if not Stream.objects.filter(partner_id=partner_id, leased_until=held).update(leased_until=lease):
                break
    finally:
        Stream.objects.filter(partner_id=partner_id, leased_until=lease).update(leased_until=None)
    return done


def _pause(tries: int) -> timedelta:
    return timedelta(seconds=pause_seconds(tries, chance=random.random()))  # noqa: S311  # spreads tries, hides nothing


def _send_messages(partner: Partner, stream: Stream) -> int:
    rows = attempt(partner.pk) if stream.out_next > stream.delivered_next else []
    if not rows:
        return 0
    messages = [read_stored(row.body) for row in rows]
    asked = [Asked(one.type, one.key, one.hash, one.hash) for one in messages]
    _call(partner, "messages", messages, asked)
    return len(rows)


@transaction.atomic
def attempt(partner_id: int) -> list[OutgoingMessage]:
    """Store that these messages are about to be sent; they are sent only after this is committed."""
    partner, now = locked_partner(partner_id), clock.now()
    stream = Stream.objects.get(partner=partner)
    if partner.state != Partner.State.ACTIVE or stream.due_at is None:
        return []
    if stream.due_at > now and not stream.unanswered:
        return []
    rows = OutgoingMessage.objects.filter(partner=partner, sequence__gte=stream.delivered_next).order_by("sequence")
    page = list(rows[:BATCH])
    if not page:
        return []
    Stream.objects.filter(partner=partner).update(tries=stream.tries + 1, due_at=now + _pause(stream.tries + 1))
    keys = [row.key for row in page]
    going = Transfer.objects.filter(partner=partner, key__in=keys, ended_at=None)
    for transfer in going:
        advance(transfer, Event.ATTEMPTED)
        going.filter(pk=transfer.pk).update(tries=F("tries") + 1, due_at=now + _pause(transfer.tries + 2))
    return page


def _ask_states(partner: Partner, stream: Stream) -> int:
    queries = _postpone(partner.pk) if _to_ask(stream, clock.now()).exists() else []
    if not queries:
        return 0
    asked = [Asked(one.message_type, one.key, one.message, digest(one.body())) for one in queries]
    _call(partner, "state", queries, asked)
    return len(queries)


@transaction.atomic
def _postpone(partner_id: int) -> list[bodies.StateQuery]:
    """The questions that are due, each put off to its next time before it is asked."""
    partner, now = locked_partner(partner_id), clock.now()
    due = list(_to_ask(Stream.objects.get(partner=partner), now).order_by("due_at")[:BATCH])
    keys = [transfer.key for transfer in due]
    rows = OutgoingMessage.objects.filter(partner=partner, key__in=keys).values_list("type", "key", "message_hash")
    hashes = {(kind, key): message_hash for kind, key, message_hash in rows}
    found = []
    for transfer in due:
        kind = MessageType.TRANSFER if transfer.direction == Transfer.Direction.OUT else MessageType.REQUEST
        Transfer.objects.filter(pk=transfer.pk).update(
            tries=transfer.tries + 1, due_at=now + _pause(transfer.tries + 1)
        )
        found.append(
            bodies.StateQuery(
                sender=own_code(),
                receiver=partner.code,
                asked_at=moment_text(now),
                message_type=kind,
                key=transfer.key,
                message=hashes[kind.value, transfer.key],
                close=now >= transfer.expires_at,
            )
        )
    return found


def _to_ask(stream: Stream, now: datetime) -> QuerySet[Transfer]:
    """Transfers whose partner is asked now; all that have no answer, where it could not be reached the last time."""
    is_due = Q(due_at__lte=now, state__in=[State.SENT, State.UNKNOWN])
    if stream.unanswered:
        is_due |= Q(state=State.UNKNOWN)
    return Transfer.objects.filter(is_due, partner_id=stream.partner_id, ended_at=None)


def _ask_missing(partner: Partner, stream: Stream) -> int:
    """Ask for the messages before one that waits, and take what comes; 1 where the next one was among them.

    When it is asked again is stored before. What does not bring the stream on counts for nothing, however much it is.
    """
    now = clock.now()
    waiting = IncomingMessage.objects.filter(partner=partner, sequence__gt=stream.in_next).order_by("sequence").first()
    if waiting is None or partner.state != Partner.State.ACTIVE:
        return 0
    if stream.gap_due_at is not None and stream.gap_due_at > now and not stream.unanswered:
        return 0
    asked = Stream.objects.filter(partner=partner, in_next=stream.in_next)
    asked.update(gap_tries=stream.gap_tries + 1, gap_due_at=now + _pause(stream.gap_tries + 1))
    query = bodies.MissingQuery(
        sender=own_code(),
        receiver=partner.code,
        asked_at=moment_text(now),
        from_sequence=stream.in_next,
        to_sequence=min(waiting.sequence - 1, stream.in_next + bodies.MISSING_MAX - 1),
    )
    for envelope in (posted(partner, "missing", [signed(query)]) or [])[: bodies.MISSING_MAX]:
        try:
            said = trusted(envelope, bodies.Message)
            if said.partner.pk == partner.pk:
                take(said)
        except Trouble:
            break
    if asked.exists():
        return 0
    note_heard(partner_id=partner.pk)
    return 1


def _call(partner: Partner, address: str, said: Sequence[bodies.Body], asked: Sequence[Asked]) -> None:
    """Sign and post, and store what each answer, or none, makes of the transfer it is about."""
    items = posted(partner, address, [*map(signer(partner.code), said)]) or []
    known = Acquaintance()
    answers = [_answer(partner, item, one, known) for item, one in zip(items, asked, strict=False)]
    answers += [None] * (len(asked) - len(answers))
    if any(answers):
        note_heard(partner_id=partner.pk)
    furthest = max((answer.next_sequence for answer in answers if answer), default=0)
    for one, answer in zip(asked, answers, strict=True):
        store_answer(partner.pk, one, answer, furthest=furthest)


def posted(partner: Partner, address: str, envelopes: Sequence[dict[str, Any]]) -> list[Any] | None:
    """The items of a partner's response; None where nothing came that can be read. Nothing is locked meanwhile."""
    body = json.dumps({"envelopes": envelopes}, ensure_ascii=False, separators=(",", ":")).encode()
    base = partner.address.rstrip("/").removesuffix(PREFIX)
    try:
        answer = send(
            f"{base}{PREFIX}/{address}",
            body=body,
            headers={"Content-Type": "application/json"},
            timeout_seconds=ANSWER_SECONDS_MAX,
            bytes_max=ANSWER_BYTES_MAX,
        )
        said = parsed(answer.body)
    except (NoAnswer, NotSent, Malformed):
        said = {}
    if not {"envelopes", "error"} & set(said):
        not_reached(partner_id=partner.pk)
        return None
    reached(partner_id=partner.pk)
    found = said.get("envelopes") if answer.status == 200 else None
    return found if isinstance(found, list) else None


def _answer(partner: Partner, item: object, asked: Asked, known: Acquaintance) -> bodies.Answer | None:
    """The answer, where it is the partner's and about what was asked."""
    try:
        said = trusted(item, bodies.Answer, known)
    except Trouble:
        return None
    found = said.body
    fits = (found.about, found.message_type, found.key, found.message) == (
        asked.about,
        asked.type,
        asked.key,
        asked.message_hash,
    )
    return found if fits and said.partner.pk == partner.pk else None


@transaction.atomic
def store_answer(partner_id: int, asked: Asked, answer: bodies.Answer | None, *, furthest: int = 0) -> None:
    """One step: what an answer, or that none came, makes of a transfer.

    `furthest`: how far the answers of this call say that our stream was taken, which is noted once, with the one that says
    it. Where it is not noted after all, what was delivered is sent again, and gets the same answer.
    """
    partner = locked_partner(partner_id)
    if answer is not None and (answer.next_sequence >= furthest or not answer.state.is_final):
        _note_delivered(partner, answer, clock.now())
    direction = Transfer.Direction.OUT if asked.type is MessageType.TRANSFER else Transfer.Direction.IN
    transfer = Transfer.objects.get(partner=partner, key=asked.key, direction=direction)
    transfer.partner = partner
    event = ANSWERED[answer.state] if answer is not None else Event.UNANSWERED
    advance(transfer, event, code=answer.code if answer is not None else "")


def _note_delivered(partner: Partner, answer: bodies.Answer, now: datetime) -> None:
    """How far the partner has taken our stream; what is left is sent at once.

    It only grows, unless a message of ours waits there for one that we took for delivered, or is itself absent there: the
    partner has forgotten it (a backup put back), and everything from there on is sent again, with the pauses of any other
    try.
    """
    place = answer.next_sequence
    rows = Stream.objects.filter(partner=partner, out_next__gte=place)
    if rows.filter(delivered_next__lt=place).update(delivered_next=place, tries=0, due_at=now):
        return
    if rows.filter(delivered_next__gt=place).exists() and _has_forgotten(partner, answer):
        rows.update(delivered_next=place)
        record(
            actor=SYSTEM,
            action="interbank.send_again",
            object_ref=f"exchange-partner:{partner.pk}",
            from_sequence=place,
        )


def _has_forgotten(partner: Partner, answer: bodies.Answer) -> bool:
    """Whether the partner says that it misses what we took for delivered."""
    if answer.state is bodies.AnswerState.ABSENT:
        message = OutgoingMessage.objects.get(partner=partner, type=answer.message_type, key=answer.key)
        return message.sequence >= answer.next_sequence
    return answer.state is bodies.AnswerState.WAITING
