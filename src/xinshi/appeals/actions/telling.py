"""The trail, and the messages that go with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from xinshi.appeals.access import answerers
from xinshi.appeals.domain import What
from xinshi.appeals.models import CorrectionRequest, RequestEvent
from xinshi.audit.actions import record
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.messages.actions import NewMessage, send_many

TO_ASKER: Final = {
    What.ASKED: gettext_noop("Your request for correction was received. It will be answered by %(day)s."),
    What.MORE_ASKED: gettext_noop("More is asked about your request for correction. Please answer; the clock waits."),
    What.LEFT_OPEN: gettext_noop("Your request for correction is left open for now; read why."),
    What.ESCALATED: gettext_noop("Your request for correction went one level up. It will be answered by %(day)s."),
    What.OVERDUE: gettext_noop(
        "The answer to your request for correction is late. We are sorry; it was brought up again."
    ),
    What.GRANTED: gettext_noop("Your request for correction was granted."),
    What.PARTLY: gettext_noop("Your request for correction was granted in part; read why."),
    What.REFUSED: gettext_noop("Your request for correction was not granted; read why, and what you can do."),
}
TO_ANSWERERS: Final = {
    What.ASKED: gettext_noop("A request for correction waits for an answer by %(day)s."),
    What.MORE_GIVEN: gettext_noop("More was given for a request for correction; it is to be answered by %(day)s."),
    What.ESCALATED: gettext_noop("A request for correction came one level up and waits for an answer by %(day)s."),
    What.OVERDUE: gettext_noop("The answer to a request for correction is overdue since %(day)s."),
}
TO_AFFECTED: Final = {
    What.SET_ASIDE: gettext_noop(
        "Somebody objected to hours in your passbook. They are set aside until it is decided."
    ),
    What.GRANTED: gettext_noop("The objection to hours in your passbook was granted; read why."),
    What.REFUSED: gettext_noop("The objection to hours in your passbook was not granted; they are yours again."),
}


def note(
    request: CorrectionRequest, what: What, *, actor: Actor, role: str, at: datetime, text: str = ""
) -> RequestEvent:
    """A line of the trail and of the audit; whom it concerns is told. The text goes nowhere but into the trail, sealed."""
    event = RequestEvent.objects.create(
        request=request, at=at, what=what.value, actor_ref=actor.reference, actor_role=role, text=text
    )
    record(
        actor=actor,
        action=f"appeals.{what.value}",
        object_ref=f"correction-request:{request.pk}",
        kind=request.kind,
        level=request.level,
    )
    send_many(_messages(request, what, event))
    return event


def _messages(request: CorrectionRequest, what: What, event: RequestEvent) -> Iterable[NewMessage]:
    reference = f"correction-request:{request.pk}"
    parameters = {"day": request.due_on.isoformat()}
    if what in TO_ASKER and request.asker_ref.startswith("person:"):
        yield _message(request.asker_ref, TO_ASKER[what], parameters, reference, event)
    affected = f"person:{request.person_id}"
    if what in TO_AFFECTED and affected != request.asker_ref:
        yield _message(affected, TO_AFFECTED[what], {}, reference, event)
    if what in TO_ANSWERERS:
        parts = set(request.parts.values_list("actor_ref", flat=True))
        for references, person_id in answerers(request.level):
            if person_id is not None and references.isdisjoint(parts):
                yield _message(f"person:{person_id}", TO_ANSWERERS[what], parameters, reference, event)


def _message(recipient: str, text: str, parameters: dict[str, str], reference: str, event: RequestEvent) -> NewMessage:
    return NewMessage(
        recipient_ref=recipient,
        text=text,
        parameters=parameters if "%(" in text else {},
        object_ref=reference,
        key=f"{reference}:{event.pk}:{recipient}",
    )
