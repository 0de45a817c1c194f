"""Programmes as everybody sees them, own days, and the activity's page with its roles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils.translation import override

from xinshi.activities.actions import change_activity, create_activity, sign_up, sign_up_many
from xinshi.activities.actions.attending import mark_attended
from xinshi.activities.domain import NewRole, NewShift
from xinshi.activities.models import Activity, OwnDay, Programme, Shift, SignUp
from xinshi.activities.planned import planned
from xinshi.activities.programmes import actions
from xinshi.activities.programmes.calendar import days_between
from xinshi.activities.queries import DeskFilter, desk_shifts
from xinshi.activities.requirements import Requirements
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, tomorrow_at
from xinshi.activities.tests.test_pages import a_shift, form_data, text, url
from xinshi.activities.tests.test_planning import new_activity, refused
from xinshi.archive.actions import ensure_kinds
from xinshi.archive.domain import Category, NewKind
from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message

TOLD = actions.NewProgramme(
    name="关爱特殊群体", theme="陪伴", category="0017", served_groups=("03", "04"), description="每三周上门一次。"
)


def test_a_programme_from_beginning_to_end(cast: Cast, make_activity: MakeActivity) -> None:
    planner = cast.coordinator.actor
    pk = actions.create_programme(actor=planner, programme=TOLD)
    refused(actions.ProgrammeExists, lambda: actions.create_programme(actor=planner, programme=TOLD))
    longer = replace(TOLD, theme="常来", starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    assert actions.change_programme(actor=planner, programme_id=pk, programme=longer) == [
        "theme",
        "starts_on",
        "ends_on",
    ]
    assert actions.change_programme(actor=planner, programme_id=pk, programme=longer) == []
    made = make_activity(title="敬老院探访")
    Activity.objects.update(programme_id=pk)
    place = sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    from django.db import transaction

    with transaction.atomic():
        mark_attended(signup_ids=[place.signup_id], at=clock.now())
    page = text(cast.second.client.get(reverse("activities:programme", args=[pk])))
    assert "敬老院探访" in page
    assert "<b>1</b>" in page
    assert reverse("activities:edit_programme", args=[pk]) not in page
    actions.end_programme(actor=planner, programme_id=pk)
    actions.end_programme(actor=planner, programme_id=pk)
    assert (Programme.objects.get().is_active, Programme.objects.get().ended_at is None) == (False, False)
    assert "关爱特殊群体" not in text(cast.second.client.get(reverse("activities:programmes")))
    actions.resume_programme(actor=planner, programme_id=pk)
    assert "关爱特殊群体" in text(cast.second.client.get(reverse("activities:programmes")))


@pytest.mark.parametrize(
    "more",
    [
        {"name": " "},
        {"name": "长" * 61},
        {"category": "9999"},
        {"served_groups": ("77",)},
        {"starts_on": date(2026, 2, 1), "ends_on": date(2026, 1, 1)},
    ],
)
def test_refuses_what_a_programme_cannot_be(cast: Cast, more: dict[str, object]) -> None:
    refused(Invalid, lambda: actions.create_programme(actor=cast.coordinator.actor, programme=replace(TOLD, **more)))
    refused(NotAllowed, lambda: actions.create_programme(actor=cast.leader.actor, programme=TOLD))


def test_own_days_stand_beside_the_public_holidays(cast: Cast) -> None:
    planner = cast.coordinator.actor
    pk = actions.keep_own_day(actor=planner, name="国际护士节", name_en="Nurses' day", month=5, day=12)
    assert actions.keep_own_day(actor=planner, name="国际护士节", month=5, day=12) == pk
    with override("zh-hans"):
        found = [(one.day, one.name) for one in days_between(date(2026, 4, 30), date(2026, 5, 12))]
    assert (date(2026, 5, 1), "劳动节") in found
    assert found[-1] == (date(2026, 5, 12), "国际护士节")
    assert any(one.is_make_up for one in days_between(date(2026, 5, 1), date(2026, 5, 12)))
    refused(Invalid, lambda: actions.keep_own_day(actor=planner, name="没有的日子", month=2, day=30))
    browser = cast.coordinator.client
    browser.post(reverse("activities:calendar"), {"name": "学雷锋日", "name_en": "", "day": "2026-03-05"})
    assert OwnDay.objects.filter(name="学雷锋日", month=3, day=5).exists()
    actions.drop_own_day(actor=planner, own_day_id=pk)
    refused(NotFound, lambda: actions.drop_own_day(actor=planner, own_day_id=pk))


def clinic(cast: Cast, *, shifts: int = 20) -> int:
    """An activity of two roles, `shifts` shifts, as many times two to a role."""
    ensure_kinds(actor=SYSTEM, kinds=[NewKind(code="nurse", name="护士执业证书", category=Category.LICENCE)])
    roles = (
        NewRole(name="测血糖", description="采指尖血", requirements=Requirements(qualifications=("nurse",))),
        NewRole(name="引导", requirements=Requirements(age_min=18, age_max=65, is_heavy=True)),
    )
    stretches = tuple(
        NewShift(
            starts_at=tomorrow_at(9, days=number // 2),
            ends_at=tomorrow_at(11, days=number // 2),
            places=5,
            role=roles[number % 2].name,
        )
        for number in range(shifts)
    )
    wanted = new_activity(cast, roles=roles, shifts=stretches, risks="会接触血液样本", state="published")
    return create_activity(actor=SYSTEM, activity=wanted).activity_id


def test_one_activity_is_few_queries_and_little_html(cast: Cast, django_assert_max_num_queries: object) -> None:
    activity = clinic(cast)
    people, shifts = cast.people(50), list(Shift.objects.filter(activity_id=activity).order_by("pk"))
    sign_up_many(actor=SYSTEM, signups=[(shifts[number % 20].pk, person) for number, person in enumerate(people)])
    browser = cast.coordinator.client
    browser.get(url("detail", activity))
    with django_assert_max_num_queries(11):
        page = browser.get(url("detail", activity))
    assert len(page.content) <= 60_000
    words = text(page)
    assert words.count('class="card shift"') == 20
    for said in ("会接触血液样本", "护士执业证书", "采指尖血"):
        assert said in words
    assert words.index("会接触血液样本") < words.index('id="shifts"'), "risks are told before anybody signs up"


def test_the_desk_stays_flat(cast: Cast, make_activity: MakeActivity, django_assert_max_num_queries: object) -> None:
    make_activity()
    browser = cast.coordinator.client
    browser.get(url("desk"))
    for _more in range(2):
        with django_assert_max_num_queries(12):
            browser.get(url("desk"))
        for number in range(30):
            make_activity(title=f"活动{number}")
    assert desk_shifts(cast.coordinator.actor, DeskFilter()).total == 61


def test_the_form_shows_and_keeps_roles_and_rules(cast: Cast) -> None:
    activity = clinic(cast, shifts=2)
    before = planned(Activity.objects.get(pk=activity))
    browser = cast.coordinator.client
    page = browser.get(url("edit", activity)).context["plan"]
    data = {}
    for part in (page.activity, *page.roles, *page.shifts, page.roles.management_form, page.shifts.management_form):
        for field in part:
            value = field.value()
            if value not in (None, False, ""):
                data[field.html_name] = value
    answer = browser.post(url("edit", activity), data)
    assert answer.status_code == 302
    assert planned(Activity.objects.get(pk=activity)) == before
    data["role-0-name"] = "血糖检测"
    assert browser.post(url("edit", activity), data).status_code == 302
    after = planned(Activity.objects.get(pk=activity))
    assert {role.name for role in after.roles} == {"血糖检测", "引导"}
    assert [shift.role for shift in after.shifts].count("血糖检测") == 1


def test_a_new_activity_with_two_roles_is_typed_step_by_step(cast: Cast) -> None:
    browser = cast.coordinator.client
    data = form_data(cast, [a_shift(role="0")]) | {"role-0-name": "咨询"}
    more = browser.post(url("create"), data | {"add_role": "1"}).context["plan"]
    assert [form["name"].value() for form in more.roles] == ["咨询", None]
    data |= {"role-TOTAL_FORMS": 2, "role-1-name": "引导", "role-1-is_heavy": "on", "shift-0-role": "1"}
    looked = text(browser.post(url("create"), data | {"preview": "1"}))
    assert Activity.objects.count() == 0
    assert "引导" in looked
    assert browser.post(url("create"), data | {"role-1-name": "咨询"}).status_code == 200
    assert Activity.objects.count() == 0, "two roles of one name"
    assert browser.post(url("create"), data).status_code == 302
    assert Shift.objects.get().role.name == "引导"


def test_a_change_tells_only_whom_it_concerns_and_everybody_who_waits(cast: Cast) -> None:
    activity = clinic(cast, shifts=4)
    first, second, third, _fourth = Shift.objects.filter(activity_id=activity).order_by("pk")
    for who, shift, state in (
        (cast.volunteer, first, "confirmed"),
        (cast.second, first, "waiting"),
        (cast.leader, second, "requested"),
        (cast.other_leader, third, "confirmed"),
    ):
        SignUp.objects.create(
            shift=shift, person_id=who.person_id, state=state, signed_up_at=clock.now(), signed_up_by_ref="t"
        )
    now = planned(Activity.objects.get(pk=activity))

    def told(**more: object) -> set[str]:
        Message.objects.all().delete()
        change_activity(
            actor=cast.coordinator.actor,
            activity_id=activity,
            activity=replace(planned(Activity.objects.get(pk=activity)), **more),
        )
        return set(Message.objects.values_list("recipient_ref", flat=True))

    shifts = tuple(
        replace(one, ends_at=one.ends_at + timedelta(minutes=30)) if one.shift_id == first.pk else one
        for one in now.shifts
    )
    assert told(shifts=shifts) == {cast.volunteer.reference, cast.second.reference}
    assert "%(time)s" in Message.objects.first().text
    roles = tuple(replace(one, description="带路") if one.name == "引导" else one for one in now.roles)
    assert told(roles=roles) == {cast.leader.reference}
    assert told(allowance_yuan=20) == set()
    everybody = {one.reference for one in (cast.volunteer, cast.second, cast.leader, cast.other_leader)}
    assert told(place="住院楼") == everybody
    assert Activity.objects.get(pk=activity).revision == 3
