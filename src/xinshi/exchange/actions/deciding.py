"""Deciding on lines that were held back: a person who looked credits or discards them; nobody their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from xinshi.audit.actions import record_many
from xinshi.bank.actions import deposit_many
from xinshi.exchange.access import require_keeper
from xinshi.exchange.actions.crediting import new_deposits
from xinshi.exchange.actions.importing import locked_partner
from xinshi.exchange.domain import ZHIYUANHUI
from xinshi.exchange.events import LineDecided
from xinshi.exchange.known import parts, withdrawn_consents
from xinshi.exchange.models import ImportLine
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop
from xinshi.outbox.actions import publish_many

REASON_LENGTH_MAX = 300


class LineNotWaiting(DomainError):
    code = "line_not_waiting"
    message = gettext_noop("Somebody has decided on one of these rows already. Load the list again.")


class OwnLine(DomainError):
    code = "own_line"
    message = gettext_noop("Nobody decides on their own hours. Ask another coordinator.")


class ConsentWithdrawn(DomainError):
    code = "consent_withdrawn"
    message = gettext_noop("Somebody in this selection has withdrawn their consent to the exchange with 志愿汇.")


class SegmentCredited(DomainError):
    code = "segment_credited"
    message = gettext_noop("Exactly these times were credited to this person before. Discard the row instead.")


@transaction.atomic
def accept_lines(*, actor: Actor, line_ids: Sequence[int], reason: str = "") -> int:
    """Credit lines that were held back, all or none; returns their minutes.

    LineNotWaiting, OwnLine, ConsentWithdrawn, SegmentCredited, or the bank's PassbookNotOpen.
    """
    lines = _locked(actor, line_ids)
    if withdrawn_consents(line.person_id for line in lines if line.person_id):
        raise ConsentWithdrawn
    try:
        with transaction.atomic():
            _decide(actor, lines, ImportLine.State.CREDITED, reason)
    except IntegrityError:
        raise SegmentCredited from None
    deposit_many(actor=actor, deposits=new_deposits(lines), partner=ZHIYUANHUI)
    return sum(line.minutes for line in lines)


@transaction.atomic
def discard_lines(*, actor: Actor, line_ids: Sequence[int], reason: str) -> int:
    """Lay lines that were held back aside for good, and say why; returns how many."""
    if not reason.strip():
        raise Invalid(field="reason", reason=gettext_noop("Say why these hours are not credited."))
    lines = _locked(actor, line_ids)
    _decide(actor, lines, ImportLine.State.DISCARDED, reason)
    return len(lines)


def _locked(actor: Actor, line_ids: Sequence[int]) -> list[ImportLine]:
    """The lines, locked after their partner; NotFound for unknown ones."""
    require_keeper(actor)
    wanted = sorted(set(line_ids))
    if not wanted:
        raise NotFound
    locked_partner()
    lines: list[ImportLine] = []
    for part in parts(wanted):
        lines += ImportLine.objects.select_for_update().filter(pk__in=part).order_by("pk")
    if len(lines) < len(wanted):
        raise NotFound
    if any(line.state != ImportLine.State.HELD_BACK for line in lines):
        raise LineNotWaiting
    if any(line.person_id == actor.person_id for line in lines):
        raise OwnLine
    return lines


def _decide(actor: Actor, lines: Sequence[ImportLine], state: ImportLine.State, reason: str) -> None:
    at: datetime = clock.now()
    for part in parts(line.pk for line in lines):
        ImportLine.objects.filter(pk__in=part).update(
            state=state.value,
            decided_at=at,
            decided_by_ref=actor.reference,
            decision_reason=reason.strip()[:REASON_LENGTH_MAX],
        )
    is_accepted = state is ImportLine.State.CREDITED
    record_many(
        actor=actor,
        action="exchange.accept_line" if is_accepted else "exchange.discard_line",
        objects=[(f"exchange-line:{line.pk}", {"minutes": line.minutes, "why_held": line.code}) for line in lines],
    )
    publish_many(
        LineDecided(line_id=line.pk, person_id=line.person_id, is_accepted=is_accepted)
        for line in lines
        if line.person_id is not None
    )
