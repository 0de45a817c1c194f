"""A deposit says what the policy made of it; a passbook says how many of its hours are verified."""

from __future__ import annotations

import re
from pathlib import Path

from django.db import migrations, models
from django.db.models import F, Q

SQL = Path(__file__).resolve().parent.parent / "sql"
TABLES = ("deposit", "deposit_reversal")
VERIFIED = """
UPDATE passbook SET verified_minutes = (
  SELECT coalesce(sum(d.raw_minutes), 0) FROM deposit d LEFT JOIN deposit_reversal r ON r.deposit_id = d.id
   WHERE d.passbook_id = passbook.id AND d.kind = 'verified' AND r.id IS NULL)
"""
PARTNERS = """
UPDATE deposit SET partner = (
  SELECT substr(a.owner_ref, 9) FROM ledger_transfer t JOIN ledger_account a ON a.id = t.debit_id
   WHERE t.id = deposit.transfer_id)
 WHERE transfer_id IN (
  SELECT t.id FROM ledger_transfer t JOIN ledger_account a ON a.id = t.debit_id WHERE a.kind = 'clearing')
"""


def _triggers() -> list[str]:
    return re.findall(r"CREATE TRIGGER.*?END;", (SQL / "sqlite.sql").read_text(encoding="utf-8"), re.DOTALL)


def open_tables(_, schema_editor):
    """Let the migration itself fill a column of what is otherwise never changed."""
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            return
        for trigger in _triggers():
            cursor.execute(f"DROP TRIGGER IF EXISTS {re.match(r'CREATE TRIGGER (.*?) ', trigger).group(1)}")


def fill(_, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(VERIFIED)
        cursor.execute(PARTNERS)


def close_tables(_, schema_editor):
    """SQLite makes an altered table anew, without its triggers; PostgreSQL keeps them."""
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            return
        for trigger in _triggers():
            cursor.execute(trigger)


class Migration(migrations.Migration):
    dependencies = [("bank", "0004_policy_says_rules")]
    operations = [
        migrations.AddField("passbook", "verified_minutes", models.BigIntegerField(default=0, db_default=0)),
        migrations.RunPython(open_tables, close_tables),
        migrations.RemoveConstraint("deposit", "deposit_minutes"),
        migrations.AlterField("deposit", "transfer_id", models.BigIntegerField(null=True, unique=True)),
        migrations.AddField("deposit", "donation_transfer_id", models.BigIntegerField(null=True, unique=True)),
        migrations.AddField("deposit", "donation_minutes", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.AddField("deposit", "why", models.CharField(blank=True, default="", db_default="", max_length=160)),
        migrations.AddField(
            "deposit", "activity_ref", models.CharField(blank=True, default="", db_default="", max_length=64)
        ),
        migrations.AddField(
            "deposit", "partner", models.CharField(blank=True, default="", db_default="", max_length=32)
        ),
        migrations.AlterField("depositreversal", "transfer_id", models.BigIntegerField(null=True, unique=True)),
        migrations.AddField("depositreversal", "donation_transfer_id", models.BigIntegerField(null=True, unique=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            "deposit",
            models.CheckConstraint(
                condition=Q(raw_minutes__gt=0, donation_minutes__lte=F("credited_minutes")), name="deposit_minutes"
            ),
        ),
        migrations.AddConstraint(
            "deposit",
            models.CheckConstraint(
                condition=Q(transfer_id=None, credited_minutes=F("donation_minutes"))
                | Q(transfer_id__isnull=False, credited_minutes__gt=F("donation_minutes")),
                name="deposit_main_part",
            ),
        ),
        migrations.AddConstraint(
            "deposit",
            models.CheckConstraint(
                condition=Q(donation_transfer_id=None, donation_minutes=0)
                | Q(donation_transfer_id__isnull=False, donation_minutes__gt=0),
                name="deposit_donation_part",
            ),
        ),
        migrations.AddConstraint(
            "passbook",
            models.CheckConstraint(
                condition=Q(verified_minutes__gte=0, verified_minutes__lte=F("certified_minutes")),
                name="passbook_verified",
            ),
        ),
        migrations.RunPython(close_tables, open_tables),
    ]
