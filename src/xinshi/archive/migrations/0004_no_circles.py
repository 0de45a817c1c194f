"""The database itself refuses a qualification that would include itself, and changes of the pledge's words."""

from __future__ import annotations

from typing import Any, Final

from django.db import migrations

from xinshi.doors.append_only import append_only

REACHES: Final = """EXISTS (
  WITH RECURSIVE reached(id) AS (
    SELECT NEW.included_id
    UNION
    SELECT row.included_id FROM qualification_inclusion row JOIN reached ON row.kind_id = reached.id
  ) SELECT 1 FROM reached WHERE id = NEW.kind_id
)"""
POSTGRES: Final = (
    f"""CREATE OR REPLACE FUNCTION qualification_refuse_circle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {REACHES} THEN
    RAISE EXCEPTION 'a qualification cannot include itself' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER qualification_inclusion_no_circle BEFORE INSERT OR UPDATE ON qualification_inclusion
FOR EACH ROW EXECUTE FUNCTION qualification_refuse_circle()""",
)
SQLITE: Final = tuple(
    f"""CREATE TRIGGER qualification_inclusion_no_circle_{event} BEFORE {event.upper()} ON qualification_inclusion
WHEN {REACHES}
BEGIN SELECT RAISE(ABORT, 'a qualification cannot include itself'); END"""
    for event in ("insert", "update")
)


def install(_: Any, schema_editor: Any) -> None:
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def remove(_: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER qualification_inclusion_no_circle ON qualification_inclusion")
        schema_editor.execute("DROP FUNCTION qualification_refuse_circle()")
        return
    for event in ("insert", "update"):
        schema_editor.execute(f"DROP TRIGGER qualification_inclusion_no_circle_{event}")


class Migration(migrations.Migration):
    dependencies = [("archive", "0003_proofs_pledge_reminders")]

    operations = [migrations.RunPython(install, remove), append_only("pledge_text")]
