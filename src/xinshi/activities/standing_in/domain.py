"""Refusals of standing in."""

from __future__ import annotations

from xinshi.kernel.errors import DomainError, gettext_noop


class StandInFound(DomainError):
    code = "stand_in_found"
    message = gettext_noop("Somebody else has taken this place already. Thank you for being ready!")


class AskOver(DomainError):
    code = "ask_over"
    message = gettext_noop(
        "The question is over: no stand-in is looked for any more, or the time to answer has passed."
    )
