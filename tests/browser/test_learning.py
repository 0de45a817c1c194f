"""Learning and teaching: a quiz failed, a quiz passed, the certificate; a course made, held, and who came to it."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, People, Site, assert_accessible, follow, on_phone_and_at_desk
from tests.browser.test_appealing import photo
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

TRAINER = "SELECT person_id FROM user_account WHERE username = 'leader'"
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


@pytest.mark.parametrize(("learner", "device"), [(Role.VOLUNTEER, PHONE), (Role.LEADER, DESK)], ids=["phone", "desk"])
def test_a_volunteer_learns_fails_learns_more_and_has_a_certificate(
    signed_in: People, site: Site, learner: Role, device: dict[str, Any]
) -> None:
    context = signed_in.context(learner, **device)
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


@dataclass(frozen=True)
class Teaching:
    """A course that one teacher makes on one device; a learner takes it on the other."""

    page: Page
    site: Site
    code: str

    @property
    def title(self) -> str:
        return f"轮椅转运（{self.code}）"

    def make_course(self) -> str:
        """A draft with one lesson, a paper to it and one question, then opened; its number."""
        page = self.page
        page.goto("/training/desk/")
        follow(page.locator("main a[href$='/courses/new/']"))
        page.fill("[name=title]", self.title)
        page.fill("[name=code]", self.code)
        page.select_option("[name=kind]", index=1)
        page.select_option("[name=way]", index=1)
        page.fill("[name=provider]", "康复科")
        page.check("[name=parts][value=session]")
        page.fill("[name=questions_per_try]", "1")
        follow(page.locator("main form button.primary"))
        course = page.url.rstrip("/").rsplit("/", 1)[-1]
        self.write_lesson()
        page.goto(f"/training/desk/courses/{course}/questions/")
        page.select_option("[name=kind]", "single")
        page.fill("[name=text]", "轮椅停下后第一件事是什么？")
        page.fill("[name=options]", "*拉好两侧刹车\n扶病人起身\n放下脚踏板")
        follow(page.locator("form[action$='/questions/'] button.primary"))
        follow(page.locator("form[action$='/state/'] button[value=open]"))
        expect(page.locator("form[action$='/state/'] button[value=closed]")).to_be_visible()
        return course

    def write_lesson(self) -> None:
        """The first lesson of the course whose desk is open, with a picture."""
        page = self.page
        follow(page.locator("main a[href$='/lessons/new/']"))
        page.fill("[name=title]", "上车与下车")
        page.fill("[name=text]", "# 先刹车\n\n**两侧刹车**拉好再扶人。")
        follow(page.locator("main form button.primary"))
        page.fill("[name=caption]", "刹车的位置")
        page.set_input_files("[name=file]", {"name": "brake.png", "mimeType": "image/png", "buffer": photo()})
        follow(page.locator("form[action$='/files/'] button"))
        expect(page.locator("main")).to_contain_text("刹车的位置")
        assert_accessible(page)

    def set_date(self, course: str) -> str:
        """A session of the course tomorrow, which the leader trains; its number."""
        page = self.page
        page.goto(f"/training/desk/sessions/new/?course={course}")
        page.fill("[name=title]", self.title)
        page.fill("[name=place]", "康复大厅")
        page.fill("[name=day]", (clock.today() + timedelta(days=1)).isoformat())
        page.fill("[name=starts]", "09:00")
        page.fill("[name=ends]", "10:00")
        page.select_option("[name=trainer]", self.site.first(TRAINER))
        page.fill("[name=places]", "2")
        follow(page.locator("main form button.primary"))
        return page.url.rstrip("/").rsplit("/", 1)[-1]


def take_course(page: Page, site: Site, course: str, session: str) -> None:
    """Lesson, quiz, and a place in the session."""
    page.goto(f"/training/courses/{course}/")
    follow(page.locator(f"form[action='/training/courses/{course}/start/'] button"))
    expect(page.locator("main")).to_contain_text("两侧刹车")
    follow(page.locator("main form[action$='/done/'] button"))
    follow(page.locator("main form[action$='/quiz/'] button"))
    answer(page, site, right=True)
    expect(page.locator(".verdict.good")).to_be_visible()
    page.goto(f"/training/sessions/{session}/")
    follow(page.locator("form[action$='/sign-up/'] button"))
    expect(page.locator(".notice.good").first).to_be_visible()


@pytest.mark.parametrize(
    ("code", "teachers", "learners"),
    [("wheelchair-desk", DESK, PHONE), ("wheelchair-phone", PHONE, DESK)],
    ids=["taught-at-desk", "taught-on-phone"],
)
def test_a_course_is_made_held_and_ends_in_a_certificate(
    signed_in: People, site: Site, code: str, teachers: dict[str, Any], learners: dict[str, Any]
) -> None:
    desk, hand = signed_in.context(Role.COORDINATOR, **teachers), signed_in.context(Role.VOLUNTEER, **learners)
    trainer = signed_in.context(Role.LEADER, **teachers)
    teaching = Teaching(desk.new_page(), site, code)
    course = teaching.make_course()
    session = teaching.set_date(course)
    learner = hand.new_page()
    take_course(learner, site, course, session)

    site.let_come("training_session", session, minutes=40)
    page = trainer.new_page()
    page.goto(f"/training/sessions/{session}/attendance/")
    assert_accessible(page)
    follow(page.locator("main li.card button[value=present]"))
    expect(page.locator("main li.card .pill.good")).to_be_visible()

    teaching.page.goto(f"/training/desk/courses/{course}/learners/?state=passed")
    follow(teaching.page.locator("tbody a[href*='/training/certificates/']"))
    number = teaching.page.locator(".code").inner_text()
    learner.goto("/training/certificates/")
    expect(learner.locator("main")).to_contain_text(teaching.title)
    learner.goto(f"/training/courses/{course}/")
    follow(learner.locator("main a.primary[href*='/training/certificates/']"))
    expect(learner.locator(".code")).to_have_text(number)
    for context in (desk, hand, trainer):
        context.close()


@on_phone_and_at_desk
def test_a_coordinator_makes_a_session_and_the_trainer_marks_who_came(
    signed_in: People, site: Site, device: dict[str, Any]
) -> None:
    desk = signed_in.context(Role.COORDINATOR, **device)
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
    came, away = page.locator("main li.card .pill.good"), page.locator("main li.card .pill.bad")
    before = came.count(), away.count()
    follow(page.locator("main li.card button[value=out] ~ button[value=absent]").first)
    expect(away).to_have_count(before[1] + 1)
    follow(page.locator("main li.card:has(.pill.bad) button[value=present]").first)
    expect(came).to_have_count(before[0])
    desk.close()
