"""Star levels on passbooks: only ever upwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from django.db import transaction

from xinshi.audit.actions import record_many
from xinshi.bank.models import Passbook
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed


@transaction.atomic
def raise_stars(*, actor: Actor, levels: Mapping[int, int]) -> int:
    """Set the star level of passbooks that stand lower: {passbook id: level}; returns how many rose. System only."""
    if not actor.is_system:
        raise NotAllowed
    by_level: dict[int, list[int]] = defaultdict(list)
    for passbook_id, level in levels.items():
        by_level[level].append(passbook_id)
    raised = 0
    for level, passbook_ids in sorted(by_level.items()):
        for start in range(0, len(passbook_ids), 500):
            part = sorted(passbook_ids[start : start + 500])
            lower = Passbook.objects.filter(pk__in=part, star_level__lt=level)
            rising = list(lower.order_by("pk").values_list("pk", flat=True))
            raised += lower.update(star_level=level)
            record_many(
                actor=actor,
                action="bank.raise_star",
                objects=[(f"passbook:{pk}", {"level": level}) for pk in rising],
            )
    return raised
