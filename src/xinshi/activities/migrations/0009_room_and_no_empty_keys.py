"""A sign-up writes no index for somebody whose place it does not take, and a check-in leaves it in its page (ADR 0013).

Who is in a shift, and in which shifts somebody is, are found by both columns in either order. By the shift alone PostgreSQL
walked through two thousand sign-ups at each of two thousand check-ins: of a table that has just filled it knows nothing.
"""

from __future__ import annotations

from django.db import migrations, models

from xinshi.doors.indexes import pages_filled, unique_where_filled


class Migration(migrations.Migration):
    dependencies = [("activities", "0008_notes_on_activities")]
    operations = [
        unique_where_filled("signup", "stands_in_for_id"),
        pages_filled("signup", 85),
        migrations.RemoveIndex(model_name="signup", name="signup_of_person"),
        migrations.AddIndex(
            model_name="signup", index=models.Index(fields=["person", "shift"], name="signup_of_person")
        ),
        migrations.AddIndex(
            model_name="signup", index=models.Index(fields=["shift", "person"], name="signup_of_shift")
        ),
        # The foreign keys' own indexes, which begin like these.
        migrations.RunSQL("DROP INDEX IF EXISTS signup_person_id_5d8006c0", migrations.RunSQL.noop),
        migrations.RunSQL("DROP INDEX IF EXISTS signup_shift_id_b0674e20", migrations.RunSQL.noop),
    ]
