"""The end of certificates: revoking, and reminding of those that run out."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from xinshi.archive.actions import withdraw_granted
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.outbox.actions import publish
from xinshi.training import access
from xinshi.training.actions.completing import SYSTEM, source_ref
from xinshi.training.domain import REMINDER_DAYS, CertificateEnded, checked_reason
from xinshi.training.events import CertificateRevoked
from xinshi.training.models import Certificate

REMINDED_AT_ONCE_MAX: Final = 2_000


@transaction.atomic
def revoke_certificate(*, actor: Actor, certificate_id: int, reason: str) -> None:
    """It is valid no more, and neither is the qualification that came with it. Nobody revokes their own."""
    access.require_manager(actor)
    reason = checked_reason(reason)
    row = Certificate.objects.select_for_update(of=("self",)).select_related("course").filter(pk=certificate_id).first()
    if row is None:
        raise NotFound
    access.require_not_oneself(actor, row.person_id)
    if row.revoked_at is not None:
        raise CertificateEnded
    row.revoked_at, row.revoked_by_ref, row.reason = clock.now(), actor.reference, reason
    row.save(update_fields=["revoked_at", "revoked_by_ref", "reason"])
    withdraw_granted(actor=SYSTEM, source_refs=[source_ref(row.enrolment_id)], reason=reason)
    record(actor=actor, action="training.revoke_certificate", object_ref=f"certificate:{row.pk}", person=row.person_id)
    publish(CertificateRevoked(certificate_id=row.pk, course_id=row.course_id, person_id=row.person_id))
    send_many(
        [
            NewMessage(
                recipient_ref=f"person:{row.person_id}",
                text=gettext_noop("Your certificate of “%(title)s” was revoked; open it to read why."),
                parameters={"title": row.course.title},
                object_ref=f"certificate:{row.pk}",
                key=f"certificate:{row.pk}:revoked",
            )
        ]
    )


@transaction.atomic
def remind_of_expiry(*, actor: Actor) -> int:
    """Tell owners 90, 30 and 7 days before a certificate runs out; once each. Returns how many messages were asked for.

    Only for courses that give no qualification: of qualifications, whatever they come from, the archive reminds, and
    nobody wants to hear it twice.
    """
    assert actor.is_system, "a duty of the worker"
    today = clock.today()
    ending = Certificate.objects.filter(
        revoked_at=None,
        course__qualification=None,
        expires_on__gte=today,
        expires_on__lte=today + timedelta(days=max(REMINDER_DAYS)),
        person__erased_at=None,
    )
    rows = list(ending.select_related("course").order_by("expires_on", "pk")[:REMINDED_AT_ONCE_MAX])
    wanted = []
    for row in rows:
        assert row.expires_on is not None, "filtered by it"
        left = (row.expires_on - today).days
        step = min(days for days in REMINDER_DAYS if left <= days)
        wanted.append(
            NewMessage(
                recipient_ref=f"person:{row.person_id}",
                text=gettext_noop("Your certificate of “%(title)s” runs out on %(day)s. Renew it in time."),
                parameters={"title": row.course.title, "day": row.expires_on.isoformat()},
                object_ref=f"certificate:{row.pk}",
                key=f"certificate:{row.pk}:ends:{step}",
            )
        )
    send_many(wanted)
    return len(wanted)
