"""Compiling the inner loops to machine code: at their first call, kept on disk between processes, never at import."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

Asked = ParamSpec("Asked")
Found = TypeVar("Found")


def compiled(function: Callable[Asked, Found]) -> Callable[Asked, Found]:
    """`function`, compiled when it is first called; it leaves Python's lock to other threads while it runs.

    Where no folder can be written, as on a read-only machine, each process compiles anew: slower, never wrong.
    """
    try:
        return cast("Callable[Asked, Found]", numba.njit(function, cache=True, nogil=True))
    except RuntimeError:
        return cast("Callable[Asked, Found]", numba.njit(function, nogil=True))
