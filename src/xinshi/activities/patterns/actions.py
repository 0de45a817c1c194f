"""Writes of patterns and copies."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Min, Prefetch

from xinshi.activities import access
from xinshi.activities.actions.creating import create_activities_many, create_activity
from xinshi.activities.domain import CreatedActivity, NewActivity
from xinshi.activities.models import Activity, ActivityPattern, Shift
from xinshi.activities.patterns.domain import first_day, from_plan, moved, require_in_calendar, to_plan
from xinshi.activities.planned import planned
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop

NAME_LENGTH_MAX: Final = 80
WEEK_ACTIVITIES_MAX: Final = 300


class PatternExists(DomainError):
    code = "pattern_exists"
    message = gettext_noop("There is a template of this name already. Choose another name.")


class NothingToCopy(DomainError):
    code = "nothing_to_copy"
    message = gettext_noop("No activity begins in that week, so there is nothing to copy. Choose another week.")
    status = 422


class WeekTooFull(DomainError):
    code = "week_too_full"
    message = gettext_noop("More than 300 activities begin in that week. Copy them one by one.")
    status = 422


class WeekCopied(DomainError):
    code = "week_copied"
    message = gettext_noop("All activities of that week stand in the other week already, so nothing was copied.")


@transaction.atomic
def save_pattern(*, actor: Actor, activity_id: int, name: str = "") -> int:
    """Keep an activity as a template, by its own title unless named otherwise; the template's id."""
    access.require_planner(actor)
    activity = _activity(activity_id)
    name = (name or activity.title).strip()
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise Invalid(field=gettext_noop("Title"), reason=gettext_noop("Write between 1 and 80 characters."))
    known = ActivityPattern.objects.select_for_update().filter(name=name).first()
    if known is not None and known.is_active:
        raise PatternExists
    values = {"plan": to_plan(planned(activity)), "made_at": clock.now(), "made_by_ref": actor.reference}
    row, _is_new = ActivityPattern.objects.update_or_create(
        name=name, defaults={**values, "is_active": True, "times_used": 0}
    )
    record(actor=actor, action="activities.save_pattern", object_ref=f"pattern:{row.pk}", activity=activity_id)
    return row.pk


@transaction.atomic
def drop_pattern(*, actor: Actor, pattern_id: int) -> None:
    """The template is offered no more; activities made of it stay."""
    access.require_planner(actor)
    if not ActivityPattern.objects.filter(pk=pattern_id, is_active=True).update(is_active=False):
        raise NotFound
    record(actor=actor, action="activities.drop_pattern", object_ref=f"pattern:{pattern_id}")


@transaction.atomic
def create_from_pattern(*, actor: Actor, pattern_id: int, first: date) -> CreatedActivity:
    """A draft of a template whose first shift is on `first`."""
    access.require_planner(actor)
    row = ActivityPattern.objects.filter(pk=pattern_id, is_active=True).first()
    if row is None:
        raise NotFound
    made = create_activity(actor=actor, activity=from_plan(row.plan, first))
    ActivityPattern.objects.filter(pk=row.pk).update(times_used=F("times_used") + 1)
    return made


@transaction.atomic
def copy_activity(*, actor: Actor, activity_id: int, first: date) -> CreatedActivity:
    """The same activity as a draft that begins on `first`: roles, shifts and rules, but no people."""
    access.require_planner(actor)
    activity = planned(_activity(activity_id))
    return create_activity(actor=actor, activity=moved(activity, (first - first_day(activity)).days))


@transaction.atomic
def copy_week(*, actor: Actor, source: date, target: date) -> list[CreatedActivity]:
    """Drafts of every activity that begins in the week of `source`, on the same weekdays in the week of `target`.

    Called-off activities are not copied, nor one that stands in the other week already (same title, place and time).
    """
    access.require_planner(actor)
    require_in_calendar(source, 7)
    require_in_calendar(target, 7)
    from_monday, to_monday = (day - timedelta(days=day.weekday()) for day in (source, target))
    rows = _of_week(from_monday)
    if not rows:
        raise NothingToCopy
    if len(rows) > WEEK_ACTIVITIES_MAX:
        raise WeekTooFull
    known = {_likeness(planned(row)) for row in _of_week(to_monday)}
    wanted = [moved(planned(row), (to_monday - from_monday).days) for row in rows]
    new = [activity for activity in wanted if _likeness(activity) not in known]
    if not new:
        raise WeekCopied
    return create_activities_many(actor=actor, activities=new)


def _likeness(activity: NewActivity) -> tuple[object, ...]:
    return activity.title, activity.place, min(shift.starts_at for shift in activity.shifts)


def _of_week(monday: date) -> list[Activity]:
    begins, _ends = clock.day_bounds(monday)
    after, _end = clock.day_bounds(monday + timedelta(days=7))
    rows = Activity.objects.exclude(state=Activity.State.CANCELLED).annotate(first_at=Min("shifts__starts_at"))
    rows = rows.filter(first_at__gte=begins, first_at__lt=after).order_by("first_at", "pk")
    shifts = Prefetch("shifts", queryset=Shift.objects.order_by("starts_at", "pk"))
    return list(rows.prefetch_related("roles", shifts)[: WEEK_ACTIVITIES_MAX + 1])


def _activity(activity_id: int) -> Activity:
    row = Activity.objects.filter(pk=activity_id).first()
    if row is None:
        raise NotFound
    return row
