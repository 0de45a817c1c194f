"""What of this room is about one person: a copy for them, and what goes when they are erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat

from xinshi.doors.copying import copied
from xinshi.exchange.models import HonoraryExportLine, ImportLine, PulledVolunteer, ReturnedDifference
from xinshi.kernel.actor import Actor
from xinshi.people.domain import EMPTIED
from xinshi.people.models import Person


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """What came from and went to 志愿汇 about them."""
    ids = list(person_ids)
    return {
        "lines_from_zhiyuanhui": copied(
            ImportLine.objects.filter(person__in=ids),
            "name",
            "volunteer_number",
            "hours_kind",
            "title",
            "day",
            "minutes",
            "state",
        ),
        "lines_to_zhiyuanhui": copied(
            HonoraryExportLine.objects.filter(person__in=ids), "name", "volunteer_number", "minutes", "tenths", "reason"
        ),
    }


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """Names, numbers and cells of rows go, also of rows that found nobody but bear their number; hours stay."""
    del actor
    ids = list(person_ids)
    numbers = list(
        Person.objects.filter(pk__in=ids, volunteer_number__isnull=False).values_list("volunteer_number", flat=True)
    )
    theirs = Q(person__in=ids) | Q(volunteer_number__in=numbers)
    ImportLine.objects.filter(theirs).update(name=EMPTIED, volunteer_number="", cells={}, parameters={})
    HonoraryExportLine.objects.filter(person__in=ids).update(name=EMPTIED, volunteer_number="")
    PulledVolunteer.objects.filter(theirs).delete()
    of_its_row = Concat(Value(EMPTIED), Cast("pk", CharField()))  # A file has each number once.
    ReturnedDifference.objects.filter(theirs).update(name=EMPTIED, volunteer_number=of_its_row)
