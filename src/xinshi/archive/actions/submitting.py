"""Handing in a qualification with its proof, and deciding on it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction

from xinshi.archive import access
from xinshi.archive.domain import (
    PLEDGE,
    PROOFS_MAX,
    REASON_LENGTH_MAX,
    REASON_LENGTH_MIN,
    AlreadyRunOut,
    AlreadySubmitted,
    Category,
    KindNotSubmittable,
    ProofMissing,
    QualificationDecided,
    TooManyProofs,
    expiry_of,
)
from xinshi.archive.events import QualificationRevoked, QualificationVerified
from xinshi.archive.models import Qualification, QualificationKind, QualificationProof
from xinshi.archive.storing import PROOFS
from xinshi.audit.actions import record
from xinshi.documents.storing import StoredFile
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish
from xinshi.people.actions import ReasonMissing

State = Qualification.State
VERIFIED = gettext_noop("The station has checked your “%(name)s”. It counts now.")
REFUSED = gettext_noop("The station could not accept your “%(name)s”: %(reason)s Hand it in again.")
REVOKED = gettext_noop("Your “%(name)s” counts no more: %(reason)s")
NUMBER_LENGTH_MAX = 60
ISSUER_LENGTH_MAX = 100


def submit(
    *,
    actor: Actor,
    person_id: int,
    kind_id: int,
    number: str,
    issued_by: str,
    issued_on: date,
    expires_on: date | None,
    proofs: Sequence[bytes] = (),
    is_seen: bool = False,
) -> int:
    """Hand in a qualification; returns its id. By oneself with a proof, or by the station on behalf of somebody.

    `is_seen`: the station has the original in its hands and says so; then it counts at once, but never one's own.
    AlreadySubmitted while one of the same kind waits; AlreadyRunOut; ProofMissing.
    """
    if len(proofs) > PROOFS_MAX:
        raise TooManyProofs(number=PROOFS_MAX)
    access.require_own_or_keeper(actor, person_id)
    if is_seen:
        access.require_decider(actor, person_id)
    if not proofs and access.is_self(actor, person_id):
        raise ProofMissing
    with PROOFS.stored(proofs) as files:
        return _submit(
            actor=actor,
            row=Qualification(
                person_id=person_id,
                kind_id=kind_id,
                number=number.strip(),
                issued_by=issued_by.strip(),
                issued_on=issued_on,
                expires_on=expires_on,
                submitted_by_ref=actor.reference,
            ),
            files=files,
            is_seen=is_seen,
        )


@transaction.atomic
def _submit(*, actor: Actor, row: Qualification, files: Sequence[StoredFile], is_seen: bool) -> int:
    access.locked_person(row.person_id)
    kind = QualificationKind.objects.filter(pk=row.kind_id, is_active=True).first()
    if kind is None:
        raise NotFound
    _check(row, kind)
    at = clock.now()
    row.submitted_at, row.source_ref, row.state = at, f"submitted:{secrets.token_hex(12)}", State.SUBMITTED
    if Qualification.objects.filter(person_id=row.person_id, kind=kind, state=State.SUBMITTED).exists():
        raise AlreadySubmitted
    if is_seen:
        row.state, row.decided_at, row.decided_by_ref = State.VERIFIED, at, actor.reference
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise AlreadySubmitted from None
    QualificationProof.objects.bulk_create(
        [
            QualificationProof(
                qualification=row,
                content_type=file.content_type,
                size_bytes=file.size_bytes,
                sha256=file.sha256,
                path=file.path,
                added_by_ref=actor.reference,
                added_at=at,
            )
            for file in files
        ]
    )
    record(
        actor=actor,
        action="archive.submit",
        object_ref=f"qualification:{row.pk}",
        person=row.person_id,
        kind=kind.pk,
        on_behalf=not access.is_self(actor, row.person_id),
        is_seen=is_seen,
    )
    if is_seen:
        publish(QualificationVerified(qualification_id=row.pk, person_id=row.person_id))
        _tell(row, VERIFIED, "verified", name=kind.name)
    return row.pk


def _check(row: Qualification, kind: QualificationKind) -> None:
    today = clock.today()
    if kind.code == PLEDGE or kind.category in (Category.PLEDGE, Category.COURSE):
        raise KindNotSubmittable
    if not date(1950, 1, 1) <= row.issued_on <= today:
        raise Invalid(field="issued_on", reason=gettext_noop("It was issued today or earlier."))
    if row.expires_on is not None and row.expires_on < row.issued_on:
        raise Invalid(field="expires_on", reason=gettext_noop("It cannot end before it was issued."))
    if len(row.number) > NUMBER_LENGTH_MAX:
        raise Invalid(field="number", reason=gettext_noop("This is too long. Shorten it."))
    if len(row.issued_by) > ISSUER_LENGTH_MAX:
        raise Invalid(field="issued_by", reason=gettext_noop("This is too long. Shorten it."))
    row.expires_on = expiry_of(issued_on=row.issued_on, stated=row.expires_on, valid_months=kind.valid_months)
    if row.expires_on is not None and row.expires_on < today:
        raise AlreadyRunOut(day=row.expires_on)


@transaction.atomic
def verify(*, actor: Actor, qualification_id: int, expires_on: date | None = None) -> None:
    """The proof was looked at and holds; `expires_on` puts a wrong last day right. The person is told."""
    row = _locked(actor, qualification_id, State.SUBMITTED)
    if expires_on is not None:
        if expires_on < max(row.issued_on, clock.today()):
            raise Invalid(field="expires_on", reason=gettext_noop("It cannot end before today."))
        row.expires_on = expires_on
    if row.expires_on is not None and row.expires_on < clock.today():
        raise AlreadyRunOut(day=row.expires_on)
    _decide(actor, row, State.VERIFIED, "")
    record(actor=actor, action="archive.verify", object_ref=f"qualification:{row.pk}", person=row.person_id)
    publish(QualificationVerified(qualification_id=row.pk, person_id=row.person_id))
    _tell(row, VERIFIED, "verified", name=row.kind.name)


@transaction.atomic
def refuse(*, actor: Actor, qualification_id: int, reason: str) -> None:
    """The proof does not hold; the person is told why and may hand it in again."""
    row = _locked(actor, qualification_id, State.SUBMITTED)
    _decide(actor, row, State.REFUSED, _checked(reason))
    record(actor=actor, action="archive.refuse", object_ref=f"qualification:{row.pk}", person=row.person_id)
    _tell(row, REFUSED, "refused", name=row.kind.name, reason=row.reason)


@transaction.atomic
def revoke(*, actor: Actor, qualification_id: int, reason: str) -> None:
    """What was verified counts no more from now on; the person is told why."""
    row = _locked(actor, qualification_id, State.VERIFIED)
    _decide(actor, row, State.REVOKED, _checked(reason))
    record(actor=actor, action="archive.revoke", object_ref=f"qualification:{row.pk}", person=row.person_id)
    publish(QualificationRevoked(qualification_id=row.pk, person_id=row.person_id))
    _tell(row, REVOKED, "revoked", name=row.kind.name, reason=row.reason)


def _locked(actor: Actor, qualification_id: int, state: Qualification.State) -> Qualification:
    """The row in the state from which it is decided on, locked after its person."""
    access.require_keeper(actor)
    person_id = Qualification.objects.filter(pk=qualification_id).values_list("person_id", flat=True).first()
    if person_id is None:
        raise NotFound
    access.require_decider(actor, person_id)
    access.locked_person(person_id)
    row = (
        Qualification.objects.select_for_update(no_key=True, of=("self",))
        .select_related("kind")
        .get(pk=qualification_id)
    )
    if row.state != state:
        raise QualificationDecided
    return row


def _decide(actor: Actor, row: Qualification, state: Qualification.State, reason: str) -> None:
    row.state, row.decided_at, row.decided_by_ref, row.reason = state, clock.now(), actor.reference, reason
    row.save(update_fields=["state", "decided_at", "decided_by_ref", "reason", "expires_on"])


def _checked(reason: str) -> str:
    text = reason.strip()
    if not len(text) >= REASON_LENGTH_MIN:
        raise ReasonMissing
    return text[:REASON_LENGTH_MAX]


def _tell(row: Qualification, text: str, what: str, **parameters: str) -> None:
    message = NewMessage(
        recipient_ref=f"person:{row.person_id}",
        text=text,
        parameters=parameters,
        object_ref=f"qualification:{row.pk}",
        key=f"qualification:{row.pk}:{what}",
    )
    send_many([message])
