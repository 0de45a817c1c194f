"""The ministry's clock of ten working days: renewed when holidays are announced, and told before it runs out.

Both are duties of the worker: any number of times in any number of workers they change and send nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Final

from django.db import transaction
from django.db.models import Count, F, Min

from xinshi.attendance.domain import DUE_SOON_WORKING_DAYS, RECORDS_MAX, due_day, working_days_left
from xinshi.attendance.models import ServiceRecord
from xinshi.audit.actions import record_many
from xinshi.kernel import clock, workdays
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.people.models import Person

ACTIVITIES_MAX: Final = 1_000
STATION_MAX: Final = 200
SUBMITTED: Final = ServiceRecord.State.SUBMITTED
TEXTS: Final = {
    "soon": gettext_noop("“%(title)s”: service records wait for your approval: %(count)s, the first due by %(day)s."),
    "today": gettext_noop("“%(title)s”: service records must be decided today: %(count)s."),
    "late": gettext_noop("“%(title)s”: service records are past their ten working days: %(count)s. Decide them now."),
}
STATION_TEXT: Final = gettext_noop("Service records waiting: due within two working days %(soon)s, overdue %(late)s.")


@transaction.atomic
def renew_due_days(*, actor: Actor) -> int:
    """Set the last day anew of records that wait, where the calendar of holidays that is known now gives another.

    A record that was submitted before the State Council's notice was counted by weekdays alone. Returns how many moved.
    """
    assert actor.is_system, "the worker does it by itself"
    waiting = ServiceRecord.objects.filter(state=SUBMITTED).order_by("pk")
    rows = waiting.select_for_update(of=("self",), no_key=True).values_list("pk", "due_on", "shift__ends_at")
    moved: dict[date, list[tuple[int, date]]] = defaultdict(list)
    for pk, due_on, ends_at in rows[:RECORDS_MAX]:
        right = due_day(clock.local_day(ends_at))
        if due_on is not None and due_on != right:
            moved[right].append((pk, due_on))
    for right, changed in moved.items():
        ServiceRecord.objects.filter(pk__in=[pk for pk, _ in changed]).update(due_on=right)
        record_many(
            actor=actor,
            action="attendance.renew_due_day",
            objects=[
                (f"service-record:{pk}", {"from": before.isoformat(), "to": right.isoformat()})
                for pk, before in changed
            ],
        )
    return sum(len(changed) for changed in moved.values())


@transaction.atomic
def remind_of_due(*, actor: Actor) -> int:
    """Remind who leads, two working days ahead, on the day and after it; and tell the station once a day.

    Returns of how many activities somebody was reminded of now or before.
    """
    assert actor.is_system, "the worker does it by itself"
    today = clock.today()
    horizon = workdays.working_days_after(today, DUE_SOON_WORKING_DAYS)
    found = list(
        ServiceRecord.objects.filter(state=SUBMITTED, due_on__lte=horizon)
        .order_by()
        .values(
            activity=F("shift__activity_id"),
            title=F("shift__activity__title"),
            leader=F("shift__activity__person_in_charge_id"),
        )
        .annotate(count=Count("pk"), due=Min("due_on"))
        .order_by("due", "activity")[:ACTIVITIES_MAX]
    )
    messages = []
    for group in found:
        stage = stage_of(today, group["due"])
        messages.append(
            NewMessage(
                recipient_ref=f"person:{group['leader']}",
                text=TEXTS[stage],
                parameters={"title": group["title"], "count": group["count"], "day": group["due"].isoformat()},
                object_ref=f"waiting-of:{group['activity']}",
                key=f"due:{group['activity']}:{group['due']}:{stage}",
            )
        )
    late = sum(group["count"] for group in found if group["due"] < today)
    soon = sum(group["count"] for group in found) - late
    if found and workdays.is_working_day(today):
        messages += [
            NewMessage(
                recipient_ref=f"person:{person}",
                text=STATION_TEXT,
                parameters={"soon": soon, "late": late},
                object_ref="",
                key=f"due-station:{today}:{person}",
            )
            for person in _station()
        ]
    send_many(messages)
    return len(found)


def stage_of(today: date, due_on: date) -> str:
    """`soon`, `today` or `late`; on a day off nothing is due before the next working day."""
    if due_on < today:
        return "late"
    return "today" if working_days_left(today, due_on) == 0 else "soon"


def _station() -> list[int]:
    """The coordinators who have a person in the archive: messages go to people."""
    rows = Person.objects.filter(user__role_grants__role=Role.COORDINATOR, user__is_active=True, erased_at=None)
    return list(rows.order_by("pk").values_list("pk", flat=True).distinct()[:STATION_MAX])
