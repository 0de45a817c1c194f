"""Words, colours and icons for how it goes with a partner; colour never stands alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinshi.exchange.models import PartnerContract, PartnerKey
from xinshi.kernel import clock
from xinshi.kernel.codes import HoursKind


@dataclass(frozen=True, slots=True)
class Word:
    text: str | Promise
    tone: str
    icon: str
    advice: str | Promise = ""
    """What to do next."""


HEALTH: Final = {
    "well": Word(_("Works"), "good", "circle-check"),
    "differs": Word(
        _("Differences open"), "warn", "scale", _("Somebody must settle what the two sides say differently.")
    ),
    "overdue": Word(
        _("Differences overdue"),
        "bad",
        "scale",
        _("Differences are open beyond their deadline. Bring them to an end with the partner."),
    ),
    "silent": Word(
        _("Silent"),
        "bad",
        "circle-alert",
        _("Nothing comes from there. Call their station; look at address and keys."),
    ),
    "paused": Word(_("Paused"), "warn", "circle-pause", _("Nothing moves until an administrator lets it go on.")),
    "disputed": Word(
        _("In dispute"),
        "bad",
        "octagon-alert",
        _("Compare what both sides have, then let it go on with what you found."),
    ),
    "no_contract": Word(
        _("No contract in force"), "", "file-x", _("Write a contract; another administrator puts it in force.")
    ),
    "contract_comes": Word(
        _("No contract in force"),
        "warn",
        "file-clock",
        _("A contract is written but does not hold yet: it waits for another administrator or for its first day."),
    ),
    "no_key": Word(
        _("No key trusted"),
        "warn",
        "key-round",
        _("No message of this partner would be believed. Add its key; another administrator confirms it."),
    ),
    "unreachable": Word(
        _("Out of reach"),
        "warn",
        "cloud-off",
        _("Nobody takes our calls there. They are tried again by themselves; if it lasts, call their station."),
    ),
    "ready": Word(
        _("Ready"), "info", "circle-dashed", _("Everything is in force. The first message shows whether it works.")
    ),
    "no_interface": Word(
        _("No interface"),
        "",
        "file-text",
        _("Without an address no hours can move. Lists are compared and statements exchanged as files."),
    ),
    "files": Word(_("By files"), "info", "file-up", _("Hours come and go by spreadsheets; no interface is set up.")),
}
KINDS: Final[dict[str, str | Promise]] = {
    HoursKind.VERIFIED.value: _("Verified hours (信用时数)"),
    HoursKind.HONORARY.value: _("Honorary hours (荣誉时数)"),
}
IN_FORCE: Final = Word(_("In force"), "good", "circle-check")
COMING: Final = Word(_("Begins later"), "info", "calendar-clock")
OVER: Final = Word(_("Over"), "", "archive")
REPLACED: Final = Word(_("Replaced"), "", "archive")
WAITS: Final = Word(_("Waits for a second administrator"), "warn", "users-round")
TRUSTED: Final = Word(_("Trusted"), "good", "badge-check")
REVOKED: Final = Word(_("Revoked"), "bad", "ban")


def contract_word(contract: PartnerContract, in_force: PartnerContract | None) -> Word:
    """Where one version stands today."""
    today = clock.today()
    if contract.enforced_at is None:
        return WAITS
    if in_force is not None and contract.pk == in_force.pk:
        return IN_FORCE
    if contract.starts_on > today:
        return COMING
    return OVER if contract.ends_on is not None and contract.ends_on < today else REPLACED


def key_word(key: PartnerKey) -> Word:
    if key.revoked_at is not None:
        return REVOKED
    if key.confirmed_at is None:
        return WAITS
    return COMING if key.valid_from > clock.now() else TRUSTED


def state_word(state: str) -> Word:
    """What a state is shown as, whatever the exchange under it does."""
    return HEALTH["well" if state == "active" else state]


def kinds_text(kinds: list[str]) -> list[str | Promise]:
    return [KINDS[kind] for kind in kinds if kind in KINDS]
