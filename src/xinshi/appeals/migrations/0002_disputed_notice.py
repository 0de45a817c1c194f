"""How long a public notice would have run without the dispute about its hours."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("appeals", "0001_requests_for_correction"),
    ]

    operations = [
        migrations.AddField(
            model_name="correctionrequest",
            name="notice_until",
            field=models.DateField(null=True),
        ),
        migrations.AlterField(
            model_name="requestevent",
            name="what",
            field=models.CharField(
                choices=[
                    ("asked", "Asked for a correction"),
                    ("set_aside", "The disputed hours were set aside until the answer"),
                    ("not_set_aside", "The disputed hours were spent already, so they could not be set aside"),
                    ("more_asked", "More was asked; the clock stands still"),
                    ("more_given", "More was added"),
                    ("left_open", "Left open for now"),
                    ("escalated", "Went one level up"),
                    ("overdue", "The answer is overdue"),
                    ("granted", "Granted"),
                    ("partly", "Partly granted"),
                    ("refused", "Not granted"),
                    ("withdrawn", "Withdrawn"),
                ],
                max_length=16,
            ),
        ),
    ]
