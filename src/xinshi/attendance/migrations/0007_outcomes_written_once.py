"""What was reported is never changed; and the measures that every hospital has."""

from django.db import migrations

from xinshi.attendance.outcomes.domain import BUILT_IN
from xinshi.doors.append_only import append_only


def add_measures(apps, schema_editor):  # noqa: ARG001  # Django's signature
    measure = apps.get_model("attendance", "OutcomeMeasure")
    measure.objects.bulk_create(
        [
            measure(code=code, name_en=name_en, name_zh=name_zh, unit_en=unit_en, unit_zh=unit_zh)
            for code, name_en, name_zh, unit_en, unit_zh in BUILT_IN
        ]
    )


class Migration(migrations.Migration):
    dependencies = [("attendance", "0006_outcomes")]
    operations = [
        append_only("outcome_report"),
        migrations.RunPython(add_measures, migrations.RunPython.noop),
    ]
