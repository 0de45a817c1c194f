"""Pure rules: what about a record of presence looks odd, and in which numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from xinshi.attendance.domain import CLOSED_BY_RULE, Stretch
from xinshi.attendance.sites.domain import Position, distance_metres
from xinshi.kernel.errors import DomainError, gettext_noop

SPEED_KMH_MAX: Final = 60
"""Faster than this nobody gets through a city from one site to the next."""
TRAVEL_METRES_MIN: Final = 1_000
PEOPLE_PER_DEVICE_MAX: Final = 2
"""A couple may share a phone; three people on one phone in one day are looked at."""
EXACT_IN_A_ROW: Final = 8
LATE_ENTRY_DAYS: Final = 3
SELF_SERVICE: Final = frozenset({"qr", "kiosk", "offline"})


class NoteMissing(DomainError):
    code = "note_missing"
    message = gettext_noop("Say in a few words why you decide so; the note stays on record.")
    status = 422


class AnomalyDecided(DomainError):
    code = "anomaly_decided"
    message = gettext_noop("Somebody decided about this already. Load the list again.")


class OwnAnomaly(DomainError):
    code = "own_anomaly"
    message = gettext_noop("This is about your own service. Somebody else has to look at it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One trace of a record; `people_on_device`: how many people used the same device that day."""

    event: str
    way: str
    at: datetime
    place: str = ""
    hectometres: int | None = None
    activity_id: int = 0
    people_on_device: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another presence of the same person close in time, at a site on the map."""

    record_id: int
    stretch: Stretch
    place: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A record with everything that the rules need; `exact_in_a_row` counts this person's last exact records, with it."""

    record_id: int
    activity_id: int
    stretch: Stretch
    shift: Stretch
    through: tuple[str, str]
    submitted_at: datetime
    seen: Sequence[Seen] = ()
    place: Position | None = None
    neighbours: Sequence[Neighbour] = ()
    exact_in_a_row: int = 0


Found = dict[str, dict[str, Any]]
"""Details by kind of anomaly."""


def findings(look: Look) -> Found:
    """What is odd about a record, by kind; empty where nothing is."""
    found: Found = {}
    if look.through[1] == CLOSED_BY_RULE:
        found["closed_by_rule"] = {}
    late = (look.submitted_at - look.shift[1]).days
    if "entered" in look.through and late > LATE_ENTRY_DAYS:
        found["late_entry"] = {"days": late}
    if look.exact_in_a_row >= EXACT_IN_A_ROW:
        found["exact_hours"] = {"records": look.exact_in_a_row}
    return found | _of_traces(look) | _of_travel(look)


def _of_traces(look: Look) -> Found:
    found: Found = {}
    elsewhere = [one for one in look.seen if one.event == "elsewhere" and one.activity_id != look.activity_id]
    if elsewhere:
        found["two_places"] = {"activity": elsewhere[0].activity_id, "at": elsewhere[0].at.isoformat()}
    offline = [one for one in look.seen if one.way == "offline"]
    if offline:
        found["offline"] = {"scans": len(offline)}
    outside = [one.hectometres or 0 for one in look.seen if one.place == "outside"]
    if outside:
        found["outside"] = {"hectometres": max(outside)}
    shared = max((one.people_on_device for one in look.seen), default=0)
    if shared > PEOPLE_PER_DEVICE_MAX:
        found["one_device"] = {"people": shared}
    return found


def _of_travel(look: Look) -> Found:
    """The neighbour that was hardest to reach, where nobody could have."""
    if look.place is None:
        return {}
    fastest: tuple[float, Neighbour, float] | None = None
    for other in look.neighbours:
        metres = distance_metres(look.place, other.place)
        if metres < TRAVEL_METRES_MIN:
            continue
        gap = max(look.stretch[0] - other.stretch[1], other.stretch[0] - look.stretch[1], timedelta(minutes=1))
        speed = metres / 1_000 / (gap.total_seconds() / 3_600)
        if speed > SPEED_KMH_MAX and (fastest is None or speed > fastest[0]):
            fastest = (speed, other, metres)
    if fastest is None:
        return {}
    speed, other, metres = fastest
    return {"travel": {"kmh": round(speed), "hectometres": round(metres / 100), "record": other.record_id}}


def is_exact(stretch: Stretch, shift: Stretch) -> bool:
    """Both times to the very minute of the shift."""
    return all(
        int(one.timestamp()) // 60 == int(other.timestamp()) // 60 for one, other in zip(stretch, shift, strict=True)
    )


def exact_run(newest_first: Sequence[bool]) -> int:
    """How many of the latest in a row are exact."""
    run = 0
    for exact in newest_first:
        if not exact:
            break
        run += 1
    return run
