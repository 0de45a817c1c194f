"""A university's administrator: a link, a student who consents and appears, withdraws and disappears; a list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import DESK, PHONE, People, Site, assert_accessible, follow
from xinshi.demo.hospital import KEEPERS, PASSWORD
from xinshi.kernel.actor import Role

STUDENT = "林若兰"
MASKED = "林**"


def administrator(people: People, device: dict[str, Any]) -> BrowserContext:
    """The university's administrator, on `device`."""
    context = people.context(None, **device)
    page = context.new_page()
    page.goto("/account/login/")
    page.fill("input[name=login]", next(iter(KEEPERS)))
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit], main form button:not([type])")
    page.wait_for_url(lambda url: "/account/login" not in url)
    return context


@pytest.mark.parametrize(
    ("keeps", "joins", "asked"), [(PHONE, DESK, 60), (DESK, PHONE, 61)], ids=["kept-on-phone", "kept-at-desk"]
)
def test_a_student_joins_by_link_is_seen_with_consent_and_no_longer(
    signed_in: People, site: Site, tmp_path: Path, keeps: dict[str, Any], joins: dict[str, Any], asked: int
) -> None:
    keeper = administrator(signed_in, keeps)
    page = keeper.new_page()
    page.goto("/start/")
    page.click("main a[href='/organizations/kept/']")
    expect(page).to_have_url(re.compile(r"/organizations/kept/\d+/$"))
    kept = page.url
    assert_accessible(page)
    page.click("a[href$='/invite/']")
    page.fill("[name=places]", "2")
    follow(page.locator("main form button.primary"))
    link = page.locator("section code").inner_text()
    assert_accessible(page)

    phone = signed_in.context(Role.VOLUNTEER, **joins)
    student = phone.new_page()
    student.goto(link)
    assert not student.locator("[name=consents]").is_checked()
    student.locator("[name=consents]").check()
    assert_accessible(student)
    student.click("main form button.primary")
    expect(student).to_have_url(re.compile(r"/organizations/mine/$"))
    expect(student.locator("main")).to_contain_text(next(iter(KEEPERS.values())))
    assert_accessible(student)

    members = page.locator("section[aria-labelledby=members]")
    page.goto(kept)
    expect(members).to_contain_text(STUDENT)
    row = members.locator("li", has_text=STUDENT)
    row.locator("form[action*='/phone/'] button").click()
    expect(members.locator("a[href^='tel:']")).to_have_count(1)

    name = next(iter(KEEPERS.values()))
    own = student.locator("section.card", has_text=name)
    own.locator("button[name=given][value=no]").click()
    expect(own.locator("button[name=given][value=yes]")).to_be_visible()
    page.goto(kept)
    expect(members).not_to_contain_text(STUDENT)
    expect(members).to_contain_text(MASKED)
    masked = members.locator("li", has_text=MASKED).count()

    page.goto(f"{kept}enrol/")
    assert_accessible(page)
    sheet = tmp_path / "list.csv"
    other = site.first(f"SELECT name || ',' || volunteer_number FROM person WHERE id = {asked}")
    sheet.write_text(f"姓名,志愿者编号\n{other}\n没有此人,123\n", encoding="utf-8")
    page.set_input_files("[name=file]", sheet)
    page.click("button[name=sheet]")
    expect(page).to_have_url(re.compile(r"/enrol/[\w-]+/$"))
    expect(page.locator("table tbody tr")).to_have_count(1)
    assert_accessible(page)
    page.click("main form button.primary")
    expect(page).to_have_url(re.compile(r"/result/$"))
    assert_accessible(page)

    own.locator("form[action$='/leave/'] button").click()
    student.locator("dialog button.primary").click()
    expect(student.locator("section.card", has_text=name)).to_have_count(0)
    page.goto(kept)
    expect(members.locator("li", has_text=MASKED)).to_have_count(masked - 1)
    keeper.close()
    phone.close()
