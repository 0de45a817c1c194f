"""Pure rules and refusals of kiosks and PINs."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from xinshi.kernel.errors import DomainError, gettext_noop

SETUP_GOOD_FOR: Final = timedelta(minutes=30)
TOKEN_DAYS: Final = 400
"""How long a browser keeps the device's token at most; the server's own end is the revocation."""
PIN_DIGITS: Final = 6
TRIES_MAX: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)
ENTRY_SECONDS: Final = 90
"""Between the PIN and the press of a button."""
FAILURES_MAX: Final = 40
FAILURE_SPAN: Final = timedelta(minutes=10)
"""Per kiosk: whoever tries numbers one after the other is stopped, a busy morning is not."""
TAIL_DIGITS: Final = 4
SAME_TAIL_MAX: Final = 20
EASY: Final = frozenset({"123456", "654321", "123123", "112233", "012345", "543210"})


class SetupCodeWrong(DomainError):
    code = "setup_code_wrong"
    message = gettext_noop("This set-up code is not good any more. Let a coordinator make a new one under Kiosks.")
    status = 422


class NotAKiosk(DomainError):
    code = "not_a_kiosk"
    message = gettext_noop("This device is no kiosk, or not any more. Type a set-up code of a coordinator's.")
    status = 409


class KioskNameTaken(DomainError):
    code = "kiosk_name_taken"
    message = gettext_noop("There is a kiosk with this name already. Choose another, such as the floor or the door.")


class PinWrong(DomainError):
    code = "pin_wrong"
    message = gettext_noop(
        "Number and PIN do not fit together. Look at both again; after five tries the PIN is locked."
    )
    status = 422


class PinLocked(DomainError):
    code = "pin_locked"
    message = gettext_noop("Too many wrong PINs: wait a quarter of an hour, or let the person in charge check you in.")
    status = 429


class KioskBusy(DomainError):
    code = "kiosk_busy"
    message = gettext_noop("Too many wrong entries at this kiosk. Wait ten minutes, or ask the person in charge.")
    status = 429


class NumberNotClear(DomainError):
    code = "number_not_clear"
    message = gettext_noop("Several people have these last digits. Type your whole volunteer number.")
    status = 422


class EntryOver(DomainError):
    code = "entry_over"
    message = gettext_noop("That took too long. Begin again with your number.")


class PinNotGood(DomainError):
    code = "pin_not_good"
    message = gettext_noop("Choose six digits that nobody guesses: not all the same, no sequence, not your birthday.")
    status = 422


def is_easy(pin: str, *, birthday: str) -> bool:
    """True for a PIN that is guessed first; `birthday` is YYMMDD, or empty."""
    return len(set(pin)) < 3 or pin in EASY or pin == birthday
