"""What an activity's publication, its taking back and its calling off mean for the request that it answers."""

from __future__ import annotations

from datetime import datetime

from xinshi.activities.models import RequestStep, ServiceRequest
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.messages.actions import NewMessage, send_many


def settle_published(*, actor: Actor, activity_id: int, at: datetime) -> None:
    """The activity is published, so its request is granted. Within the transaction that publishes it."""
    row = _of(activity_id, ServiceRequest.State.PLANNING)
    if row is None:
        return
    ServiceRequest.objects.filter(pk=row.pk).update(
        state=ServiceRequest.State.GRANTED, decided_at=at, decided_by_ref=actor.reference
    )
    add_step(row, RequestStep.Kind.GRANTED, actor=actor, at=at)
    tell(row, gettext_noop("“%(title)s” is published: volunteers can sign up now."), "granted", at)


def settle_unpublished(*, actor: Actor, activity_id: int, at: datetime) -> None:
    """The publication was taken back, so the request is being planned again."""
    row = _of(activity_id, ServiceRequest.State.GRANTED)
    if row is None:
        return
    ServiceRequest.objects.filter(pk=row.pk).update(
        state=ServiceRequest.State.PLANNING, decided_at=None, decided_by_ref=""
    )
    add_step(row, RequestStep.Kind.REOPENED, actor=actor, at=at)


def settle_cancelled(*, actor: Actor, activity_id: int, at: datetime, reason: str) -> None:
    """The activity was called off; who asked for it hears why. A request that was not granted yet is declined."""
    row = _of(activity_id, ServiceRequest.State.PLANNING, ServiceRequest.State.GRANTED)
    if row is None:
        return
    if row.state == ServiceRequest.State.PLANNING:
        ServiceRequest.objects.filter(pk=row.pk).update(
            state=ServiceRequest.State.DECLINED, reason=reason, decided_at=at, decided_by_ref=actor.reference
        )
    add_step(row, RequestStep.Kind.CALLED_OFF, actor=actor, at=at, text=reason)
    tell(row, gettext_noop("“%(title)s” was called off: %(reason)s"), "called-off", at, reason=reason)


def add_step(row: ServiceRequest, kind: RequestStep.Kind, *, actor: Actor, at: datetime, text: str = "") -> None:
    RequestStep.objects.create(request=row, kind=kind, at=at, by_ref=actor.reference, by_id=actor.person_id, text=text)


def tell(row: ServiceRequest, text: str, why: str, at: datetime, **more: str) -> None:
    """One sentence to who asked."""
    send_many(
        [
            NewMessage(
                recipient_ref=f"person:{row.asked_by_id}",
                text=text,
                parameters={"title": row.title, **more},
                object_ref=f"service-request:{row.pk}",
                key=f"service-request:{row.pk}:{why}:{at.isoformat(timespec='milliseconds')}",
            )
        ]
    )


def _of(activity_id: int, *states: str) -> ServiceRequest | None:
    rows = ServiceRequest.objects.select_for_update(no_key=True)
    return rows.filter(activity_id=activity_id, state__in=states).first()
