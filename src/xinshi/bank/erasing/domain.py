"""What is refused of erasing somebody, and what goes and stays, in words."""

from __future__ import annotations

from typing import Final

from xinshi.kernel.errors import DomainError, gettext_noop

GOES: Final = (
    gettext_noop("name, document number, phone, birthday and every other basic data"),
    gettext_noop("the archive: profession, skills, limits, whom to call, numbers and photos of qualifications"),
    gettext_noop("the sign-in with its sessions, tokens and roles, the calendar address and the PIN"),
    gettext_noop("messages, notes, evidence that was handed in, for whom vouchers were"),
    gettext_noop("name and number in files from and to other platforms; nothing is sent there any more"),
)
STAYS: Final = (
    gettext_noop(
        "lines of the book and service records, under a pseudonym: the hospital must keep them, and can prove them"
    ),
    gettext_noop("who did what when in the audit trail, under the same pseudonym"),
)


class ErasureKnown(DomainError):
    code = "erasure_known"
    message = gettext_noop("This was asked for already. Take it back, or wait for the answer.")


class ErasureNotOpen(DomainError):
    code = "erasure_not_open"
    message = gettext_noop("This request was decided or taken back already, so nothing was done now.")


class NotTheirs(DomainError):
    code = "own_erasure"
    message = gettext_noop(
        "Two people decide, neither of them the one whose data it is. Ask another coordinator or administrator."
    )
    status = 403


class NotAcceptedYet(DomainError):
    code = "erasure_not_accepted"
    message = gettext_noop("Somebody must accept the request first; then another person deletes the data.")
