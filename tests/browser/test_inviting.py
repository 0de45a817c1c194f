"""A plan becomes invitations: published at the desk, accepted on a phone, given back, and filled again by one click."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import People, Site, assert_accessible, follow
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
INVITED = (
    "SELECT i.id FROM plan_invitation i JOIN user_account u ON u.person_id = i.person_id "
    "JOIN signup s ON s.id = i.signup_id WHERE u.username = 'volunteer' AND s.state = 'offered' ORDER BY i.id LIMIT 1"
)


def test_a_proposal_is_published_and_everybody_in_it_is_asked(signed_in: People, site: Site) -> None:
    proposal = site.first(
        "SELECT v.id FROM plan_version v WHERE v.state = 'done' AND EXISTS "
        "(SELECT 1 FROM plan_assignment a WHERE a.version_id = v.id) ORDER BY v.id DESC LIMIT 1"
    )
    station = signed_in.context(Role.COORDINATOR, **DESK)
    desk = station.new_page()
    desk.goto(f"/scheduling/plans/{proposal}/")
    follow(desk.locator("a[href$='/publish/']"))
    assert_accessible(desk)
    desk.fill("[name=day]", (clock.today() + timedelta(days=1)).isoformat())
    desk.click("main form button.primary")
    expect(desk).to_have_url(re.compile(rf"/scheduling/plans/{proposal}/invitations/$"))
    expect(desk.locator("main")).to_contain_text("尚未答复")
    asked = site.first(f"SELECT count(*) FROM plan_invitation WHERE version_id = {proposal} AND signup_id IS NOT NULL")
    assert int(asked) > 0
    assert_accessible(desk)
    station.close()


def test_a_volunteer_accepts_on_the_phone_drops_out_and_is_replaced_at_once(signed_in: People, site: Site) -> None:
    invitation = site.first(INVITED)
    shift = site.first(f"SELECT shift_id FROM plan_invitation WHERE id = {invitation}")
    phone = signed_in.context(Role.VOLUNTEER, **PHONE)
    page = phone.new_page()
    page.goto("/scheduling/mine/")
    assert_accessible(page)
    form = page.locator(f"form[action='/scheduling/invitations/{invitation}/answer/']")
    form.locator("button[value=yes]").click()
    expect(page.locator("main .pill.good", has_text="您已同意").first).to_be_visible()
    state = f"SELECT s.state FROM signup s JOIN plan_invitation i ON i.signup_id = s.id WHERE i.id = {invitation}"
    assert site.first(state) == "confirmed"
    signup = site.first(f"SELECT signup_id FROM plan_invitation WHERE id = {invitation}")
    page.goto(f"/activities/sign-ups/{signup}/")
    page.locator(f"form[action='/activities/sign-ups/{signup}/cancel/'] button").click()
    page.locator("dialog button.primary").click()
    expect(page.locator("main .pill", has_text="已取消").first).to_be_visible()
    phone.close()

    station = signed_in.context(Role.COORDINATOR, **DESK)
    desk = station.new_page()
    desk.goto("/scheduling/invitations/")
    follow(desk.locator(f"a[href='/scheduling/shifts/{shift}/refill/']").first)
    assert_accessible(desk)
    expect(desk.locator("main ol.agenda > li")).not_to_have_count(0)
    before = int(site.first(f"SELECT count(*) FROM plan_invitation WHERE shift_id = {shift}"))
    desk.locator("main ol.agenda button.primary").click()
    expect(desk).to_have_url(re.compile(r"/refill/$"))
    expect(desk.locator("#asked + ul")).to_contain_text("尚未答复")
    assert int(site.first(f"SELECT count(*) FROM plan_invitation WHERE shift_id = {shift}")) == before + 1
    station.close()
