"""Planning in a browser: a coordinator plans next week, changes what she knows better, and compares the versions."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import People, Site, assert_accessible, follow
from xinshi.kernel.actor import Role

PLAN_MILLISECONDS_MAX = 60_000


def test_a_week_is_planned_changed_by_hand_and_compared(signed_in: People, site: Site) -> None:
    period = site.first("SELECT min(id) FROM planning_period")
    context = signed_in.context(Role.COORDINATOR, locale="zh-CN", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto("/scheduling/")
    page.click(f"main a[href='/scheduling/periods/{period}/']")
    page.select_option("[name=parent]", "")
    page.fill("[name=note]", "再排一次")
    page.click("main form[action$='/plan/'] button")
    expect(page).to_have_url(re.compile(r"/scheduling/plans/\d+/$"))

    # The page renews itself while the plan is made, and shows it once it is there.
    expect(page.locator("#proof")).to_be_visible(timeout=PLAN_MILLISECONDS_MAX)
    assert_accessible(page)
    filled = page.locator(".figure b").first
    before, places = (int(number) for number in filled.inner_text().split(" / "))
    assert before >= places - 2
    plan = page.url.rstrip("/").rsplit("/", 1)[-1]

    page.goto(f"/scheduling/plans/{plan}/shifts/")
    follow(page.locator("main .plan-shift h2 a").first)
    assert_accessible(page)
    person = page.locator(".plan-people li b").first.inner_text()
    page.locator(".plan-people li").first.locator("form[action$='/remove/'] button").click()
    expect(page.locator("[role=status]").first).to_contain_text("1")
    page.locator("tr", has_text=person).locator("form[action$='/add/'] button").first.click()
    expect(page.locator(".plan-people li", has_text=person)).to_be_visible()
    page.locator(".plan-people li", has_text=person).locator("form[action$='/lock/'] button").click()
    expect(page.locator(".plan-people .pill.gold")).to_be_visible()

    page.goto(f"/scheduling/plans/{plan}/")
    expect(filled).to_have_text(f"{before} / {places}")
    expect(page.locator("section[aria-labelledby=edits] tbody tr")).to_have_count(3)
    page.goto(f"/scheduling/periods/{period}/compare/")
    assert_accessible(page)
    expect(page.locator("main table").first).to_contain_text(f"{before} / {places}")
    assert signed_in.problems == []
    context.close()
