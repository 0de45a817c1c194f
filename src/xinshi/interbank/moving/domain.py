"""Pure rules of hours that move between banks: what is refused here, how keys and texts are made, words for codes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from xinshi.interbank.protocol.canonical import digest
from xinshi.kernel.errors import DomainError, gettext_noop

LIFETIME: Final = timedelta(hours=24)
"""So long may a partner take to apply a message of ours."""
HELD_FOR: Final = timedelta(days=36_500)
"""The book never gives these minutes back by itself: only a partner's final answer or two people do."""
DECIDED_AFTER: Final = timedelta(minutes=5)
"""So long after its expiry people decide about a message: by then no clock that is right enough for queries lets it in."""
REASON_LENGTH_MAX: Final = 300
SEVERAL: Final = "多项志愿服务"
OTHER_CATEGORY: Final = "0099"
FORM_KEY_LENGTH_MAX: Final = 64


class NoConsent(DomainError):
    code = "no_consent"
    message = gettext_noop("Agree to the exchange with this bank first. Nothing about you goes there before that.")


class NoToken(DomainError):
    code = "no_token"
    message = gettext_noop(
        "The two banks cannot recognise you yet: your identity number is missing here, or is entered twice. "
        "Ask a coordinator."
    )


class NotEnoughOwnHours(DomainError):
    code = "not_enough_own_hours"
    message = gettext_noop(
        "Hours of this kind that you can send: %(hours)s. Hours that came from other banks, gifts, and reserved hours "
        "stay here."
    )


class PartnerUnknown(DomainError):
    code = "bank_unknown"
    message = gettext_noop("Hours cannot be exchanged with this bank now. Choose another one.")


class NotUnknown(DomainError):
    code = "transfer_not_unknown"
    message = gettext_noop("The other bank has answered, or has not been asked yet. There is nothing to decide.")


class NotOverdue(DomainError):
    code = "transfer_not_overdue"
    message = gettext_noop(
        "It may still arrive there, and counts when it does. Decide when its time is over: at %(moment)s."
    )


class SecondPersonNeeded(DomainError):
    code = "second_person_needed"
    message = gettext_noop("Somebody else must confirm what you proposed.")


class NothingToConfirm(DomainError):
    code = "nothing_to_confirm"
    message = gettext_noop("Nobody has proposed a decision on this transfer. Load the page again.")


class OwnTransfer(DomainError):
    code = "own_transfer"
    message = gettext_noop("Nobody decides about their own hours. Ask a colleague.")


class FormUsed(DomainError):
    code = "form_used"
    message = gettext_noop("This form was sent before with other figures. Open it again.")


REFUSALS: Final[Mapping[str, str]] = {
    "expired": gettext_noop("It came too late there."),
    "closed": gettext_noop("It was called back because no answer came in time."),
    "key_reused": gettext_noop("The other bank has another transfer under this key."),
    "no_consent": gettext_noop("The other bank does not know you, or you have not agreed to the exchange there."),
    "person_ambiguous": gettext_noop("The other bank has you twice. Its staff must settle that first."),
    "no_passbook": gettext_noop("There is no active passbook there."),
    "not_agreed": gettext_noop("The contract between the banks does not allow this direction now."),
    "kind_not_agreed": gettext_noop("The contract between the banks does not count this kind of hours."),
    "limit_exceeded": gettext_noop("A limit between the banks would be passed. Try fewer hours, or next month."),
    "insufficient_minutes": gettext_noop("There are not that many hours there that can be sent."),
    "does_not_match": gettext_noop("What came was not what was asked for."),
    "implausible": gettext_noop("What was sent cannot be right, such as service in the future."),
    "decided": gettext_noop("Two members of staff decided so, because the other bank did not answer."),
}
"""Codes of refusal in words for the person."""
OTHER_REFUSAL: Final = gettext_noop("The other bank refused it.")


def refusal_words(code: str) -> str:
    """The message id for a code of refusal, of whatever bank."""
    return REFUSALS.get(code, OTHER_REFUSAL) if code else ""


def new_key() -> str:
    """A transfer's key: made once, never made anew. A letter first, so that it never reads like a number in a reference."""
    return f"t{secrets.token_hex(16)}"


def decided_from(expires_at: datetime) -> datetime:
    """From when on people decide about a message that nobody answers.

    Until it expires it is sent again by itself, also one that was decided on: given back before that, the minutes could
    still be applied at the other bank, and would be at both.
    """
    return expires_at + DECIDED_AFTER


def source_ref(key: str) -> str:
    """Under which a transfer's minutes stand in the book here; the ledger's keys contain it."""
    return f"interbank:{key}"


@dataclass(frozen=True, slots=True)
class OwnLot:
    """Minutes that were earned here and are still there."""

    key: str
    minutes: int
    worked_on: date
    category: str
    title: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What was served for the minutes that go: as the protocol's transfer says it."""

    worked_on: date
    category: str
    activity: str
    evidence: str


def provenance(lots: Sequence[OwnLot], minutes: int) -> Provenance:
    """Of the oldest `minutes` in `lots`, which must have as many."""
    taken: list[tuple[OwnLot, int]] = []
    for lot in lots:
        part = min(lot.minutes, minutes)
        if part:
            taken.append((lot, part))
            minutes -= part
    assert minutes == 0, "the lots have what goes"
    categories = {lot.category for lot, _ in taken}
    titles = {lot.title for lot, _ in taken}
    return Provenance(
        worked_on=max(lot.worked_on for lot, _ in taken),
        category=categories.pop() if len(categories) == 1 else OTHER_CATEGORY,
        activity=(titles.pop() if len(titles) == 1 else SEVERAL)[:120] or SEVERAL,
        evidence=digest({"lines": [{"key": lot.key, "minutes": part} for lot, part in taken]}),
    )
