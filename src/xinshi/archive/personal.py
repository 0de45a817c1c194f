"""What of this room is about one person: a copy for them, their papers, and what goes when they are erased."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from xinshi.archive.actions import forget_person
from xinshi.archive.models import Profile, Qualification, QualificationProof
from xinshi.archive.storing import PROOFS
from xinshi.documents.evidence import ENDINGS
from xinshi.doors.copying import copied
from xinshi.kernel.actor import Actor

PROFILE: Final = (
    "profession",
    "professional_title",
    "employer",
    "languages",
    "skills",
    "weekly",
    "exceptions",
    "minutes_a_week_max",
    "shifts_a_week_max",
    "shifts_a_day_max",
    "takes_nights",
    "may_lift",
    "sites",
    "emergency_name",
    "emergency_phone",
    "emergency_relation",
    "health_remark",
    "changed_at",
)


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """The profile and every qualification, numbers whole."""
    held = Qualification.objects.filter(person__in=list(person_ids)).order_by("pk")
    return {
        "profile": copied(Profile.objects.filter(pk__in=list(person_ids)), *PROFILE),
        "qualifications": copied(
            held, "kind__name", "state", "number", "issued_by", "issued_on", "expires_on", "decided_at", "reason"
        ),
    }


def papers_of(person_ids: Sequence[int]) -> Iterator[tuple[str, bytes]]:
    """The photos and papers that were handed in: (name of the file, its content)."""
    rows = QualificationProof.objects.filter(qualification__person__in=list(person_ids)).order_by("pk")
    for row in rows:
        yield f"qualification-{row.qualification_id}-{row.pk}.{ENDINGS[row.content_type]}", PROOFS.content(row.path)


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    for person_id in person_ids:
        forget_person(actor=actor, person_id=person_id)
