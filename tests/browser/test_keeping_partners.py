"""A partner bank in a browser: registered and written by one administrator, put in force by another, paused, resumed."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, People, Site, assert_accessible, follow
from tests.browser.test_policy import another_administrator
from xinshi.kernel.actor import Role

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize(
    ("code", "name", "device"),
    [("hill-side", "山城时间银行", DESK), ("river-side", "江城时间银行", PHONE)],
    ids=["desk", "phone"],
)
def test_a_partner_is_agreed_with_by_two_then_paused_and_resumed(
    signed_in: People, site: Site, code: str, name: str, device: dict[str, Any]
) -> None:
    first = signed_in.context(Role.ADMINISTRATOR, **device).new_page()
    first.goto("/exchange/partners/register/")
    assert_accessible(first)
    typed = {
        "code": code,
        "name": name,
        "address": f"https://{code}.example/v1",
        "in_minutes_max": "200",
    }
    for field, text in typed.items():
        first.fill(f"input[name={field}]", text)
    first.click("main form button.primary")
    expect(first.locator("main h1")).to_have_text(name)
    address = first.url
    follow(first.locator("main a[href$='/contracts/new/']"))
    assert_accessible(first)
    first.fill("input[name=coefficient_percent]", "80")
    first.fill("input[name=person_month_minutes_max]", "40")
    first.click("main form button.primary")
    first.locator("main a[href$='/keys/new/']").click()
    first.fill("input[name=key_id]", "2026-11")
    first.fill("input[name=public_key]", KEY)
    first.click("main form button.primary")
    expect(first.locator("form[action$='/in-force/'], form[action$='/confirm/']")).to_have_count(0)
    assert_accessible(first)

    second = another_administrator(signed_in)
    second.goto(address)
    second.locator("form[action$='/contracts/1/in-force/'] button").click()
    second.locator("form[action$='/keys/2026-11/confirm/'] button").click()
    expect(second.locator("form[action$='/in-force/'], form[action$='/confirm/']")).to_have_count(0)
    second.locator("main details", has=second.locator("form[action$='/pause/']")).locator("summary").click()
    second.locator("form[action$='/pause/'] input[name=reason]").fill("对方升级系统")
    second.locator("form[action$='/pause/'] button").click()
    expect(second.locator("main div.notice.warn")).to_contain_text("对方升级系统")
    assert_accessible(second)
    state = f"SELECT state FROM exchange_partner WHERE code = '{code}'"
    assert site.first(state) == "paused"
    second.locator("form[action$='/resume/'] input[name=reason]").fill("升级已完成")
    second.locator("form[action$='/resume/'] button").click()
    expect(second.locator("form[action$='/pause/']")).to_have_count(1)
    assert site.first(state) == "active"
    assert signed_in.problems == []
