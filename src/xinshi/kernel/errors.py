"""Refusals: what a person asked for and cannot have, said so that they know what to do next.

A refusal carries a stable `code` for programs and a sentence (an English message id) that the doors translate.
"""

from __future__ import annotations

from typing import Any, ClassVar


def gettext_noop(message: str) -> str:
    """Mark `message` for translation; the doors translate it when they show it."""
    return message


class DomainError(Exception):
    """A refusal. Subclass it per reason; `message` has named placeholders filled from the keyword arguments."""

    code: ClassVar[str] = "refused"
    message: ClassVar[str] = gettext_noop("This cannot be done.")
    status: ClassVar[int] = 409
    """The HTTP status by which the doors answer."""

    def __init__(self, **parameters: Any) -> None:
        self.parameters = parameters
        super().__init__(f"{self.code}: {self.message % parameters if parameters else self.message}")


class NotFound(DomainError):
    """What does not exist and what one may not see give the same answer."""

    code = "not_found"
    message = gettext_noop("There is nothing here, or you may not see it.")
    status = 404


class NotAllowed(DomainError):
    code = "not_allowed"
    message = gettext_noop("Your account does not have the right to do this. Ask a coordinator if you need it.")
    status = 403


class NotSignedIn(DomainError):
    code = "not_signed_in"
    message = gettext_noop("Sign in first.")
    status = 401


class Invalid(DomainError):
    """Input that does not fit; `field` names the field, `reason` is an already translated sentence."""

    code = "invalid"
    message = gettext_noop("%(field)s: %(reason)s")
    status = 422
