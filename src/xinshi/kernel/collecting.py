"""When the interpreter looks for cycles in memory.

Its collector goes through all that a process holds each time that enough was made. While thousands of rows are read or
written that takes a third of the time and finds nothing: rows have no cycles, and what nobody holds is freed at once.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collected_afterwards() -> Iterator[None]:
    """Let the collector of this process wait for the end of a bounded piece of work, some seconds at most.

    Where several threads are inside, the one that made it wait wakes it again.
    """
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()
            gc.collect(0)  # What was made since, before it counts as old and is kept until there is much of it.
