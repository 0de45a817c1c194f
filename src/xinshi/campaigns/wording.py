"""Words for what campaigns store as codes, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinshi.campaigns.domain import CallState, Standing, Step, Through

STANDINGS: Final[dict[Standing, str | Promise]] = {
    Standing.FULL: _("Full"),
    Standing.SOME_MISSING: _("Short of"),
    Standing.TOO_FEW: _("Urgent"),
}
STEPS: Final[dict[Step, str | Promise]] = {
    Step.JOIN: _("Who you are"),
    Step.PLEDGE: _("Pledge"),
    Step.LESSON: _("Lesson"),
    Step.SHIFT: _("Choose a shift"),
    Step.DONE: _("Done"),
}
CALL_STATES: Final[dict[CallState, str | Promise]] = {
    CallState.RUNNING: _("Going on"),
    CallState.FILLED: _("All places filled"),
    CallState.NOBODY_LEFT: _("Nobody left who could come"),
    CallState.QUOTA_USED: _("As many written to as allowed"),
    CallState.STOPPED: _("Stopped"),
    CallState.OVER: _("The shifts have begun"),
}
WAYS: Final[dict[Through, str | Promise]] = {
    Through.PHONE: _("By phone, newly"),
    Through.ACCOUNT: _("With an account of their own"),
    Through.STATION: _("At the station"),
    Through.LIST: _("By a list"),
}
STATE_TONES: Final = {"draft": "info", "open": "good", "closed": ""}
CALL_TONES: Final = {"running": "info", "filled": "good", "nobody_left": "warn", "quota_used": "warn"}
