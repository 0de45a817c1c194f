"""A volunteer fills the archive and hands in a licence; the station checks it; then it counts. Lists go out and come in."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, People, Site, assert_accessible, follow, on_phone_and_at_desk
from tests.browser.test_appealing import photo
from xinshi.demo.hospital import PASSWORD
from xinshi.documents.workbook import write_workbook
from xinshi.kernel import clock
from xinshi.kernel.actor import Role


def kinds_that_count(site: Site, person_id: str) -> set[str]:
    """The codes of what somebody has verified, inclusions followed, as `facts` reads them."""
    sql = (
        "WITH RECURSIVE held(kind_id) AS (SELECT kind_id FROM qualification WHERE person_id = ? AND state = 'verified' "
        "UNION SELECT i.included_id FROM qualification_inclusion i JOIN held ON i.kind_id = held.kind_id) "
        "SELECT k.code FROM held JOIN qualification_kind k ON k.id = held.kind_id"
    )
    with sqlite3.connect(f"file:{site.database}?mode=ro", uri=True) as connection:
        return {code for (code,) in connection.execute(sql, [person_id])}


def somebody_new(desk: Page, site: Site) -> tuple[str, str]:
    """A person without a profile or a licence gets a sign-in at the station; their id and the one-time password."""
    person_id = site.first(
        "SELECT p.id FROM person p LEFT JOIN volunteer_profile v ON v.person_id = p.id LEFT JOIN user_account u "
        "ON u.person_id = p.id WHERE v.person_id IS NULL AND u.id IS NULL AND p.\"group\" = 'citizen' "
        "AND NOT EXISTS (SELECT 1 FROM qualification q WHERE q.person_id = p.id AND q.kind_id IN "
        "(SELECT id FROM qualification_kind WHERE code IN ('nurse', 'first-aid'))) ORDER BY p.id LIMIT 1"
    )
    desk.goto(f"/people/{person_id}/")
    follow(desk.locator("form[action$='/sign-in/'] button"))
    return person_id, desk.locator("main dd code").inner_text()


def fill_in(page: Page) -> None:
    """Step after step: work, skills, times, limits, sites, whom to call."""
    page.goto("/archive/mine/step/profession/")
    page.fill("[name=profession]", "护士")
    page.fill("[name=languages]", "普通话、手语")
    page.click("button[name=then]")
    expect(page).to_have_url(re.compile(r"/step/skills/"))
    page.select_option("[name=skill-first-aid]", "3")
    assert_accessible(page)
    page.click("button[name=then]")
    expect(page).to_have_url(re.compile(r"/step/times/"))
    page.locator("label", has=page.locator("[name=quarters][value='21']")).click()
    assert_accessible(page)
    page.click("button[name=then]")
    expect(page).to_have_url(re.compile(r"/step/limits/"))
    page.fill("[name=hours_a_week_max]", "6")
    page.uncheck("[name=takes_nights]")
    page.click("button[name=then]")
    page.check("[name=sites][value=east]")
    page.click("button[name=then]")
    page.fill("[name=name]", "王平安")
    page.fill("[name=phone]", "19900000088")
    follow(page.locator("button[name=then]"))


def say_when_not(page: Page) -> None:
    """A week in which one cannot come, beside the usual ones."""
    page.goto("/archive/mine/step/times/")
    exception = page.locator("form[action$='/exception/']")
    for name, days in (("first", 20), ("last", 26)):
        exception.locator(f"[name={name}]").fill((clock.today() + timedelta(days=days)).isoformat())
    exception.locator("[name=note]").fill("考试周")
    follow(exception.locator("button"))


@pytest.mark.parametrize(("fills", "checks"), [(PHONE, DESK), (DESK, PHONE)], ids=["filled-on-phone", "filled-at-desk"])
def test_from_nothing_said_to_eligible(
    signed_in: People, site: Site, tmp_path: Path, fills: dict[str, Any], checks: dict[str, Any]
) -> None:
    office = signed_in.context(Role.COORDINATOR, **checks)
    desk = office.new_page()
    person_id, once = somebody_new(desk, site)
    user = site.first(f"SELECT username FROM user_account WHERE person_id = {person_id}")

    phone = signed_in.context(None, **fills)
    page = phone.new_page()
    page.goto("/account/login/")
    page.fill("input[name=login]", user)
    page.fill("input[name=password]", once)
    page.click("main button[type=submit], main form button:not([type])")
    page.fill("input[name=oldpassword]", once)
    page.fill("input[name=password1]", f"{PASSWORD} archive")
    page.fill("input[name=password2]", f"{PASSWORD} archive")
    follow(page.locator("main form button"))
    page.goto("/people/me/")
    follow(page.locator("main a[href='/archive/mine/']"))
    begun = int(re.findall(r"\d+", page.locator("#complete").inner_text())[0])
    assert_accessible(page)
    fill_in(page)
    say_when_not(page)
    page.goto("/archive/mine/")
    expect(page.locator("main")).to_contain_text("199****0088")
    expect(page.locator("section[aria-labelledby=times]")).to_contain_text("考试周")
    assert int(re.findall(r"\d+", page.locator("#complete").inner_text())[0]) >= begun + 60

    page.click("main a[href='/archive/mine/qualifications/new/']")
    page.select_option("[name=kind]", label="护士执业证")
    page.fill("[name=number]", "2012440100123")
    page.fill("[name=issued_on]", "2026-01-05")
    (tmp_path / "licence.png").write_bytes(photo())
    page.set_input_files("[name=proofs]", tmp_path / "licence.png")
    assert_accessible(page)
    page.click("main form[enctype] button.primary")
    expect(page.locator("h1")).to_have_text("护士执业证")
    assert_accessible(page)
    assert "nurse" not in kinds_that_count(site, person_id)
    row = page.url.rstrip("/").split("/")[-1]

    desk.goto("/archive/qualifications/")
    assert_accessible(desk)
    desk.click(f"tbody a[href='/archive/qualifications/{row}/']")
    expect(desk.locator("main")).not_to_contain_text("2012440100123")
    assert_accessible(desk)
    desk.click(f"form[action='/archive/qualifications/{row}/verify/'] button")
    office.close()

    page.reload()
    expect(page.locator(".pill.good")).to_be_visible()
    assert {"nurse", "first-aid"} <= kinds_that_count(site, person_id)
    phone.close()


@on_phone_and_at_desk
def test_a_list_leaves_the_house_and_one_comes_in(
    signed_in: People, site: Site, tmp_path: Path, device: dict[str, Any]
) -> None:
    known = "SELECT {} FROM person p JOIN user_account u ON u.person_id = p.id WHERE u.username = 'leader'"
    name, number = site.first(known.format("p.name")), site.first(known.format("p.volunteer_number"))
    profession = "心内科医师" if device is PHONE else "急诊科医师"
    context = signed_in.context(Role.COORDINATOR, **device)
    page = context.new_page()
    page.goto("/archive/")
    page.fill("[name=q]", name)
    follow(page.locator("main form[role=search] button"))
    assert_accessible(page)
    page.click("details summary")
    with page.expect_download() as taken:
        page.click("form[action*='/export/'] button")
    assert taken.value.suggested_filename.startswith("archive-")

    sheet = tmp_path / "profiles.xlsx"
    rows = [[name, number, profession], ["查无此人", "123456789012345678", "教师"]]
    sheet.write_bytes(write_workbook(sheet_name="档案", headers=["姓名", "志愿者编号", "职业"], rows=rows))
    page.goto("/archive/import/")
    page.set_input_files("input[type=file]", sheet)
    follow(page.locator("main form[enctype] button.primary"))
    expect(page.locator(".table-wrap[aria-labelledby=first-rows]")).to_contain_text(name)
    assert_accessible(page)
    follow(page.locator("main form[method=post] button.primary"))
    assert_accessible(page)
    with page.expect_download() as rejected:
        page.click("main a[download]")
    assert rejected.value.suggested_filename == "rejected-rows.xlsx"
    stored = site.first(
        "SELECT profession FROM volunteer_profile v JOIN user_account u USING (person_id) WHERE u.username = 'leader'"
    )
    assert stored == profession
    context.close()
