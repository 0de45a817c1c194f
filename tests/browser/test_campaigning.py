"""Campaigns in a browser: set up and opened in waves, a newcomer's five minutes, the board, calls, sheets, counters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, People, Site, assert_accessible, follow, on_phone_and_at_desk
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

WALL = {"viewport": {"width": 1920, "height": 1080}}
CALLED = "SELECT count(*) FROM campaign_called_person"
FLU_SITE = "SELECT min(s.id) FROM campaign_site s JOIN campaign c ON c.id = s.campaign_id WHERE c.code = 'flu'"


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


@pytest.mark.parametrize(("number", "device"), [("13700004567", PHONE), ("13700004568", DESK)], ids=["phone", "desk"])
def test_a_newcomer_has_a_shift_in_five_minutes_and_the_wall_shows_it(
    signed_in: People, site: Site, number: str, device: dict[str, Any]
) -> None:
    campaign = site.first("SELECT id FROM campaign WHERE code = 'flu'")
    context = signed_in.context(None, **device)
    page = context.new_page()
    page.goto("/campaigns/join/flu/")
    assert_accessible(page)
    page.click("main a.btn.primary")
    page.fill("[name=birth_date]", "2012-03-04")
    page.fill("[name=phone]", number)
    page.click("main form[method=post] button.primary")
    expect(page.locator("[role=alert]")).to_contain_text("18")
    assert_accessible(page)
    page.fill("[name=birth_date]", "1991-03-04")
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(r"/who/$"))
    page.fill("[name=code]", code_sent_to(signed_in, to=f"{number[:3]}****{number[-4:]}"))
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


def set_up(page: Page, code: str, day: date) -> str:
    """A campaign of one day with two sites and four posts of two places, published; its number."""
    page.goto("/campaigns/")
    follow(page.locator("main a[href='/campaigns/new/']").first)
    for name, value in (
        ("name", f"冬季义诊招募（{code}）"),
        ("code", code),
        ("purpose", "两个社区点位，引导与登记。"),
        ("starts_on", day.isoformat()),
        ("ends_on", day.isoformat()),
        ("target_people", "8"),
        ("roles", "登记 | 核对身份"),
        ("windows", "08:00-12:00\n13:00-17:00"),
    ):
        page.fill(f"main [name={name}]", value)
    page.select_option("[name=category]", "0004")
    page.select_option("[name=organizer]", index=1)
    page.select_option("[name=person_in_charge]", index=1)
    follow(page.locator("main form button.primary"))
    address = page.url
    follow(page.locator("main .empty a.primary"))
    many = page.locator("form:has([name=lines])")
    many.locator("[name=leader]").select_option(index=1)
    many.locator("[name=lines]").fill("东门社区，东门路 1 号，陈静，13800000001\n西门社区，西门路 2 号")
    follow(many.locator("button.primary"))
    follow(page.locator("main a[href$='/fill/']"))
    for box in page.locator("[name=sites], [name=windows]").all():
        box.check()
    page.select_option("[name=role]", index=0)
    page.fill("[name=places]", "2")
    assert_accessible(page)
    follow(page.locator("main form button.primary"))
    page.click("form[action$='/publish/'] button")
    follow(page.locator("dialog button.primary"))
    expect(page.locator("main .figure b").nth(1)).to_have_text("8")
    assert_accessible(page)
    return address.rstrip("/").rsplit("/", 1)[-1]


def open_in_waves(page: Page, campaign: str) -> str:
    """One place for members of the first partner since yesterday, the rest for everybody tomorrow; the partner's link."""
    page.goto(f"/campaigns/{campaign}/waves/")
    for partner, day, places in ((True, -1, "1"), (False, 1, "")):
        page.select_option("[name=organization]", index=1 if partner else 0)
        page.fill("[name=day]", (clock.today() + timedelta(days=day)).isoformat())
        page.fill("[name=places]", places)
        follow(page.locator("main form.card button.primary"))
    expect(page.locator("main tbody tr")).to_have_count(2)
    assert_accessible(page)
    return page.locator("main tbody tr", has_text="/ 1").locator("code").inner_text()


def come_to_choose(page: Page, address: str) -> None:
    """Join with the account one has, and go on as far as the choice of a shift."""
    page.goto(address)
    follow(page.locator("main form button.primary"))
    if "/pledge/" in page.url:
        page.check("[name=has_pledged]")
        follow(page.locator("main form[method=post] button.primary"))
    expect(page).to_have_url(re.compile(r"/shifts/$"))


@pytest.mark.parametrize(
    ("code", "days", "desks", "hands"),
    [("winter-desk", 45, DESK, PHONE), ("winter-phone", 47, PHONE, DESK)],
    ids=["set-up-at-desk", "set-up-on-phone"],
)
def test_a_campaign_is_set_up_and_opens_to_its_partner_first(
    signed_in: People, site: Site, code: str, days: int, desks: dict[str, Any], hands: dict[str, Any]
) -> None:
    station = signed_in.context(Role.COORDINATOR, **desks)
    page = station.new_page()
    campaign = set_up(page, code, clock.today() + timedelta(days=days))
    link = open_in_waves(page, campaign)

    early = signed_in.context(Role.LEADER, **hands)
    other = early.new_page()
    come_to_choose(other, f"/campaigns/join/{code}/")
    expect(other.locator("main .notice.warn")).to_be_visible()
    expect(other.locator(".take-list button[name=shift]")).to_have_count(0)
    assert_accessible(other)

    invited = signed_in.context(Role.VOLUNTEER, **hands)
    member = invited.new_page()
    come_to_choose(member, link)
    follow(member.locator(".take-list button[name=shift]").first)
    expect(member).to_have_url(re.compile(r"/done/$"))
    page.reload()
    expect(page.locator("main tbody")).to_contain_text("1 / 1")
    page.goto(f"/campaigns/{campaign}/board/")
    expect(page.locator(".figures")).to_contain_text("1 / 8")
    assert_accessible(page)
    for context in (station, early, invited):
        context.close()


def begin(site: Site, place: str, day: str) -> None:
    """Where the day's first shift at a site is still to come, its hour comes: nothing is counted before."""
    posts = f"FROM shift s JOIN campaign_post p ON p.shift_id = s.id WHERE p.site_id = {place} AND p.day = '{day}'"
    if site.first(f"SELECT min(s.starts_at) > datetime('now') {posts}") == "1":
        site.let_come("shift", site.first(f"SELECT s.id {posts} ORDER BY s.starts_at LIMIT 1"), minutes=60)


@pytest.mark.parametrize(
    ("doses", "hands", "desks"), [(1_200, PHONE, DESK), (1_350, DESK, PHONE)], ids=["on-phone", "at-desk"]
)
def test_a_site_counts_and_the_board_shows_it(
    signed_in: People, site: Site, doses: int, hands: dict[str, Any], desks: dict[str, Any]
) -> None:
    place, campaign = site.first(FLU_SITE), site.first("SELECT id FROM campaign WHERE code = 'flu'")
    station, counting = signed_in.context(Role.COORDINATOR, **desks), signed_in.context(Role.LEADER, **hands)
    board_page, page = station.new_page(), counting.new_page()
    board_page.goto(f"/campaigns/{campaign}/board/")
    page.goto(f"/campaigns/sites/{place}/")
    follow(page.locator("main a[href*='/count/']"))
    begin(site, place, page.url.rstrip("/").rsplit("/", 1)[-1])
    page.fill("[name=doses]", str(doses))
    page.fill("[name=people]", str(doses - 9))
    assert_accessible(page)
    follow(page.locator("main form button.primary"))
    figures = board_page.locator(".figures")  # It renews itself.
    expect(figures).to_contain_text(f"{doses:,}")
    expect(figures).to_contain_text(f"{doses - 9:,}")
    board_page.goto(f"/campaigns/{campaign}/report/")
    expect(board_page.locator("tbody").first).to_contain_text(f"{doses:,}")
    assert_accessible(board_page)
    station.close()
    counting.close()


@on_phone_and_at_desk
def test_the_wall_is_readable_and_calls_go_out_from_the_board(
    signed_in: People, site: Site, device: dict[str, Any]
) -> None:
    campaign = site.first("SELECT id FROM campaign WHERE code = 'flu'")
    called_before = int(site.first(CALLED))
    with board(signed_in, campaign) as wall:
        expect(wall.locator(".post-cell").first).to_be_visible()
        size = wall.locator(".post-cell b").first.evaluate("cell => parseFloat(getComputedStyle(cell).fontSize)")
        assert size >= 32
        assert_accessible(wall)
    context = signed_in.context(Role.COORDINATOR, **device)
    page = context.new_page()
    page.goto(f"/campaigns/{campaign}/board/")
    follow(page.locator("main a[href*='/calls/']"))
    page.locator("input[name=post]").first.check()
    page.fill("[name=people_max]", "4")
    page.click("main form[method=post] button.primary")
    expect(page.locator(".messages")).to_contain_text("人")
    assert 1 <= int(site.first(CALLED)) - called_before <= 4
    assert_accessible(page)
    context.close()


@on_phone_and_at_desk
def test_a_site_leader_hands_over(signed_in: People, site: Site, device: dict[str, Any]) -> None:
    context = signed_in.context(Role.LEADER, **device)
    page = context.new_page()
    page.goto(f"/campaigns/sites/{site.first(FLU_SITE)}/")
    page.locator("a[href*='/sheets/']").first.click()
    expect(page.locator("main")).to_contain_text("****")
    page.fill("[name=notes]", "留观椅子不够，先坐走廊")
    page.click("main form[method=post] button.primary")
    expect(page.locator("#notes").locator("..")).to_contain_text("留观椅子不够")
    assert_accessible(page)
    paper = context.request.get(page.url.rstrip("/") + "/paper/")
    assert paper.body().startswith(b"%PDF")
    context.close()
