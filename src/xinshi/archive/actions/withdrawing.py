"""Taking back what another room granted, where that room says that it no longer stands."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from xinshi.archive.models import Qualification
from xinshi.audit.actions import record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.people.access import require_archive_keeper


@transaction.atomic
def withdraw_granted(*, actor: Actor, source_refs: Sequence[str], reason: str) -> int:
    """Revoke the verified qualifications that came from these sources; those revoked already are passed over."""
    require_archive_keeper(actor)
    assert reason.strip(), "whoever loses a qualification reads why"
    rows = list(
        Qualification.objects.select_for_update()
        .filter(source_ref__in=source_refs, state=Qualification.State.VERIFIED)
        .order_by("pk")
    )
    at = clock.now()
    Qualification.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=Qualification.State.REVOKED, decided_at=at, decided_by_ref=actor.reference, reason=reason[:300]
    )
    record_many(
        actor=actor,
        action="archive.withdraw",
        objects=[(f"qualification:{row.pk}", {"person": row.person_id, "kind": row.kind_id}) for row in rows],
    )
    return len(rows)
