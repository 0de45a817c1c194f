"""Statements and what people wrote about differences are sealed once they are there."""

from __future__ import annotations

from xinshi.audit.sealing import Chain, seal_rows_of
from xinshi.interbank.reconciling.models import DifferenceNote
from xinshi.interbank.statements.models import BankStatement, CounterStatement


def register_seals() -> None:
    """Called once when the house starts."""
    fields = ("id", "partner_id", "month", "number", "closing_minutes", "document", "issued_at", "issued_by_ref")
    seal_rows_of(Chain("bank-statements", BankStatement, fields))
    counters = ("id", "statement_id", "document", "key_id", "differs", "filed_at", "filed_by_ref")
    seal_rows_of(Chain("counter-statements", CounterStatement, counters))
    seal_rows_of(Chain("difference-notes", DifferenceNote, ("id", "difference_id", "text", "at", "by_ref")))
