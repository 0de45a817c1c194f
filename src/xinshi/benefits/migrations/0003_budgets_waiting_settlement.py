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
                (
                    "benefit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="budgets", to="benefits.benefit"
                    ),
                ),
            ],
            options={
                "db_table": "benefit_budget",
                "constraints": [
                    models.UniqueConstraint(fields=("benefit", "starts_on"), name="budget_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("minutes_max", None), ("minutes_used__lte", models.F("minutes_max")), _connector="OR"
                            ),
                            models.Q(
                                ("pieces_max", None), ("pieces_used__lte", models.F("pieces_max")), _connector="OR"
                            ),
                        ),
                        name="budget_not_exceeded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minutes_used__gte", 0), ("pieces_used__gte", 0)), name="budget_used"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts_on__lt", models.F("ends_before"))), name="budget_period"
                    ),
                ],
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
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organizations.organization"
                    ),
                ),
            ],
            options={
                "db_table": "benefit_settlement",
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "month"), name="settlement_once"),
                    models.CheckConstraint(
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
                ],
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
                (
                    "benefit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="benefits.benefit"
                    ),
                ),
                (
                    "settlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="benefits.settlement"
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="benefits.voucher"
                    ),
                ),
            ],
            options={
                "db_table": "benefit_settlement_item",
                "constraints": [
                    models.UniqueConstraint(fields=("voucher", "what"), name="settlement_item_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("minutes__gt", 0), ("pieces__gt", 0), ("what__in", ["fulfilled", "no_show"])),
                            models.Q(("minutes__lt", 0), ("pieces__lt", 0), ("what__in", ["refunded", "excused"])),
                            _connector="OR",
                        ),
                        name="settlement_item_sign",
                    ),
                ],
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
                (
                    "benefit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="waiting", to="benefits.benefit"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "slot",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waiting",
                        to="benefits.slot",
                    ),
                ),
                (
                    "voucher",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waiting",
                        to="benefits.voucher",
                    ),
                ),
            ],
            options={
                "db_table": "benefit_waiting",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "offered"])),
                        fields=["benefit", "slot", "id"],
                        name="waiting_line",
                    ),
                    models.Index(
                        condition=models.Q(("state", "offered")), fields=["offer_until"], name="waiting_offers"
                    ),
                    models.Index(fields=["person", "-id"], name="waiting_of_person"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("slot__isnull", False), ("state__in", ["waiting", "offered"])),
                        fields=("person", "slot"),
                        name="waiting_once_for_day",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("slot", None), ("state__in", ["waiting", "offered"])),
                        fields=("person", "benefit"),
                        name="waiting_once_for_benefit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at", None), ("offer_until", None), ("state", "waiting"), ("voucher", None)
                            ),
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
                ],
            },
        ),
        append_only("benefit_settlement_item"),
    ]
