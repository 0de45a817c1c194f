"""What of this room is about one person: a copy for them, and what ends when they are erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xinshi.doors.copying import copied
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.organizations import membership
from xinshi.organizations.models import Enrolment, Membership


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    members = Membership.objects.filter(person__in=list(person_ids)).order_by("pk")
    asked = Enrolment.objects.filter(person__in=list(person_ids)).order_by("pk")
    return {
        "memberships": copied(members, "organization__name", "since", "until", "is_leader"),
        "enrolments": copied(asked, "organization__name", "state", "asked_at", "answered_at"),
    }


def forget(*, actor: Actor, person_ids: Sequence[int]) -> None:
    """Memberships end with their consents, questions that wait for an answer are withdrawn. That they were members stays."""
    del actor
    lasting = Membership.objects.filter(person__in=list(person_ids), until=None).order_by("pk")
    for person_id, organization_id in list(lasting.values_list("person_id", "organization_id")):
        membership.end(person_id=person_id, organization_id=organization_id)
    Enrolment.objects.filter(person__in=list(person_ids), state=Enrolment.State.ASKED).update(
        state=Enrolment.State.WITHDRAWN, answered_at=clock.now()
    )
