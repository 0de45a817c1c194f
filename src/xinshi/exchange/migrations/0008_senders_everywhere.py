"""Every run and every word about columns is of one sender."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0007_senders_of_before")]
    operations = [
        migrations.RemoveConstraint(model_name="columnmapping", name="exchange_mapping_once"),
        migrations.RemoveField(model_name="columnmapping", name="partner"),
        *(
            migrations.AlterField(
                model_name=model,
                name="sender",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name=related_name, to="exchange.filesender"
                ),
            )
            for model, related_name in (("columnmapping", "column_mappings"), ("importrun", "import_runs"))
        ),
        migrations.AddConstraint(
            model_name="columnmapping",
            constraint=models.UniqueConstraint(fields=("sender", "fingerprint"), name="exchange_mapping_once_a_sender"),
        ),
    ]
