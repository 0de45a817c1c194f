"""Shifts that another room reads by a query of its own, prepared with its own columns: as one person sees them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from xinshi.activities.models import Shift
from xinshi.activities.queries.deciding import LISTED_COLUMNS, deciding_rows, listed
from xinshi.activities.queries.offers import OfferedShift, as_seen
from xinshi.kernel.actor import Actor


def read_rows(rows: QuerySet[Shift], *more: str) -> QuerySet[Shift, tuple[Any, ...]]:
    """What `offered_rows` reads of these shifts, with `more` columns before it."""
    return deciding_rows(rows).select_related(None).values_list(*more, *LISTED_COLUMNS)


def offered_rows(actor: Actor, rows: Iterable[tuple[Any, ...]]) -> list[OfferedShift]:
    """Rows of `read_rows` as the actor sees them, in their order."""
    shifts, *_ = as_seen(actor, listed([row[-len(LISTED_COLUMNS) :] for row in rows]))
    return shifts
