"""Texts to phones: put in line with the write that causes them, sent by the worker with attempts and back-off."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import QuerySet

from xinshi.kernel import clock
from xinshi.messages.gateways import GatewayError, gateway, is_for_developing, is_ready
from xinshi.messages.models import OutgoingText

ATTEMPTS_MAX: Final = 6
BACKOFF_SECONDS_MAX: Final = 300
LEASE: Final = timedelta(seconds=60)
"""How long a worker has for one text before another may try it."""
BATCH_MAX: Final = 50
TEXTS_AT_ONCE: Final = 400
TEXT_LANGUAGE: Final = "zh-hans"
"""In which texts are written, whoever causes them: nobody on the other end of a phone has chosen a language here."""
KEPT_FOR: Final = timedelta(days=30)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewText:
    """A text to a phone; `shown_to` is the phone masked."""

    to: str
    shown_to: str
    text: str
    purpose: str
    useful_for: timedelta


def send_text(*, to: str, shown_to: str, text: str, purpose: str, useful_for: timedelta) -> int:
    """Put a text in line, in the caller's transaction; its id. `shown_to` is the masked phone."""
    text_to_send = NewText(to=to, shown_to=shown_to, text=text, purpose=purpose, useful_for=useful_for)
    row = _in_line(text_to_send, clock.now())
    row.save(force_insert=True)
    return row.pk


def send_texts(texts: Iterable[NewText]) -> int:
    """Many at once, in one statement for each few hundred; how many."""
    at = clock.now()
    return len(OutgoingText.objects.bulk_create([_in_line(one, at) for one in texts], batch_size=TEXTS_AT_ONCE))


def _in_line(new: NewText, at: datetime) -> OutgoingText:
    assert connection.in_atomic_block, "a text is put in line with the write that causes it"
    return OutgoingText(
        to=new.to,
        shown_to=new.shown_to,
        text=new.text,
        purpose=new.purpose,
        due_at=at,
        useless_from=at + new.useful_for,
        created_at=at,
    )


def deliver_texts() -> int:
    """Send what is due; returns how many texts the gateway took. For the worker; several may do it at once."""
    if not is_ready():
        return 0
    sent = 0
    for _ in range(BATCH_MAX):
        row = _claimed()
        if row is None:
            break
        sent += _sent(row)
    return sent


@transaction.atomic
def _claimed() -> OutgoingText | None:
    """The next text that is due, put off by the lease so that nobody else takes it meanwhile.

    What is useless soonest goes first: somebody who waits for a code does not stand behind a thousand reminders.
    """
    at = clock.now()
    due = OutgoingText.objects.filter(state=OutgoingText.State.WAITING, due_at__lte=at).order_by("useless_from", "id")
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    row = due.first()
    if row is not None:
        row.attempts += 1
        row.due_at = at + LEASE
        row.save(update_fields=["attempts", "due_at"])
    return row


def _sent(row: OutgoingText) -> bool:
    """Hand one text over, outside of any transaction: a slow gateway holds no lock."""
    if row.useless_from <= clock.now():
        _end(row, OutgoingText.State.FAILED, error="too late")
        return False
    try:
        gateway().send(to=row.to, shown_to=row.shown_to, text=row.text)
    except GatewayError as error:
        log.warning("text not sent", extra={"text": row.pk, "attempt": row.attempts, "error": str(error)})
        if row.attempts >= ATTEMPTS_MAX:
            _end(row, OutgoingText.State.FAILED, error=str(error))
        else:
            wait = timedelta(seconds=min(2**row.attempts, BACKOFF_SECONDS_MAX))
            _waiting(row).update(due_at=clock.now() + wait, last_error=str(error)[:64])
        return False
    _end(row, OutgoingText.State.SENT)
    return True


def _waiting(row: OutgoingText) -> QuerySet[OutgoingText]:
    return OutgoingText.objects.filter(pk=row.pk, state=OutgoingText.State.WAITING)


def _end(row: OutgoingText, state: OutgoingText.State, *, error: str = "") -> None:
    """The text has ended; what it said is forgotten with that, and to whom."""
    kept = {} if is_for_developing() else {"text": "", "to": ""}
    _waiting(row).update(state=state, last_error=error[:64], ended_at=clock.now(), **kept)


def forget_old_texts() -> int:
    """Delete what ended long ago; returns how many rows went."""
    return OutgoingText.objects.filter(ended_at__lt=clock.now() - KEPT_FOR).delete()[0]
