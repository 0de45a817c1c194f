"""Signing up in a browser: refused with what helps, a waiting list, an offer; a stand-in; the desk decides."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import (
    DESK,
    PHONE,
    People,
    Site,
    assert_accessible,
    environment,
    follow,
    on_phone_and_at_desk,
)
from tests.browser.test_sharing_places import new_activity, publish
from xinshi.demo.hospital import PASSWORD
from xinshi.kernel import clock
from xinshi.kernel.actor import Role


def in_the_program(site: Site, code: str) -> str:
    """What somebody without a browser does, by the program's own actions."""
    preamble = "from xinshi.activities.models import *; from xinshi.kernel.actor import Actor; "
    done = subprocess.run(
        [sys.executable, "-m", "xinshi", "shell", "--verbosity", "0", "-c", preamble + code],
        env=environment(site.database.parent),
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout.strip()


def states(site: Site, shift: str) -> list[str]:
    with sqlite3.connect(f"file:{site.database}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT state FROM signup WHERE shift_id = ? ORDER BY id", [shift]).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize(("days", "device"), [(41, PHONE), (43, DESK)], ids=["phone", "desk"])
def test_refused_with_what_helps_then_waiting_then_offered_then_mine(
    signed_in: People, site: Site, days: int, device: dict[str, Any]
) -> None:
    station, first = signed_in.context(Role.COORDINATOR), signed_in.context(Role.LEADER, **device)
    desk, leader = station.new_page(), first.new_page()
    activity = new_activity(desk, site, f"一人一位的陪伴（{days}）", days, places=1, reserve=2)
    publish(desk)
    leader.goto(activity)
    leader.click("form[action$='/sign-up/'] button")
    expect(leader.locator("li.shift .notice.good")).to_be_visible()
    shift = site.first(f"SELECT id FROM shift WHERE activity_id = {activity.rstrip('/').rsplit('/', 1)[-1]}")
    context = signed_in.context(Role.VOLUNTEER, **device)
    page = context.new_page()
    day = (clock.today() + timedelta(days=days)).isoformat()
    page.goto(f"/activities/?day={day}")
    expect(page.locator(f"#shift-{shift}")).to_have_count(0)
    page.goto(f"/activities/?tab=others&day={day}")
    assert_accessible(page)
    page.click(f"#shift-{shift} button[formaction$='/wait/']")
    expect(page.locator(".messages")).to_contain_text("候补")
    page.goto("/activities/mine/")
    expect(page.locator("main")).to_contain_text("候补第")
    assert_accessible(page)
    leader.reload()
    leader.click("form[action$='/cancel/'] button")
    leader.click("dialog button.primary")
    expect(leader.locator("form[action$='/cancel/']")).to_have_count(0)
    page.goto("/messages/")
    expect(page.locator("main")).to_contain_text("名额空出")
    page.goto("/activities/mine/")
    signup = site.first(f"SELECT id FROM signup WHERE shift_id = {shift} AND state = 'offered'")
    page.click(f"form[action$='/sign-ups/{signup}/answer/'] button[value=yes]")
    assert site.first(f"SELECT state FROM signup WHERE id = {signup}") == "confirmed"
    page.goto(f"/activities/sign-ups/{signup}/")
    page.click(f"form[action$='/sign-ups/{signup}/coming/'] button")
    expect(page.locator(".notice.good").first).to_be_visible()
    assert_accessible(page)
    for one in (context, station, first):
        one.close()


def signed_in_at_the_station(people: People, site: Site, person: str, device: dict[str, Any]) -> BrowserContext:
    """Somebody of the archive gets a sign-in at the station, and chooses a password of their own on `device`."""
    station = people.context(Role.COORDINATOR)
    desk = station.new_page()
    desk.goto(f"/people/{person}/")
    follow(desk.locator("form[action$='/sign-in/'] button"))
    once = desk.locator("main dd code").inner_text()
    station.close()
    context = people.context(None, **device)
    page = context.new_page()
    page.goto("/account/login/")
    page.fill("input[name=login]", site.first(f"SELECT username FROM user_account WHERE person_id = {person}"))
    page.fill("input[name=password]", once)
    page.click("main button[type=submit], main form button:not([type])")
    page.fill("input[name=oldpassword]", once)
    page.fill("input[name=password1]", f"{PASSWORD} of their own")
    page.fill("input[name=password2]", f"{PASSWORD} of their own")
    follow(page.locator("main form button"))
    return context


@pytest.mark.parametrize(("days", "device"), [(65, PHONE), (67, DESK)], ids=["phone", "desk"])
def test_who_cannot_come_finds_a_stand_in(signed_in: People, site: Site, days: int, device: dict[str, Any]) -> None:
    station = signed_in.context(Role.COORDINATOR)
    desk = station.new_page()
    activity = new_activity(desk, site, f"不能缺人的陪伴（{days}）", days, places=1)
    publish(desk)
    station.close()
    own = signed_in.context(Role.VOLUNTEER, **device)
    page = own.new_page()
    page.goto(activity)
    page.click("form[action$='/sign-up/'] button")
    expect(page.locator("li.shift .notice.good")).to_be_visible()
    signup = site.first("SELECT max(id) FROM signup WHERE state = 'confirmed'")
    page.goto("/activities/mine/")
    follow(page.locator(f"main a[href='/activities/sign-ups/{signup}/']"))
    page.fill("[name=reason]", "发烧")
    assert_accessible(page)
    page.click(f"form[action$='/sign-ups/{signup}/stand-in/'] button")
    expect(page.locator(f"form[action$='/sign-ups/{signup}/can-come/']")).to_be_visible()
    assert_accessible(page)
    asked = (
        "FROM stand_in_ask k JOIN stand_in_search s ON s.id = k.search_id LEFT JOIN user_account a "
        f"ON a.person_id = k.person_id WHERE s.signup_id = {signup} AND k.state = 'asked' AND a.id IS NULL ORDER BY k.id"
    )
    other = signed_in_at_the_station(signed_in, site, site.first(f"SELECT k.person_id {asked}"), device)
    friend = other.pages[0]
    friend.goto("/messages/")
    follow(friend.locator("main li.card form[action$='/read/'] button").first)
    expect(friend).to_have_url(re.compile(r"/activities/stand-in/\d+/$"))
    assert_accessible(friend)
    friend.click("main form button[value=yes]")
    friend.wait_for_url("**/sign-ups/*/")
    assert site.first(f"SELECT state FROM signup WHERE id = {signup}") == "cancelled"
    assert site.first(f"SELECT state FROM signup WHERE stands_in_for_id = {signup}") == "confirmed"
    page.goto("/activities/mine/")
    expect(page.locator(f"main a[href='/activities/sign-ups/{signup}/']")).to_have_count(0)
    own.close()
    other.close()


@on_phone_and_at_desk
def test_the_station_decides_and_sets_a_rule_aside(signed_in: People, site: Site, device: dict[str, Any]) -> None:
    context = signed_in.context(Role.COORDINATOR, **device)
    page = context.new_page()
    page.goto("/activities/to-decide/")
    assert_accessible(page)
    cards = page.locator("main li.card")
    number = cards.count()
    assert number >= 2
    cards.first.locator("button[value=yes]").click()
    expect(page.locator("main li.card")).to_have_count(number - 1)
    page.locator("main li.card").first.locator("[name=reason]").fill("名额有限，欢迎下次报名")
    page.locator("main li.card").first.locator("button[value=no]").click()
    expect(page.locator("main li.card")).to_have_count(number - 2)
    shift = site.first(
        "SELECT s.id FROM shift s JOIN activity a ON a.id = s.activity_id WHERE a.title LIKE '新春送福%' LIMIT 1"
    )
    person = site.first(
        "SELECT p.volunteer_number FROM person p JOIN passbook b ON b.person_id = p.id WHERE b.state = 'active' "
        "AND p.birth_date < '1990-01-01' AND p.id NOT IN (SELECT person_id FROM signup WHERE shift_id IN "
        f"(SELECT id FROM shift WHERE starts_at > datetime('now'))) AND p.id > 2000 AND {shift} > 0 ORDER BY p.id LIMIT 1"
    )
    confirmed = states(site, shift).count("confirmed")
    in_the_program(site, f"ActivityRole.objects.filter(shifts={shift}).update(requirements={{'age_max': 30}})")
    page.goto(f"/activities/shifts/{shift}/people/")
    assert_accessible(page)
    page.fill("#number", person)
    page.click("form[action$='/add-person/'] button.primary")
    expect(page.locator(".messages")).to_contain_text("周岁")
    page.click("details summary")
    page.fill("#override-number", person)
    page.fill("#override-reason", "负责人特批")
    page.click("form[action$='/override/'] button")
    expect(page.locator("main")).to_contain_text("负责人特批")
    assert_accessible(page)
    page.goto(f"/activities/{site.first(f'SELECT activity_id FROM shift WHERE id = {shift}')}/waves/")
    assert_accessible(page)
    assert states(site, shift).count("confirmed") == confirmed + 1
    context.close()
