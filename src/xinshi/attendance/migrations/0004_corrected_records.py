"""A record that was put right stays as it was, replaced by a new one; the triggers' SQL stands in `attendance/sql/`."""

from __future__ import annotations

import re
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"


def install_again(apps, schema_editor):  # noqa: ARG001  # Django's signature
    """SQLite builds the table anew and forgets its triggers; PostgreSQL replaces function and trigger in place."""
    text = (SQL / f"{schema_editor.connection.vendor}.sql").read_text(encoding="utf-8")
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(text)
            return
        for trigger in re.findall(r"CREATE TRIGGER.*?END;", text, re.DOTALL):
            cursor.execute(trigger)


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0002_no_overlap"),
        ("attendance", "0003_entered_is_honorary"),
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="servicerecord",
            name="service_record_state_known",
        ),
        migrations.RemoveConstraint(
            model_name="servicerecord",
            name="service_record_submitted_whole",
        ),
        migrations.RemoveConstraint(
            model_name="servicerecord",
            name="service_record_decided_by_whom",
        ),
        migrations.RemoveConstraint(
            model_name="servicerecord",
            name="service_record_refused_says_why",
        ),
        migrations.RemoveConstraint(
            model_name="servicerecord",
            name="service_record_approved_paid",
        ),
        migrations.AddField(
            model_name="servicerecord",
            name="replaces",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="attendance.servicerecord",
            ),
        ),
        migrations.AlterField(
            model_name="servicerecord",
            name="signup",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="record", to="activities.signup"
            ),
        ),
        migrations.AlterField(
            model_name="servicerecord",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Checked in"),
                    ("submitted", "Waits for approval"),
                    ("approved", "Approved"),
                    ("refused", "Refused"),
                    ("withdrawn", "Check-in taken back"),
                    ("replaced", "Replaced by a correction"),
                ],
                default="open",
                max_length=9,
            ),
        ),
        migrations.AddConstraint(
            model_name="servicerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["open", "submitted", "approved", "refused", "withdrawn", "replaced"])
                ),
                name="service_record_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("checked_out_at", None),
                        ("credited_minutes", None),
                        ("present_minutes", None),
                        ("state__in", ["open", "withdrawn"]),
                    ),
                    models.Q(
                        ("checked_out_at__isnull", False),
                        ("state__in", ["submitted", "approved", "refused"]),
                        ("due_on__isnull", False),
                        ("present_minutes__gte", 1),
                        ("submitted_at__isnull", False),
                        models.Q(("checked_out_by_ref", ""), _negated=True),
                    ),
                    ("state", "replaced"),
                    _connector="OR",
                ),
                name="service_record_submitted_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at", None), ("decided_by_ref", ""), ("state__in", ["open", "submitted", "withdrawn"])
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("state__in", ["approved", "refused"]),
                        models.Q(("decided_by_ref", ""), _negated=True),
                    ),
                    ("state", "replaced"),
                    _connector="OR",
                ),
                name="service_record_decided_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("replaces", None), ("signup__isnull", False)),
                    models.Q(("replaces__isnull", False), ("signup", None)),
                    _connector="OR",
                ),
                name="service_record_signup_or_replaces",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "refused"), models.Q(("refusal_reason", ""), _negated=True)),
                    models.Q(models.Q(("state", "refused"), _negated=True), ("refusal_reason", "")),
                    ("state", "replaced"),
                    _connector="OR",
                ),
                name="service_record_refused_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicerecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("credited_minutes__isnull", False), ("deposit_id__isnull", False), ("state", "approved")),
                    models.Q(models.Q(("state", "approved"), _negated=True), ("deposit_id", None)),
                    ("state", "replaced"),
                    _connector="OR",
                ),
                name="service_record_approved_paid",
            ),
        ),
        migrations.RunPython(install_again, migrations.RunPython.noop),
    ]
