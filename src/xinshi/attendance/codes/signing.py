"""Making codes and telling true ones from others: marks by the hospital's own key, so that nothing is stored."""

from __future__ import annotations

import hmac
from datetime import datetime

from xinshi.attendance.codes.domain import DIGITS, TOLERANCE, Code, CodeTooOld, CodeUnreadable, is_current, window_of
from xinshi.vault.cipher import blind_index

MARK_CONTEXT = "attendance.code"
DIGITS_CONTEXT = "attendance.digits"
DEVICE_CONTEXT = "attendance.device"
MARK_LENGTH = 24


def new_code(scope: str, now: datetime) -> str:
    """The code of the present window: `a12-386f2a1-…`."""
    window = window_of(now)
    return f"{scope}-{window:x}-{_mark(scope, window)}"


def digits_of(scope: str, window: int) -> str:
    """Six digits of a window, for who cannot scan."""
    number = int(blind_index(f"{scope}:{window}", context=DIGITS_CONTEXT), 16) % 10**DIGITS
    return f"{number:0{DIGITS}d}"


def window_of_digits(scope: str, typed: str, now: datetime) -> int | None:
    """The window of `scope` whose digits were typed, of those that are taken now; None where they fit none."""
    window = window_of(now)
    for candidate in range(window - TOLERANCE, window + TOLERANCE + 1):
        if hmac.compare_digest(digits_of(scope, candidate).encode(), typed.encode()):
            return candidate
    return None


def require_true(code: Code) -> None:
    """CodeUnreadable for a code that this hospital did not make."""
    if not hmac.compare_digest(code.mark, _mark(code.scope, code.window)):
        raise CodeUnreadable


def require_current(code: Code, now: datetime) -> None:
    """CodeUnreadable for a code that is not ours, CodeTooOld for one that is not shown now."""
    require_true(code)
    if not is_current(code.window, now):
        raise CodeTooOld


def device_digest(token: str, day: object) -> str:
    """A device's cookie as a digest with a key of the day: no device can be followed from one day to the next."""
    return blind_index(f"{day}:{token}", context=DEVICE_CONTEXT)[:16] if token else ""


def _mark(scope: str, window: int) -> str:
    return blind_index(f"{scope}:{window}", context=MARK_CONTEXT)[:MARK_LENGTH]
