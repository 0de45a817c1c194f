"""The first check-in finds its sign-up by number alone, also before the server knows how a table is filled."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

install = import_module("xinshi.attendance.migrations.0008_coming_in_one_statement").install


class Migration(migrations.Migration):
    dependencies = [("attendance", "0008_coming_in_one_statement")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
