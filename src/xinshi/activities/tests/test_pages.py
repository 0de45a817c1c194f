"""The pages of activities as people use them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from xinshi.activities.actions import ensure_programmes, sign_up
from xinshi.activities.models import Activity, Shift, SignUp
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, tomorrow_at
from xinshi.audit.models import AuditEntry
from xinshi.bank.models import Passbook
from xinshi.kernel import clock

HTMX = {"HX-Request": "true"}


def text(response: HttpResponse) -> str:
    return response.content.decode()


def url(name: str, *ids: int) -> str:
    return reverse(f"activities:{name}", args=ids)


def form_data(cast: Cast, shifts: list[dict[str, object]], **more: object) -> dict[str, object]:
    """What a browser sends for the form of an activity."""
    data: dict[str, object] = {
        "title": "门诊导医",
        "programme": "",
        "category": "0004",
        "place": "门诊楼",
        "organizer": cast.department.pk,
        "person_in_charge": cast.leader.person_id,
        "hours_kind": "verified",
        "description": "",
        "risks": "",
        "role-TOTAL_FORMS": 1,
        "role-INITIAL_FORMS": 1,
        "role-MIN_NUM_FORMS": 1,
        "role-MAX_NUM_FORMS": 12,
        "shift-TOTAL_FORMS": len(shifts),
        "shift-INITIAL_FORMS": sum("shift_id" in shift for shift in shifts),
        "shift-MIN_NUM_FORMS": 1,
        "shift-MAX_NUM_FORMS": 60,
    }
    for index, shift in enumerate(shifts):
        data |= {f"shift-{index}-{name}": value for name, value in shift.items()}
    return data | more


def a_shift(**more: object) -> dict[str, object]:
    day = clock.local_day(tomorrow_at(9)).isoformat()
    return {"day": day, "starts": "09:00", "ends": "11:00", "places": 3} | more


def test_anybody_sees_what_is_offered_and_is_asked_to_sign_in(client: Client, make_activity: MakeActivity) -> None:
    made = make_activity(title="门诊导医")
    make_activity(title="还没发布", state="draft")
    page = text(client.get(url("offers")))
    assert "门诊导医" in page
    assert "还没发布" not in page
    assert url("sign_up", made.shift_ids[0]) not in page
    assert "/account/login/?next=" in page
    assert client.get(url("detail", made.activity_id)).status_code == 200


def test_without_shifts_the_page_says_what_to_do_next(client: Client, cast: Cast) -> None:
    assert 'class="empty"' in text(client.get(url("offers")))
    filtered = text(client.get(url("offers"), {"category": "0004"}))
    assert 'class="empty"' in filtered
    assert f'href="{url("offers")}"' in filtered
    assert f'href="{url("offers")}"' in text(cast.volunteer.client.get(url("mine")))
    assert f'href="{url("create")}"' in text(cast.coordinator.client.get(url("desk")))
    assert 'class="empty"' in text(cast.leader.client.get(url("leading")))


def test_filters_by_day_and_category(client: Client, make_activity: MakeActivity) -> None:
    make_activity(title="导医", category="0004", shifts=2)
    make_activity(title="环保", category="0006")
    assert "环保" not in text(client.get(url("offers"), {"category": "0004"}))
    day = clock.local_day(tomorrow_at(9))
    assert text(client.get(url("offers"), {"day": day.isoformat()})).count('id="shift-') == 2
    for odd in ({"day": "9999-12-31"}, {"day": "0001-01-01"}, {"day": "x"}, {"category": "\0"}, {"page": "x" * 99}):
        assert client.get(url("offers"), odd).status_code == 200


def test_signs_up_in_one_tap_and_gives_the_place_back(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity().shift_ids
    browser = cast.volunteer.client
    assert url("sign_up", shift) in text(browser.get(url("offers")))
    answer = browser.post(url("sign_up", shift), follow=True)
    assert answer.redirect_chain == [(url("mine"), 302)]
    signup = SignUp.objects.get(person_id=cast.volunteer.person_id, state="confirmed")
    assert url("cancel_sign_up", signup.pk) in text(answer)
    browser.post(url("cancel_sign_up", signup.pk))
    assert Shift.objects.get(pk=shift).taken == 0


def test_htmx_gets_the_card_anew(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity(places=1).shift_ids
    answer = cast.volunteer.client.post(url("sign_up", shift), headers=HTMX)
    assert text(answer).strip().startswith(f'<li class="card shift" id="shift-{shift}"')
    assert "<html" not in text(answer)
    refused = text(cast.second.client.post(url("sign_up", shift), {"card": "activity"}, headers=HTMX))
    assert 'role="alert"' in refused
    assert url("sign_up", shift) not in refused
    assert Shift.objects.get(pk=shift).taken == 1


def test_who_comes_too_late_is_told_by_five_reads_and_no_lock(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity(places=1).shift_ids
    browser = cast.second.client
    browser.get(url("mine"))
    sign_up(actor=cast.volunteer.actor, shift_id=shift)
    before = AuditEntry.objects.count()
    with CaptureQueriesContext(connection) as statements:
        answer = text(browser.post(url("sign_up", shift), headers=HTMX))
    assert len(statements) == 5, "session, user, shift, person, what they hold"
    assert all(one["sql"].lstrip().startswith("SELECT") and "FOR " not in one["sql"] for one in statements)
    assert f'id="shift-{shift}"' in answer
    assert 'role="alert"' in answer
    assert (SignUp.objects.count(), AuditEntry.objects.count()) == (1, before)
    again = text(cast.volunteer.client.post(url("sign_up", shift), headers=HTMX))
    assert "pill good" in again, "who has the last place is shown that they have it, not that it is gone"
    assert Shift.objects.get(pk=shift).taken == 1


def test_a_full_shift_with_a_waiting_list_offers_it_in_the_refused_card(
    cast: Cast, make_activity: MakeActivity
) -> None:
    (shift,) = make_activity(places=1).shift_ids
    Shift.objects.filter(pk=shift).update(reserve=3)
    sign_up(actor=cast.volunteer.actor, shift_id=shift)
    answer = text(cast.second.client.post(url("sign_up", shift), headers=HTMX))
    assert 'role="alert"' in answer
    assert f'hx-post="{url("wait", shift)}"' in answer
    Passbook.objects.filter(person_id=cast.second.person_id).update(state="frozen")
    frozen = text(cast.second.client.post(url("sign_up", shift), headers=HTMX))
    assert url("wait", shift) not in frozen
    assert SignUp.objects.count() == 1


def test_what_would_help_is_said_once(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(places=1)
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    client = cast.second.client
    others = text(client.get("/activities/", {"tab": "others"}, headers={"Accept-Language": "en"}))
    alone = text(client.get(f"/activities/{made.activity_id}/", headers={"Accept-Language": "en"}))
    for page in (others, alone):
        assert page.count("Choose another shift.") == 1


def test_who_may_wait_is_not_sent_to_another_shift(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(places=1)
    Shift.objects.update(reserve=2)
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    page = text(cast.second.client.get("/activities/", {"tab": "others"}, headers={"Accept-Language": "en"}))
    assert "All places of this shift are taken." in page
    assert url("wait", made.shift_ids[0]) in page
    assert "Choose another shift." not in page


def test_of_a_coupled_activity_the_card_that_was_asked_for_is_refused(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(shifts=2)
    Activity.objects.filter(pk=made.activity_id).update(is_coupled=True)
    first, second = made.shift_ids
    Shift.objects.filter(pk=second).update(taken=2)
    answer = text(cast.volunteer.client.post(url("sign_up", first), headers=HTMX))
    assert f'id="shift-{first}"' in answer
    assert f'id="shift-{second}"' not in answer
    assert 'role="alert"' in answer
    assert SignUp.objects.count() == 0


def test_says_why_a_shift_cannot_be_taken(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity().shift_ids
    Passbook.objects.filter(person_id=cast.volunteer.person_id).update(state="frozen")
    page = text(cast.volunteer.client.get(url("offers")))
    assert url("sign_up", shift) not in page
    answer = cast.volunteer.client.post(url("sign_up", shift), follow=True)
    assert "messages" in text(answer)
    assert SignUp.objects.count() == 0


def test_a_draft_is_there_for_those_who_prepare_it_only(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(state="draft")
    seen = {
        name: getattr(cast, name).client.get(url("detail", made.activity_id)).status_code
        for name in ("volunteer", "other_leader", "clerk", "leader", "coordinator", "administrator", "auditor")
    }
    assert seen == {
        "volunteer": 404,
        "other_leader": 404,
        "clerk": 404,
        "leader": 200,
        "coordinator": 200,
        "administrator": 200,
        "auditor": 200,
    }


@pytest.mark.parametrize("name", ["edit", "cancel"])
def test_planning_is_for_planners(cast: Cast, make_activity: MakeActivity, name: str) -> None:
    made = make_activity()
    for somebody in (cast.volunteer, cast.leader, cast.auditor, cast.clerk):
        assert somebody.client.get(url(name, made.activity_id)).status_code == 403
        assert somebody.client.get(url("create")).status_code == 403
        assert somebody.client.post(url("publish", made.activity_id)).status_code == 403
    assert Client().get(url("create")).status_code == 302
    assert cast.coordinator.client.get(url(name, made.activity_id)).status_code == 200


def test_creates_repeated_shifts_and_publishes_them(cast: Cast) -> None:
    (programme,) = ensure_programmes(actor=SYSTEM, names=["我志愿·我先行"]).values()
    browser = cast.coordinator.client
    until = clock.local_day(tomorrow_at(9, days=14)).isoformat()
    shifts = [a_shift(), a_shift(starts="14:00", ends="16:30", places=5)]
    data = form_data(cast, shifts, programme=programme, repeat="weekly", until=until)
    answer = browser.post(url("create"), data)
    row = Activity.objects.get()
    assert answer.headers["Location"] == url("detail", row.pk)
    assert (row.state, row.programme_id, row.person_in_charge_id) == ("draft", programme, cast.leader.person_id)
    assert list(row.shifts.order_by("starts_at").values_list("starts_at", "places")) == [
        (tomorrow_at(hour, days=days), places) for days in (0, 7, 14) for hour, places in ((9, 3), (14, 5))
    ]
    assert url("publish", row.pk) in text(browser.get(url("detail", row.pk)))
    browser.post(url("publish", row.pk))
    assert Shift.objects.filter(is_open=True).count() == 6
    assert "门诊导医" in text(cast.volunteer.client.get(url("offers")))


def test_room_for_another_shift_keeps_what_was_typed(cast: Cast) -> None:
    data = form_data(cast, [a_shift()], add_shift="1", title="打了一半", repeat="daily")
    page = text(cast.coordinator.client.post(url("create"), data))
    assert 'value="打了一半"' in page
    assert page.count('type="time"') == 4
    assert 'name="shift-1-day"' in page
    assert Activity.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"category": "4321"},
        {"organizer": "x"},
        {"person_in_charge": 10**30},
        {"shift-0-ends": "08:00"},
        {"shift-0-places": "0"},
        {"shift-0-day": "9999-12-31"},
        {"shift-0-day": ""},
        {"shift-TOTAL_FORMS": "x"},
        {"shift-TOTAL_FORMS": "1000"},
        {"repeat": "daily", "until": ""},
        {"repeat": "daily", "until": "2199-12-31"},
        {"repeat": "yearly"},
        {"title": "a\0b"},
    ],
)
def test_says_what_is_wrong_and_creates_nothing(cast: Cast, wrong: dict[str, Any]) -> None:
    answer = cast.coordinator.client.post(url("create"), form_data(cast, [a_shift()], **wrong))
    assert answer.status_code == 200
    assert (Activity.objects.count(), AuditEntry.objects.filter(action="activities.create").count()) == (0, 0)


def test_changes_an_activity_and_tells_people(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    browser = cast.coordinator.client
    assert f'value="{made.shift_ids[0]}"' in text(browser.get(url("edit", made.activity_id)))
    data = form_data(cast, [a_shift(shift_id=made.shift_ids[0], places=9)], place="住院楼")
    assert browser.post(url("edit", made.activity_id), data).status_code == 302
    assert (Activity.objects.get().place, Shift.objects.get().places) == ("住院楼", 9)
    refused = browser.post(
        url("edit", made.activity_id), form_data(cast, [a_shift(shift_id=made.shift_ids[0], DELETE="on"), a_shift()])
    )
    assert refused.status_code == 200
    assert 'role="alert"' in text(refused)
    assert Shift.objects.get().places == 9


def test_an_activity_keeps_an_organiser_that_is_not_offered_any_more(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(leader=cast.second)
    cast.department.is_active = False
    cast.department.save(update_fields=["is_active"])
    page = text(cast.coordinator.client.get(url("edit", made.activity_id)))
    assert f'<option value="{cast.department.pk}" selected' in page
    assert f'<option value="{cast.second.person_id}" selected' in page


def test_calls_an_activity_off_with_a_reason(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    browser = cast.coordinator.client
    assert browser.post(url("cancel", made.activity_id), {"reason": " "}).status_code == 200
    assert Activity.objects.get().state == "published"
    assert browser.post(url("cancel", made.activity_id), {"reason": "台风"}).status_code == 302
    assert "台风" in text(cast.volunteer.client.get(url("detail", made.activity_id)))
    assert "门诊导医" not in text(cast.volunteer.client.get(url("offers")))


def test_the_leader_gives_somebody_a_place_by_number(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity().shift_ids
    address = url("add_person", shift)
    assert cast.other_leader.client.post(address, {"volunteer_number": cast.second.number}).status_code == 404
    assert cast.volunteer.client.post(address, {"volunteer_number": cast.second.number}).status_code == 403
    for unknown in ("", "123", "a\0b", "9" * 400):
        assert cast.leader.client.post(address, {"volunteer_number": unknown}).status_code == 302
    assert SignUp.objects.count() == 0
    cast.leader.client.post(address, {"volunteer_number": cast.second.number})
    assert SignUp.objects.get().person_id == cast.second.person_id


def test_an_auditor_reads_who_is_in_a_shift_and_changes_nothing(cast: Cast, make_activity: MakeActivity) -> None:
    (shift,) = make_activity().shift_ids
    signup = sign_up(actor=cast.volunteer.actor, shift_id=shift).signup_id
    led, read = (text(one.client.get(url("people", shift))) for one in (cast.leader, cast.auditor))
    for page in (led, read):
        assert "李明" in page
    assert url("cancel_sign_up", signup) in led
    assert url("add_person", shift) in led
    assert '<form method="post" action="/activities/' not in read
    assert "/attendance/shifts/" not in read
    answer = cast.auditor.client.get(url("own_sign_up", signup))
    assert answer.headers["Location"] == url("people", shift), "somebody else's sign-up stands in the shift's list"
    assert cast.auditor.client.post(url("add_person", shift), {"volunteer_number": "1"}).status_code == 403
    for stranger in (cast.second, cast.other_leader):
        assert stranger.client.get(url("own_sign_up", signup)).status_code == 404
        assert stranger.client.get(url("people", shift)).status_code in (403, 404)


def test_the_tables_show_what_one_plans_and_leads(cast: Cast, make_activity: MakeActivity) -> None:
    make_activity(title="我的活动")
    make_activity(title="别人的活动", leader=cast.other_leader)
    desk = text(cast.coordinator.client.get(url("desk")))
    assert "我的活动" in desk
    assert "别人的活动" in desk
    leading = text(cast.leader.client.get(url("leading")))
    assert "我的活动" in leading
    assert "别人的活动" not in leading
    found = text(cast.coordinator.client.get(url("desk"), {"search": "别人", "when": "all"}))
    assert "我的活动" not in found
    assert "别人的活动" in found
    assert cast.volunteer.client.get(url("desk")).status_code == 403


def test_lists_take_few_queries(cast: Cast, make_activity: MakeActivity, django_assert_max_num_queries: Any) -> None:
    for index in range(8):
        make_activity(title=f"活动{index}", shifts=3, places=40)
    browser = cast.volunteer.client
    browser.get(url("offers"))
    for name in ("offers", "mine"):
        with django_assert_max_num_queries(12):  # who asks; what decides; what suits
            browser.get(url(name))
    coordinator = cast.coordinator.client
    with django_assert_max_num_queries(11):
        coordinator.get(url("desk"))
