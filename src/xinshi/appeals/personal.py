"""What of this room is about one person: a copy for them, their evidence, and which words go when they are erased."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.db import transaction

from xinshi.appeals.models import CorrectionRequest, Evidence, RequestEvent
from xinshi.appeals.storing import EVIDENCE
from xinshi.documents.evidence import ENDINGS
from xinshi.doors.copying import copied
from xinshi.kernel.actor import Actor
from xinshi.people.domain import EMPTIED


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    rows = CorrectionRequest.objects.filter(person__in=list(person_ids)).order_by("pk")
    return {
        "requests_for_correction": copied(
            rows, "kind", "text", "title", "place", "state", "asked_at", "decided_at", "answer"
        )
    }


def papers_of(person_ids: Sequence[int]) -> Iterator[tuple[str, bytes]]:
    """The evidence that was handed in: (name of the file, its content)."""
    for row in Evidence.objects.filter(request__person__in=list(person_ids)).order_by("pk"):
        yield f"correction-{row.request_id}-{row.pk}.{ENDINGS[row.content_type]}", EVIDENCE.content(row.path)


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """What was asked, answered and shown goes; that something was put right, when and by whom, stays in the trail."""
    del actor
    rows = CorrectionRequest.objects.filter(person__in=list(person_ids))
    rows.update(text=EMPTIED)
    rows.exclude(answer="").update(answer=EMPTIED)
    RequestEvent.objects.filter(request__in=rows).exclude(text="").update(text="")
    shown = Evidence.objects.filter(request__in=rows)
    paths = list(shown.values_list("path", flat=True))
    shown.delete()
    transaction.on_commit(partial(EVIDENCE.delete, paths))
