"""Words for what this room stores as codes, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.doors.wording import is_chinese
from xinshi.kernel.actor import Role
from xinshi.kernel.codes import IDENTITY_DOCUMENTS, SERVICE_CATEGORIES, label_for
from xinshi.people.basic_data import Fault

SEXES: Final[dict[str, str | Promise]] = {"1": _("Male"), "2": _("Female"), "": _("Not given")}
GROUPS: Final[dict[str, str | Promise]] = {
    "staff": _("Hospital staff"),
    "student": _("Student"),
    "citizen": _("Citizen"),
}
ROLES: Final[dict[Role, str | Promise]] = {
    Role.VOLUNTEER: _("Volunteer"),
    Role.LEADER: _("Activity leader"),
    Role.COORDINATOR: _("Coordinator"),
    Role.CLERK: _("Benefit clerk"),
    Role.AUDITOR: _("Auditor"),
    Role.ADMINISTRATOR: _("Administrator"),
}
PURPOSES: Final[dict[str, tuple[str | Promise, str | Promise]]] = {
    "service": (
        _("Volunteer service"),
        _("The hospital keeps your basic data and your service records, as the law on volunteer service asks."),
    ),
    "publicity": (
        _("Being named in public"),
        _("Your full name may stand on the honour roll and in stories. Without it only your family name is shown."),
    ),
    "exchange:zhiyuanhui": (
        _("Exchange with 志愿汇"),
        _("Your name, volunteer number and hours are handed to the national platform, so that your hours count there."),
    ),
}
"""Per purpose of consent: its name and what it means."""


TEXTS: Final[dict[str, tuple[str | Promise, str | Promise]]] = {
    "reminder": (_("Reminder of a shift"), _("The day before the shift.")),
    "offer": (_("A place from the waiting list"), _("A place became free and waits for an answer.")),
    "stand-in": (_("Question whether one stands in"), _("Somebody cannot come, and a stand-in is looked for.")),
    "call": (_("Call to empty posts"), _("A campaign needs people soon.")),
}
"""Per purpose of texts that may be declined: its name and when it goes out."""


def partner_purpose_words(partner_name: str) -> tuple[str, str]:
    """The name and the meaning of consent to exchange hours with one time bank."""
    return (
        gettext("Exchange with %(name)s") % {"name": partner_name},
        gettext(
            "Your hours may go there and come from there. Neither your name nor your identity number leaves this "
            "house: both banks know you by a code that only the two of them can make."
        ),
    )


def fault_text(fault: Fault) -> str:
    """What is wrong and what would be right, as a sentence."""
    text = gettext(fault.message)
    return text % {name: gettext(value) for name, value in fault.parameters.items()} if fault.parameters else text


def category_label(code: str) -> str:
    return label_for(SERVICE_CATEGORIES, code, chinese=is_chinese())


def id_kind_label(code: str) -> str:
    return label_for(IDENTITY_DOCUMENTS, code, chinese=is_chinese()) if code else ""
