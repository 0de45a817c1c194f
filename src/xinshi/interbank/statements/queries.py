"""Reads of statements, and whether the book still says what one of them says."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from xinshi.exchange.access import require_reader
from xinshi.interbank.statements.actions import month_after
from xinshi.interbank.statements.figures import figures_of, number_of
from xinshi.interbank.statements.models import BankStatement, CounterStatement
from xinshi.interbank.statements.movements import movements
from xinshi.kernel.actor import Actor
from xinshi.kernel.clock import day_bounds
from xinshi.kernel.errors import NotFound
from xinshi.ledger.queries import seal_hash_at


def statements(actor: Actor, *, partner_id: int | None = None) -> QuerySet[BankStatement]:
    """Newest months first."""
    require_reader(actor)
    rows = BankStatement.objects.select_related("partner")
    if partner_id is not None:
        rows = rows.filter(partner_id=partner_id)
    return rows.order_by("-month", "-pk")


def statement(actor: Actor, statement_id: int) -> BankStatement:
    require_reader(actor)
    found = BankStatement.objects.select_related("partner").filter(pk=statement_id).first()
    if found is None:
        raise NotFound
    return found


def counter_statements(found: BankStatement) -> list[CounterStatement]:
    return list(found.counter_statements.order_by("-pk")[:20])


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement against itself and against the book as it is today."""

    row: BankStatement
    is_number: bool
    is_book: bool
    is_sealed: bool

    @property
    def fits(self) -> bool:
        return self.is_number and self.is_book and self.is_sealed


def check(number: str) -> Checked | None:
    """The statement with this number, for anybody who scans it; None where this bank issued none such."""
    plain = "".join(sign for sign in number.upper() if sign.isalnum())
    row = BankStatement.objects.select_related("partner").filter(number=plain).first() if len(plain) == 16 else None
    if row is None:
        return None
    body = row.document["statement"]
    begin, end = day_bounds(row.month)[0], day_bounds(month_after(row.month))[0]
    now = figures_of(row.opening_minutes, movements(row.partner, begin, end))
    names = ("in_minutes", "in_count", "out_minutes", "out_count", "correction_minutes", "correction_count")
    return Checked(
        row,
        is_number=number_of(body) == row.number and body["closing_minutes"] == row.closing_minutes,
        is_book=all(getattr(now, name) == body[name] for name in names),
        is_sealed=not body["seal_n"] or seal_hash_at(body["seal_n"]) == body["seal_hash"],
    )
