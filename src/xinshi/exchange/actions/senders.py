"""Who hands files over: known by name, noted when a file of theirs is taken in or explained."""

from __future__ import annotations

from typing import Final

from xinshi.documents.sheets import clean_text
from xinshi.exchange.models import FileSender, Partner
from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

SENDERS_MAX: Final = 200
SENDER_SIGNS_MAX: Final = 64


class TooManySenders(DomainError):
    code = "too_many_senders"
    message = gettext_noop("So many senders of files are known already. Choose one of them.")


def plain_sender(name: str) -> str:
    """The name as it is kept; empty for 志愿汇 itself. Invalid for one that is too long."""
    plain = clean_text(name.replace("\0", ""))
    if len(plain) > SENDER_SIGNS_MAX:
        raise Invalid(field="sender", reason=gettext_noop("A sender's name has at most 64 signs."))
    return plain


def known_sender(partner: Partner, name: str) -> FileSender | None:
    """Who hands over under this name; None where nobody did yet."""
    return partner.file_senders.filter(name=plain_sender(name) or partner.name).first()


def sender_of(partner: Partner, name: str) -> FileSender:
    """As `known_sender`, noted where it is new; the caller holds the partner locked. TooManySenders."""
    known = known_sender(partner, name)
    if known is not None:
        return known
    if partner.file_senders.count() >= SENDERS_MAX:
        raise TooManySenders
    return FileSender.objects.create(partner=partner, name=plain_sender(name) or partner.name)
