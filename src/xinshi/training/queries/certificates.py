"""Certificates: one's own, and what anybody may check of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.kernel.ids import normalized_code
from xinshi.people.access import is_own
from xinshi.people.domain import masked_name
from xinshi.training import access
from xinshi.training.models import Certificate

OWN_MAX = 200


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """`state` is valid, ends (within 90 days), expired or revoked."""

    row: Certificate
    state: str


def state_of(row: Certificate, today: date) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_on is not None and row.expires_on < today else "valid"


def state_of_today(row: Certificate) -> str:
    """`valid`, `expired` or `revoked`, today."""
    return state_of(row, clock.today())


def own_certificates(actor: Actor) -> list[OwnCertificate]:
    """The reader's own, the newest first, those of a record that was merged into theirs as well."""
    rows = Certificate.objects.filter(is_own(actor)).select_related("course", "person").order_by("-pk")[:OWN_MAX]
    today = clock.today()
    return [OwnCertificate(row, state_of(row, today)) for row in rows]


def certificate_of(actor: Actor, certificate_id: int) -> OwnCertificate:
    """A certificate that the reader may see: their own, or any where they keep courses."""
    row = (
        access.certificates_visible_to(actor)
        .select_related("course", "person", "enrolment")
        .filter(pk=certificate_id)
        .first()
    )
    if row is None:
        raise NotFound
    return OwnCertificate(row, state_of(row, clock.today()))


@dataclass(frozen=True, slots=True)
class CheckedCertificate:
    """What anybody may know who has the number: no more than is printed, and the name only masked."""

    number: str
    state: str
    title: str
    title_en: str
    masked_name: str
    provider: str
    issued_on: date
    expires_on: date | None
    revoked_on: date | None


def checked_certificate(typed: str) -> CheckedCertificate | None:
    """The certificate with this number, however its signs are grouped; None where there is none."""
    number = normalized_code(typed)
    row = Certificate.objects.select_related("course", "person").filter(number=number).first() if number else None
    if row is None:
        return None
    return CheckedCertificate(
        number=row.number,
        state=state_of(row, clock.today()),
        title=row.course.title,
        title_en=row.course.title_en,
        masked_name=masked_name(row.person.name),
        provider=row.course.provider,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        revoked_on=clock.local_day(row.revoked_at) if row.revoked_at else None,
    )
