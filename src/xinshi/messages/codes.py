"""One-time codes by text: they prove that somebody has a phone in their hand.

Six digits, stored as a keyed digest, good for ten minutes and five tries, three an hour to one phone. Every count is an
atomic step in the database that a refusal does not undo, so that parallel guesses gain nothing.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import get_language, gettext

from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, gettext_noop
from xinshi.messages.gateways import NoGateway, is_ready
from xinshi.messages.limits import allow
from xinshi.messages.models import OneTimeCode
from xinshi.messages.texting import send_text
from xinshi.vault.cipher import blind_index

DIGITS: Final = 6
GOOD_FOR: Final = timedelta(minutes=10)
PROOF_GOOD_FOR: Final = timedelta(hours=1)
TRIES_MAX: Final = 5
SPAN: Final = timedelta(hours=1)
SENDS_TO_PHONE_MAX: Final = 3


class TooManyCodes(DomainError):
    code = "too_many_codes"
    message = gettext_noop("Codes were asked for too often. Wait an hour, or come to the volunteer service station.")
    status = 429


class CodeWrong(DomainError):
    code = "code_wrong"
    message = gettext_noop("This is not the code of the last text. Look at it again and type its six digits.")
    status = 422


class CodeGone(DomainError):
    code = "code_gone"
    message = gettext_noop("This code has run out, or was tried too often. Let a new one be sent.")


def send_code(*, phone: str, shown_to: str, purpose: str, address: str) -> int:
    """Send a new code to `phone`; its id. `address` is where the wish came from, `shown_to` the masked phone.

    TooManyCodes by phone, by address, and altogether, in one hour; NoGateway where the site cannot send texts.
    """
    if not is_ready():
        raise NoGateway
    counted = (
        (f"code:address:{blind_index(address, context='code.address')}", settings.CODES_FROM_ADDRESS_MAX),
        (f"code:phone:{blind_index(phone, context='code.phone')}", SENDS_TO_PHONE_MAX),
        ("code:everywhere", settings.CODES_MAX),
    )
    if not all(allow(what, times_max=limit, span=SPAN) for what, limit in counted):
        raise TooManyCodes
    return _send(phone, shown_to, purpose)


@transaction.atomic
def _send(phone: str, shown_to: str, purpose: str) -> int:
    at = clock.now()
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = OneTimeCode.objects.create(purpose=purpose, phone=phone, digest="", created_at=at, expires_at=at + GOOD_FOR)
    OneTimeCode.objects.filter(pk=row.pk).update(digest=_digest(row.pk, code))
    name = settings.HOSPITAL_NAMES.get(get_language() or "", settings.HOSPITAL_NAMES["zh-hans"])
    text = gettext("[%(hospital)s time bank] Your code is %(code)s, good for ten minutes. Give it to nobody else.")
    send_text(
        to=phone,
        shown_to=shown_to,
        text=text % {"hospital": name, "code": code},
        purpose="code",
        useful_for=GOOD_FOR,
    )
    return row.pk


def _digest(code_id: int, code: str) -> str:
    return blind_index(f"{code_id}:{code}", context="one_time_code")


def check_code(*, code_id: int, purpose: str, typed: str) -> str:
    """The phone that the right code proves, once; CodeWrong, or CodeGone after five tries or ten minutes.

    The try is counted before anything is compared, by one conditional update.
    """
    at = clock.now()
    open_codes = OneTimeCode.objects.filter(pk=code_id, purpose=purpose, proved_at=None, expires_at__gt=at)
    if not open_codes.filter(tries__lt=TRIES_MAX).update(tries=F("tries") + 1):
        raise CodeGone
    row = OneTimeCode.objects.get(pk=code_id)
    digits = "".join(sign for sign in typed if sign.isdigit())
    if not hmac.compare_digest(row.digest, _digest(code_id, digits)):
        raise CodeWrong
    if not open_codes.update(proved_at=at):
        raise CodeGone
    return str(row.phone)


def proved_phone(*, code_id: int | None, purpose: str) -> str:
    """The phone that was proved by this code within the hour and not used for anything yet; CodeGone otherwise."""
    row = _proved(code_id, purpose).first()
    if row is None:
        raise CodeGone
    return str(row.phone)


def spend_proof(*, code_id: int, purpose: str) -> None:
    """Use the proof, in the caller's transaction: one code serves once. CodeGone where it is used or too old."""
    if not _proved(code_id, purpose).update(spent_at=clock.now()):
        raise CodeGone


def _proved(code_id: int | None, purpose: str) -> QuerySet[OneTimeCode]:
    since = clock.now() - PROOF_GOOD_FOR
    return OneTimeCode.objects.filter(pk=code_id or 0, purpose=purpose, proved_at__gt=since, spent_at=None)


def forget_old_codes() -> int:
    """Delete codes that can serve for nothing any more; returns how many rows went."""
    return OneTimeCode.objects.filter(expires_at__lt=clock.now() - PROOF_GOOD_FOR - GOOD_FOR).delete()[0]
