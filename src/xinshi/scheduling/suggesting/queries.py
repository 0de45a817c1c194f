"""What people said of suggestions, and what is suggested to one of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from xinshi.activities.eligibility import Candidate
from xinshi.activities.models import Shift
from xinshi.activities.queries import OfferedShift, open_shifts
from xinshi.activities.queries.suggested import Suggested
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.scheduling.models import DeclinedKind, DeclinedShift, SuggestionChoice
from xinshi.scheduling.suggesting.domain import Fit
from xinshi.scheduling.suggesting.fitting import fits
from xinshi.scheduling.suggesting.wording import to_oneself

SUGGESTED: Final = 3
OWN_PAGE_MAX: Final = 6
LOOKED_AT: Final = 40
"""So many of the next shifts that one may take are weighed."""


def opted_out() -> set[int]:
    """Keys of the people who do not want to be suggested or planned for; also of those into whom they were merged."""
    rows = SuggestionChoice.objects.filter(is_wanted=False).values_list("person_id", "person__merged_into_id")
    return {key for row in rows for key in row if key is not None}


def declined_pairs(shift_ids: Collection[int]) -> set[tuple[int, int]]:
    """(person, shift) that must not be planned: the person said no to the shift, or to its kind of service."""
    categories: dict[str, list[int]] = {}
    rows = Shift.objects.filter(pk__in=shift_ids).values_list("pk", "activity__category")
    for pk, category in rows:
        categories.setdefault(category, []).append(pk)
    kinds = DeclinedKind.objects.filter(category__in=categories).values_list("person_id", "category")
    found = {(person, shift) for person, category in kinds for shift in categories[category]}
    return found | set(DeclinedShift.objects.filter(shift_id__in=shift_ids).values_list("person_id", "shift_id"))


@dataclass(frozen=True, slots=True)
class OwnChoice:
    """What the actor said of suggestions."""

    is_wanted: bool
    declined_kinds: tuple[str, ...]


def own_choice(actor: Actor) -> OwnChoice:
    person_id = actor.person_id or 0
    kinds = DeclinedKind.objects.filter(person_id=person_id).order_by("category").values_list("category", flat=True)
    is_out = SuggestionChoice.objects.filter(person_id=person_id, is_wanted=False).exists()
    return OwnChoice(is_wanted=not is_out, declined_kinds=tuple(kinds))


def suggested_to(
    actor: Actor, candidate: Candidate, may: Sequence[OfferedShift], *, limit: int = SUGGESTED
) -> list[Suggested]:
    """Of the shifts that the actor may take what suits them best, and why, by what they said themselves.

    Nothing for who wants no suggestions; nothing that nothing speaks for, and no time or kind to which they said no.
    """
    choice = own_choice(actor)
    if not choice.is_wanted:
        return []
    possible = [shift for shift in may[:LOOKED_AT] if shift.category not in choice.declined_kinds]
    declined = DeclinedShift.objects.filter(person_id=candidate.person_id).values_list("shift_id", flat=True)
    gone = set(declined.filter(shift_id__in=[shift.id for shift in possible]))
    found = fits([candidate], [shift.id for shift in possible if shift.id not in gone], at=clock.now()).by_pair
    suiting = [
        (shift, fit)
        for shift in possible
        if (fit := found.get((candidate.person_id, shift.id))) is not None and fit.may_ask and fit.value > 0
    ]
    best = sorted(suiting, key=lambda pair: (-pair[1].value, pair[0].starts_at, pair[0].id))
    return [
        Suggested(shift, tuple(to_oneself(fit.reasons, category=shift.category, starts_at=shift.starts_at)))
        for shift, fit in _one_of_each(best)[:limit]
    ]


def _one_of_each(best: Sequence[tuple[OfferedShift, Fit]]) -> list[tuple[OfferedShift, Fit]]:
    """Of shifts of one kind that begin at the same moment only the best, so that a few suggestions are a choice."""
    found: dict[tuple[str, datetime], tuple[OfferedShift, Fit]] = {}
    for shift, fit in best:
        found.setdefault((shift.category, shift.starts_at), (shift, fit))
    return list(found.values())


def own_suggestions(actor: Actor) -> list[Suggested]:
    """What is suggested to the actor now, for their own page and for programs."""
    return open_shifts(actor, tab="may", suggestions=OWN_PAGE_MAX).suggested if actor.person_id is not None else []
