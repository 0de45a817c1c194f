"""Writes of statements: one per bank and month, signed when it is issued; the partner's own, filed and compared."""

from __future__ import annotations

import base64
from datetime import date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from xinshi.audit.actions import record
from xinshi.exchange.access import require_keeper
from xinshi.exchange.models import Partner
from xinshi.exchange.partners.queries import trusted_key
from xinshi.interbank.moving.keys import own_code, signing_key
from xinshi.interbank.protocol.bodies import moment_text
from xinshi.interbank.protocol.canonical import Malformed, parsed
from xinshi.interbank.statements.figures import (
    FILE_BYTES_MAX,
    Figures,
    body_of,
    figures_of,
    mirror_differences,
    number_of,
    opened,
    signed,
)
from xinshi.interbank.statements.models import BankStatement, CounterStatement
from xinshi.interbank.statements.movements import movements
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.clock import day_bounds
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.ledger.queries import newest_seals

COUNTER_STATEMENTS_MAX = 20
FIRST_MONTH = date(2000, 1, 1)


class MonthNotOver(DomainError):
    code = "month_not_over"
    message = gettext_noop("A statement is issued when its month is over.")


class NotTheirStatement(DomainError):
    code = "not_their_statement"
    message = gettext_noop(
        "This file is no statement of this bank to us for this month. Ask for the file beside the PDF."
    )
    status = 422


class StatementNotSigned(DomainError):
    code = "statement_not_signed"
    message = gettext_noop("The signature does not fit a key of this bank that we trust. Nothing was filed.")
    status = 422


class FiledOftenEnough(DomainError):
    code = "filed_often_enough"
    message = gettext_noop(
        "Twenty statements of the partner are filed for this month already. Talk to each other first."
    )


def month_after(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


@transaction.atomic
def issue_statement(*, actor: Actor, partner_id: int, month: date) -> BankStatement:
    """The statement of the month on whose days `month` lies; issued once, asked for again it is the same one.

    NotFound for an unknown bank, MonthNotOver.
    """
    require_keeper(actor)
    partner = Partner.objects.select_for_update().filter(pk=partner_id, kind=Partner.Kind.BANK).first()
    if partner is None:
        raise NotFound
    first = month.replace(day=1)
    if first < FIRST_MONTH or first > clock.today() or month_after(first) > clock.today():
        raise MonthNotOver
    known = BankStatement.objects.filter(partner=partner, month=first).first()
    return known or _issue(actor, partner, first)


def _issue(actor: Actor, partner: Partner, month: date) -> BankStatement:
    begin, end = day_bounds(month)[0], day_bounds(month_after(month))[0]
    figures = figures_of(_opening(partner, month, begin), movements(partner, begin, end))
    at = clock.now()
    body = _body(figures, partner, month, at)
    key = signing_key(partner.code)
    document = signed(
        body, key_id=key.key_id, private_key=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.private_key))
    )
    row = BankStatement.objects.create(
        partner=partner,
        month=month,
        number=number_of(body),
        opening_minutes=figures.opening_minutes,
        in_minutes=figures.in_minutes,
        in_count=figures.in_count,
        out_minutes=figures.out_minutes,
        out_count=figures.out_count,
        correction_minutes=figures.correction_minutes,
        correction_count=figures.correction_count,
        closing_minutes=figures.closing_minutes,
        document=document,
        issued_at=at,
        issued_by_ref=actor.reference,
    )
    record(
        actor=actor,
        action="interbank.issue_statement",
        object_ref=f"bank-statement:{row.pk}",
        partner=partner.code,
        month=f"{month:%Y-%m}",
        number=row.number,
        closing_minutes=row.closing_minutes,
    )
    return row


def _body(figures: Figures, partner: Partner, month: date, at: datetime) -> dict[str, Any]:
    seal = next(iter(newest_seals(limit=1)), None)
    return body_of(
        figures,
        sender=own_code(),
        receiver=partner.code,
        month=f"{month:%Y-%m}",
        seal_n=seal.n if seal else 0,
        seal_hash=seal.hash if seal else "",
        issued_at=moment_text(at),
    )


def _opening(partner: Partner, month: date, begin: datetime) -> int:
    """The closing balance of the month before where it was stated, else everything that moved before."""
    before = (month - timedelta(days=1)).replace(day=1)
    stated = (
        BankStatement.objects.filter(partner=partner, month=before).values_list("closing_minutes", flat=True).first()
    )
    return figures_of(0, movements(partner, None, begin)).closing_minutes if stated is None else stated


@transaction.atomic
def file_counter_statement(*, actor: Actor, statement_id: int, data: bytes) -> CounterStatement:
    """File the partner's own signed statement of the same month beside ours, and say where they differ.

    NotTheirStatement, StatementNotSigned, FiledOftenEnough; nothing is booked by it.
    """
    require_keeper(actor)
    ours = (
        BankStatement.objects.select_for_update(of=("self",)).select_related("partner").filter(pk=statement_id).first()
    )
    if ours is None:
        raise NotFound
    try:
        found = opened(data[: FILE_BYTES_MAX + 1])
    except Malformed:
        raise NotTheirStatement from None
    body, own = found.body, ours.document["statement"]
    if (body["from"], body["to"], body["month"]) != (own["to"], own["from"], own["month"]) or not found.adds_up:
        raise NotTheirStatement
    key = trusted_key(ours.partner, found.key_id, clock.now())
    if key is None or not found.is_signed_by(_raw(key.public_key)):
        raise StatementNotSigned
    if ours.counter_statements.count() >= COUNTER_STATEMENTS_MAX:
        raise FiledOftenEnough
    row = CounterStatement.objects.create(
        statement=ours,
        document={"statement": body, "signature": _signature_of(data)},
        key_id=found.key_id,
        differs=[list(one) for one in mirror_differences(own, body)],
        filed_at=clock.now(),
        filed_by_ref=actor.reference,
    )
    record(
        actor=actor,
        action="interbank.file_counter_statement",
        object_ref=f"bank-statement:{ours.pk}",
        differs=len(row.differs),
    )
    return row


def _raw(public_key: str) -> bytes:
    return base64.b64decode(public_key)


def _signature_of(data: bytes) -> Any:
    return parsed(data)["signature"]


def issue_due(*, actor: Actor) -> int:
    """Issue last month's statement for every time bank that has none yet; returns how many. For the worker."""
    month = (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)
    waiting = Partner.objects.filter(kind=Partner.Kind.BANK, created_at__lt=day_bounds(month_after(month))[0]).exclude(
        statements__month=month
    )
    ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:200])
    for partner_id in ids:
        issue_statement(actor=actor, partner_id=partner_id, month=month)
    return len(ids)
