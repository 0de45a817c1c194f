"""Answering a partner's queries: what became of a message, messages sent again, the list of a period."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from itertools import takewhile
from typing import Any, Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.exchange.models import Partner
from xinshi.interbank.moving.keys import own_code, signer
from xinshi.interbank.moving.models import IncomingMessage, Outcome, OutgoingMessage, Transfer
from xinshi.interbank.moving.reaching import spoke
from xinshi.interbank.moving.taking import SYSTEM, answer_about, end_asked
from xinshi.interbank.moving.trusting import Trouble, Trusted
from xinshi.interbank.moving.writing import locked_partner, read_stored
from xinshi.interbank.protocol import bodies
from xinshi.interbank.protocol.bodies import MessageType, day_of, moment_of, moment_text
from xinshi.interbank.protocol.canonical import digest
from xinshi.interbank.protocol.states import Refusal
from xinshi.kernel import clock

CLOCK_OFF_SECONDS_MAX: Final = 300
CURSOR: Final = re.compile(r"(?:sent|received):[1-9][0-9]{0,15}")
"""What `next` of a page says here: behind which entry the next one begins."""
State = Transfer.State
SENT_STATES: Final = {
    State.CONFIRMED: "applied",
    State.REJECTED: "refused",
    State.GRANTED: "applied",
    State.APPLIED: "applied",
    State.REFUSED: "applied",
    State.DECLINED: "refused",
}
"""What became of our message, by the transfer's state: a request whose hours were refused here was granted all the same."""


def require_fresh(asked_at: str) -> None:
    """Trouble for a query whose moment is far off: a repeated one could close what is asked for again."""
    if abs((moment_of(asked_at) - clock.now()).total_seconds()) > CLOCK_OFF_SECONDS_MAX:
        raise Trouble("stale")


def tell(said: Trusted[bodies.StateQuery]) -> bodies.Answer:
    """What became of a message of the partner; closed first where it asks for that and nothing was decided.

    The caller notes that the partner spoke.
    """
    query = said.body
    require_fresh(query.asked_at)
    about = digest(query.body())
    if query.close:
        return _close(said.partner.pk, query, about)
    return answer_about(said.partner, query.message_type, query.key, query.message, about=about)


@transaction.atomic
def _close(partner_id: int, query: bodies.StateQuery, about: str) -> bodies.Answer:
    partner = locked_partner(partner_id)
    rows = Outcome.objects.filter(partner=partner, type=query.message_type, key=query.key)
    if not rows.filter(message_hash=query.message).exists():
        code = Refusal.KEY_REUSED if rows.exists() else Refusal.CLOSED
        Outcome.objects.create(
            partner=partner,
            type=query.message_type.value,
            key=query.key,
            message_hash=query.message,
            state="refused",
            code=code.value,
            minutes=_waiting_minutes(partner, query.message),
            decided_at=clock.now().replace(microsecond=0),
        )
        if query.message_type is MessageType.TRANSFER and code is Refusal.CLOSED:
            end_asked(partner, query.key, code.value)
        record(
            actor=SYSTEM,
            action="interbank.close",
            object_ref=f"exchange-partner:{partner_id}",
            type=query.message_type.value,
            key=query.key,
        )
    return answer_about(partner, query.message_type, query.key, query.message, about=about)


def _waiting_minutes(partner: Partner, message_hash: str) -> int:
    rows = IncomingMessage.objects.filter(partner=partner, message_hash=message_hash)
    return rows.values_list("minutes", flat=True).first() or 0


def resend(said: Trusted[bodies.MissingQuery]) -> list[dict[str, Any]]:
    """Messages of ours that the partner misses, signed anew: the hash does not cover the signature.

    Whatever range it asks for, only what was sent before: a message whose first try is not stored would be applied there
    while its minutes still stand here as never sent.
    """
    query = said.body
    require_fresh(query.asked_at)
    spoke(partner_id=said.partner.pk)
    rows = OutgoingMessage.objects.filter(
        partner=said.partner, sequence__gte=query.from_sequence, sequence__lte=query.to_sequence
    )
    page = list(rows.order_by("sequence")[: bodies.MISSING_MAX])
    never_sent = Transfer.objects.filter(
        partner=said.partner, key__in=[row.key for row in page], state__in=[State.HELD, State.ASKED]
    )
    keys = set(never_sent.values_list("key", flat=True))
    sign = signer(said.partner.code)
    return [sign(read_stored(row.body)) for row in takewhile(lambda row: row.key not in keys, page)]


def list_entries(said: Trusted[bodies.EntriesQuery]) -> bodies.Listing:
    """A page of what was sent and received on these days."""
    query = said.body
    require_fresh(query.asked_at)
    if query.after and not CURSOR.fullmatch(query.after):
        raise Trouble("malformed", "after: the “next” of a page that was given here")
    spoke(partner_id=said.partner.pk)
    entries = entries_of(said.partner, query.from_day, query.to_day, after=query.after)
    page = entries[: bodies.ENTRIES_MAX]
    last = page[-1] if len(entries) > len(page) else None
    return bodies.Listing(
        sender=own_code(),
        receiver=said.partner.code,
        about=digest(query.body()),
        from_day=query.from_day,
        to_day=query.to_day,
        drawn_at=moment_text(clock.now()),
        entries=tuple(page),
        next=f"{last.direction}:{last.sequence}" if last else "",
    )


def entries_of(partner: Partner, from_day: str, to_day: str, *, after: str = "") -> list[bodies.Entry]:
    """Entries by direction and sequence, behind `after` (`sent:7`), one more than a page has at most."""
    begin, end = datetime.combine(day_of(from_day), time.min, UTC), datetime.combine(day_of(to_day), time.max, UTC)
    direction, _, number = after.partition(":")
    sequence = int(number or 0)
    found: list[bodies.Entry] = []
    if direction != "received":
        found += _sent(partner, begin, end, after=sequence)
        sequence = 0
    room = bodies.ENTRIES_MAX + 1 - len(found)
    return found + (_received(partner, begin, end, after=sequence)[:room] if room > 0 else [])


def _entry(row: OutgoingMessage | IncomingMessage, direction: str, state: str) -> bodies.Entry:
    return bodies.Entry(
        direction=direction,
        sequence=row.sequence,
        type=MessageType(row.type),
        key=row.key,
        message=row.message_hash,
        minutes=row.minutes,
        kind=row.kind,
        sent_at=moment_text(row.sent_at),
        state=state,
    )


def _sent(partner: Partner, begin: datetime, end: datetime, *, after: int) -> list[bodies.Entry]:
    rows = OutgoingMessage.objects.filter(partner=partner, sent_at__gte=begin, sent_at__lte=end, sequence__gt=after)
    page = list(rows.order_by("sequence")[: bodies.ENTRIES_MAX + 1])
    states = dict(
        Transfer.objects.filter(partner=partner, key__in=[row.key for row in page]).values_list("key", "state")
    )
    return [_entry(row, "sent", SENT_STATES.get(State(states[row.key]), "open")) for row in page]


def _received(partner: Partner, begin: datetime, end: datetime, *, after: int) -> list[bodies.Entry]:
    rows = IncomingMessage.objects.filter(partner=partner, sent_at__gte=begin, sent_at__lte=end, sequence__gt=after)
    page = list(rows.order_by("sequence")[: bodies.ENTRIES_MAX + 1])
    kept = Outcome.objects.filter(partner=partner, message_hash__in=[row.message_hash for row in page])
    states = dict(kept.values_list("message_hash", "state"))
    return [_entry(row, "received", states.get(row.message_hash, "open")) for row in page]
