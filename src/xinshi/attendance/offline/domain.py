"""Pure rules of what a phone sends late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from xinshi.kernel.errors import DomainError, gettext_noop

SKEW_MAX: Final = timedelta(minutes=3)
"""A phone's clock is corrected by the server's when it was last online; what remains may be this much."""
GRANT_DAYS: Final = 14
QUEUE_MAX: Final = 50
NONCE_LENGTH_MAX: Final = 40


class ClaimTooOld(DomainError):
    code = "claim_too_old"
    message = gettext_noop(
        "This scan is more than %(hours)d hours old and cannot be taken any more. "
        "Ask the person in charge to enter your times."
    )


class ClaimClockWrong(DomainError):
    code = "claim_clock_wrong"
    message = gettext_noop(
        "The time of this scan and the code that was scanned do not fit together. "
        "Ask the person in charge to enter your times."
    )


class GrantGone(DomainError):
    code = "grant_gone"
    message = gettext_noop("This scan was kept on this phone by somebody else, or too long ago. It was not sent.")
    status = 422


def judge(
    *,
    window_start: datetime,
    window_seconds: int,
    claimed_at: datetime,
    granted_at: datetime,
    now: datetime,
    age_max: timedelta,
) -> datetime:
    """The moment that counts: when the scanned code was shown, by the server's clock; a refusal where it cannot be so.

    `claimed_at` is what the phone says; it must fit the code's own window within SKEW_MAX. A code is not older than what
    the phone was given when it was last online, not from the future, and not older than `age_max`.
    """
    window_end = window_start + timedelta(seconds=window_seconds)
    if not window_start - SKEW_MAX <= claimed_at <= window_end + SKEW_MAX:
        raise ClaimClockWrong
    if window_start > now + SKEW_MAX or window_end < granted_at - SKEW_MAX:
        raise ClaimClockWrong
    if now - window_start > age_max:
        raise ClaimTooOld(hours=int(age_max.total_seconds() // 3600))
    return min(window_start, now)
