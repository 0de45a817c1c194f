"""The main job in a browser, from one end of the house to the other, as each of its people does their part."""

from __future__ import annotations

import io
import re
import time
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Site
from xinshi.documents.workbook import write_workbook
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

HEADERS = ["姓名", "性别", "证件类型", "证件号码", "志愿者编号", "手机号码"]
PERSON_OF = "SELECT person_id FROM user_account WHERE username = '{}'"


def assert_accessible(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def figures(page: Page) -> list[str]:
    return page.locator(".figures .figure b").all_inner_texts()


def test_a_roster_is_previewed_corrected_and_imported(signed_in: People, site: Site, tmp_path: Path) -> None:
    rows = [
        ["沈一心", "女", "内地居民身份证", "", "889900112233445501", "19910002001"],
        ["沈二心", "男", "内地居民身份证", "", "889900112233445502", "19910002002"],
        ["沈三心", "男", "内地居民身份证", "110105199001011230", "889900112233445503", "19910002003"],
    ]
    roster = tmp_path / "roster.xlsx"
    roster.write_bytes(write_workbook(sheet_name="名册", headers=HEADERS, rows=rows))
    context = signed_in.context(Role.COORDINATOR)
    page = context.new_page()
    page.goto("/bank/import/volunteers/")
    page.set_input_files("input[type=file]", roster)
    page.click("main form[enctype] button")
    expect(page).to_have_url(re.compile(r"/preview/"))
    assert figures(page) == ["3", "2", "0", "1"]
    assert_accessible(page)
    with page.expect_download() as download:
        page.click("a[download]")
    assert download.value.suggested_filename == "rejected-rows.xlsx"
    before = site.first("SELECT count(*) FROM passbook")
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(r"/result/"))
    assert figures(page) == ["3", "2", "0", "1"]
    assert_accessible(page)
    assert int(site.first("SELECT count(*) FROM passbook")) == int(before) + 2
    context.close()


def now_after_midnight() -> datetime:
    """The hospital's time, at least a minute after midnight, so that somebody can have served today."""
    while (now := clock.now().astimezone(clock.HOSPITAL_ZONE)).hour == 0 and now.minute < 2:
        time.sleep(1)
    return now


@pytest.fixture
def todays_activity(signed_in: People, site: Site) -> str:
    """An activity that lasts all of today, created and published by the coordinator; the number of its shift."""
    context = signed_in.context(Role.COORDINATOR)
    page = context.new_page()
    page.goto("/activities/new/")
    page.fill("[name=title]", "浏览器里的导医")
    page.select_option("[name=category]", "0004")
    page.fill("[name=place]", "门诊楼一楼大厅")
    page.select_option("[name=organizer]", index=1)
    page.select_option("[name=person_in_charge]", site.first(PERSON_OF.format("leader")))
    page.select_option("[name=hours_kind]", "verified")
    page.fill("[name$='-0-day']", clock.today().isoformat())
    page.fill("[name$='-0-starts']", "00:00")
    page.fill("[name$='-0-ends']", "23:59")
    page.fill("[name$='-0-places']", "3")
    page.click("main form[method=post] button.primary")
    expect(page.locator("h1")).to_have_text("浏览器里的导医")
    page.click("form[action$='/publish/'] button")
    expect(page.locator("form[action$='/publish/']")).to_have_count(0)
    number = re.search(r"/activities/(\d+)/", page.url)
    assert number is not None
    context.close()
    return site.first(f"SELECT id FROM shift WHERE activity_id = {number.group(1)}")


def test_service_becomes_hours_and_hours_become_a_benefit(signed_in: People, site: Site, todays_activity: str) -> None:
    volunteer = site.first(PERSON_OF.format("volunteer"))
    posted = f"SELECT b.posted FROM ledger_balance b JOIN passbook p USING (account_id) WHERE p.person_id = {volunteer}"
    before = int(site.first(posted))

    # The leader adds the volunteer, checks them in, and says from when to when they were there.
    leader = signed_in.context(Role.LEADER, viewport={"width": 390, "height": 844}, has_touch=True)
    page = leader.new_page()
    page.goto(f"/attendance/shifts/{todays_activity}/")
    if not page.locator("#add-number").is_visible():
        page.click("details summary")
    page.fill("#add-number", site.first(f"SELECT volunteer_number FROM person WHERE id = {volunteer}"))
    page.click("form[action$='/add-person/'] button")
    line = page.locator("li.list-line")
    expect(line).to_have_count(1)
    line.locator("form[action$='/check-in/'] button").click()
    expect(line.locator("form[action$='/take-back/']")).to_have_count(1)
    assert_accessible(page)
    line.locator("a[href$='/correct/']").click()
    until = now_after_midnight()
    page.fill("[name=came]", "00:00")
    page.fill("[name=left]", f"{until:%H:%M}")
    page.fill("[name=reason]", "名单上补记时间")
    page.click("main form[method=post] button.primary")
    served = until.hour * 60 + until.minute
    record = site.first("SELECT max(id) FROM service_record")
    assert int(site.first(f"SELECT credited_minutes FROM service_record WHERE id = {record}")) == served
    leader.close()

    # The coordinator approves; the passbook has the hours at once.
    desk = signed_in.context(Role.COORDINATOR)
    page = desk.new_page()
    page.goto(f"/attendance/records/{record}/")
    page.click("form[action$='/approve/'] button")
    assert site.first(f"SELECT state FROM service_record WHERE id = {record}") == "approved"
    assert int(site.first(posted)) == before + served
    desk.close()

    # The volunteer sees them, opens what they are made of, and reserves a meal.
    phone = signed_in.context(Role.VOLUNTEER, viewport={"width": 390, "height": 844}, has_touch=True)
    page = phone.new_page()
    page.goto("/bank/")
    page.click("main a[href^='/bank/deposits/'] >> nth=0")
    expect(page.locator("main")).to_contain_text("浏览器里的导医")
    page.goto("/benefits/")
    page.click("main a:has-text('职工食堂套餐')")
    page.click("form[action$='/reserve/'] button")
    expect(page.locator(".qr svg")).to_be_visible()
    assert_accessible(page)
    code = page.locator(".code").inner_text()
    assert int(site.first(posted)) == before + served

    # The clerk types the code: one big yes; redeemed, the hours are booked.
    clerk = signed_in.context(Role.CLERK)
    page = clerk.new_page()
    page.goto("/benefits/desk/")
    page.fill("main form[method=get] input[name]", code.lower().replace("-", " "))
    page.click("main form[method=get] button")
    expect(page.locator(".verdict.good")).to_be_visible()
    assert_accessible(page)
    page.click("form[action$='/fulfil/'] button")
    assert int(site.first(posted)) == before + served - 180
    page.goto("/benefits/desk/")
    page.fill("main form[method=get] input[name]", code)
    page.click("main form[method=get] button")
    expect(page.locator(".verdict.bad")).to_be_visible()
    clerk.close()
    phone.close()

    # The auditor reconciles the whole book.
    audit = signed_in.context(Role.AUDITOR)
    page = audit.new_page()
    page.goto("/ledger/")
    page.click("form[action='/ledger/verify/'] button")
    expect(page.locator(".notice.good")).to_be_visible()
    assert_accessible(page)
    audit.close()


def test_a_place_is_taken_and_given_back_without_javascript(signed_in: People, site: Site) -> None:
    shift = site.first(
        "SELECT s.id FROM shift s JOIN activity a ON a.id = s.activity_id WHERE a.state = 'published' "
        "AND s.taken < s.places AND s.starts_at > datetime('now', '+20 days') AND NOT EXISTS (SELECT 1 FROM signup u "
        "JOIN shift o ON o.id = u.shift_id WHERE u.person_id = (SELECT person_id FROM user_account WHERE "
        "username = 'volunteer') AND date(o.starts_at) = date(s.starts_at)) ORDER BY s.starts_at LIMIT 1"
    )
    activity = site.first(f"SELECT activity_id FROM shift WHERE id = {shift}")
    taken = int(site.first(f"SELECT taken FROM shift WHERE id = {shift}"))
    context = signed_in.context(Role.VOLUNTEER, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/activities/{activity}/")
    page.click(f"form[action='/activities/shifts/{shift}/sign-up/'] button")
    assert int(site.first(f"SELECT taken FROM shift WHERE id = {shift}")) == taken + 1
    page.goto(f"/activities/{activity}/")
    page.click("form[action$='/cancel/'] button >> nth=0")
    assert int(site.first(f"SELECT taken FROM shift WHERE id = {shift}")) == taken
    context.close()


def test_language_and_large_type_are_kept(signed_in: People) -> None:
    context = signed_in.context(None)
    page = context.new_page()
    page.goto("/")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.click("form[action='/language/'] button >> nth=0")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto("/activities/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    context.close()


def test_the_statement_is_a_pdf_and_a_spreadsheet(signed_in: People, site: Site) -> None:
    context = signed_in.context(Role.VOLUNTEER)
    passbook = site.first("SELECT min(id) FROM passbook")
    pdf = context.request.get(f"/bank/passbooks/{passbook}/statement.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.body().startswith(b"%PDF")
    sheet = context.request.get(f"/bank/passbooks/{passbook}/statement.xlsx")
    assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(sheet.body())).namelist()
    other = context.request.get(f"/bank/passbooks/{int(passbook) + 1}/statement.pdf")
    assert other.status == 404
    context.close()
