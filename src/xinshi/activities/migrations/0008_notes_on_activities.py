"""Notes on activities: who leads tells, and is told."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0007_waves_groups_and_stand_ins"),
        ("people", "0003_trace_known_numbers"),
    ]

    operations = [
        migrations.CreateModel(
            name="ActivityNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "audience",
                    models.CharField(
                        choices=[("everybody", "everybody"), ("places", "places"), ("leaders", "leaders")], max_length=9
                    ),
                ),
                ("text", models.CharField(max_length=500)),
                ("written_by_ref", models.CharField(max_length=64)),
                ("written_at", models.DateTimeField()),
                ("taken_back_at", models.DateTimeField(null=True)),
                ("taken_back_by_ref", models.CharField(blank=True, default="", max_length=64)),
                (
                    "activity",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="activities.activity",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
            ],
            options={
                "db_table": "activity_note",
                "indexes": [
                    models.Index(
                        condition=models.Q(("taken_back_at", None)),
                        fields=["activity", "-written_at", "-id"],
                        name="activity_note_newest",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("audience__in", ["everybody", "places", "leaders"])),
                        name="activity_note_audience",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="activity_note_says_something"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("taken_back_at", None), ("taken_back_by_ref", "")),
                            models.Q(
                                ("taken_back_at__isnull", False), models.Q(("taken_back_by_ref", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="activity_note_taken_back_by_whom",
                    ),
                ],
            },
        ),
    ]
