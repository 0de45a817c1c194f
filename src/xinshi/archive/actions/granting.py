"""Qualifications that the hospital itself knows of: a course passed here, a list that was checked."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from xinshi.archive.domain import Grant, InclusionCircle, NewKind, makes_a_circle
from xinshi.archive.models import Inclusion, Qualification, QualificationKind
from xinshi.archive.queries import inclusions
from xinshi.audit.actions import record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.access import require_archive_keeper

BATCH_ROWS = 1_000


@transaction.atomic
def ensure_kinds(*, actor: Actor, kinds: Sequence[NewKind]) -> dict[str, int]:
    """The ids of these kinds by code; what is missing is created, what is there stays as it is."""
    require_archive_keeper(actor)
    known = set(QualificationKind.objects.values_list("code", flat=True))
    missing = [kind for kind in kinds if kind.code not in known]
    if makes_a_circle({**inclusions(), **{kind.code: list(kind.includes) for kind in missing}}):
        raise InclusionCircle
    made = QualificationKind.objects.bulk_create(
        [
            QualificationKind(
                code=kind.code,
                name=kind.name,
                name_en=kind.name_en,
                category=kind.category.value,
                valid_months=kind.valid_months,
            )
            for kind in missing
        ]
    )
    ids = dict(QualificationKind.objects.values_list("code", "pk"))
    Inclusion.objects.bulk_create(
        [Inclusion(kind_id=ids[kind.code], included_id=ids[code]) for kind in missing for code in kind.includes]
    )
    record_many(
        actor=actor,
        action="archive.create_kind",
        objects=[(f"qualification-kind:{row.pk}", {"code": row.code}) for row in made],
    )
    return {kind.code: ids[kind.code] for kind in kinds}


@transaction.atomic
def grant_many(*, actor: Actor, grants: Sequence[Grant]) -> int:
    """Give verified qualifications; those whose source was granted before are passed over. Returns how many are new."""
    require_archive_keeper(actor)
    ids = dict(QualificationKind.objects.values_list("code", "pk"))
    if any(grant.code not in ids for grant in grants):
        raise NotFound
    known: set[str] = set()
    refs = [grant.source_ref for grant in grants]
    for start in range(0, len(refs), BATCH_ROWS):
        part = Qualification.objects.filter(source_ref__in=refs[start : start + BATCH_ROWS])
        known.update(part.values_list("source_ref", flat=True))
    at = clock.now()
    rows = Qualification.objects.bulk_create(
        [
            Qualification(
                person_id=grant.person_id,
                kind_id=ids[grant.code],
                state=Qualification.State.VERIFIED,
                number=grant.number,
                issued_by=grant.issued_by,
                issued_on=grant.issued_on,
                expires_on=grant.expires_on,
                source_ref=grant.source_ref,
                submitted_at=at,
                submitted_by_ref=actor.reference,
                decided_at=at,
                decided_by_ref=actor.reference,
            )
            for grant in grants
            if grant.source_ref not in known
        ],
        batch_size=BATCH_ROWS,
    )
    record_many(
        actor=actor,
        action="archive.grant",
        objects=[(f"qualification:{row.pk}", {"person": row.person_id, "kind": row.kind_id}) for row in rows],
    )
    return len(rows)
