from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from xinshi.doors.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("benefits", "0002_redemption_rules"),
        ("organizations", "0001_initial"),
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Budget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField()),
                ("ends_before", models.DateField()),
                ("minutes_max", models.PositiveBigIntegerField(null=True)),
                ("pieces_max", models.PositiveIntegerField(null=True)),
                ("minutes_used", models.PositiveBigIntegerField(default=0)),
                ("pieces_used", models.PositiveIntegerField(default=0)),
            ],
            options={
                "db_table": "benefit_budget",
            },
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("confirmed", "Confirmed"), ("settled", "Settled")],
                        default="draft",
                        max_length=9,
                    ),
                ),
                ("drafted_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_by_ref", models.CharField(blank=True, default="", max_length=64)),
                ("settled_at", models.DateTimeField(null=True)),
                ("settled_by_ref", models.CharField(blank=True, default="", max_length=64)),
            ],
            options={
                "db_table": "benefit_settlement",
            },
        ),
        migrations.CreateModel(
            name="SettlementItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("fulfilled", "Redeemed"),
                            ("no_show", "Missed"),
                            ("refunded", "Refunded"),
                            ("excused", "Missed, excused"),
                        ],
                        max_length=9,
                    ),
                ),
                ("happened_at", models.DateTimeField()),
                ("pieces", models.SmallIntegerField()),
                ("minutes", models.BigIntegerField()),
            ],
            options={
                "db_table": "benefit_settlement_item",
            },
        ),
        migrations.CreateModel(
            name="Waiting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("offered", "A place is kept for you"),
                            ("accepted", "Accepted"),
                            ("declined", "Given up"),
                            ("lapsed", "Not accepted in time"),
                            ("left", "Left the list"),
                            ("closed", "Nothing became free"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("joined_at", models.DateTimeField()),
                ("minutes", models.PositiveIntegerField(null=True)),
                ("counts_on", models.DateField(null=True)),
                ("offered_at", models.DateTimeField(null=True)),
                ("offer_until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "benefit_waiting",
            },
        ),
        migrations.AddField(
            model_name="budget",
            name="benefit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="budgets", to="benefits.benefit"
            ),
        ),
        migrations.AddField(
            model_name="settlement",
            name="provider",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organizations.organization"
            ),
        ),
        migrations.AddField(
            model_name="settlementitem",
            name="benefit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="benefits.benefit"
            ),
        ),
        migrations.AddField(
            model_name="settlementitem",
            name="settlement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="items", to="benefits.settlement"
            ),
        ),
        migrations.AddField(
            model_name="settlementitem",
            name="voucher",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="benefits.voucher"
            ),
        ),
        migrations.AddField(
            model_name="waiting",
            name="benefit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="waiting", to="benefits.benefit"
            ),
        ),
        migrations.AddField(
            model_name="waiting",
            name="person",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="waiting",
            name="slot",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="waiting", to="benefits.slot"
            ),
        ),
        migrations.AddField(
            model_name="waiting",
            name="voucher",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="waiting", to="benefits.voucher"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(fields=("benefit", "starts_on"), name="budget_once"),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("minutes_max", None), ("minutes_used__lte", models.F("minutes_max")), _connector="OR"),
                    models.Q(("pieces_max", None), ("pieces_used__lte", models.F("pieces_max")), _connector="OR"),
                ),
                name="budget_not_exceeded",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes_used__gte", 0), ("pieces_used__gte", 0)), name="budget_used"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_on__lt", models.F("ends_before"))), name="budget_period"
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.UniqueConstraint(fields=("provider", "month"), name="settlement_once"),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("confirmed_at", None),
                        ("confirmed_by_ref", ""),
                        ("settled_at", None),
                        ("settled_by_ref", ""),
                        ("state", "draft"),
                    ),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        ("settled_at", None),
                        ("settled_by_ref", ""),
                        ("state", "confirmed"),
                        models.Q(("confirmed_by_ref", ""), _negated=True),
                    ),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        ("settled_at__isnull", False),
                        ("state", "settled"),
                        models.Q(("confirmed_by_ref", ""), _negated=True),
                        models.Q(("settled_by_ref", ""), _negated=True),
                        models.Q(("settled_by_ref", models.F("confirmed_by_ref")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="settlement_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementitem",
            constraint=models.UniqueConstraint(fields=("voucher", "what"), name="settlement_item_once"),
        ),
        migrations.AddConstraint(
            model_name="settlementitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("minutes__gt", 0), ("pieces__gt", 0), ("what__in", ["fulfilled", "no_show"])),
                    models.Q(("minutes__lt", 0), ("pieces__lt", 0), ("what__in", ["refunded", "excused"])),
                    _connector="OR",
                ),
                name="settlement_item_sign",
            ),
        ),
        migrations.AddIndex(
            model_name="waiting",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "offered"])),
                fields=["benefit", "slot", "id"],
                name="waiting_line",
            ),
        ),
        migrations.AddIndex(
            model_name="waiting",
            index=models.Index(condition=models.Q(("state", "offered")), fields=["offer_until"], name="waiting_offers"),
        ),
        migrations.AddIndex(
            model_name="waiting",
            index=models.Index(fields=["person", "-id"], name="waiting_of_person"),
        ),
        migrations.AddConstraint(
            model_name="waiting",
            constraint=models.UniqueConstraint(
                condition=models.Q(("slot__isnull", False), ("state__in", ["waiting", "offered"])),
                fields=("person", "slot"),
                name="waiting_once_for_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="waiting",
            constraint=models.UniqueConstraint(
                condition=models.Q(("slot", None), ("state__in", ["waiting", "offered"])),
                fields=("person", "benefit"),
                name="waiting_once_for_benefit",
            ),
        ),
        migrations.AddConstraint(
            model_name="waiting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("offer_until", None), ("state", "waiting"), ("voucher", None)),
                    models.Q(
                        ("counts_on__isnull", False),
                        ("ended_at", None),
                        ("minutes__gt", 0),
                        ("offer_until__isnull", False),
                        ("offered_at__isnull", False),
                        ("state", "offered"),
                        ("voucher", None),
                    ),
                    models.Q(("ended_at__isnull", False), ("state", "accepted"), ("voucher__isnull", False)),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state__in", ["declined", "lapsed", "left", "closed"]),
                        ("voucher", None),
                    ),
                    _connector="OR",
                ),
                name="waiting_state_says_all",
            ),
        ),
        append_only("benefit_settlement_item"),
    ]
