"""Changing the policy in a browser: one administrator writes and tries it out, another puts it in force."""

from __future__ import annotations

import itertools
from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Site, assert_accessible, follow
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

OTHER = "second-administrator"
NUMBERS = itertools.count(1)
OWN_PASSWORD = "tongxin-2026-xinshi"  # Of an invented person in a hospital that lasts for one test.
IN_FORCE = "SELECT count(*) FROM policy_version WHERE enforced_at IS NOT NULL"


def another_administrator(signed_in: People) -> Page:
    """A page of a second administrator, who got a sign-in from the first and chose a password."""
    username = f"{OTHER}-{next(NUMBERS)}"
    giver = signed_in.context(Role.ADMINISTRATOR).new_page()
    giver.goto("/people/users/new/")
    giver.fill("input[name=username]", username)
    giver.check("input[name=roles][value=administrator]")
    follow(giver.locator("main form button.primary"))
    password = giver.locator("main code").inner_text()
    giver.context.close()
    page = signed_in.context(None).new_page()
    page.goto("/account/login/")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit], main form button:not([type])")
    page.wait_for_url("**/account/password/change/**")
    page.fill("input[name=oldpassword]", password)
    page.fill("input[name=password1]", OWN_PASSWORD)
    page.fill("input[name=password2]", OWN_PASSWORD)
    with page.expect_navigation():
        page.locator("input[name=password2]").press("Enter")
    return page


def test_a_version_is_written_tried_out_and_put_in_force_by_another(signed_in: People, site: Site) -> None:
    author = signed_in.context(Role.ADMINISTRATOR).new_page()
    author.goto("/bank/policy/new/")
    assert_accessible(author)
    day = clock.today() + timedelta(days=300)
    for name, typed in {
        "star_1": "5",
        "share_2": "50",
        "day_cap": "2",
        "holding_cap": "600",
        "expiry_months": "36",
        "notice_days": "3",
        "presence_min_percent": "60",
        "coefficient_0_value": "1.5",
        "note": "本院 2027 年规定",
        "effective_from": day.isoformat(),
    }.items():
        author.fill(f"[name={name}]", typed)
    author.select_option("[name=coefficient_0_category]", "0013")
    author.click("button[name=try]")
    expect(author.locator("#effect")).to_be_visible()
    expect(author.locator("#differs")).to_be_visible()
    assert int(author.locator(".figures .figure b").nth(0).inner_text()) >= 1, (
        "the member of 1,110 hours is beyond the cap"
    )
    assert int(author.locator(".figures .figure b").nth(1).inner_text().replace(",", "")) > 0
    assert_accessible(author)
    assert author.input_value("[name=coefficient_0_value]") == "1.5"
    author.click("button[name=propose]")
    author.wait_for_url("**/bank/policy/*/")
    version = author.url
    assert author.locator("form[action*='put-in-force']").count() == 0, "its author does not put it in force"
    assert author.locator("#effect").is_visible()
    author.context.close()

    other = another_administrator(signed_in)
    other.goto(version)
    assert_accessible(other)
    other.locator("form[role=search] input[name=effective_from]").fill(day.isoformat())
    other.click("form[role=search] button")
    force = other.locator("form[action*='put-in-force']")
    assert force.locator("input[name=effective_from]").input_value() == day.isoformat()
    before = site.first(IN_FORCE)
    force.locator("button").click()
    expect(other.locator(".pill.info").first).to_be_visible()
    assert int(site.first(IN_FORCE)) == int(before) + 1
    other.goto("/bank/notice/")
    assert_accessible(other)
    other.context.close()
