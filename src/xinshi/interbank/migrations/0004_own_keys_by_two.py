"""Keys of the bank are confirmed by a second person, and who was told of them is written down; those before stay in use."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F


def confirm_known_keys(apps, schema_editor):  # type: ignore[no-untyped-def]  # noqa: ARG001  # Django gives both.
    keys = apps.get_model("interbank", "OwnKey")
    keys.objects.filter(confirmed_at=None).update(confirmed_at=F("made_at"), confirmed_by_ref="system:upgrade")


class Migration(migrations.Migration):
    dependencies = [("exchange", "0005_files"), ("interbank", "0003_settling")]

    operations = [
        migrations.AddField("ownkey", "confirmed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "ownkey",
            "confirmed_by_ref",
            models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(confirm_known_keys, migrations.RunPython.noop),
        migrations.AddConstraint(
            "ownkey",
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None, confirmed_by_ref="")
                | (models.Q(confirmed_at__isnull=False) & ~models.Q(confirmed_by_ref=""))
                & (~models.Q(confirmed_by_ref=F("made_by_ref")) | models.Q(made_by_ref__startswith="system:")),
                name="interbank_own_key_by_two",
            ),
        ),
        migrations.CreateModel(
            name="OwnKeyNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("told_at", models.DateTimeField()),
                ("told_by_ref", models.CharField(max_length=64)),
                (
                    "own_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="interbank.ownkey"
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="exchange.partner"
                    ),
                ),
            ],
            options={
                "db_table": "interbank_own_key_notice",
                "constraints": [
                    models.UniqueConstraint(fields=("own_key", "partner"), name="interbank_own_key_told_once")
                ],
            },
        ),
    ]
