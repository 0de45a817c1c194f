"""Signing up in a browser: on a phone refused with what helps, a waiting list, an offer; a stand-in; the desk decides."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

from playwright.sync_api import expect

from tests.browser.conftest import People, Site, assert_accessible, environment, follow
from xinshi.kernel.actor import Role

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


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


def test_refused_with_what_helps_then_waiting_then_offered_then_mine(signed_in: People, site: Site) -> None:
    shift = site.first(
        "SELECT s.id FROM shift s JOIN activity a ON a.id = s.activity_id "
        "WHERE a.title LIKE '%伴诊%' ORDER BY s.starts_at DESC LIMIT 1"
    )
    context = signed_in.context(Role.VOLUNTEER, **PHONE)
    page = context.new_page()
    page.goto("/activities/")
    assert_accessible(page)
    expect(page.locator(f"#shift-{shift}")).to_have_count(0)
    follow(page.locator("nav.tabs a:not([aria-current])"))
    assert_accessible(page)
    page.click(f"#shift-{shift} button[formaction$='/wait/']")
    expect(page.locator(".messages")).to_contain_text("候补")
    page.goto("/activities/mine/")
    expect(page.locator("main")).to_contain_text("候补第")
    assert_accessible(page)
    in_the_program(
        site,
        "from xinshi.activities.actions import cancel_sign_up; "
        f"rows = SignUp.objects.filter(shift_id={shift}); "
        "[cancel_sign_up(actor=Actor.system('station'), signup_id=row.pk) for row in rows.filter(state='waiting')"
        ".exclude(person__user__username='volunteer')]; "
        "cancel_sign_up(actor=Actor.system('station'), signup_id=rows.filter(state='confirmed').first().pk)",
    )
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
    context.close()


def test_who_cannot_come_finds_a_stand_in(signed_in: People, site: Site) -> None:
    signup = site.first(
        "SELECT u.id FROM signup u JOIN user_account a ON a.person_id = u.person_id JOIN shift s ON s.id = u.shift_id "
        "WHERE a.username = 'volunteer' AND u.state = 'confirmed' AND s.starts_at > datetime('now', '+1 hour') "
        "ORDER BY s.starts_at DESC LIMIT 1"
    )
    phone = signed_in.context(Role.VOLUNTEER, **PHONE)
    page = phone.new_page()
    page.goto(f"/activities/sign-ups/{signup}/")
    page.fill("[name=reason]", "发烧")
    assert_accessible(page)
    page.click(f"form[action$='/sign-ups/{signup}/stand-in/'] button")
    expect(page.locator(f"form[action$='/sign-ups/{signup}/can-come/']")).to_be_visible()
    assert_accessible(page)
    in_the_program(
        site,
        f"a = StandInAsk.objects.filter(search__signup_id={signup}).first(); "
        "StandInAsk.objects.filter(search=a.search, state='asked').exclude(pk=a.pk).update(state='lapsed'); "
        "from xinshi.people.models import User; leader = User.objects.get(username='leader'); "
        "StandInAsk.objects.filter(pk=a.pk).update(person_id=leader.person_id)",
    )
    ask = site.first(  # The worker may ask others meanwhile.
        "SELECT k.id FROM stand_in_ask k JOIN stand_in_search s ON s.id = k.search_id "
        "JOIN user_account a ON a.person_id = k.person_id "
        f"WHERE s.signup_id = {signup} AND a.username = 'leader' AND k.state = 'asked'"
    )
    other = signed_in.context(Role.LEADER, **PHONE)
    asked = other.new_page()
    asked.goto(f"/activities/stand-in/{ask}/")
    assert_accessible(asked)
    asked.click("main form button[value=yes]")
    asked.wait_for_url("**/sign-ups/*/")
    assert site.first(f"SELECT state FROM signup WHERE id = {signup}") == "cancelled"
    assert site.first(f"SELECT state FROM signup WHERE stands_in_for_id = {signup}") == "confirmed"
    phone.close()
    other.close()


def test_the_desk_decides_and_sets_a_rule_aside(signed_in: People, site: Site) -> None:
    context = signed_in.context(Role.COORDINATOR)
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
    assert states(site, shift).count("confirmed") == 13
    context.close()
