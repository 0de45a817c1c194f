"""Planning in a browser: a coordinator plans next week, changes what she knows better, and compares the versions."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.conftest import People, Site, assert_accessible, follow
from xinshi.kernel.actor import Role

PLAN_MILLISECONDS_MAX = 60_000
FULLEST = (
    "SELECT v.id FROM plan_version v JOIN plan_assignment a ON a.version_id = v.id AND NOT a.is_locked "
    "WHERE v.state = 'done' GROUP BY v.id ORDER BY count(*) DESC, v.id DESC LIMIT 1"
)
"""The proposal with most people that may be changed: another test publishes one, and a new one finds its places taken."""


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


def hold(person: Locator) -> None:
    """Take hold of somebody and lift them to the heading, where they can be let go without anything happening."""
    mouse = person.page.mouse
    person.hover()
    mouse.down()
    over(person.page.locator("h1"))


def let_go(target: Locator) -> None:
    over(target)
    target.page.mouse.up()


def over(target: Locator) -> None:
    box = target.bounding_box()
    assert box is not None
    target.page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2, steps=5)


def test_people_are_dragged_between_shifts_out_and_in(signed_in: People, site: Site) -> None:
    plan = site.first(FULLEST)
    context = signed_in.context(Role.COORDINATOR, locale="zh-CN", viewport={"width": 1500, "height": 2400})
    page = context.new_page()
    page.goto(f"/scheduling/plans/{plan}/shifts/")
    expect(page.locator("[data-drag-hint]")).to_be_visible()
    board, people = page.locator("[data-board]"), page.locator("[data-drag][draggable=true][data-assignment]")
    person = people.first
    name, number = person.locator("b").inner_text(), person.get_attribute("data-person")
    home = board.locator(f"[data-line]:has([data-assignment='{person.get_attribute('data-assignment')}'])")
    line = home.get_attribute("data-line")
    home = board.locator(f"[data-line='{line}']")
    inside = home.locator("li[data-person]").count()

    # Taken hold of, every other shift says whether they may serve there; let go outside, nothing is changed.
    hold(person)
    expect(board.locator(".may, .may-not").first).to_be_visible()
    expect(page.locator("[data-out]")).to_be_visible()
    expect(board.locator(".may-not .plan-why").first).not_to_be_empty()
    assert_accessible(page)
    page.mouse.up()
    expect(board.locator(".may, .may-not")).to_have_count(0)
    expect(page.locator("[data-out]")).to_be_hidden()

    # On a shift with no place left the server says no, and they are where they were.
    full = board.locator(f"[data-is-full]:not([data-line='{line}']):not(:has([data-person='{number}']))").first
    person.drag_to(full, target_position={"x": 8, "y": 8})
    expect(page.locator("[role=alert]")).to_be_visible()
    expect(home.locator("li[data-person]")).to_have_count(inside)

    # Out, and in again from among those who could come.
    hold(person)
    expect(board.locator(".may, .may-not").first).to_be_visible()
    let_go(page.locator("[data-out]"))
    expect(page.locator("[role=status]").first).to_be_visible()
    expect(home.locator("li[data-person]")).to_have_count(inside - 1)
    assert_accessible(page)
    home.locator("summary").click()
    candidate = home.locator(f".plan-candidates [data-person='{number}']")
    expect(candidate).to_be_visible()
    assert_accessible(page)
    candidate.drag_to(home, target_position={"x": 8, "y": 8})
    expect(home.locator("li", has_text=name)).to_be_visible()
    expect(home.locator("li[data-person]")).to_have_count(inside)
    assert signed_in.problems == []
    context.close()


def test_where_there_is_no_mouse_nobody_is_dragged(signed_in: People, site: Site) -> None:
    plan = site.first(FULLEST)
    size = {"width": 390, "height": 844}
    context = signed_in.context(Role.COORDINATOR, locale="zh-CN", viewport=size, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"/scheduling/plans/{plan}/shifts/")
    expect(page.locator("[data-drag]").first).to_be_visible()
    expect(page.locator("[draggable=true]")).to_have_count(0)
    expect(page.locator("[data-drag-hint]")).to_be_hidden()
    context.close()
