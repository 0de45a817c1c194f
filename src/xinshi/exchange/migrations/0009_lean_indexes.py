"""Fewer indexes for each line: what the unique constraint or another index finds as well has none of its own.

Only lines without a place in time are ever looked for by their key alone.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0008_senders_everywhere"),
        ("people", "0003_trace_known_numbers"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="importline",
            name="exchange_line_when",
        ),
        migrations.AlterField(
            model_name="importline",
            name="file",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="exchange.importfile",
            ),
        ),
        migrations.AlterField(
            model_name="importline",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.person",
            ),
        ),
        migrations.AlterField(
            model_name="importline",
            name="row_key",
            field=models.CharField(max_length=32),
        ),
        migrations.AddIndex(
            model_name="importline",
            index=models.Index(fields=["person", "starts_at"], name="exchange_line_of_person"),
        ),
        migrations.AddIndex(
            model_name="importline",
            index=models.Index(
                condition=models.Q(("starts_at", None), ("ends_at", None), _connector="OR"),
                fields=["row_key"],
                name="exchange_line_untimed_key",
            ),
        ),
    ]
