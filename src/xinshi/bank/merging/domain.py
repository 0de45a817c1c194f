"""Pure rules of merging: why two records may be one person and how sure that is, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xinshi.kernel.errors import DomainError, gettext_noop

SAME_DOCUMENT: Final = 95
SAME_PHONE: Final = 30
SAME_NAME: Final = 25
SAME_BIRTH_DATE: Final = 25
OTHER_DOCUMENT: Final = -40
SCORE_MAX: Final = 100


class MergeOfOne(DomainError):
    code = "merge_of_one"
    message = gettext_noop("Two different records can be merged, and each only once.")


class MergeNotOpen(DomainError):
    code = "merge_not_open"
    message = gettext_noop("This proposal was decided already.")


class MergeProposedBefore(DomainError):
    code = "merge_proposed_before"
    message = gettext_noop("One of these records is in another proposal that waits. Decide that one first.")


class OwnMerge(DomainError):
    code = "own_merge"
    message = gettext_noop("Two people merge, and neither is the one who is merged: a colleague must do this step.")
    status = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What speaks for and against two records being one person."""

    same_document: bool = False
    """The numbers are equal but for how they were written."""
    same_phone: bool = False
    same_name: bool = False
    same_birth_date: bool = False
    other_document: bool = False
    """Both have a number, and they are different ones."""

    @property
    def score(self) -> int:
        """0 to 100: how likely it is one person."""
        weights = (
            (self.same_document, SAME_DOCUMENT),
            (self.same_phone, SAME_PHONE),
            (self.same_name, SAME_NAME),
            (self.same_birth_date, SAME_BIRTH_DATE),
            (self.other_document and not self.same_document, OTHER_DOCUMENT),
        )
        return max(0, min(SCORE_MAX, sum(weight for holds, weight in weights if holds)))
