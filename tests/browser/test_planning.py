"""A department asks in two minutes; the coordinator adjusts and publishes; volunteers see it: each on either device."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, People, Site, assert_accessible, follow
from tests.browser.test_sharing_places import new_activity, publish
from xinshi.kernel import clock
from xinshi.kernel.actor import Role


@pytest.mark.parametrize(
    ("title", "asks", "plans", "looks"),
    [("骨密度筛查日引导", PHONE, DESK, PHONE), ("视力筛查日引导", DESK, PHONE, DESK)],
    ids=["asked-on-phone", "asked-at-desk"],
)
def test_a_department_asks_and_volunteers_find_it(
    signed_in: People, title: str, asks: dict[str, Any], plans: dict[str, Any], looks: dict[str, Any]
) -> None:
    day = clock.today() + timedelta(days=20)
    phone = signed_in.context(Role.LEADER, **asks)
    page = phone.new_page()
    page.goto("/activities/requests/ask/")
    assert_accessible(page)
    for name, value in (
        ("title", title),
        ("day", day.isoformat()),
        ("starts", "08:30"),
        ("ends", "11:00"),
        ("people_number", "3"),
        ("place", "健康管理中心"),
        ("contact", "林护士长 13800000000"),
    ):
        page.fill(f"main [name={name}]", value)
    page.click("main form button.primary")
    expect(page).to_have_url(re.compile(r"/activities/requests/\d+/$"))
    expect(page.locator(".trail > li")).to_have_count(1)

    station = signed_in.context(Role.COORDINATOR, **plans)
    desk = station.new_page()
    desk.goto("/desk/")
    desk.locator("a.task[href='/activities/requests/']").click()
    desk.locator("a", has_text=title).click()
    expect(desk.locator("main")).to_contain_text("林护士长 13800000000")
    desk.locator("a[href$='/plan/']").click()
    expect(desk.locator("[name=title]")).to_have_value(title)
    desk.fill("[name=risks]", "人多，请注意老人安全。")
    desk.fill("[name=shift-0-places]", "5")
    desk.click("main form button.primary")
    expect(desk).to_have_url(re.compile(r"/activities/requests/\d+/$"))
    desk.locator("form[action$='/publish/'] button").click()
    expect(desk.locator(".trail > li")).to_have_count(3)
    assert_accessible(desk)
    station.close()

    page.reload()
    expect(page.locator(".trail > li")).to_have_count(3)
    phone.close()
    volunteer = signed_in.context(Role.VOLUNTEER, **looks)
    offers = volunteer.new_page()
    offers.goto(f"/activities/?day={day.isoformat()}")
    offers.locator("main a", has_text=title).first.click()
    expect(offers.locator("main")).to_contain_text("人多，请注意老人安全。")
    assert_accessible(offers)
    volunteer.close()


@pytest.mark.parametrize(
    ("programme", "days", "plans", "looks"),
    [("冬日暖阳", 61, DESK, PHONE), ("春风送暖", 63, PHONE, DESK)],
    ids=["planned-at-desk", "planned-on-phone"],
)
def test_a_programme_goes_on_by_a_template(
    signed_in: People, site: Site, programme: str, days: int, plans: dict[str, Any], looks: dict[str, Any]
) -> None:
    station = signed_in.context(Role.COORDINATOR, **plans)
    page = station.new_page()
    page.goto("/activities/programmes/")
    follow(page.locator("main a[href$='/programmes/new/']").first)
    page.fill("main [name=name]", programme)
    page.fill("main [name=theme]", "我志愿·我先行")
    page.locator("[name=served_groups]").first.check()
    follow(page.locator("main form button.primary"))
    expect(page.locator("h1")).to_have_text(programme)
    address = page.url
    title = f"{programme}探访"
    new_activity(page, site, title, days, programme=programme)
    publish(page)
    follow(page.locator("form[action$='/keep-as-template/'] button"))
    page.goto("/activities/templates/")
    card = page.locator("main li.card", has_text=title)
    card.locator("[name=first]").fill((clock.today() + timedelta(days=days + 7)).isoformat())
    assert_accessible(page)
    follow(card.locator("form[action$='/use/'] button"))
    publish(page)
    station.close()

    volunteer = signed_in.context(Role.VOLUNTEER, **looks)
    coming = volunteer.new_page()
    coming.goto(address)
    expect(coming.locator("main ul.agenda > li")).to_have_count(2)
    assert_accessible(coming)
    follow(coming.locator("main ul.agenda a").last)
    expect(coming.locator("h1")).to_have_text(title)
    volunteer.close()
