"""Pure rules of place: distance on the globe, from Chinese maps' coordinates to GPS's, inside or outside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from xinshi.kernel.errors import DomainError, gettext_noop

EARTH_RADIUS_METRES: Final = 6_371_008.8
ELLIPSOID_AXIS_METRES: Final = 6_378_245.0
"""Krasovsky 1940, which GCJ-02 is built on."""
ELLIPSOID_ECCENTRICITY_2: Final = 0.00669342162296594323
ACCURACY_METRES_MAX: Final = 300
"""A phone that knows its place less exactly than this does not know it."""
METRES_PER_HECTOMETRE: Final = 100
CHINA: Final = (0.8293, 55.8271, 72.004, 137.8347)
"""South, north, west, east: outside of it GCJ-02 is WGS-84."""


class OutsidePlace(DomainError):
    code = "outside_place"
    message = gettext_noop(
        "Your phone is about %(metres)d m from the place, and this activity asks for presence on the spot. "
        "Come nearer and scan again, or let the person in charge check you in."
    )


class PlaceUnknown(DomainError):
    code = "place_unknown"
    message = gettext_noop(
        "This activity asks where your phone is. Allow it and scan again, or let the person in charge check you in."
    )


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees in WGS-84, and how exactly the phone knows them in metres."""

    latitude: float
    longitude: float
    accuracy_metres: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that is kept of a position: `inside`, `outside`, `unknown`, or empty where nobody asked; and the distance."""

    place: str
    hectometres: int | None


NOT_ASKED: Final = Verdict("", None)
UNKNOWN: Final = Verdict("unknown", None)


def position_from(latitude: str, longitude: str, accuracy: str) -> Position | None:
    """What a phone sent, or None for anything that is no place on earth."""
    try:
        found = [float(Decimal(text)) for text in (latitude, longitude, accuracy or "0")]
    except (InvalidOperation, ValueError, OverflowError):
        return None
    if not all(map(math.isfinite, found)) or abs(found[0]) > 90 or abs(found[1]) > 180 or found[2] < 0:
        return None
    return Position(*found)


def distance_metres(one: Position, other: Position) -> float:
    """Along the globe (haversine)."""
    lat1, lat2 = math.radians(one.latitude), math.radians(other.latitude)
    half_lat, half_lon = (lat2 - lat1) / 2, math.radians(other.longitude - one.longitude) / 2
    a = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_METRES * math.asin(min(1.0, math.sqrt(a)))


def judge(position: Position | None, place: Position, *, radius_metres: int) -> Verdict:
    """Inside where the phone may be within the radius, in its favour by how exactly it knows; `place` in WGS-84."""
    if position is None or position.accuracy_metres > ACCURACY_METRES_MAX:
        return UNKNOWN
    distance = distance_metres(position, place)
    inside = distance - position.accuracy_metres <= radius_metres
    return Verdict("inside" if inside else "outside", round(distance / METRES_PER_HECTOMETRE))


def wgs84(latitude: float, longitude: float, *, datum: str) -> Position:
    """A site's coordinates as GPS speaks them. GCJ-02 is turned back by three rounds of its own offset: within a metre."""
    if datum == "wgs84" or not (CHINA[0] <= latitude <= CHINA[1] and CHINA[2] <= longitude <= CHINA[3]):
        return Position(latitude, longitude)
    lat, lon = latitude, longitude
    for _ in range(3):
        offset_lat, offset_lon = _gcj02_offset(lat, lon)
        lat, lon = latitude - offset_lat, longitude - offset_lon
    return Position(lat, lon)


def _gcj02_offset(latitude: float, longitude: float) -> tuple[float, float]:
    """By how many degrees GCJ-02 lies beside WGS-84 here."""
    x, y = longitude - 105.0, latitude - 35.0
    ripple = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    metres_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + ripple
    metres_lat += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    metres_lat += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    metres_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + ripple
    metres_lon += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    metres_lon += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    radians = math.radians(latitude)
    magic = 1 - ELLIPSOID_ECCENTRICITY_2 * math.sin(radians) ** 2
    meridian = ELLIPSOID_AXIS_METRES * (1 - ELLIPSOID_ECCENTRICITY_2) / (magic * math.sqrt(magic))
    parallel = ELLIPSOID_AXIS_METRES / math.sqrt(magic) * math.cos(radians)
    return math.degrees(metres_lat / meridian), math.degrees(metres_lon / parallel)
