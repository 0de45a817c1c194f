"""Words for guardians and for the end of an account, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RELATIONS: Final[dict[str, str | Promise]] = {
    "parent": _("Father or mother"),
    "grandparent": _("Grandparent"),
    "other": _("Another guardian by law"),
}
HOURS_WISHED: Final[dict[str, str | Promise]] = {
    "keep": _("I want to spend them first: leave the account open until then"),
    "donate": _("Donate them to the pool for people in need"),
    "lapse": _("Let them lapse"),
}
"""What volunteers may wish for the hours that are left."""
HOURS_AT_DESK: Final[dict[str, str | Promise]] = {
    "keep": _("They are kept until they are spent: the account stays open, and the wish is answered"),
    "donate": _("They go to the pool for people in need"),
    "lapse": _("They lapse, as the volunteer wishes"),
}
