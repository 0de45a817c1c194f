"""The slip that somebody without a phone takes home: passbook number, user name, one-time password."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import get_language, gettext

from xinshi.bank.roster.opening import OpenedAccount
from xinshi.documents.typesetting import typeset
from xinshi.doors.wording import is_chinese

TEMPLATE: Final = Path(__file__).parent.parent / "typst" / "slip.typ"


def slip_pdf(opened: OpenedAccount, *, name: str) -> bytes:
    """One small page in the reader's language; nothing of it is stored but for the hour in which it is printed."""
    assert opened.sign_in is not None, "a slip is for a sign-in"
    names = settings.HOSPITAL_NAMES
    return typeset(
        TEMPLATE,
        {
            "lang": "zh" if is_chinese() else "en",
            "hospital": names.get(get_language() or "", names["zh-hans"]),
            "title": gettext("Your account at the time bank"),
            "name": name,
            "facts": [
                [gettext("Passbook number"), opened.number],
                [gettext("User name"), opened.sign_in.username],
                [gettext("One-time password"), opened.sign_in.password],
                [gettext("Where to sign in"), settings.BASE_URL],
            ],
            "steps": [
                gettext("Sign in with the user name and this password, then choose a password of your own."),
                gettext("Without a phone or computer the station signs you up and prints your statement."),
                gettext("Lost this slip? The station gives you a new password when you show your card."),
            ],
        },
    )
