"""A difference with another bank is worked to its end: taken over, written about, ended with what the partner says."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import People, Site, accessibility_report
from xinshi.kernel.actor import Role

pytestmark = [pytest.mark.browser]
GIVEN_BACK = "SELECT id FROM interbank_difference WHERE ending = '' AND place = 'differs' ORDER BY id LIMIT 1"
OPEN = "SELECT count(*) FROM interbank_difference WHERE ending = ''"
REVERSED = "SELECT count(*) FROM ledger_transfer WHERE key LIKE 'interbank-correction:%'"


def test_a_difference_worked_to_its_end(signed_in: People, site: Site) -> None:
    number, before = site.first(GIVEN_BACK), int(site.first(OPEN))
    context = signed_in.context(Role.COORDINATOR, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto("/interbank/settling/")
    page.locator('a[href="/interbank/differences/"]').first.click()
    page.locator(f'a[href="/interbank/differences/{number}/"]').click()
    page.locator(f'form[action="/interbank/differences/{number}/owner/"] button').click()
    expect(page.locator("main")).to_contain_text("现在由您负责此差异")
    page.locator("textarea[name=text]").fill("对方来函：这笔没有入账。")
    page.locator("form:has(input[value=note]) button").click()
    expect(page.locator(".trail")).to_contain_text("对方来函：这笔没有入账。")
    report = accessibility_report(page)
    assert report == "", report
    width, room = page.evaluate("[document.scrollingElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= room
    page.locator("input[name=ending][value=theirs]").check()
    page.locator("form:has(input[value=end]) textarea[name=reason]").fill("以对方为准，退回志愿者存折。")
    page.locator("form:has(input[value=end]) button").click()
    expect(page.locator("main")).to_contain_text("相应的时数已入账")
    expect(page).to_have_url(re.compile(rf"/interbank/differences/{number}/$"))
    expect(page.locator("input[name=ending]")).to_have_count(0)
    assert int(site.first(OPEN)) == before - 1
    assert int(site.first(REVERSED)) == 1
    context.close()
