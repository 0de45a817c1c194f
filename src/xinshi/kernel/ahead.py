"""Making the next piece while the last one is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(pieces: Iterator[T]) -> Iterator[T]:
    """The pieces in their order; a thread makes one more while the caller waits for the database or a network.

    `pieces` must touch nothing that belongs to a thread, such as a connection to the database.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as maker:
        coming = maker.submit(_next, pieces)
        while (found := coming.result()) is not None:
            coming = maker.submit(_next, pieces)
            yield found[0]


def _next(pieces: Iterator[T]) -> tuple[T] | None:
    return next(((piece,) for piece in pieces), None)
