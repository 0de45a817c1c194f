"""The main job in a browser, from one end of the house to the other, as each of its people does their part."""

from __future__ import annotations

import io
import re
import time
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Site, assert_accessible
from xinshi.documents.workbook import write_workbook
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

HEADERS = ["姓名", "性别", "证件类型", "证件号码", "志愿者编号", "手机号码"]
MEAL_MINUTES = 180
PERSON_OF = "SELECT person_id FROM user_account WHERE username = '{}'"


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


def test_a_file_of_the_partner_is_previewed_and_credited_once(signed_in: People, site: Site, tmp_path: Path) -> None:
    known = "FROM person WHERE id = (SELECT person_id FROM user_account WHERE username = 'leader')"
    name, number = site.first(f"SELECT name {known}"), site.first(f"SELECT volunteer_number {known}")
    rows = [["1", name, number, "１.5", "补录十月义诊"], ["2", "沈四心", "889900112233445599", "两小时", "补录"]]
    template = write_workbook(
        sheet_name="Sheet1",
        headers=["序号", "姓名*", "志愿者编号*", "荣誉时数值*", "补录原因*"],
        rows=rows,
        preamble=["志愿者荣誉时数导入", "说明：时数保留一位小数"],
    )
    (tmp_path / "honorary.xlsx").write_bytes(template)
    context = signed_in.context(Role.COORDINATOR)
    page = context.new_page()
    for credited in ("1", "0"):
        page.goto("/exchange/import/")
        page.set_input_files("input[type=file]", tmp_path / "honorary.xlsx")
        page.click("main form[enctype] button")
        expect(page).to_have_url(re.compile(r"/exchange/import/\w"))
        assert figures(page)[:2] == ["2", credited]
        assert_accessible(page)
        page.click("main form[method=post] button.primary")
        expect(page).to_have_url(re.compile(r"/exchange/files/\d+/"))
    credited_lines = "SELECT count(*) FROM exchange_import_line WHERE state = 'credited' AND title = '补录十月义诊'"
    assert site.first(credited_lines) == "1"
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


def posted_minutes(site: Site) -> int:
    """The balance of the demo's volunteer."""
    return int(
        site.first(
            "SELECT b.posted FROM ledger_balance b JOIN passbook p USING (account_id) "
            "JOIN user_account u USING (person_id) WHERE u.username = 'volunteer'"
        )
    )


def lead_the_shift(signed_in: People, site: Site, shift: str) -> tuple[str, int]:
    """The leader adds the volunteer, checks them in, says when they were there: (record, minutes served)."""
    context = signed_in.context(Role.LEADER, viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"/attendance/shifts/{shift}/")
    if not page.locator("#add-number").is_visible():
        page.click("details summary")
    volunteer = site.first(PERSON_OF.format("volunteer"))
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
    expect(page).not_to_have_url(re.compile("/correct/"))
    context.close()
    return site.first("SELECT max(id) FROM service_record"), until.hour * 60 + until.minute


def approve(signed_in: People, site: Site, record: str) -> None:
    context = signed_in.context(Role.COORDINATOR)
    page = context.new_page()
    page.goto(f"/attendance/records/{record}/")
    page.click("form[action$='/approve/'] button")
    assert site.first(f"SELECT state FROM service_record WHERE id = {record}") == "approved"
    context.close()


def reserve_a_meal(signed_in: People) -> str:
    """The volunteer opens what the newest hours are made of, reserves a meal, and gets a code."""
    context = signed_in.context(Role.VOLUNTEER, viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto("/bank/")
    page.click("main a[href^='/bank/deposits/'] >> nth=0")
    expect(page.locator("main")).to_contain_text("浏览器里的导医")
    page.goto("/benefits/")
    page.click("main a:has-text('职工食堂套餐')")
    page.click("form[action$='/reserve/'] button")
    expect(page.locator(".qr svg")).to_be_visible()
    assert_accessible(page)
    code = page.locator(".code").inner_text()
    context.close()
    return code


def redeem(signed_in: People, code: str) -> None:
    """The clerk types the code: one big yes; a second time, one big no."""
    context = signed_in.context(Role.CLERK)
    page = context.new_page()
    for typed, verdict in ((code.lower().replace("-", " "), "good"), (code, "bad")):
        page.goto("/benefits/desk/")
        page.fill("main form[method=get] input[name]", typed)
        page.click("main form[method=get] button")
        expect(page.locator(f".verdict.{verdict}")).to_be_visible()
        assert_accessible(page)
        if verdict == "good":
            page.click("form[action$='/fulfil/'] button")
    context.close()


def verify(signed_in: People) -> None:
    context = signed_in.context(Role.AUDITOR)
    page = context.new_page()
    page.goto("/ledger/")
    page.click("form[action='/ledger/verify/'] button")
    expect(page.locator(".notice.good")).to_be_visible()
    assert_accessible(page)
    context.close()


def test_service_becomes_hours_and_hours_become_a_benefit(signed_in: People, site: Site, todays_activity: str) -> None:
    before = posted_minutes(site)
    record, served = lead_the_shift(signed_in, site, todays_activity)
    assert int(site.first(f"SELECT credited_minutes FROM service_record WHERE id = {record}")) == served
    assert posted_minutes(site) == before
    approve(signed_in, site, record)
    assert posted_minutes(site) == before + served
    code = reserve_a_meal(signed_in)
    assert posted_minutes(site) == before + served
    redeem(signed_in, code)
    assert posted_minutes(site) == before + served - MEAL_MINUTES
    verify(signed_in)


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
