"""Templates and copies: in three clicks, with everything but the people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from xinshi.activities.actions import create_activity, sign_up
from xinshi.activities.domain import NewRole
from xinshi.activities.models import Activity, ActivityPattern, Shift
from xinshi.activities.patterns import actions
from xinshi.activities.patterns.domain import first_day
from xinshi.activities.planned import planned
from xinshi.activities.requirements import Requirements
from xinshi.activities.tests.conftest import Cast, MakeActivity, tomorrow_at
from xinshi.activities.tests.test_planning import new_activity, refused
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed, NotFound

ROLES = (NewRole(name="测血糖", requirements=Requirements(qualifications=("nurse",))), NewRole(name="引导"))
WEEK = timedelta(days=7)


def clinic(cast: Cast) -> int:
    (shift,) = new_activity(cast).shifts
    shifts = (replace(shift, role="测血糖", reserve=2), replace(shift, role="引导", minimum=0))
    wanted = new_activity(cast, roles=ROLES, shifts=shifts, risks="血液", cancel_closes_minutes=90)
    return create_activity(actor=cast.coordinator.actor, activity=replace(wanted, state="published")).activity_id


def plain(activity_id: int) -> object:
    """An activity without its dates and ids."""
    activity = planned(Activity.objects.get(pk=activity_id))
    return replace(activity, shifts=()), [(one.role, one.places, one.minimum, one.reserve) for one in activity.shifts]


def test_a_template_makes_the_same_activity_on_another_day(cast: Cast) -> None:
    planner, source = cast.coordinator.actor, clinic(cast)
    pattern = actions.save_pattern(actor=planner, activity_id=source)
    day = clock.today() + timedelta(days=20)
    made = actions.create_from_pattern(actor=planner, pattern_id=pattern, first=day)
    assert plain(made.activity_id) == plain(source)
    row = Activity.objects.get(pk=made.activity_id)
    assert (row.state, first_day(planned(row))) == ("draft", day)
    assert ActivityPattern.objects.get().times_used == 1
    refused(actions.PatternExists, lambda: actions.save_pattern(actor=planner, activity_id=source))
    actions.drop_pattern(actor=planner, pattern_id=pattern)
    refused(NotFound, lambda: actions.create_from_pattern(actor=planner, pattern_id=pattern, first=day))
    refused(NotFound, lambda: actions.drop_pattern(actor=planner, pattern_id=pattern))
    assert actions.save_pattern(actor=planner, activity_id=source) == pattern, "the name is free again"


def test_a_copy_has_everything_but_the_people(cast: Cast) -> None:
    source = clinic(cast)
    shift = Shift.objects.filter(activity_id=source).latest("pk")
    sign_up(actor=cast.volunteer.actor, shift_id=shift.pk)
    day = clock.today() + timedelta(days=30)
    made = actions.copy_activity(actor=cast.coordinator.actor, activity_id=source, first=day)
    assert plain(made.activity_id) == plain(source)
    assert set(Shift.objects.filter(activity_id=made.activity_id).values_list("taken", "is_open")) == {(0, False)}


def test_a_week_is_copied_once(cast: Cast, make_activity: MakeActivity, django_assert_max_num_queries: object) -> None:
    planner = cast.coordinator.actor
    monday = clock.today() - timedelta(days=clock.today().weekday()) + 2 * WEEK
    for number in range(6):
        day = monday + timedelta(days=number)
        make_activity(
            title=f"活动{number}", starts_at=clock.at_local(day, tomorrow_at(9).timetz().replace(tzinfo=None))
        )
    off = make_activity(title="取消的", starts_at=clock.at_local(monday, tomorrow_at(9).timetz().replace(tzinfo=None)))
    Activity.objects.filter(pk=off.activity_id).update(
        state="cancelled", cancelled_at=clock.now(), cancellation_reason="台风"
    )
    with django_assert_max_num_queries(24):
        made = actions.copy_week(actor=planner, source=monday, target=monday + WEEK)
    assert len(made) == 6
    moments = Shift.objects.filter(activity__state="draft").values_list("starts_at", flat=True)
    days = sorted(clock.local_day(moment) for moment in moments)
    assert days == [monday + WEEK + timedelta(days=number) for number in range(6)]
    refused(actions.WeekCopied, lambda: actions.copy_week(actor=planner, source=monday, target=monday + WEEK))
    refused(actions.NothingToCopy, lambda: actions.copy_week(actor=planner, source=monday + 9 * WEEK, target=monday))


def test_only_planners_copy(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    day = clock.today()
    for somebody in (cast.volunteer, cast.leader, cast.auditor):
        actor = somebody.actor
        refused(NotAllowed, lambda who=actor: actions.save_pattern(actor=who, activity_id=made.activity_id))
        refused(NotAllowed, lambda who=actor: actions.copy_activity(actor=who, activity_id=made.activity_id, first=day))
        refused(NotAllowed, lambda who=actor: actions.copy_week(actor=who, source=day, target=day))


def test_three_clicks(cast: Cast) -> None:
    browser, source = cast.coordinator.client, clinic(cast)
    detail = browser.get(reverse("activities:detail", args=[source])).content.decode()
    assert reverse("activities:copy", args=[source]) in detail
    assert browser.post(reverse("activities:save_pattern", args=[source])).status_code == 302
    (pattern,) = ActivityPattern.objects.all()
    page = browser.get(reverse("activities:patterns")).content.decode()
    assert reverse("activities:use_pattern", args=[pattern.pk]) in page
    day = (clock.today() + timedelta(days=9)).isoformat()
    answer = browser.post(reverse("activities:use_pattern", args=[pattern.pk]), {"first": day})
    assert answer.headers["Location"] == reverse("activities:detail", args=[Activity.objects.latest("pk").pk])
    answer = browser.post(reverse("activities:copy", args=[source]), {"first": day})
    assert answer.status_code == 302
    assert Activity.objects.filter(state="draft").count() == 2


@pytest.mark.parametrize("first", ["", "x", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_is_refused(cast: Cast, first: str) -> None:
    browser, source = cast.coordinator.client, clinic(cast)
    pattern = actions.save_pattern(actor=cast.coordinator.actor, activity_id=source)
    browser.post(reverse("activities:use_pattern", args=[pattern]), {"first": first})
    browser.post(reverse("activities:copy", args=[source]), {"first": first})
    browser.post(reverse("activities:copy_week"), {"source": first, "target": first})
    assert Activity.objects.count() == 1
