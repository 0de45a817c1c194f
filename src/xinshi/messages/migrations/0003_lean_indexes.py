"""An index that every message had to write and no query read: that for searching keys by their beginning, on PostgreSQL."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inbox", "0002_texts_and_codes")]
    operations = [
        migrations.RunSQL("DROP INDEX IF EXISTS message_key_b12a00e1_like", migrations.RunSQL.noop),
    ]
