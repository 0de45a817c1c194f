"""Seals get a Merkle root and the root over their history, the history its nodes, the bank its key, reconciliations a table.

Seals that stand are not touched: an empty root says that they are of the older format. SQLite builds the seals' table anew
for a new column, which drops its triggers: they are made again here.
"""

from __future__ import annotations

import re
from pathlib import Path

from django.db import migrations, models

import xinshi.vault.fields
from xinshi.doors.append_only import append_only

SQL = Path(__file__).resolve().parent.parent / "sql"


def refuse_changes_again(apps, schema_editor):  # noqa: ARG001  # Django's signature
    if schema_editor.connection.vendor == "postgresql":
        return
    text = (SQL / "sqlite.sql").read_text(encoding="utf-8")
    for trigger in re.findall(r"CREATE TRIGGER (ledger_seal_\w+)(.*?END;)", text, re.DOTALL):
        schema_editor.execute(f"CREATE TRIGGER IF NOT EXISTS {trigger[0]}{trigger[1]}")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_donation_accounts")]
    operations = [
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("ok", models.BooleanField()),
                ("first_difference", models.CharField(blank=True, max_length=400)),
                ("checks", models.PositiveSmallIntegerField()),
                ("transfers", models.BigIntegerField()),
                ("seal_n", models.BigIntegerField()),
                ("seal_hash", models.CharField(blank=True, max_length=64)),
                ("actor_ref", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "ledger_reconciliation",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("first_difference", ""), ("ok", True)),
                            models.Q(("ok", False), models.Q(("first_difference", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="ledger_reconciliation_says_what",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("finished_at__gte", models.F("started_at"))),
                        name="ledger_reconciliation_takes_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReconciliationClaim",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("claimed_at", models.DateTimeField()),
                ("claimed_by", models.CharField(max_length=96)),
            ],
            options={
                "db_table": "ledger_reconciliation_claim",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="ledger_reconciliation_claim_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SealNode",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("hash", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "ledger_seal_node",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("position__gte", 0)), name="ledger_seal_node_position"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                ("number", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("public_key", models.CharField(max_length=64, unique=True)),
                ("private_key", xinshi.vault.fields.EncryptedTextField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "db_table": "ledger_signing_key",
            },
        ),
        migrations.AddField(
            model_name="seal",
            name="history",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="seal",
            name="root",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddConstraint(
            model_name="seal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("history", ""), ("root", "")),
                    models.Q(models.Q(("root", ""), _negated=True), models.Q(("history", ""), _negated=True)),
                    _connector="OR",
                ),
                name="ledger_seal_format",
            ),
        ),
        migrations.RunPython(refuse_changes_again, migrations.RunPython.noop),
        append_only("ledger_seal_node"),
        append_only("ledger_reconciliation"),
    ]
