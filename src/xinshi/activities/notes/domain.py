"""Who reads a note, and what one must keep to; pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

TEXT_LENGTH_MAX: Final = 500
NOTES_A_PERSON_MAX: Final = 20
NOTES_SHOWN: Final = 50


class NoteAudience(StrEnum):
    EVERYBODY = "everybody"
    PLACES = "places"
    LEADERS = "leaders"


class NotAmongThem(DomainError):
    code = "note_not_among_them"
    message = gettext_noop("Who has a place, waits or asked for one can write to the person in charge. Sign up first.")
    status = 403


class OnlyToLeaders(DomainError):
    code = "note_only_to_leaders"
    message = gettext_noop("Volunteers write to the person in charge; they can pass it on to everybody.")
    status = 403


class TooManyNotes(DomainError):
    code = "too_many_notes"
    message = gettext_noop("You have written %(number)s notes here. Please call the person in charge.")


class NotesClosed(DomainError):
    code = "notes_closed"
    message = gettext_noop("This activity was called off or is not published yet, so nobody would read a note.")


def checked_text(text: str) -> str:
    """The words as they are kept; Invalid where there are none or too many."""
    words = text.replace("\0", "").strip()
    if not 1 <= len(words) <= TEXT_LENGTH_MAX:
        raise Invalid(field=gettext_noop("Your note"), reason=gettext_noop("Write between 1 and 500 characters."))
    return words
