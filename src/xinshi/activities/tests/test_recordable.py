"""What the norms do not let anybody record is refused while it is planned; nothing is written then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse

from xinshi.activities.actions import change_activity, create_activity, publish, sign_up, unpublish
from xinshi.activities.domain import NewRole, NothingToChange, SomebodySignedUp
from xinshi.activities.models import Activity, Shift
from xinshi.activities.planned import planned
from xinshi.activities.recordable import (
    CompulsoryService,
    DutyInWorkingTime,
    HoursForDonations,
    NotRecordable,
    PaidService,
    RisksMissing,
    recordable,
)
from xinshi.activities.requirements import Requirements
from xinshi.activities.tests.conftest import Cast, MakeActivity, tomorrow_at
from xinshi.activities.tests.test_planning import new_activity, refused, written

STAFF = (NewRole(requirements=Requirements(groups=("staff",))),)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"allowance_yuan": 101}, PaidService),
        ({"is_compulsory": True}, CompulsoryService),
        ({"rewards_donations": True}, HoursForDonations),
        ({"title": "献血200ml记4小时"}, HoursForDonations),
        ({"description": "每捐血 400 毫升，可得 8 小时志愿时长。"}, HoursForDonations),
        ({"description": "献血可折算为志愿时长"}, HoursForDonations),
        ({"description": "捐款100元记2小时"}, HoursForDonations),
        ({"description": "各科室一律参加，缺席者扣奖金"}, CompulsoryService),
    ],
)
def test_what_cannot_be_recorded_is_refused_from_the_first_draft_on(
    cast: Cast, more: dict[str, object], error: type[NotRecordable]
) -> None:
    wrong = new_activity(cast, **more)
    refused(error, lambda: create_activity(actor=cast.coordinator.actor, activity=wrong))
    made = create_activity(actor=cast.coordinator.actor, activity=new_activity(cast))
    (shift,) = planned(Activity.objects.get()).shifts
    refused(
        error,
        lambda: change_activity(
            actor=cast.coordinator.actor, activity_id=made.activity_id, activity=replace(wrong, shifts=(shift,))
        ),
    )


@pytest.mark.parametrize(
    "words",
    ["无偿献血宣传：已有90000毫升热血", "献血车旁引导，服务2小时", "自愿参加，不强制参加", "慰问捐款活动现场服务3小时"],
)
def test_helping_at_a_drive_is_service(cast: Cast, words: str) -> None:
    assert recordable(new_activity(cast, description=words)) is None


def test_the_limit_of_the_allowance_is_a_setting(cast: Cast, settings: object) -> None:
    settings.ALLOWANCE_YUAN_MAX = 50
    refused(
        PaidService,
        lambda: create_activity(actor=cast.coordinator.actor, activity=new_activity(cast, allowance_yuan=51)),
    )
    create_activity(actor=cast.coordinator.actor, activity=new_activity(cast, allowance_yuan=50))


@pytest.mark.parametrize("more", [{"is_dangerous": True}, {"category": "3201"}, {"category": "0013"}])
def test_risky_service_is_not_published_before_the_risks_are_told(cast: Cast, more: dict[str, object]) -> None:
    planner = cast.coordinator.actor
    made = create_activity(actor=planner, activity=new_activity(cast, **more))
    refused(RisksMissing, lambda: publish(actor=planner, activity_id=made.activity_id))
    told = replace(planned(Activity.objects.get()), risks="可能接触病人")
    change_activity(actor=planner, activity_id=made.activity_id, activity=told)
    publish(actor=planner, activity_id=made.activity_id)
    silent = replace(told, risks=" ")
    refused(RisksMissing, lambda: change_activity(actor=planner, activity_id=made.activity_id, activity=silent))


def test_staff_are_not_invited_to_their_own_duties(cast: Cast) -> None:
    planner = cast.coordinator.actor
    made = create_activity(actor=planner, activity=new_activity(cast, roles=STAFF))
    refused(DutyInWorkingTime, lambda: publish(actor=planner, activity_id=made.activity_id))
    declared = replace(planned(Activity.objects.get()), is_off_duty=True)
    change_activity(actor=planner, activity_id=made.activity_id, activity=declared)
    publish(actor=planner, activity_id=made.activity_id)
    team = new_activity(cast, recruits="team", team_id=cast.department.pk)
    made = create_activity(actor=planner, activity=team)
    refused(DutyInWorkingTime, lambda: publish(actor=planner, activity_id=made.activity_id))


def test_a_publication_is_taken_back_only_while_nobody_signed_up(cast: Cast, make_activity: MakeActivity) -> None:
    planner = cast.coordinator.actor
    made = make_activity()
    unpublish(actor=planner, activity_id=made.activity_id)
    row = Activity.objects.get()
    assert (row.state, row.published_at, Shift.objects.get().is_open) == ("draft", None, False)
    refused(NothingToChange, lambda: unpublish(actor=planner, activity_id=made.activity_id))
    publish(actor=planner, activity_id=made.activity_id)
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    refused(SomebodySignedUp, lambda: unpublish(actor=planner, activity_id=made.activity_id))
    before = written()
    assert cast.volunteer.client.post(f"/activities/{made.activity_id}/unpublish/").status_code == 403
    assert written() == before


def test_the_risks_are_told_wherever_one_signs_up(cast: Cast, make_activity: MakeActivity) -> None:
    short, long = make_activity(title="发热门诊引导"), make_activity(title="隔离病区送餐", starts_at=tomorrow_at(14))
    Activity.objects.filter(pk=short.activity_id).update(risks="人员密集，请戴口罩。")
    Activity.objects.filter(pk=long.activity_id).update(risks="可能接触传染病患者。" * 20)
    client = cast.volunteer.client
    page = client.get(reverse("activities:offers"), headers={"Accept-Language": "zh-hans"}).text
    assert "风险：人员密集，请戴口罩。" in page
    assert reverse("activities:sign_up", args=short.shift_ids) in page
    assert reverse("activities:sign_up", args=long.shift_ids) not in page
    assert "先看风险再报名" in page
    told = client.get(reverse("activities:detail", args=[long.activity_id])).text
    assert told.index("可能接触传染病患者。") < told.index(reverse("activities:sign_up", args=long.shift_ids))
    listed = client.get("/api/v1/activities/open-shifts").json()["items"]
    assert {one["title"]: one["risks"][:6] for one in listed} == {
        "发热门诊引导": "人员密集，请",
        "隔离病区送餐": "可能接触传染",
    }
    home = client.get("/", headers={"Accept-Language": "zh-hans"}).text
    assert reverse("activities:sign_up", args=long.shift_ids) not in home
    card = client.post(
        reverse("activities:cancel_sign_up", args=[_place(cast, long.shift_ids[0])]), headers={"HX-Request": "true"}
    ).text
    assert reverse("activities:sign_up", args=long.shift_ids) not in card


def _place(cast: Cast, shift_id: int) -> int:
    return sign_up(actor=cast.volunteer.actor, shift_id=shift_id).signup_id
