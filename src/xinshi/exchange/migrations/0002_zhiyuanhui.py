"""志愿汇 is a partner from the start: its row is what two imports at once wait for."""

from __future__ import annotations

from django.db import migrations
from django.utils import timezone


def install(apps, schema_editor):  # noqa: ARG001  # Django's signature
    partners = apps.get_model("exchange", "Partner").objects
    partners.get_or_create(code="zhiyuanhui", defaults={"name": "志愿汇", "created_at": timezone.now()})


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
