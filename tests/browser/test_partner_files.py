"""A long, odd file: its columns are explained once, it is taken in while one looks, a stranger is matched. What was said of
one sender's files is proposed for another's."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Site, assert_accessible
from xinshi.kernel.actor import Role

ROWS = 2_300
"""More than one portion, so that the worker takes the file in."""
TITLES = ("谁", "号", "多少小时", "做什么")


def test_an_odd_file_is_explained_taken_in_and_its_stranger_matched(
    signed_in: People, site: Site, tmp_path: Path
) -> None:
    known = "FROM person WHERE id = (SELECT person_id FROM user_account WHERE username = 'leader')"
    name, number = site.first(f"SELECT name {known}"), site.first(f"SELECT volunteer_number {known}")
    rows = [f"{name},{number},{1 + place / 10:.1f},奇表第{place}次" for place in range(ROWS - 1)]
    path = tmp_path / "odd.csv"
    path.write_text(
        "\n".join([",".join(TITLES), *rows, "查无,778899001122334455,2.5,奇表陌生人", ""]), encoding="gb18030"
    )
    context = signed_in.context(Role.COORDINATOR)
    page = context.new_page()
    page.goto("/exchange/import/")
    page.set_input_files("input[type=file]", path)
    page.fill("input[name=sender]", "市志愿者协会")
    page.click("main form[enctype] button")
    page.click("main a[href$='/columns/'].primary")
    expect(page).to_have_url(re.compile(r"/columns/$"))
    assert_accessible(page)
    for place, field in enumerate(("name", "number", "honorary", "reason")):
        page.select_option(f"select[name=column-{place}]", field)
    page.click("button[name=remember]")
    expect(page).to_have_url(re.compile(r"/exchange/import/[^/]+/$"))
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(r"/exchange/runs/\d+/$"))
    assert_accessible(page)
    expect(page.locator("#run a.btn.primary")).to_be_visible(timeout=60_000)
    assert site.first("SELECT done_rows FROM exchange_import_run ORDER BY id DESC LIMIT 1") == str(ROWS)
    stranger = "FROM exchange_import_line WHERE title = '奇表陌生人'"
    assert site.first(f"SELECT state {stranger}") == "unmatched"
    page.goto(f"/exchange/inbox/?q=778899001122334455&who={number}")
    assert_accessible(page)
    page.check("input[name=line]")
    page.click("main form[method=post] button.primary")
    expect(page.locator("main, body").first).to_be_visible()
    assert site.first(f"SELECT state {stranger}") == "credited"
    deposits = "SELECT count(*) FROM deposit WHERE title LIKE '奇表%'"
    assert site.first(deposits) == str(ROWS)
    page.goto("/exchange/columns/")
    expect(page.locator("main table")).to_contain_text("谁")
    _the_same_titles_from_somebody_else(page, path.with_name("league.csv"), f"{name},{number},3.5,奇表团委")
    assert site.first("SELECT minutes FROM exchange_import_line WHERE title = '奇表团委'") == "210"
    context.close()


def _the_same_titles_from_somebody_else(page: Page, path: Path, row: str) -> None:
    """The league's committee writes the same titles: what was said is shown, one press remembers it for its files, too."""
    path.write_text("\n".join([",".join(TITLES), row, ""]), encoding="gb18030")
    page.goto("/exchange/import/")
    expect(page.locator("input[name=sender]")).to_have_value("市志愿者协会")
    page.set_input_files("input[type=file]", path)
    page.fill("input[name=sender]", "大学团委")
    page.click("main form[enctype] button")
    expect(page).to_have_url(re.compile(r"/columns/$"))
    expect(page.locator("main .notice")).to_contain_text("市志愿者协会")
    expect(page.locator("select[name=column-2]")).to_have_value("honorary")
    assert_accessible(page)
    page.click("button[name=remember]")
    expect(page).to_have_url(re.compile(r"/exchange/import/[^/]+/$"))
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(r"/exchange/files/\d+/"))
    page.goto("/exchange/columns/")
    theirs = page.locator("main tbody tr", has_text="大学团委")
    expect(theirs).to_have_count(1)
    assert_accessible(page)
    theirs.locator("a").click()
    expect(page).to_have_url(re.compile(r"/columns/\d+/change/$"))
    assert_accessible(page)
    page.check("input[name=in_minutes]")
    page.click("button[name=remember]")
    expect(theirs).to_be_visible()
    theirs.locator("button").click()
    expect(theirs).to_have_count(0)
