"""What of this room is about one person: a copy for them, and which words go when they are erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xinshi.doors.copying import copied
from xinshi.kernel.actor import Actor
from xinshi.people.domain import EMPTIED
from xinshi.training.models import Certificate, Enrolment, Place


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    ids = list(person_ids)
    return {
        "courses": copied(
            Enrolment.objects.filter(person__in=ids), "course__title", "started_at", "passed_at", "credited_minutes"
        ),
        "training_sessions": copied(
            Place.objects.filter(person__in=ids),
            "session__title",
            "session__starts_at",
            "state",
            "signed_up_at",
            "presence",
        ),
        "certificates": copied(
            Certificate.objects.filter(person__in=ids),
            "number",
            "course__title",
            "issued_on",
            "expires_on",
            "revoked_at",
            "reason",
        ),
    }


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """Why a certificate was revoked goes. What was learned when stays, for the year's training records, without a name."""
    del actor
    Certificate.objects.filter(person__in=list(person_ids)).exclude(reason="").update(reason=EMPTIED)
