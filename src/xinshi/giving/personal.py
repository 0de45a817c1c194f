"""What of this room is about one person: a copy for them, and which words go when they are erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from xinshi.doors.copying import copied
from xinshi.giving.models import Donation, Gift, Grant, Relative
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.people.domain import EMPTIED

State = Relative.State


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    ids = list(person_ids)
    return {
        "relatives": copied(
            Relative.objects.filter(Q(asker__in=ids) | Q(other__in=ids)),
            "relation",
            "state",
            "asked_at",
            "answered_at",
            "ended_at",
        ),
        "gifts_given": copied(Gift.objects.filter(giver__in=ids), "minutes", "note", "given_on"),
        "gifts_received": copied(Gift.objects.filter(receiver__in=ids), "minutes", "note", "given_on"),
        "donations": copied(Donation.objects.filter(person__in=ids), "minutes", "source", "given_on"),
        "help_from_the_pool": copied(Grant.objects.filter(person__in=ids), "minutes", "reason", "state", "decided_on"),
    }


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """Who is whose relative ends; what was written to and about them goes. Minutes that moved stay, without a name."""
    ids, at = list(person_ids), clock.now()
    bonds = Relative.objects.filter(Q(asker__in=ids) | Q(other__in=ids))
    bonds.exclude(reason="").update(reason=EMPTIED)
    bonds.filter(state=State.ASKED).update(state=State.DECLINED, answered_at=at)
    bonds.filter(state=State.ACCEPTED).update(state=State.ENDED, ended_at=at, ended_by_ref=actor.reference)
    Gift.objects.filter(Q(giver__in=ids) | Q(receiver__in=ids)).exclude(note="").update(note="")
    grants = Grant.objects.filter(person__in=ids)
    grants.update(reason=EMPTIED)
    grants.exclude(decision_reason="").update(decision_reason=EMPTIED)
