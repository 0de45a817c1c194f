"""An organisation from its first line to its review: made, agreed with, named a base with a target, looked at, its sum."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, People, Site, assert_accessible, follow, on_phone_and_at_desk
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

LEADER = "SELECT volunteer_number FROM person p JOIN user_account u ON u.person_id = p.id WHERE u.username = 'leader'"


@on_phone_and_at_desk
def test_a_university_is_agreed_with_and_its_base_is_reviewed(
    signed_in: People, site: Site, device: dict[str, Any]
) -> None:
    name = "滨江大学青年志愿者协会" if device is PHONE else "城北学院青年志愿者协会"
    context = signed_in.context(Role.COORDINATOR, **device)
    page = context.new_page()
    page.goto("/organizations/")
    follow(page.locator("main a[href='/organizations/new/']"))
    page.fill("[name=name]", name)
    page.select_option("[name=kind]", "university")
    assert_accessible(page)
    follow(page.locator("main form button.primary"))
    organization = page.url
    page.click("details summary")
    page.fill("[name=volunteer_number]", site.first(LEADER))
    follow(page.locator("form[action$='/members/'] button"))
    expect(page.locator("table.stacks tbody tr")).to_have_count(1)

    follow(page.locator("main a[href$='/agreements/new/']"))
    today = clock.today()
    for field, value in (
        ("title", f"共建志愿服务爱心基地协议（{name}）"),
        ("covers", "每学期两次培训，周末门诊导医。"),
        ("starts_on", today.isoformat()),
        ("ends_on", (today + timedelta(days=60)).isoformat()),
        ("contact", "团委 13800000000"),
    ):
        page.fill(f"main [name={field}]", value)
    assert_accessible(page)
    follow(page.locator("main form button.primary"))
    page.fill("form[action$='/force/'] [name=signed_on]", today.isoformat())
    follow(page.locator("form[action$='/force/'] button"))
    assert_accessible(page)
    page.goto("/organizations/agreements/?state=ending")
    expect(page.locator("main")).to_contain_text(name)
    assert_accessible(page)

    page.goto(organization)
    follow(page.locator("main a[href$='/designations/new/']"))
    page.select_option("[name=kind]", "base")
    page.fill("[name=title]", f"志愿服务爱心基地（{name}）")
    page.select_option("[name=measure]", "minutes")
    page.fill("[name=target]", "500")
    assert_accessible(page)
    follow(page.locator("main form button.primary"))
    page.click("details summary")
    page.fill("[name=remark]", "培训按时，导医人手偏少，明年提高目标。")
    page.fill("[name=target]", "600")
    follow(page.locator("form[action$='/review/'] button"))
    expect(page.locator("section[aria-labelledby=reviews] li")).to_have_count(1)
    expect(page.locator("main")).to_contain_text("600")
    assert_accessible(page)
    page.goto(organization)
    expect(page.locator("section[aria-labelledby=all] .figure")).not_to_have_count(0)
    expect(page.locator("section[aria-labelledby=all]")).to_contain_text("今年认证小时")
    assert_accessible(page)
    number = re.search(r"/organizations/(\d+)/", organization)
    assert number is not None
    assert site.first(f"SELECT state FROM agreement WHERE organization_id = {number[1]}") == "in_force"
    context.close()
