"""Closing what was forgotten, set-based; and the settings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery

from xinshi.activities.access import require_planner
from xinshi.activities.actions import unmark_attended
from xinshi.attendance.actions.checking_in import lock_people
from xinshi.attendance.actions.submitting import SUBMITTED_FIELDS, known_stretches, submit
from xinshi.attendance.closing.domain import Settings, closing_moment
from xinshi.attendance.closing.models import PresenceSettings
from xinshi.attendance.closing.queries import settings_in_force
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.domain import CLOSED_BY_RULE, Stretch
from xinshi.attendance.models import ServiceRecord
from xinshi.audit.actions import record, record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import Invalid, NotAllowed, gettext_noop
from xinshi.messages.actions import NewMessage, send_many

AT_ONCE: Final = 1_000
CLOSED: Final = gettext_noop(
    "Nobody checked you out of “%(title)s”, so it was closed by rule at %(left)s as honorary hours. "
    "If you left at another time, open the record and ask for a correction."
)
TAKEN_BACK: Final = gettext_noop(
    "Nobody checked you out of “%(title)s”, and there is no minute of service to credit by rule. "
    "If you served, ask the person in charge to enter your times."
)
LIMITS: Final = {"early_minutes": 240, "grace_minutes": 720, "offline_hours": 168}


@transaction.atomic
def close_forgotten(*, actor: Actor) -> int:
    """Close open records whose shift ended longer ago than the grace; at most AT_ONCE, how many were closed or taken back.

    The time of leaving is by the hospital's rule, never beyond the shift. Nobody signed out, so the hours are honorary until
    who leads vouches for them. The volunteer is told.
    """
    if not actor.is_system:
        raise NotAllowed
    rule, now = settings_in_force(), clock.now()
    overdue = ServiceRecord.objects.filter(state=ServiceRecord.State.OPEN, shift__ends_at__lt=now - rule.grace)
    people = set(overdue.order_by("shift__ends_at", "pk").values_list("person_id", flat=True)[:AT_ONCE])
    if not people:
        return 0
    lock_people(people)
    rows = list(
        overdue.filter(person_id__in=people)
        .annotate(seen_at=Subquery(_last_seen()))
        .select_related("shift__activity")
        .select_for_update(of=("self",))
        .order_by("person_id", "checked_in_at", "pk")
    )
    closed, taken_back = _sorted(actor, rows, rule, now)
    ServiceRecord.objects.bulk_update(closed, [*SUBMITTED_FIELDS, "hours_kind"], batch_size=500)
    ServiceRecord.objects.filter(pk__in=[row.pk for row in taken_back]).update(state=ServiceRecord.State.WITHDRAWN)
    unmark_attended(signup_ids=[row.own_signup_id for row in taken_back])
    _note(actor, closed, taken_back)
    return len(rows)


def _last_seen() -> QuerySet[Any, Any]:
    """The person's last scan after they came, within the shift."""
    scans = Trace.objects.filter(
        person_id=OuterRef("person_id"), at__gt=OuterRef("checked_in_at"), at__lte=OuterRef("shift__ends_at")
    )
    return scans.order_by().values("person_id").annotate(last=Max("at")).values("last")


def _sorted(
    actor: Actor, rows: Sequence[ServiceRecord], rule: Settings, now: datetime
) -> tuple[list[ServiceRecord], list[ServiceRecord]]:
    """Those that are closed now, submitted but not saved; and those with nothing to credit."""
    closed: list[ServiceRecord] = []
    taken_back: list[ServiceRecord] = []
    if not rows:
        return closed, taken_back
    others: defaultdict[int, list[Stretch]] = known_stretches(
        {row.person_id for row in rows},
        since=min(row.checked_in_at for row in rows),
        until=max(row.shift.ends_at for row in rows) + timedelta(minutes=1),
        but=set(),
    )
    for position, row in enumerate(rows):
        later = [(other.checked_in_at, other.shift.ends_at) for other in rows[position + 1 :][:5]]
        same = [stretch for other, stretch in zip(rows[position + 1 :][:5], later, strict=True) if _same(row, other)]
        left = closing_moment(
            came_at=row.checked_in_at,
            shift_end=row.shift.ends_at,
            last_seen=getattr(row, "seen_at", None),
            others=[*others[row.person_id], *same],
            closes=rule.closes,
        )
        begun = left is not None and clock.whole_minutes_between(row.shift.starts_at, left) >= 1
        if left is None or not begun:
            taken_back.append(row)
            continue
        row.checked_out_at, row.checked_out_by_ref, row.checked_out_through = left, actor.reference, CLOSED_BY_RULE
        row.hours_kind = HoursKind.HONORARY.value
        submit(row, row.shift, now)
        others[row.person_id].append((row.checked_in_at, left))
        closed.append(row)
    return closed, taken_back


def _same(row: ServiceRecord, other: ServiceRecord) -> bool:
    return row.person_id == other.person_id


def _note(actor: Actor, closed: Sequence[ServiceRecord], taken_back: Sequence[ServiceRecord]) -> None:
    record_many(
        actor=actor,
        action="attendance.close_by_rule",
        objects=[(f"service-record:{row.pk}", {"present_minutes": row.present_minutes}) for row in closed],
    )
    record_many(
        actor=actor,
        action="attendance.take_back_check_in",
        objects=[(f"service-record:{row.pk}", {"by_rule": True}) for row in taken_back],
    )
    send_many([*(_message(row, CLOSED) for row in closed), *(_message(row, TAKEN_BACK) for row in taken_back)])


def _message(row: ServiceRecord, text: str) -> NewMessage:
    parameters = {"title": row.shift.activity.title}
    if text == CLOSED and row.checked_out_at is not None:
        parameters["left"] = f"{row.checked_out_at.astimezone(clock.HOSPITAL_ZONE):%H:%M}"
    return NewMessage(
        recipient_ref=f"person:{row.person_id}",
        text=text,
        parameters=parameters,
        object_ref=f"service-record:{row.pk}",
        key=f"service-record:{row.pk}:{row.submission}:closed-by-rule",
    )


@transaction.atomic
def change_settings(*, actor: Actor, settings: Settings) -> None:
    """Change the hospital's settings of presence; planners only."""
    require_planner(actor)
    values = {
        "early_minutes": settings.early_minutes,
        "grace_minutes": settings.grace_minutes,
        "offline_hours": settings.offline_hours,
    }
    for name, value in values.items():
        if not 0 <= value <= LIMITS[name]:
            raise Invalid(field=name, reason=gettext_noop("This is out of bounds."))
    if settings.closes not in PresenceSettings.Closes.values:
        raise Invalid(field="closes", reason=gettext_noop("Choose one of the rules."))
    PresenceSettings.objects.update_or_create(
        pk=1,
        defaults={
            **values,
            "closes": settings.closes,
            "changed_at": clock.now(),
            "changed_by_ref": actor.reference,
        },
    )
    record(
        actor=actor,
        action="attendance.change_settings",
        object_ref="presence-settings:1",
        closes=settings.closes,
        **values,
    )
