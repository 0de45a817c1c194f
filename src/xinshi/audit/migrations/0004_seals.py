"""Seals over the trail and over every other table that is written once; a seal itself is never changed."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import F, Q

from xinshi.doors.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_search_by_action")]
    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("chain", models.CharField(max_length=32)),
                ("n", models.BigIntegerField()),
                ("from_id", models.BigIntegerField()),
                ("to_id", models.BigIntegerField()),
                ("rows", models.BigIntegerField()),
                ("fields", models.CharField(max_length=400)),
                ("prev_hash", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={"db_table": "audit_seal"},
        ),
        migrations.AddConstraint("AuditSeal", models.UniqueConstraint(fields=["chain", "n"], name="audit_seal_number")),
        migrations.AddConstraint(
            "AuditSeal", models.UniqueConstraint(fields=["chain", "to_id"], name="audit_seal_end")
        ),
        migrations.AddConstraint(
            "AuditSeal", models.CheckConstraint(condition=Q(to_id__gte=F("from_id")), name="audit_seal_range")
        ),
        migrations.AddConstraint(
            "AuditSeal", models.CheckConstraint(condition=Q(rows__gt=0) & Q(n__gt=0), name="audit_seal_rows")
        ),
        append_only("audit_seal"),
    ]
