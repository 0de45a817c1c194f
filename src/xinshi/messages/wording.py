"""Words for the states and purposes of texts, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STATES: Final[dict[str, tuple[str | Promise, str]]] = {
    "waiting": (_("Waits to be sent"), "warn"),
    "sent": (_("Sent"), "good"),
    "failed": (_("Not sent"), "bad"),
}
"""Per state of a text: its words and the colour in which it is shown."""
PURPOSES: Final[dict[str, str | Promise]] = {
    "code": _("One-time code"),
    "notice": _("Notice"),
    "call": _("Call to empty posts"),
    "reminder": _("Reminder of a shift"),
    "offer": _("A place from the waiting list"),
    "stand-in": _("Question whether one stands in"),
}
