"""What of this room is about one person: a copy for them, and what goes when they are erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xinshi.doors.copying import copied
from xinshi.interbank.models import PersonToken, Transfer
from xinshi.kernel.actor import Actor


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """With which banks they share a token, and which hours moved."""
    ids = list(person_ids)
    return {
        "tokens_with_banks": copied(
            PersonToken.objects.filter(person__in=ids), "key__partner__name", "state", "made_at"
        ),
        "hours_between_banks": copied(
            Transfer.objects.filter(person__in=ids),
            "partner__name",
            "direction",
            "kind",
            "minutes",
            "worked_on",
            "activity",
            "state",
        ),
    }


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """Tokens go: no partner's question finds them any more. Sealed messages stay as the protocol's evidence, nameless."""
    del actor
    PersonToken.objects.filter(person__in=list(person_ids)).delete()
