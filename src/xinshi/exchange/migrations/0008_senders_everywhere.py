"""Every run and every word about columns is of one sender.

Backwards, a word about columns is the partner's again. The tables of before hold one word for the same titles, so that of
several senders' words only the one that was used last stays; nothing of what was imported by them changes.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


def give_back_to_partners(apps, schema_editor):
    mappings = apps.get_model("exchange", "ColumnMapping").objects
    kept = set()
    newest_first = mappings.select_related("sender").order_by(
        models.functions.Coalesce("used_at", "said_at").desc(), "-pk"
    )
    for mapping in newest_first:
        partner_id = mapping.sender.partner_id
        if (partner_id, mapping.fingerprint) in kept:
            mapping.delete()
            continue
        kept.add((partner_id, mapping.fingerprint))
        mappings.filter(pk=mapping.pk).update(partner_id=partner_id)
    if schema_editor.connection.vendor == "postgresql":
        # A table whose rows wait for their foreign keys to be checked cannot be altered in the same transaction.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):
    dependencies = [("exchange", "0007_senders_of_before")]
    operations = [
        migrations.RemoveConstraint(model_name="columnmapping", name="exchange_mapping_once"),
        migrations.AlterField(
            model_name="columnmapping",
            name="partner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="column_mappings",
                to="exchange.partner",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, give_back_to_partners),
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
