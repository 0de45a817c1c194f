"""Messages about sessions, and the waiting list that moves up by itself."""

from __future__ import annotations

from django.db.models import F

from xinshi.doors.wording import day_text
from xinshi.kernel import clock
from xinshi.kernel.errors import gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.training.models import Place, Session


def promote_waiting(row: Session) -> list[int]:
    """Give the free places of a locked session to those who wait, in their order; the ids of their places.

    Waiting counts against a person's other sessions from the start, so nobody is put into two at once by it.
    """
    free = row.places - row.taken
    if free <= 0 or row.state != Session.State.OPEN or row.starts_at <= clock.now():
        return []
    waiting = Place.objects.filter(session=row, state=Place.State.WAITING, person__erased_at=None).order_by("pk")
    lucky = list(waiting.values_list("pk", "person_id")[:free])
    if not lucky:
        return []
    Place.objects.filter(pk__in=[pk for pk, _ in lucky]).update(state=Place.State.CONFIRMED)
    Session.objects.filter(pk=row.pk).update(taken=F("taken") + len(lucky))
    row.taken += len(lucky)
    send_many(
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=gettext_noop(
                "A place in “%(title)s” became free and is yours: %(day)s. Give it back if you cannot come."
            ),
            parameters={"title": row.title, "day": day_text(row.starts_at)},
            object_ref=f"session:{row.pk}",
            key=f"training-place:{pk}:promoted",
        )
        for pk, person_id in lucky
    )
    return [pk for pk, _ in lucky]


def tell_session(row: Session, text: str, occasion: str) -> None:
    """Tell everybody who has a place in a session or waits for one."""
    at = clock.now().isoformat(timespec="milliseconds")
    people = Place.objects.filter(session=row).exclude(state=Place.State.CANCELLED)
    send_many(
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=text,
            parameters={"title": row.title},
            object_ref=f"session:{row.pk}",
            key=f"session:{row.pk}:{occasion}:{at}:{person_id}",
        )
        for person_id in people.values_list("person_id", flat=True)
    )
