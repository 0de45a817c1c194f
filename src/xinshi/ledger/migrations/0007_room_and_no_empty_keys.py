"""A booking writes no index for what it does not have, and its balances stay in their pages (ADR 0013)."""

from __future__ import annotations

from django.db import migrations

from xinshi.doors.indexes import pages_filled, unique_where_filled
from xinshi.doors.references import checked_by_statement, never_deleted


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_lean_indexes")]
    operations = [
        unique_where_filled("ledger_transfer", "hold_id"),
        unique_where_filled("ledger_transfer", "reverses_id"),
        pages_filled("ledger_balance", 50),
        never_deleted("ledger_account"),
        checked_by_statement("ledger_transfer", {"debit_id": "ledger_account", "credit_id": "ledger_account"}),
        checked_by_statement("ledger_entry", {"account_id": "ledger_account", "transfer_id": "ledger_transfer"}),
    ]
