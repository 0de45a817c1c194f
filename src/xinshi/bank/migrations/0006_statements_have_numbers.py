"""Statements that were given out, each with the number that is a fingerprint of its figures."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from xinshi.doors.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("bank", "0005_policy_on_the_deposit_path"), ("ledger", "0004_seals_prove_single_lines")]
    operations = [
        migrations.CreateModel(
            name="StatementIssue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=16, unique=True)),
                ("digest", models.CharField(max_length=64)),
                ("year", models.PositiveIntegerField(null=True)),
                ("kind", models.CharField(blank=True, max_length=8)),
                ("category", models.CharField(blank=True, max_length=4)),
                ("last_seq", models.BigIntegerField()),
                ("lines", models.PositiveIntegerField()),
                ("in_minutes", models.BigIntegerField()),
                ("out_minutes", models.BigIntegerField()),
                ("available_minutes", models.BigIntegerField()),
                ("held_minutes", models.BigIntegerField()),
                ("certified_minutes", models.BigIntegerField()),
                ("seal_n", models.BigIntegerField()),
                ("seal_hash", models.CharField(blank=True, max_length=64)),
                ("nonce", models.CharField(max_length=32)),
                ("issued_at", models.DateTimeField()),
                ("issued_by_ref", models.CharField(max_length=64)),
                (
                    "passbook",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="bank.passbook",
                    ),
                ),
            ],
            options={
                "db_table": "passbook_statement",
                "indexes": [models.Index(fields=["passbook", "-issued_at"], name="statement_of_passbook")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("seal_hash", ""), ("seal_n", 0)),
                            models.Q(("seal_n__gt", 0), models.Q(("seal_hash", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="statement_seal",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("held_minutes__gte", 0),
                            ("in_minutes__gte", 0),
                            ("last_seq__gte", 0),
                            ("out_minutes__gte", 0),
                        ),
                        name="statement_figures",
                    ),
                ],
            },
        ),
        append_only("passbook_statement"),
    ]
