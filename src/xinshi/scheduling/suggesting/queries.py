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
from xinshi.doors.prepared import PreparedRead
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.scheduling.models import DeclinedKind, DeclinedShift, SuggestionChoice
from xinshi.scheduling.suggesting.domain import Fit
from xinshi.scheduling.suggesting.fitting import fits_of
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


OPTED_OUT: Final = PreparedRead(
    lambda person: SuggestionChoice.objects.filter(person_id=person, is_wanted=False).values_list("person_id"),
    person=int,
)
KINDS_DECLINED: Final = PreparedRead(
    lambda person: DeclinedKind.objects.filter(person_id=person).order_by("category").values_list("category"),
    person=int,
)
SHIFTS_DECLINED: Final = PreparedRead(
    lambda person, at: DeclinedShift.objects.filter(person_id=person, shift__starts_at__gt=at).values_list("shift_id"),
    person=int,
    at=datetime,
)


@dataclass(frozen=True, slots=True)
class OwnChoice:
    """What the actor said of suggestions."""

    is_wanted: bool
    declined_kinds: tuple[str, ...]


def own_choice(actor: Actor) -> OwnChoice:
    person_id = actor.person_id or 0
    kinds = KINDS_DECLINED.rows(person=person_id)
    return OwnChoice(is_wanted=not OPTED_OUT.rows(person=person_id), declined_kinds=tuple(kind for (kind,) in kinds))


def suggested_to(
    actor: Actor, candidate: Candidate, may: Sequence[OfferedShift], *, limit: int = SUGGESTED
) -> list[Suggested]:
    """Of the shifts that the actor may take what suits them best, and why, by what they said themselves.

    Nothing for who wants no suggestions; nothing that nothing speaks for, and no time or kind to which they said no.
    """
    choice = own_choice(actor)
    if not choice.is_wanted:
        return []
    at = clock.now()
    gone = {shift_id for (shift_id,) in SHIFTS_DECLINED.rows(person=candidate.person_id, at=at)}
    possible = [one for one in may[:LOOKED_AT] if one.category not in choice.declined_kinds and one.id not in gone]
    found = fits_of(candidate, possible, at=at)
    suiting = [(shift, fit) for shift in possible if (fit := found[shift.id]).may_ask and fit.value > 0]
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
