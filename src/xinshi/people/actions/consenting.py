"""Consents: given and withdrawn, by oneself or through the station."""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotFound, gettext_noop
from xinshi.outbox.actions import publish
from xinshi.people.access import require_own_or_keeper
from xinshi.people.domain import PUBLICITY, SERVICE
from xinshi.people.events import ConsentGiven, ConsentWithdrawn
from xinshi.people.models import Consent, Person
from xinshi.people.purposes import is_purpose


class ServiceConsentStays(DomainError):
    code = "service_consent_stays"
    message = gettext_noop("To end your volunteer service, ask the station to close your account.")


@transaction.atomic
def give_consent(*, actor: Actor, person_id: int, purpose: str, through: str = "self") -> None:
    """Record a person's consent to `purpose`; given twice, it stands once."""
    require_own_or_keeper(actor, person_id)
    _require_purpose(purpose)
    _, is_new = Consent.objects.get_or_create(
        person_id=person_id,
        purpose=purpose,
        withdrawn_at=None,
        defaults={"given_at": clock.now(), "given_through": through},
    )
    if purpose == PUBLICITY:
        Person.objects.filter(pk=person_id).update(is_public=True)
    if is_new:
        record(actor=actor, action="people.give_consent", object_ref=f"person:{person_id}", purpose=purpose)
        publish(ConsentGiven(person_id=person_id, purpose=purpose))


@transaction.atomic
def withdraw_consent(*, actor: Actor, person_id: int, purpose: str) -> None:
    """Record that a person takes their consent to `purpose` back; that to service itself ends with the account."""
    require_own_or_keeper(actor, person_id)
    _require_purpose(purpose)
    if purpose == SERVICE:
        raise ServiceConsentStays
    changed = Consent.objects.filter(person_id=person_id, purpose=purpose, withdrawn_at=None).update(
        withdrawn_at=clock.now()
    )
    if purpose == PUBLICITY:
        Person.objects.filter(pk=person_id).update(is_public=False)
    if changed:
        record(actor=actor, action="people.withdraw_consent", object_ref=f"person:{person_id}", purpose=purpose)
        publish(ConsentWithdrawn(person_id=person_id, purpose=purpose))


def _require_purpose(purpose: str) -> None:
    if not is_purpose(purpose):
        raise NotFound
