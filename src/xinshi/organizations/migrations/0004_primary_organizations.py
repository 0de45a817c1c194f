"""Whoever belongs to an organisation counts for the one that they have belonged to for longest; history is never lost."""

from django.db import migrations

from xinshi.doors.append_only import append_only

FIRST = """
INSERT INTO primary_organization (person_id, organization_id, since)
SELECT m.person_id, m.organization_id, m.since FROM membership m
 WHERE m.until IS NULL AND NOT EXISTS (
       SELECT 1 FROM membership e
        WHERE e.person_id = m.person_id AND e.until IS NULL AND (e.since < m.since OR (e.since = m.since AND e.id < m.id)))
"""
TERMS = "organization_id, title, covers, signed_on, starts_on, ends_on, renews_id, created_at, created_by_ref"
CHANGED = "OLD.state <> 'draft'"
WENT_BACK = "(OLD.state = 'ended' AND NEW.state <> 'ended') OR (OLD.state = 'in_force' AND NEW.state = 'draft')"
TRIGGERS = {
    "agreement_terms_stay": (f"UPDATE OF {TERMS}", CHANGED, "the terms of an agreement stay as they were signed"),
    "agreement_state_goes_on": ("UPDATE OF state", WENT_BACK, "an agreement never goes back to an earlier state"),
    "agreement_no_delete": ("DELETE", "OLD.id IS NOT NULL", "agreements are never deleted"),
}


def statements(vendor):
    for name, (event, condition, refusal) in TRIGGERS.items():
        begun = f"CREATE TRIGGER {name} BEFORE {event} ON agreement FOR EACH ROW WHEN ({condition})"
        if vendor == "postgresql":
            yield f"{begun} EXECUTE FUNCTION xinshi_refuse_change()"
        else:
            yield f"{begun} BEGIN SELECT RAISE(ABORT, '{refusal}'); END"


def name_primary_organizations(apps, schema_editor):  # noqa: ARG001  # Django's signature
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FIRST)


def install(apps, schema_editor):  # noqa: ARG001  # Django's signature
    for statement in statements(schema_editor.connection.vendor):
        schema_editor.execute(statement)


def remove(apps, schema_editor):  # noqa: ARG001  # Django's signature
    target = " ON agreement" if schema_editor.connection.vendor == "postgresql" else ""
    for name in TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER {name}{target}")


class Migration(migrations.Migration):
    dependencies = [("organizations", "0003_agreements_and_consents")]
    operations = [
        append_only("agreement_event"),
        append_only("designation_review"),
        migrations.RunPython(install, remove),
        migrations.RunPython(name_primary_organizations, migrations.RunPython.noop),
    ]
