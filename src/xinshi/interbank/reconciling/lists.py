"""Where the two lists come from, and what stands behind an entry of ours: told by the protocol's tables and client.

Reconciliation reads them through these three functions only, so that it can be tried without a network and works the same
from a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from xinshi.exchange.models import Partner
from xinshi.interbank.reconciling.domain import Entry

OurList = Callable[[Partner, date, date], list[Entry]]
"""Our entries whose day of `sent_at` in UTC lies in the period, both days included."""
TheirList = Callable[[Partner, date, date], Sequence[Mapping[str, Any]]]
"""The partner's entries by its interface, as it lists them; raises a DomainError where it does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """Whose minutes an entry of ours is about, and what was booked for it: `deposit_id` in, `transfer_id` out."""

    person_id: int | None = None
    deposit_id: int | None = None
    transfer_id: int | None = None
    category: str = "0099"


BehindEntry = Callable[[Partner, str, str], Behind]
"""By partner, stream (`in`, `out`) and key; an empty `Behind` for what is not known here."""


@dataclass(frozen=True, slots=True)
class Lists:
    ours: OurList
    theirs: TheirList
    behind: BehindEntry


_LISTS: Final[list[Lists]] = []


def register_lists(*, ours: OurList, theirs: TheirList, behind: BehindEntry) -> None:
    """Called once when the house starts; the newest registration counts."""
    _LISTS[:] = [Lists(ours, theirs, behind)]


def lists() -> Lists:
    assert _LISTS, "the protocol registers its lists when the house starts"
    return _LISTS[0]
