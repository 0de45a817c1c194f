"""Campaigns in a browser: a newcomer's five minutes on a phone, a board that fills meanwhile, a call from the board."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Site, assert_accessible
from xinshi.kernel.actor import Role

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
WALL = {"viewport": {"width": 1920, "height": 1080}}
NUMBER = "13700004567"


def code_sent_to(people: People, *, to: str) -> str:
    """The code of the newest text to a masked phone, from the administrators' page of texts."""
    context = people.context(Role.ADMINISTRATOR)
    page = context.new_page()
    page.goto("/messages/outgoing/")
    row = page.locator("tr", has_text=to).first
    found = re.search(r"\d{6}", row.inner_text())
    assert found is not None, row.inner_text()
    context.close()
    return found[0]


@contextmanager
def board(people: People, campaign: str) -> Iterator[Page]:
    context = people.context(Role.COORDINATOR, **WALL)
    page = context.new_page()
    page.goto(f"/campaigns/{campaign}/wall/")
    yield page
    context.close()


def test_a_newcomer_has_a_shift_in_five_minutes_and_the_wall_shows_it(signed_in: People, site: Site) -> None:
    campaign = site.first("SELECT id FROM campaign WHERE code = 'flu'")
    context = signed_in.context(None, **PHONE)
    page = context.new_page()
    page.goto("/campaigns/join/flu/")
    assert_accessible(page)
    page.click("main a.btn.primary")
    page.fill("[name=birth_date]", "2012-03-04")
    page.fill("[name=phone]", NUMBER)
    page.click("main form[method=post] button.primary")
    expect(page.locator("[role=alert]")).to_contain_text("18")
    assert_accessible(page)
    page.fill("[name=birth_date]", "1991-03-04")
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(r"/who/$"))
    page.fill("[name=code]", code_sent_to(signed_in, to=f"{NUMBER[:3]}****{NUMBER[-4:]}"))
    page.fill("[name=name]", "路小满")
    page.check("[name=has_consented]")
    assert_accessible(page)
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(r"/pledge/$"))
    assert_accessible(page)
    page.check("[name=has_pledged]")
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(r"/shifts/$"))
    assert_accessible(page)
    page.locator(".day-row a:not(.is-full)").last.click()
    day = site.first(
        "SELECT max(p.day) FROM campaign_post p JOIN shift s ON s.id = p.shift_id"
        f" JOIN campaign_site c ON c.id = p.site_id WHERE c.campaign_id = {campaign} AND s.taken < s.places"
    )
    with board(signed_in, campaign) as wall:
        wall.goto(f"/campaigns/{campaign}/board/?day={day}")
        before = wall.locator(".figure b").nth(1).inner_text()
        page.locator(".take-list button[name=shift]").first.click()
        expect(page).to_have_url(re.compile(r"/done/$"))
        assert_accessible(page)
        expect(page.locator("main")).to_contain_text("身份证")
        expect(wall.locator(".figure b").nth(1)).not_to_have_text(before)
    page.goto("/campaigns/join/flu/next/")
    expect(page).to_have_url(re.compile(r"/done/$"))
    context.close()


def test_the_wall_is_readable_and_calls_go_out_from_the_board(signed_in: People, site: Site) -> None:
    campaign = site.first("SELECT id FROM campaign WHERE code = 'flu'")
    with board(signed_in, campaign) as wall:
        expect(wall.locator(".post-cell").first).to_be_visible()
        size = wall.locator(".post-cell b").first.evaluate("cell => parseFloat(getComputedStyle(cell).fontSize)")
        assert size >= 32
        assert_accessible(wall)
    context = signed_in.context(Role.COORDINATOR)
    page = context.new_page()
    page.goto(f"/campaigns/{campaign}/calls/")
    page.locator("input[name=post]").first.check()
    page.fill("[name=people_max]", "4")
    page.click("main form[method=post] button.primary")
    expect(page.locator(".messages")).to_contain_text("人")
    called = int(site.first("SELECT count(*) FROM campaign_called_person"))
    assert 1 <= called <= 4
    assert_accessible(page)
    context.close()


def test_a_site_leader_hands_over_on_a_phone(signed_in: People, site: Site) -> None:
    place = site.first(
        "SELECT s.id FROM campaign_site s JOIN campaign c ON c.id = s.campaign_id WHERE c.code = 'flu' ORDER BY s.id LIMIT 1"
    )
    context = signed_in.context(Role.LEADER, **PHONE)
    page = context.new_page()
    page.goto(f"/campaigns/sites/{place}/")
    assert_accessible(page)
    page.locator("a[href*='/sheets/']").first.click()
    expect(page.locator("main")).to_contain_text("****")
    page.fill("[name=notes]", "留观椅子不够，先坐走廊")
    page.click("main form[method=post] button.primary")
    expect(page.locator("#notes").locator("..")).to_contain_text("留观椅子不够")
    assert_accessible(page)
    paper = context.request.get(page.url.rstrip("/") + "/paper/")
    assert paper.body().startswith(b"%PDF")
    context.close()
