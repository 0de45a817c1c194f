"""Partners have a kind, a state with its reason, limits, contracts and keys."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


def carry_over(apps, schema_editor):  # noqa: ARG001  # Django's signature
    """What was paused stays paused; 志愿汇 is a platform, not a bank."""
    partners = apps.get_model("exchange", "Partner").objects
    partners.filter(code="zhiyuanhui").update(kind="platform")
    paused = partners.filter(is_active=False)
    paused.update(state="paused", state_reason="升级前已暂停", state_by_ref="system:migration")


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0002_zhiyuanhui"),
    ]

    operations = [
        migrations.CreateModel(
            name="PartnerContract",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("hours_kinds_in", models.JSONField(default=list)),
                ("hours_kinds_out", models.JSONField(default=list)),
                ("coefficient_percent", models.PositiveIntegerField(default=100)),
                ("may_come_in", models.BooleanField(default=True)),
                ("may_go_out", models.BooleanField(default=True)),
                ("transfer_minutes_max", models.PositiveIntegerField(null=True)),
                ("person_month_minutes_max", models.PositiveIntegerField(null=True)),
                ("terms", models.CharField(blank=True, default="", max_length=1000)),
                ("written_by_ref", models.CharField(max_length=64)),
                ("written_at", models.DateTimeField()),
            ],
            options={
                "db_table": "exchange_contract",
            },
        ),
        migrations.CreateModel(
            name="PartnerKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key_id", models.CharField(max_length=32)),
                ("algorithm", models.CharField(default="ed25519", max_length=8)),
                ("public_key", models.CharField(max_length=200)),
                ("valid_from", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("added_by_ref", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "exchange_partner_key",
            },
        ),
        migrations.AddField(
            model_name="partner",
            name="address",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="partner",
            name="in_minutes_max",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="partner",
            name="kind",
            field=models.CharField(
                choices=[("platform", "National platform"), ("bank", "Time bank")],
                db_default="bank",
                default="bank",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="partner",
            name="last_heard_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="partner",
            name="out_minutes_max",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="partner",
            name="state",
            field=models.CharField(
                choices=[("active", "Active"), ("paused", "Paused"), ("disputed", "In dispute")],
                db_default="active",
                default="active",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="partner",
            name="state_by_ref",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="partner",
            name="state_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="partner",
            name="state_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="partner",
            name="is_active",
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["platform", "bank"])), name="exchange_partner_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "paused", "disputed"])), name="exchange_partner_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "active"), models.Q(("state_reason", ""), _negated=True), _connector="OR"),
                name="exchange_partner_stopped_says_why",
            ),
        ),
        migrations.AddField(
            model_name="partnercontract",
            name="partner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="contracts", to="exchange.partner"
            ),
        ),
        migrations.AddField(
            model_name="partnerkey",
            name="partner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="keys", to="exchange.partner"
            ),
        ),
        migrations.AddConstraint(
            model_name="partnercontract",
            constraint=models.UniqueConstraint(fields=("partner", "number"), name="exchange_contract_once"),
        ),
        migrations.AddConstraint(
            model_name="partnercontract",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                name="exchange_contract_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnercontract",
            constraint=models.CheckConstraint(
                condition=models.Q(("coefficient_percent__gte", 1), ("coefficient_percent__lte", 1000)),
                name="exchange_contract_coefficient",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnerkey",
            constraint=models.UniqueConstraint(fields=("partner", "key_id"), name="exchange_partner_key_once"),
        ),
        migrations.AddConstraint(
            model_name="partnerkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("algorithm__in", ["ed25519"])), name="exchange_partner_key_algorithm"
            ),
        ),
    ]
