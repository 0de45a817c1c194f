"""Words for the codes of this room, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinshi.liabilities.domain import Age, Holder, MinutesKind
from xinshi.people.wording import GROUPS

HOLDERS: Final[dict[Holder, str | Promise]] = {
    Holder.PASSBOOK: _("In passbooks"),
    Holder.DONATION_ONLY: _("Only to be donated"),
    Holder.GROUP: _("Earned by groups"),
    Holder.POOL: _("In the pool"),
}
AGES: Final[dict[Age, str | Promise]] = {
    Age.TO_3: _("up to 3 months"),
    Age.TO_6: _("3 to 6 months"),
    Age.TO_12: _("6 to 12 months"),
    Age.TO_24: _("12 to 24 months"),
    Age.OLDER: _("more than 24 months"),
}
KINDS: Final[dict[MinutesKind, str | Promise]] = {
    MinutesKind.VERIFIED: _("Verified hours"),
    MinutesKind.HONORARY: _("Honorary hours"),
    MinutesKind.RECEIVED: _("Received: gifts, help, donations"),
}
PARTS: Final[dict[str, str | Promise]] = {"held": _("Reserved for vouchers"), "notice": _("In public notice")}
NO_GROUP: Final = _("Not a person")
NO_ORGANIZATION: Final = _("No organisation")


def group_label(group: str) -> str:
    """How its owner belongs to the hospital."""
    return str(GROUPS.get(group, NO_GROUP)) if group else str(NO_GROUP)
