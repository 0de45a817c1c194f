"""The last places of a shift, asked for by many at once: within a process one after the other.

In a rush everybody reads that there is a place before anybody has it, and all but one of them would lock, wait and decide
for nothing. Whoever has to wait here looks at the shift again first, and most often it is full by then. It only saves work:
the database decides who gets a place, whether or not somebody came through here, and in however many processes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

FEW: Final = 8
"""From so many free places on people need not wait for each other."""
WAIT_SECONDS_MAX: Final = 2.0
_GATES: Final = tuple(threading.Lock() for _ in range(256))
"""Two shifts may share one: then somebody waits for nothing."""


@contextmanager
def one_after_the_other(shift_id: int, *, free: int) -> Iterator[bool]:
    """True where somebody of this process was before us, so that what was read of the shift is old.

    Whoever holds locks of the database already does not wait: those before us might wait for these.
    """
    if free >= FEW or connection.in_atomic_block:
        yield False
        return
    gate = _GATES[shift_id % len(_GATES)]
    is_first = gate.acquire(blocking=False)
    is_held = is_first or gate.acquire(timeout=WAIT_SECONDS_MAX)
    try:
        yield not is_first
    finally:
        if is_held:
            gate.release()
