"""Pure rules of codes: windows, what a code says, and what a scan should do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from xinshi.kernel.clock import HOSPITAL_ZONE
from xinshi.kernel.errors import DomainError, gettext_noop

WINDOW_SECONDS: Final = 30
TOLERANCE: Final = 1
"""Windows before and after the present one whose code is taken: a scan and its answer may lie on both sides of a change."""
DIGITS: Final = 6
DIGIT_TRIES_MAX: Final = 10
DIGIT_SPAN: Final = timedelta(minutes=10)
EARLY_LEAVING: Final = timedelta(minutes=15)
"""Who scans longer than this before the end of the shift is asked whether they really leave."""
JUST_CAME: Final = timedelta(minutes=2)
"""Who scans again so soon after coming did not see that it had worked."""
LATE_LEAVING: Final = timedelta(hours=12)
CODE: Final = re.compile(r"([ako])([1-9][0-9]{0,17})-([0-9a-f]{6,9})-([0-9a-f]{24})")


class CodeUnreadable(DomainError):
    code = "code_unreadable"
    message = gettext_noop("This is not a code of this hospital. Scan the one on the screen at the place again.")
    status = 422


class CodeTooOld(DomainError):
    code = "code_too_old"
    message = gettext_noop(
        "This code has changed already: it is good for half a minute. Scan the one that is shown now."
    )


class DigitsWrong(DomainError):
    code = "digits_wrong"
    message = gettext_noop("These are not the six digits that are shown now. Look at the screen again: they change.")
    status = 422


class TooManyTries(DomainError):
    code = "too_many_tries"
    message = gettext_noop("Too many wrong digits. Wait ten minutes, or ask the person in charge to check you in.")
    status = 429


class NoShiftHere(DomainError):
    code = "no_shift_here"
    message = gettext_noop(
        "You have no place in a shift here now. The person in charge can give you one by your volunteer number."
    )


class TooEarlyToCome(DomainError):
    code = "too_early_to_come"
    message = gettext_noop("It is too early: you can check in from %(time)s.")


class NothingServedYet(DomainError):
    code = "nothing_served_yet"
    message = gettext_noop(
        "Your shift begins at %(time)s, so there is nothing to credit yet. If you cannot stay, tell the person in charge."
    )


class ServedAlready(DomainError):
    code = "served_already"
    message = gettext_noop("Your service in this shift is recorded already. Look at it under My service.")


class NotThere(DomainError):
    code = "not_there"
    message = gettext_noop("You are not checked in here. Check in first, or tell the person in charge when you came.")


class CheckInTakenBack(DomainError):
    code = "check_in_taken_back"
    message = gettext_noop(
        "You came with this code and your check-in was taken back since. If you are here, scan the code that is shown next."
    )


class CertificateMissing(DomainError):
    code = "certificate_missing"
    message = gettext_noop(
        "“%(kind)s” is needed for this shift and has run out, or nobody has it on file. The person in charge was told; "
        "they can check you in once they have seen it."
    )


class Choice(StrEnum):
    """What the person wants: what their state says, or one of the two."""

    BY_STATE = ""
    IN = "in"
    OUT = "out"


class Outcome(StrEnum):
    """What came of a scan."""

    IN = "in"
    OUT = "out"
    ASK = "ask"
    """Nothing yet: it is unclear whether the person comes or goes."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Code:
    """What a code says: of an activity (`a`), a kiosk (`k`) or somebody's own (`o`), and of which window."""

    kind: str
    number: int
    window: int
    mark: str

    @property
    def scope(self) -> str:
        return f"{self.kind}{self.number}"

    @property
    def key(self) -> str:
        """The same for whoever scans the same code: it serves each of them once."""
        return f"{self.scope}:{self.window}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A place of the person near now; `state` is `expected`, `open` (there) or `done`."""

    signup_id: int
    starts_at: datetime
    ends_at: datetime
    state: str
    came_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What a scan should do, with which place; of ASK, `signup_id` is the one to leave. `is_done`: it was done before."""

    outcome: Outcome
    signup_id: int
    is_done: bool = False


def window_of(moment: datetime) -> int:
    return int(moment.timestamp()) // WINDOW_SECONDS


def window_start(window: int) -> datetime:
    return datetime.fromtimestamp(window * WINDOW_SECONDS, UTC)


def clock_text(moment: datetime) -> str:
    """`08:30` by the hospital's clock."""
    return f"{moment.astimezone(HOSPITAL_ZONE):%H:%M}"


def seconds_left(moment: datetime) -> int:
    """Until the code changes: 1 to 30."""
    return WINDOW_SECONDS - int(moment.timestamp()) % WINDOW_SECONDS


def is_current(window: int, now: datetime) -> bool:
    return abs(window - window_of(now)) <= TOLERANCE


def code_from(typed: str) -> Code:
    """The parts of a code, also of the whole address that holds it; CodeUnreadable for anything else."""
    text = typed.strip().lower().rstrip("/").rpartition("/")[2]
    found = CODE.fullmatch(text)
    if found is None:
        raise CodeUnreadable
    return Code(kind=found[1], number=int(found[2]), window=int(found[3], 16), mark=found[4])


def decide(standings: Sequence[Standing], now: datetime, *, early: timedelta, choice: Choice) -> Step:
    """Whether the person comes or goes, by their places near now; a refusal says what would help.

    Going: from the shift in which they are. Coming: to the next that begins within `early` or runs. Unclear is who could do
    both, and who would go long before the end: they are asked. Who came just now, or whose shift has not begun, is in.
    """
    there = [one for one in standings if one.state == "open"]
    coming = [one for one in standings if one.state == "expected" and one.starts_at - early <= now < one.ends_at]
    coming.sort(key=lambda one: (one.starts_at, one.signup_id))
    if choice is Choice.OUT or (choice is Choice.BY_STATE and there):
        if not there:
            raise NotThere
        leaving = min(there, key=lambda one: (one.ends_at, one.signup_id))
        has_begun = now >= leaving.starts_at + timedelta(minutes=1)
        just_came = leaving.came_at is not None and now < leaving.came_at + JUST_CAME
        if choice is Choice.BY_STATE and not coming and (just_came or not has_begun):
            return Step(Outcome.IN, leaving.signup_id, is_done=True)
        if not has_begun:
            raise NothingServedYet(time=clock_text(leaving.starts_at))
        is_unclear = bool(coming) or now < leaving.ends_at - EARLY_LEAVING
        outcome = Outcome.ASK if is_unclear and choice is Choice.BY_STATE else Outcome.OUT
        return Step(outcome, leaving.signup_id)
    if coming:
        return Step(Outcome.IN, coming[0].signup_id)
    raise _nothing_to_do(standings, now, early)


def _nothing_to_do(standings: Sequence[Standing], now: datetime, early: timedelta) -> DomainError:
    """Why somebody who wants to come cannot, from what is nearest to it."""
    later = [one.starts_at for one in standings if one.state == "expected" and one.starts_at > now]
    if later:
        return TooEarlyToCome(time=clock_text(min(later) - early))
    return ServedAlready() if any(one.state in ("done", "open") for one in standings) else NoShiftHere()
