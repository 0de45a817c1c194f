"""What would help somebody who was refused: a sentence and the page where it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from xinshi.activities.domain import WaitingListFull
from xinshi.activities.reasons import Help
from xinshi.kernel.errors import DomainError, gettext_noop

SENTENCES: Final[Mapping[Help, str]] = {
    Help.OTHER_TIME: gettext_noop("Choose a shift at another time."),
    Help.OTHER_SHIFT: gettext_noop("Choose another shift."),
    Help.WAIT: gettext_noop("Join the waiting list."),
    Help.QUALIFICATION: gettext_noop("Hand the proof in: it is looked at by the station."),
    Help.COURSE: gettext_noop("Look for the course and sign up for it."),
    Help.INSURANCE: gettext_noop("Ask the volunteer service station to insure you, or enter your own insurance."),
    Help.PLEDGE: gettext_noop("Read and sign the code of conduct."),
    Help.GUARDIAN: gettext_noop("Your guardian agrees by a code to their phone, or on paper at the station."),
    Help.LIMITS: gettext_noop("Change your limits if they are no longer so."),
    Help.STATION: gettext_noop("Ask at the volunteer service station."),
    Help.LEADER: gettext_noop("Speak to the person in charge."),
    Help.OWN_SHIFTS: gettext_noop("Look at your shifts."),
    Help.PASSBOOK: gettext_noop("Open a passbook first."),
    Help.LATER: gettext_noop("Come back then."),
}
PAGES: Final[Mapping[Help, str]] = {
    Help.QUALIFICATION: "archive:own_submit",
    Help.COURSE: "training:courses",
    Help.INSURANCE: "archive:own_submit",
    Help.PLEDGE: "archive:pledge",
    Help.GUARDIAN: "bank:own",
    Help.LIMITS: "archive:own",
    Help.OWN_SHIFTS: "activities:mine",
    Help.PASSBOOK: "bank:own",
}

SAID_ALREADY: Final = frozenset({WaitingListFull.code})
"""Refusals that end with what would help. A full shift does not: many may wait for a place."""


def help_sentence(kind: Help, refusal: DomainError | None) -> str:
    """What would help beyond what the refusal itself says, untranslated; empty where nothing does."""
    return "" if refusal is not None and refusal.code in SAID_ALREADY else SENTENCES.get(kind, "")


def help_address(kind: Help, refusal: DomainError | None = None) -> str:
    """The page on which it is done; empty where it is not done on a page. A missing course leads to who gives it."""
    wanted = refusal.parameters.get("qualification", "") if refusal is not None else ""
    query = f"?{urlencode({'for': wanted})}" if kind is Help.COURSE and wanted else ""
    return reverse(PAGES[kind]) + query if kind in PAGES else ""
