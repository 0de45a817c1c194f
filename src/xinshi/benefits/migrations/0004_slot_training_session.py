"""Of which training session a day of a course is the date."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("benefits", "0003_budgets_waiting_settlement"),
        ("training", "0003_written_once"),
    ]

    operations = [
        migrations.AddField(
            model_name="slot",
            name="training_session",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="benefit_slots",
                to="training.session",
            ),
        ),
    ]
