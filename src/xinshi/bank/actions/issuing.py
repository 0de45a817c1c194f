"""Issuing a statement: a numbered paper whose number is a fingerprint of its figures."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.bank import queries, statement_queries
from xinshi.bank.models import Passbook, StatementIssue
from xinshi.bank.queries import StatementFilter
from xinshi.bank.statements import Figures, number_of
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.ledger import queries as ledger
from xinshi.ledger.proof.seals import moment_text


@transaction.atomic
def issue_statement(*, actor: Actor, passbook_id: int, wanted: StatementFilter) -> StatementIssue:
    """The statement of a passbook that `actor` may see, narrowed as wanted.

    Asked for again on the same day, with nothing changed, it is the same one: to open a document twice writes once.
    """
    visible = queries.passbook(actor, passbook_id)
    found = Passbook.objects.select_for_update().get(pk=visible.pk)
    figures = _figures(found, wanted, clock.now())
    known = _issued_today(found, wanted, figures)
    if known is not None:
        return known
    digest = figures.digest
    issue = StatementIssue.objects.create(
        number=number_of(digest),
        digest=digest,
        passbook=visible,
        year=wanted.year,
        kind=wanted.kind,
        category=wanted.category,
        last_seq=figures.lines[-1][0] if figures.lines else 0,
        lines=len(figures.lines),
        in_minutes=figures.in_minutes,
        out_minutes=figures.out_minutes,
        available_minutes=figures.available_minutes,
        held_minutes=figures.held_minutes,
        certified_minutes=figures.certified_minutes,
        seal_n=figures.seal_n,
        seal_hash=figures.seal_hash,
        nonce=figures.nonce,
        issued_at=datetime.fromisoformat(figures.issued_at),
        issued_by_ref=actor.reference,
    )
    record(
        actor=actor,
        action="bank.issue_statement",
        object_ref=f"passbook:{passbook_id}",
        statement=issue.pk,
        lines=issue.lines,
        seal=issue.seal_n,
    )
    return issue


def _figures(found: Passbook, wanted: StatementFilter, at: datetime) -> Figures:
    balance = ledger.balance(found.account_id)
    head = ledger.newest_seals(limit=1)
    return Figures(
        passbook_number=found.number,
        year=wanted.year,
        kind=wanted.kind,
        category=wanted.category,
        available_minutes=balance.available,
        held_minutes=balance.held,
        certified_minutes=found.certified_minutes,
        lines=statement_queries.lines_of(found, wanted),
        seal_n=head[0].n if head else 0,
        seal_hash=head[0].hash if head else "",
        issued_at=moment_text(at),
        nonce=secrets.token_hex(16),
    )


def _issued_today(found: Passbook, wanted: StatementFilter, figures: Figures) -> StatementIssue | None:
    """The newest statement of today with the same filter, where every figure is still the same."""
    since, until = clock.day_bounds(clock.today())
    known = (
        StatementIssue.objects.select_related("passbook__person")
        .filter(passbook=found, year=wanted.year, kind=wanted.kind, category=wanted.category)
        .filter(issued_at__gte=since, issued_at__lt=until)
        .order_by("-id")
        .first()
    )
    if known is None or (not known.seal_n and figures.seal_n):
        return None
    totals = (known.available_minutes, known.held_minutes, known.certified_minutes)
    same = totals == (figures.available_minutes, figures.held_minutes, figures.certified_minutes)
    return known if same and statement_queries.figures_of(known, figures.lines).digest == known.digest else None
