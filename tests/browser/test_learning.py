"""Learning on a phone: a lesson, a quiz failed, a quiz passed, the certificate; and at a desk a session and who came."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Site, assert_accessible, follow
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
COURSE = "SELECT id FROM course WHERE code = 'communication'"


def right_places(site: Site, question_id: str) -> list[int]:
    with sqlite3.connect(f"file:{site.database}?mode=ro", uri=True) as connection:
        row = connection.execute('SELECT "right" FROM question WHERE id = ?', [question_id]).fetchone()
    return [int(place) for place in re.findall(r"\d", str(row[0]))]


def answer(page: Page, site: Site, *, right: bool) -> None:
    """Tick every question of the quiz, all rightly or all wrongly, and hand in."""
    questions = page.locator("main fieldset")
    for number in range(questions.count()):
        inputs = questions.nth(number).locator("input")
        name = inputs.first.get_attribute("name") or ""
        wanted = right_places(site, name.removeprefix("q"))
        places = [int(inputs.nth(index).get_attribute("value") or "") for index in range(inputs.count())]
        chosen = wanted if right else [next(place for place in places if [place] != wanted)]
        for place in chosen:
            questions.nth(number).locator(f"input[value='{place}']").check()
    page.click("main form button.primary")


def test_a_volunteer_learns_fails_learns_more_and_has_a_certificate(signed_in: People, site: Site) -> None:
    context = signed_in.context(Role.VOLUNTEER, **PHONE)
    page = context.new_page()
    course = site.first(COURSE)
    page.goto("/training/")
    assert_accessible(page)
    page.locator(f"a[href='/training/courses/{course}/']").click()
    page.locator(f"form[action='/training/courses/{course}/start/'] button").click()
    expect(page).to_have_url(re.compile(r"/training/lessons/\d+/"))
    assert_accessible(page)
    page.click("main form[action$='/done/'] button")
    page.click("main form[action$='/done/'] button")
    expect(page).to_have_url(re.compile(rf"/training/courses/{course}/$"))
    follow(page.locator("main form[action$='/quiz/'] button"))
    assert_accessible(page)
    page.click("main form button.primary")
    expect(page.locator("[role=alert]")).to_be_visible()
    answer(page, site, right=False)
    expect(page.locator(".verdict.bad")).to_be_visible()
    assert_accessible(page)
    page.goto(f"/training/courses/{course}/")
    assert_accessible(page)
    page.click("main form[action$='/quiz/'] button")
    answer(page, site, right=True)
    expect(page.locator(".verdict.good")).to_be_visible()
    follow(page.locator("main a.primary[href*='/training/certificates/']"))
    assert_accessible(page)
    number = page.locator(".code").inner_text().replace("-", "")
    page.goto(f"/training/check/{number}/")
    expect(page.locator(".verdict.good")).to_be_visible()
    assert_accessible(page)
    context.close()


def test_a_coordinator_makes_a_session_and_the_trainer_marks_who_came(signed_in: People, site: Site) -> None:
    desk = signed_in.context(Role.COORDINATOR)
    page = desk.new_page()
    page.goto("/training/desk/sessions/new/")
    page.select_option("[name=course]", "meeting")
    page.fill("[name=title]", "夜班志愿者经验交流会")
    page.fill("[name=place]", "志愿服务站")
    page.fill("[name=day]", (clock.today() + timedelta(days=1)).isoformat())
    page.fill("[name=starts]", "09:00")
    page.fill("[name=ends]", "10:00")
    page.select_option("[name=trainer]", index=1)
    page.fill("[name=places]", "5")
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(r"/training/sessions/\d+/"))
    assert_accessible(page)
    page.goto(f"/training/desk/courses/{site.first(COURSE)}/questions/")
    assert_accessible(page)
    page.goto(f"/training/desk/courses/{site.first(COURSE)}/learners/")
    assert_accessible(page)
    held = site.first("SELECT min(id) FROM training_session WHERE course_id IS NOT NULL")
    page.goto(f"/training/sessions/{held}/attendance/")
    assert_accessible(page)
    first = page.locator("main li.card").first
    first.locator("button[value=out]").click()
    expect(page.locator("main li.card").first.locator(".pill.good")).to_be_visible()
    desk.close()
