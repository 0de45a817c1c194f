"""Reads of the policy: its versions. Whom another one would change stands in `policy_effects`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xinshi.bank.access import require_policy_reader
from xinshi.bank.models import PolicyVersion
from xinshi.bank.queries import policy_in_force
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.queries import names_by_reference


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version with who wrote it, who put it in force, and what it is now: proposed, coming, in_force or past."""

    version: PolicyVersion
    state: str
    proposed_by: str
    enforced_by: str


def versions(actor: Actor) -> list[VersionView]:
    """All versions, newest first."""
    require_policy_reader(actor)
    return _views(list(PolicyVersion.objects.order_by("-number")))


def version(actor: Actor, number: int) -> VersionView:
    require_policy_reader(actor)
    found = PolicyVersion.objects.filter(number=number).first()
    if found is None:
        raise NotFound
    return _views([found])[0]


def _views(found: Sequence[PolicyVersion]) -> list[VersionView]:
    names = names_by_reference(reference for row in found for reference in (row.proposed_by_ref, row.enforced_by_ref))
    current, today = policy_in_force().number, clock.today()
    return [
        VersionView(
            version=row,
            state=_state(row, current=current, is_coming=row.effective_from is not None and row.effective_from > today),
            proposed_by=names.get(row.proposed_by_ref, ""),
            enforced_by=names.get(row.enforced_by_ref, ""),
        )
        for row in found
    ]


def _state(row: PolicyVersion, *, current: int, is_coming: bool) -> str:
    if row.enforced_at is None:
        return "proposed"
    if is_coming:
        return "coming"
    return "in_force" if row.number == current else "past"
