"""What a course is good for: without it a role says what is missing, with it the place is taken; a place as a reward."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, People, Site, assert_accessible, follow
from tests.browser.test_learning import answer
from tests.browser.test_redeeming import reserve
from tests.browser.test_sharing_places import new_activity, publish
from tests.browser.test_signing_up import in_the_program
from xinshi.kernel.actor import Role

DAY_WITH_TRAINING = (
    "SELECT {} FROM benefit_slot s JOIN training_session t ON date(t.starts_at, '+8 hours') = s.day "
    "JOIN benefit b ON b.id = s.benefit_id WHERE b.kind = 'course' AND t.state = 'open' "
    "AND t.starts_at > datetime('now', '+8 days') ORDER BY s.day LIMIT 1"
)
PLACES = (
    "SELECT count(*) FROM training_place p JOIN user_account u USING (person_id) "
    "WHERE u.username = 'volunteer' AND p.session_id = {} AND p.state = 'confirmed'"
)


@pytest.mark.parametrize(
    ("code", "days", "device"), [("etiquette", 71, PHONE), ("principles", 73, DESK)], ids=["phone", "desk"]
)
def test_a_role_asks_for_a_course_and_opens_once_it_is_passed(
    signed_in: People, site: Site, code: str, days: int, device: dict[str, Any]
) -> None:
    station = signed_in.context(Role.COORDINATOR)
    desk = station.new_page()
    activity = new_activity(desk, site, f"要先学课的导医（{code}）", days)
    publish(desk)
    number = activity.rstrip("/").rsplit("/", 1)[-1]
    needed = f"{{'qualifications': ['course-{code}']}}"
    in_the_program(site, f"ActivityRole.objects.filter(activity_id={number}).update(requirements={needed})")
    station.close()

    context = signed_in.context(Role.VOLUNTEER, **device)
    page = context.new_page()
    page.goto(activity)
    expect(page.locator("form[action$='/sign-up/']")).to_have_count(0)
    assert_accessible(page)
    follow(page.locator("main li.shift a[href^='/training/']"))
    expect(page).to_have_url(re.compile(r"/training/courses/\d+/$"))  # The one that gives it.
    follow(page.locator("form[action$='/start/'] button"))
    while page.locator("main form[action$='/done/'] button").count():
        follow(page.locator("main form[action$='/done/'] button"))
    follow(page.locator("main form[action$='/quiz/'] button"))
    answer(page, site, right=True)
    expect(page.locator(".verdict.good")).to_be_visible()
    page.goto(activity)
    page.click("form[action$='/sign-up/'] button")
    expect(page.locator("li.shift .notice.good")).to_be_visible()
    context.close()


@pytest.mark.parametrize(("manages", "redeems"), [(DESK, PHONE), (PHONE, DESK)], ids=["phone", "desk"])
def test_a_place_in_a_course_is_a_reward_and_goes_back_with_its_voucher(
    signed_in: People, site: Site, manages: dict[str, Any], redeems: dict[str, Any]
) -> None:
    slot, session = site.first(DAY_WITH_TRAINING.format("s.id")), site.first(DAY_WITH_TRAINING.format("t.id"))
    benefit = site.first(f"SELECT benefit_id FROM benefit_slot WHERE id = {slot}")
    station = signed_in.context(Role.COORDINATOR, **manages)
    desk = station.new_page()
    desk.goto(f"/benefits/manage/slots/{slot}/")
    desk.select_option("[name=session]", session)
    follow(desk.locator("form[action$='/training/'] button"))
    assert_accessible(desk)
    station.close()

    context = signed_in.context(Role.VOLUNTEER, **redeems)
    page = context.new_page()
    reserve(page, benefit, slot)
    voucher = page.url
    assert site.first(PLACES.format(session)) == "1"
    page.goto(f"/training/sessions/{session}/")
    expect(page.locator("main .notice.good").first).to_be_visible()
    expect(page.locator("form[action$='/give-up/']")).to_have_count(0)
    assert_accessible(page)
    page.goto(voucher)
    follow(page.locator("main a[href$='/cancel/']"))
    assert_accessible(page)
    page.click("main form[method=post] button.danger")
    expect(page).not_to_have_url(re.compile(r"/cancel/"))
    assert site.first(PLACES.format(session)) == "0"
    context.close()
