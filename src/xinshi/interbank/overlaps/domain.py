"""Pure: when two records of service may be one and the same."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

DAY_MINUTES_MAX: Final = 12 * 60
"""More than this in one day, from two sources together, is looked at: nobody serves that long beside a life."""


OTHER_CATEGORY: Final = "0099"
"""Says nothing, so two of it are not alike."""


class Why(StrEnum):
    """What makes two records of one person and day doubtful, the surest first."""

    SAME_SERVICE = "same_service"
    SAME_TIME = "same_time"
    SAME_MINUTES = "same_minutes"
    SAME_KIND_OF_SERVICE = "same_category"
    TOO_MUCH = "too_much_for_a_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Service of one person as one source tells it; times and fingerprint where the source tells them.

    `source` says who tells it: `own`, `exchange` or the code of a bank; service of one source never overlaps itself
    here: that is the source's own business.
    """

    ref: str
    source: str
    day: date
    minutes: int
    category: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    fingerprint: str = ""


def service_fingerprint(token: str, day: date, starts_at: datetime, ends_at: datetime, organiser: str) -> str:
    """The same at both banks for one service: person token, day, start and end to the minute, organiser; 64 hex digits.

    Moments in UTC; the organiser's name without what varies (width, case, spaces, punctuation).
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", organiser).casefold() if sign.isalnum())
    said = [token, day.isoformat(), *(f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}" for at in (starts_at, ends_at)), plain]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def doubt(new: Service, known: Iterable[Service]) -> tuple[Why, Service] | None:
    """Why `new` may be service that another source told already, with that service; None where nothing speaks for it.

    Where both tell their times, these alone decide; otherwise equal minutes or an equal category on one day are enough
    for a person to look, and so is a day that would become too long.
    """
    others = [one for one in known if one.source != new.source and one.ref != new.ref and one.day == new.day]
    found = [(why, one) for one in others if (why := _why(new, one))]
    if found:
        order = list(Why)
        return min(found, key=lambda pair: (order.index(pair[0]), pair[1].ref))
    if others and sum(one.minutes for one in others) + new.minutes > DAY_MINUTES_MAX:
        return Why.TOO_MUCH, max(others, key=lambda one: (one.minutes, one.ref))
    return None


def _why(new: Service, known: Service) -> Why | None:
    if new.fingerprint and new.fingerprint == known.fingerprint:
        return Why.SAME_SERVICE
    if new.starts_at and new.ends_at and known.starts_at and known.ends_at:
        return Why.SAME_TIME if new.starts_at < known.ends_at and known.starts_at < new.ends_at else None
    if new.minutes == known.minutes:
        return Why.SAME_MINUTES
    if new.category == known.category and new.category not in ("", OTHER_CATEGORY):
        return Why.SAME_KIND_OF_SERVICE
    return None
