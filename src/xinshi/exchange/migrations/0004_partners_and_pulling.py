"""Contracts, keys and wider limits take two people; a partner's state has a history; how far an interface was pulled."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from xinshi.doors.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0003_partners_contracts_keys"),
        ("people", "0003_trace_known_numbers"),
    ]

    operations = [
        migrations.CreateModel(
            name="PartnerStateChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("paused", "Paused"), ("disputed", "In dispute")], max_length=8
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                ("by_ref", models.CharField(max_length=64)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="state_changes", to="exchange.partner"
                    ),
                ),
            ],
            options={
                "db_table": "exchange_partner_state",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["active", "paused", "disputed"])),
                        name="exchange_partner_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="exchange_partner_state_says_why"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PullCursor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("resource", models.CharField(max_length=16)),
                ("day", models.DateField()),
                ("max_id", models.BigIntegerField(default=0)),
                ("pulled_at", models.DateTimeField(null=True)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pull_cursors", to="exchange.partner"
                    ),
                ),
            ],
            options={
                "db_table": "exchange_pull_cursor",
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "resource"), name="exchange_pull_cursor_once"),
                    models.CheckConstraint(
                        condition=models.Q(("resource__in", ["department", "volunteer", "duration", "hisduration"])),
                        name="exchange_pull_cursor_resource",
                    ),
                    models.CheckConstraint(condition=models.Q(("max_id__gte", 0)), name="exchange_pull_cursor_forward"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PulledDepartment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=200)),
                ("parent_code", models.CharField(blank=True, max_length=64)),
                ("seen_at", models.DateTimeField()),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="departments", to="exchange.partner"
                    ),
                ),
            ],
            options={
                "db_table": "exchange_pulled_department",
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "code"), name="exchange_pulled_department_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PulledVolunteer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("volunteer_number", models.CharField(max_length=32)),
                ("id_index", models.CharField(max_length=32)),
                ("seen_at", models.DateTimeField()),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="volunteers", to="exchange.partner"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
            ],
            options={
                "db_table": "exchange_pulled_volunteer",
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "id_index"), name="exchange_pulled_volunteer_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PullRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("started_by_ref", models.CharField(max_length=64)),
                ("pages", models.PositiveIntegerField(default=0)),
                ("rows", models.PositiveIntegerField(default=0)),
                ("credited", models.PositiveIntegerField(default=0)),
                ("credited_minutes", models.PositiveBigIntegerField(default=0)),
                ("waiting", models.PositiveIntegerField(default=0)),
                ("code", models.CharField(blank=True, default="", max_length=32)),
                ("resource", models.CharField(blank=True, default="", max_length=16)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pull_runs", to="exchange.partner"
                    ),
                ),
            ],
            options={
                "db_table": "exchange_pull_run",
                "indexes": [
                    models.Index(fields=["partner", "-started_at"], name="exchange_pull_run_newest"),
                ],
            },
        ),
        migrations.AddField(
            model_name="partner",
            name="limits_proposed",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="partner",
            name="limits_proposed_by_ref",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="partnercontract",
            name="enforced_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="partnercontract",
            name="enforced_by_ref",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="partnerkey",
            name="confirmed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="partnerkey",
            name="confirmed_by_ref",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="partnerkey",
            name="revoked_by_ref",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="partnerkey",
            name="revoked_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("limits_proposed__isnull", True), ("limits_proposed_by_ref", "")),
                    models.Q(
                        ("limits_proposed__isnull", False), models.Q(("limits_proposed_by_ref", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="exchange_partner_limits_proposed_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnercontract",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("enforced_at", None), ("enforced_by_ref", "")),
                    models.Q(
                        ("enforced_at__isnull", False),
                        models.Q(("enforced_by_ref", ""), _negated=True),
                        models.Q(
                            models.Q(("enforced_by_ref", models.F("written_by_ref")), _negated=True),
                            ("enforced_by_ref__startswith", "system:"),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="exchange_contract_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnerkey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at", None), ("confirmed_by_ref", "")),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        models.Q(("confirmed_by_ref", ""), _negated=True),
                        models.Q(
                            models.Q(("confirmed_by_ref", models.F("added_by_ref")), _negated=True),
                            ("confirmed_by_ref__startswith", "system:"),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="exchange_partner_key_two_people",
            ),
        ),
        append_only("exchange_partner_state"),
    ]
