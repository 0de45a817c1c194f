"""The hospital that both sites of `bench.service` are filled with, in numbers and times; standard library only."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

ACTIVITIES: Final = 77
SHIFTS: Final = 500
BIG_SHIFTS, BIG_PEOPLE = 20, 50
"""One activity more has so many shifts and people."""
RUSH_SHIFTS, RUSH_CLAIMS = 20, 24
"""So many shifts have one place each, which so many people want at once."""
PLACES: Final = 20
SPREAD_DAYS: Final = 30
CSRF: Final = "benchbenchbenchbenchbenchbenchbe"
"""The secret of everybody's CSRF cookie; 32 signs as Django makes them."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured: people in the archive, sign-ups, check-ins, and pages per kind."""

    people: int
    sign_ups: int
    check_ins: int
    pages: int
    peer_sign_ups: int
    peer_pages: int

    @classmethod
    def from_environment(cls) -> Extent:
        return cls(*(int(number) for number in os.environ["BENCH_EXTENT"].split(",")))

    def as_text(self) -> str:
        return ",".join(str(getattr(self, name)) for name in self.__slots__)


HOSPITAL: Final = timezone(timedelta(hours=8))
FULL: Final = Extent(people=4_000, sign_ups=2_000, check_ins=500, pages=30, peer_sign_ups=2_000, peer_pages=8)
QUICK: Final = Extent(people=800, sign_ups=240, check_ins=60, pages=6, peer_sign_ups=40, peer_pages=2)


def midnight(now: datetime) -> datetime:
    """The beginning of the hospital's day, so that no shift goes on into the next one at whatever hour this runs."""
    return now.astimezone(HOSPITAL).replace(hour=0, minute=0, second=0, microsecond=0)


def shift_times(now: datetime) -> list[list[tuple[datetime, datetime]]]:
    """From when to when, per activity: SHIFTS in all, two hours each, from tomorrow for SPREAD_DAYS days."""
    first = midnight(now) + timedelta(days=1, hours=8)
    times: list[list[tuple[datetime, datetime]]] = [[] for _ in range(ACTIVITIES)]
    for number in range(SHIFTS):
        start = first + timedelta(days=number % SPREAD_DAYS, hours=(number // SPREAD_DAYS) % 8)
        times[number % ACTIVITIES].append((start, start + timedelta(hours=2)))
    return times


def later_times(now: datetime, number: int) -> list[tuple[datetime, datetime]]:
    """`number` shifts after all others, none at the same time as another."""
    first = midnight(now) + timedelta(days=SPREAD_DAYS + 5)
    return [(first + timedelta(hours=3 * n), first + timedelta(hours=3 * n + 2)) for n in range(number)]


def now() -> datetime:
    return datetime.now(UTC)


def people_of_rush(people: Sequence[int]) -> Iterator[Sequence[int]]:
    """The people who want the place of each shift of the rush: the last ones, each for one shift."""
    for number in range(RUSH_SHIFTS):
        end = len(people) - number * RUSH_CLAIMS
        yield people[end - RUSH_CLAIMS : end]


def sql_of(site: Any, wanted: Mapping[str, Any], **browser: Any) -> int:
    """How many statements an answer takes, asked in this process; `browser` are arguments of Django's test client."""
    from urllib.parse import parse_qsl

    from django.db import connection

    statements = 0

    def count(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(sql, params, many, context)

    site.cookies.load(wanted["cookie"])
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in wanted.get("headers", {}).items()}
    for turn in range(2):  # What is read once per process is not counted: a page is asked twice.
        if wanted.get("form") and turn:
            break
        statements = 0
        with connection.execute_wrapper(count):
            if wanted.get("form"):
                answer = site.post(wanted["path"], dict(parse_qsl(wanted["form"])), **headers, **browser)
            else:
                answer = site.get(wanted["path"], **headers, **browser)
        assert answer.status_code in (200, 302), (wanted["path"], answer.status_code)
    return statements
