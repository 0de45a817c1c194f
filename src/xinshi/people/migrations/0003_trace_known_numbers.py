from typing import Any

from django.db import migrations

from xinshi.people.models import id_trace


def trace_known_numbers(apps: Any, _: object) -> None:
    """Index the numbers that are in the archive already; sealed as they are, only the program can do it."""
    people = apps.get_model("people", "Person")
    for person in people.objects.exclude(id_number="").only("id", "id_number").iterator(chunk_size=1_000):
        people.objects.filter(pk=person.pk).update(id_trace=id_trace(person.id_number))


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_guardians_and_merged_people"),
    ]

    operations = [
        migrations.RunPython(trace_known_numbers, migrations.RunPython.noop),
    ]
