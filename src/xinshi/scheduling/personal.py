"""What of this room is about one person: a copy for them, and what goes when they are erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xinshi.doors.copying import copied
from xinshi.kernel.actor import Actor
from xinshi.scheduling.models import DeclinedKind, DeclinedShift, Invitation, SuggestionChoice


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    ids = list(person_ids)
    return {
        "invitations": copied(Invitation.objects.filter(person__in=ids), "shift__starts_at", "way", "reasons"),
        "declined_kinds_of_service": copied(DeclinedKind.objects.filter(person__in=ids), "category"),
        "declined_shifts": copied(DeclinedShift.objects.filter(person__in=ids), "shift_id"),
    }


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """Wishes and declined suggestions go, and why they were thought to fit. That they were invited stays for fairness."""
    del actor
    ids = list(person_ids)
    for model in (SuggestionChoice, DeclinedKind, DeclinedShift):
        model.objects.filter(person__in=ids).delete()
    Invitation.objects.filter(person__in=ids).update(reasons=[])
