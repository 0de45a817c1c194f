"""Words for what became of invitations."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext

from xinshi.activities.models import SignUp
from xinshi.doors.wording import day_text
from xinshi.kernel import clock
from xinshi.kernel.errors import gettext_noop
from xinshi.scheduling.inviting.queries import refusal_parameters
from xinshi.scheduling.models import Invitation

ANSWERS = {
    "offered": (gettext_noop("No answer yet"), "warn"),
    "confirmed": (gettext_noop("Said yes"), "good"),
    "declined": (gettext_noop("Said no"), ""),
    "cancelled": (gettext_noop("Gave the place back"), "bad"),
    "no_show": (gettext_noop("Did not come"), "bad"),
}
LAPSED = gettext_noop("Did not answer")
GIVEN = gettext_noop("Assigned by the team's rule")
NOT_SENT = gettext_noop("Could not be invited")


def answer_text(row: Invitation) -> str:
    """What came of an invitation."""
    if row.signup is None:
        return gettext(NOT_SENT)
    if row.signup.state == SignUp.State.DECLINED and row.signup.decided_by_ref.startswith("system:"):
        return gettext(LAPSED)
    if row.is_given and row.signup.state == SignUp.State.CONFIRMED:
        return gettext(GIVEN)
    return gettext(ANSWERS[row.signup.state][0]) if row.signup.state in ANSWERS else ""


def answer_tone(row: Invitation) -> str:
    """The pill's tone."""
    return "" if row.signup is None else ANSWERS.get(row.signup.state, ("", ""))[1]


def refusal_sentence(row: Invitation) -> str:
    """Why it could not be sent, in the reader's language; empty where it was."""
    if not row.refusal:
        return ""
    text = gettext(str(row.refusal_words.get("text", "")))
    parameters = {name: _said(value) for name, value in refusal_parameters(row.refusal_words).items()}
    return text % parameters if parameters else text


def _said(value: object) -> object:
    if isinstance(value, datetime):
        return f"{day_text(value)} {value.astimezone(clock.HOSPITAL_ZONE):%H:%M}"
    return day_text(value) if isinstance(value, date) else value
