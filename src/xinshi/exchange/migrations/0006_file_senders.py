"""Who hands files over: what is remembered about columns and files that came before are 志愿汇's own.

Places for senders come first, then what they are filled with, then what holds of them: each a migration of its own.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0005_files")]
    operations = [
        migrations.CreateModel(
            name="FileSender",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="file_senders", to="exchange.partner"
                    ),
                ),
            ],
            options={
                "db_table": "exchange_file_sender",
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "name"), name="exchange_sender_once"),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="exchange_sender_has_a_name"
                    ),
                ],
            },
        ),
        *(
            migrations.AddField(
                model_name=model,
                name="sender",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name=related_name,
                    to="exchange.filesender",
                ),
            )
            for model, related_name in (
                ("columnmapping", "column_mappings"),
                ("importfile", "import_files"),
                ("importrun", "import_runs"),
            )
        ),
    ]
