"""Pure rules of groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xinshi.kernel.errors import DomainError, gettext_noop

GROUP_MAX: Final = 200
HELD_BY_ANYBODY_MAX: Final = 10
"""So many places at most are held for the group of a volunteer who leads neither a team nor the activity."""
NAME_LENGTH_MAX: Final = 60


class GroupTooLarge(DomainError):
    code = "group_too_large"
    message = gettext_noop("At most %(most)s places for one group. Ask the person in charge for more.")


class PersonNotPossible(DomainError):
    """Says nothing of why: that is between the person and the hospital."""

    code = "person_not_possible"
    message = gettext_noop(
        "No place can be given to the number %(number)s. Ask the person to look at the shift themselves: they see why."
    )


class GroupPlacesGone(DomainError):
    code = "group_places_gone"
    message = gettext_noop("So many places are not held for this group any more.")


class GroupEmpty(DomainError):
    code = "group_empty"
    message = gettext_noop("Name at least one person, or say how many places to hold.")
    status = 422


@dataclass(frozen=True, slots=True)
class SignedUpGroup:
    """`signup_ids` of who was named; `held` places still without a name."""

    group_key: str
    shift_id: int
    signup_ids: tuple[int, ...]
    held: int
