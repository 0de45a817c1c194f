"""Giving in a browser: a relative is registered, hours are given, donated, and help somebody; the figures are looked at."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import People, Site, assert_accessible, environment, follow
from xinshi.kernel.actor import Role

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SWITCH_ON = """
from dataclasses import replace
from xinshi.bank.actions import propose_policy, put_policy_in_force
from xinshi.bank.queries import policy_in_force
from xinshi.bank.rules import GroupHours
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
system = Actor.system("tests")
rules = replace(policy_in_force().rules, gifts=True, gift_year_cap_minutes=6_000, donations=True,
                group_hours=GroupHours.DONATE_ONLY)
number = propose_policy(actor=system, rules=rules)
put_policy_in_force(actor=system, number=number, effective_from=clock.today())
"""
PASSBOOK_OF = (
    "SELECT {} FROM passbook p JOIN person n ON n.id = p.person_id JOIN user_account u ON u.person_id = p.person_id "
    "WHERE u.username = '{}'"
)
POOL = "SELECT posted FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id WHERE a.kind = 'pool'"


def posted_minutes(site: Site, username: str) -> int:
    return int(
        site.first(
            "SELECT b.posted FROM ledger_balance b JOIN passbook p ON p.account_id = b.account_id "
            f"JOIN user_account u ON u.person_id = p.person_id WHERE u.username = '{username}'"
        )
    )


@pytest.fixture(scope="module")
def switched_on(site: Site) -> Site:
    """The policy of this hospital lets members give."""
    subprocess.run(
        [sys.executable, "-m", "xinshi", "shell", "-v", "0", "-c", SWITCH_ON],
        env=environment(site.database.parent),
        check=True,
        timeout=120,
    )
    return site


def test_hours_go_to_a_relative_after_a_look_at_the_figures(signed_in: People, switched_on: Site) -> None:
    site = switched_on
    giver = signed_in.context(Role.VOLUNTEER, **PHONE)
    page = giver.new_page()
    page.goto("/giving/relatives/new/")
    assert_accessible(page)
    page.fill("[name=passbook_number]", site.first(PASSBOOK_OF.format("p.number", "leader")))
    page.fill("[name=name]", site.first(PASSBOOK_OF.format("n.name", "leader")))
    page.select_option("[name=relation]", "sibling")
    page.click("main form button.primary")
    expect(page).to_have_url(re.compile(r"/giving/$"))
    other = signed_in.context(Role.LEADER, **PHONE)
    answer = other.new_page()
    answer.goto("/giving/")
    follow(answer.locator("main a.btn.primary[href^='/giving/relatives/']"))
    assert_accessible(answer)
    answer.click("button[name=answer][value=accept]")
    expect(answer.locator(".messages .notice")).to_be_visible()
    before = posted_minutes(site, "volunteer"), posted_minutes(site, "leader")
    page.goto("/giving/gifts/new/")
    page.fill("[name=hours]", "2.5")
    page.fill("[name=note]", "生日快乐")
    page.click("main form button.primary")
    expect(page.locator("main table tbody tr")).to_have_count(3)
    assert_accessible(page)
    assert (posted_minutes(site, "volunteer"), posted_minutes(site, "leader")) == before
    page.click("button[name=confirmed]")
    expect(page).to_have_url(re.compile(r"/giving/gifts/\d+/"))
    assert_accessible(page)
    assert (posted_minutes(site, "volunteer"), posted_minutes(site, "leader")) == (before[0] - 150, before[1] + 150)
    answer.goto(page.url)
    expect(answer.locator("main")).to_contain_text("生日快乐")
    giver.close()
    other.close()


def test_hours_are_donated_without_javascript_and_help_somebody(signed_in: People, switched_on: Site) -> None:
    site = switched_on
    before, pool = posted_minutes(site, "volunteer"), int(site.first(POOL))
    context = signed_in.context(Role.VOLUNTEER, java_script_enabled=False)
    page = context.new_page()
    page.goto("/giving/donations/new/")
    page.fill("[name=hours]", "10")
    page.click("main form button.primary")
    page.click("button[name=confirmed]")
    expect(page).to_have_url(re.compile(r"/giving/donations/\d+/"))
    assert posted_minutes(site, "volunteer") == before - 600
    context.close()
    desk = signed_in.context(Role.COORDINATOR)
    page = desk.new_page()
    page.goto("/giving/grants/new/")
    assert_accessible(page)
    page.fill("[name=passbook_number]", site.first(PASSBOOK_OF.format("p.number", "leader")))
    page.fill("[name=hours]", "4")
    page.fill("[name=reason]", "术后行动不便")
    page.click("main form button.primary")
    expect(page).to_have_url(re.compile(r"/giving/grants/\d+/"))
    assert_accessible(page)
    address = page.url
    desk.close()
    other = signed_in.context(Role.ADMINISTRATOR)
    page = other.new_page()
    had = posted_minutes(site, "leader")
    page.goto("/giving/desk/")
    assert_accessible(page)
    page.goto(address)
    page.click("button[name=decision][value=approve]")
    expect(page.locator(".messages .notice.good")).to_be_visible()
    assert posted_minutes(site, "leader") == had + 240
    page.goto("/giving/pool/")
    expect(page.locator(".figures .figure b").first).to_have_text(f"{(pool + 600 - 240) // 60}")
    assert_accessible(page)
    other.close()


def test_hours_of_a_group_are_entered_and_approved_by_another(signed_in: People, switched_on: Site) -> None:
    desk = signed_in.context(Role.COORDINATOR)
    page = desk.new_page()
    page.goto("/giving/group-hours/new/")
    assert_accessible(page)
    page.select_option("[name=organization]", index=1)
    page.fill("[name=title]", "敬老院义务劳动")
    page.fill("[name=worked_on]", page.locator("[name=worked_on]").get_attribute("max") or "")
    page.fill("[name=hours]", "36")
    page.fill("[name=evidence]", "签到表两页")
    page.click("main form button.primary")
    expect(page).to_have_url(re.compile(r"/giving/group-hours/\d+/"))
    assert_accessible(page)
    address = page.url
    desk.close()
    other = signed_in.context(Role.ADMINISTRATOR)
    page = other.new_page()
    page.goto(address)
    page.click("button[name=decision][value=approve]")
    expect(page.locator(".pill.good")).to_be_visible()
    follow(page.locator("main a[href^='/giving/take-back/']"))
    assert_accessible(page)
    page.fill("[name=reason]", "重复录入")
    page.click("main form button.danger")
    expect(page.locator(".pill.bad")).to_be_visible()
    other.close()


def test_what_the_bank_owes_opens_to_what_it_is_made_of(signed_in: People, site: Site) -> None:
    context = signed_in.context(Role.AUDITOR)
    page = context.new_page()
    page.goto("/liabilities/")
    expect(page.locator("svg.chart-lines")).to_be_visible()
    assert_accessible(page)
    page.click("main .shares a >> nth=0")
    expect(page).to_have_url(re.compile(r"/liabilities/accounts/\?age="))
    assert_accessible(page)
    sheet = context.request.get("/liabilities/outstanding.xlsx")
    assert sheet.body()[:2] == b"PK"
    context.close()
