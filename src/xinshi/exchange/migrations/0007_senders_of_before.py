"""Every file and every word about columns so far was taken for 志愿汇's own."""

from __future__ import annotations

from django.db import migrations
from django.db.models import Max


def fill(apps, schema_editor):  # noqa: ARG001  # Django's signature
    files, runs, mappings = (
        apps.get_model("exchange", name).objects for name in ("ImportFile", "ImportRun", "ColumnMapping")
    )
    for partner in apps.get_model("exchange", "Partner").objects.filter(code="zhiyuanhui"):
        came = files.filter(partner=partner, import_runs__isnull=False)
        sender, _ = apps.get_model("exchange", "FileSender").objects.get_or_create(
            partner=partner, name="志愿汇", defaults={"used_at": came.aggregate(at=Max("last_imported_at"))["at"]}
        )
        files.filter(pk__in=came.values("pk")).update(sender=sender)
        runs.filter(file__partner=partner).update(sender=sender)
        mappings.filter(partner=partner).update(sender=sender)


class Migration(migrations.Migration):
    dependencies = [("exchange", "0006_file_senders")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
