"""What a whole file leaves to be remembered, kept small: times of its rows, and lists that a page or a file shows later."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Any, Final, TypeVar, overload

from xinshi.kernel.clock import local_day

T = TypeVar("T")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
A_DAY: Final = timedelta(days=1)
BUCKETS: Final = 1 << 16
SPREAD: Final = 0x9E3779B1
"""Odd and large: neighbouring people and days fall into buckets far apart."""
SEGMENT: Final = Struct("<qqqi")
"""Person, start and end in microseconds, and the minutes, doubled, with 1 added where the time is taken."""
PORTION: Final = 1_000
QUICKEST: Final = 1
REMEMBERED_MAX: Final = 8_192


class PackedTime:
    """Segments that a file's own rows said, 28 bytes each, asked as `KnownTime` is. Ends touch without overlapping."""

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets: list[bytes] = [b""] * BUCKETS

    def add(self, person_id: int, starts_at: datetime, ends_at: datetime, minutes: int, *, is_occupied: bool) -> None:
        """The file has said exactly this segment; `is_occupied` where the person served in this time."""
        packed = SEGMENT.pack(person_id, _moment(starts_at), _moment(ends_at), minutes * 2 + is_occupied)
        day, last = local_day(starts_at), local_day(ends_at)
        while True:
            self._buckets[_bucket(person_id, day)] += packed
            if day >= last:
                return
            day += A_DAY

    def look(self, person_id: int, starts_at: datetime, ends_at: datetime) -> tuple[int | None, bool]:
        """With which figure the file said this segment the last time, None where it never did; and whether it is known in
        itself or shares time with one that is taken.
        """
        packed = self._buckets[_bucket(person_id, local_day(starts_at))]
        if not packed:
            return None, False
        begin, end = _moment(starts_at), _moment(ends_at)
        minutes, is_known = None, False
        for who, first, last, said in SEGMENT.iter_unpack(packed):
            if who == person_id:
                if first == begin and last == end:
                    minutes, is_known = said >> 1, True
                elif said & 1 and first < end and begin < last:
                    is_known = True
        return minutes, is_known

    def is_occupied(self, person_id: int, day: date) -> bool:
        """True if the file knows of any service of that person that began on that day."""
        packed = self._buckets[_bucket(person_id, day)]
        return any(
            who == person_id and said & 1 == 1 and local_day(EPOCH + timedelta(microseconds=begin)) == day
            for who, begin, _, said in SEGMENT.iter_unpack(packed)
        )


def _bucket(person_id: int, day: date) -> int:
    return ((person_id * 40_009 + day.toordinal()) * SPREAD >> 8) & (BUCKETS - 1)


@lru_cache(maxsize=REMEMBERED_MAX)
def _moment(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


class PackedList(Sequence[T]):
    """A list that grows, is read from the front, and takes a tenth of the memory: full portions are kept packed."""

    def __init__(self) -> None:
        self._packed: list[bytes] = []
        self._open: list[T] = []

    def append(self, value: T) -> None:
        self._open.append(value)
        if len(self._open) == PORTION:
            self._packed.append(zlib.compress(pickle.dumps(self._open, pickle.HIGHEST_PROTOCOL), QUICKEST))
            self._open = []

    def __len__(self) -> int:
        return len(self._packed) * PORTION + len(self._open)

    def __iter__(self) -> Iterator[T]:
        for place in range(len(self._packed)):
            yield from self._portion(place)
        yield from self._open

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        number = range(len(self))[place]
        return self._portion(number // PORTION)[number % PORTION]

    def _portion(self, number: int) -> list[T]:
        if number == len(self._packed):
            return self._open
        # Nobody else could have put anything there: this process packed it itself, and it never leaves it.
        found: list[T] = pickle.loads(zlib.decompress(self._packed[number]))  # noqa: S301  # nosec B301
        return found
