"""Measures of what comes of an activity, and what is reported in them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0005_every_shift_has_a_role"),
        ("attendance", "0005_presence_by_code_and_kiosk"),
    ]

    operations = [
        migrations.CreateModel(
            name="OutcomeMeasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=32, unique=True)),
                ("name_en", models.CharField(max_length=60)),
                ("name_zh", models.CharField(max_length=60)),
                ("unit_en", models.CharField(max_length=24)),
                ("unit_zh", models.CharField(max_length=24)),
                ("is_public", models.BooleanField(default=True)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "db_table": "outcome_measure",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True),
                            models.Q(("name_zh", ""), _negated=True),
                            models.Q(("unit_zh", ""), _negated=True),
                        ),
                        name="outcome_measure_named",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutcomeReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.PositiveBigIntegerField()),
                ("on_day", models.DateField()),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                ("reported_at", models.DateTimeField()),
                ("reported_by_ref", models.CharField(max_length=64)),
                (
                    "activity",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="activities.activity",
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="attendance.outcomereport",
                    ),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="attendance.outcomemeasure",
                    ),
                ),
                (
                    "shift",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="activities.shift",
                    ),
                ),
            ],
            options={
                "db_table": "outcome_report",
                "indexes": [
                    models.Index(fields=["activity", "measure"], name="outcome_report_activity"),
                    models.Index(fields=["on_day"], name="outcome_report_day"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("corrects", None), ("shift", None)),
                        fields=("activity", "measure"),
                        name="outcome_report_once_activity",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("corrects", None), ("shift__isnull", False)),
                        fields=("shift", "measure"),
                        name="outcome_report_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__lte", 1000000000)), name="outcome_report_amount"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="outcome_report_correction_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="outcome_report_not_itself",
                    ),
                ],
            },
        ),
    ]
