"""Writing messages into our stream, and holding the minutes that a transfer promises: one step, under the partner's lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from xinshi.bank.models import Passbook
from xinshi.exchange.models import Partner
from xinshi.interbank.moving.domain import HELD_FOR, LIFETIME, OwnLot, provenance, source_ref
from xinshi.interbank.moving.keys import own_code
from xinshi.interbank.moving.models import OutgoingMessage, Stream, Transfer
from xinshi.interbank.protocol import bodies
from xinshi.interbank.protocol.bodies import MessageType, moment_of, moment_text
from xinshi.interbank.protocol.canonical import canonical, parsed
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound
from xinshi.ledger.actions import hold, system_account
from xinshi.ledger.domain import AccountKind
from xinshi.outbox.waking import wake_worker

State = Transfer.State


def locked_partner(partner_id: int) -> Partner:
    """The partner's row, locked: both streams with it move one message at a time."""
    found = Partner.objects.select_for_update(no_key=True).filter(pk=partner_id, kind=Partner.Kind.BANK).first()
    if found is None:
        raise NotFound
    return found


def stream_of(partner: Partner) -> Stream:
    """The two streams with a partner that the caller has locked; they begin at their first use."""
    return Stream.objects.get_or_create(partner=partner)[0]


def read_stored(text: str) -> bodies.Message:
    """A message as it was stored."""
    return bodies.read_as(bodies.Message, parsed(text.encode()))


def write_message(partner: Partner, *, kind: MessageType, token: str, of: Transfer, **served: str) -> OutgoingMessage:
    """Append a message about a transfer to our stream, and have it sent at once; the caller has locked the partner."""
    stream, at = stream_of(partner), clock.now()
    message = bodies.Message(
        type=kind,
        sender=own_code(),
        receiver=partner.code,
        sequence=stream.out_next,
        previous=stream.out_hash,
        sent_at=moment_text(at),
        expires_at=moment_text(of.expires_at),
        key=of.key,
        person=token,
        minutes=of.minutes,
        kind=of.kind,
        **served,
    )
    written = OutgoingMessage.objects.create(partner=partner, **stored_fields(message))
    stream.out_next, stream.out_hash, stream.due_at = stream.out_next + 1, message.hash, at
    if of.is_asked_here:
        stream.quiet_until = None  # Somebody waits for this one: a partner that was left alone is tried at once.
    stream.save(update_fields=["out_next", "out_hash", "due_at", "quiet_until"])
    wake_worker()
    return written


def stored_fields(message: bodies.Message) -> dict[str, Any]:
    """The columns that both kinds of stored messages have."""
    return {
        "sequence": message.sequence,
        "type": message.type.value,
        "key": message.key,
        "message_hash": message.hash,
        "previous_hash": message.previous,
        "minutes": message.minutes,
        "kind": message.kind,
        "sent_at": moment_of(message.sent_at),
        "expires_at": moment_of(message.expires_at),
        "body": canonical(message.body()).decode(),
    }


def hold_and_send(
    partner: Partner,
    passbook: Passbook,
    lots: Sequence[OwnLot],
    *,
    key: str,
    minutes: int,
    kind: str,
    token: str,
    is_asked_here: bool,
    by_ref: str,
    form_key: str = "",
) -> Transfer:
    """Hold minutes that were earned here and write the transfer that sends them; the caller has checked that they may go.

    `lots`: what was earned here and is still there, read under the lock of the balance.
    InsufficientMinutes where they are reserved meanwhile.
    """
    served = provenance(lots, minutes)
    at = clock.now()
    held = hold(
        key=source_ref(key),
        account_id=passbook.account_id,
        to_id=system_account(AccountKind.CLEARING, f"partner:{partner.code}"),
        minutes=minutes,
        kind="interbank_out",
        expires_at=at + HELD_FOR,
        actor_ref=by_ref,
        memo=partner.name,
    )
    transfer = Transfer.objects.create(
        partner=partner,
        person_id=passbook.person_id,
        direction=Transfer.Direction.OUT,
        is_asked_here=is_asked_here,
        key=key,
        minutes=minutes,
        kind=kind,
        worked_on=served.worked_on,
        category=served.category,
        activity=served.activity,
        state=State.HELD,
        hold_id=held.id,
        form_key=form_key,
        expires_at=whole_second(at + LIFETIME),
        due_at=at,
        begun_at=at,
        begun_by_ref=by_ref,
    )
    write_message(
        partner,
        kind=MessageType.TRANSFER,
        token=token,
        of=transfer,
        worked_on=served.worked_on.isoformat(),
        category=served.category,
        activity=served.activity,
        evidence=served.evidence,
    )
    return transfer


def whole_second(moment: datetime) -> datetime:
    """As a message can say it."""
    return moment.replace(microsecond=0)
