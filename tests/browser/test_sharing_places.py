"""Places that are shared out: in waves, to a group, and a calendar that follows, on a phone and at a desk."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, People, Site, assert_accessible, follow, on_phone_and_at_desk
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

NUMBER = "SELECT p.volunteer_number FROM person p JOIN user_account u ON u.person_id = p.id WHERE u.username = 'leader'"


def new_activity(
    page: Page, site: Site, title: str, days: int, *, places: int = 4, reserve: int = 0, programme: str = ""
) -> str:
    """A draft with one shift in so many days; its address."""
    page.goto("/activities/new/")
    page.fill("[name=title]", title)
    page.select_option("[name=category]", "0004")
    page.select_option("[name=programme]", label=programme or "–")
    page.fill("[name=place]", "门诊楼一楼大厅")
    page.select_option("[name=organizer]", index=1)
    page.select_option(
        "[name=person_in_charge]", site.first("SELECT person_id FROM user_account WHERE username = 'leader'")
    )
    page.select_option("[name=hours_kind]", "verified")
    page.fill("[name$='-0-day']", (clock.today() + timedelta(days=days)).isoformat())
    page.fill("[name$='-0-starts']", "09:00")
    page.fill("[name$='-0-ends']", "11:00")
    page.fill("[name$='-0-places']", str(places))
    page.fill("[name$='-0-reserve']", str(reserve))
    follow(page.locator("main form[method=post] button.primary"))
    expect(page.locator("h1")).to_have_text(title)
    return page.url


def publish(page: Page) -> None:
    follow(page.locator("form[action$='/publish/'] button"))
    expect(page.locator("form[action$='/publish/']")).to_have_count(0)


@pytest.mark.parametrize(
    ("days", "desks", "hands"),
    [(51, DESK, PHONE), (53, PHONE, DESK)],
    ids=["opened-at-desk", "opened-on-phone"],
)
def test_an_activity_opens_to_newcomers_first_and_then_to_everybody(
    signed_in: People, site: Site, days: int, desks: dict[str, Any], hands: dict[str, Any]
) -> None:
    station, hand = signed_in.context(Role.COORDINATOR, **desks), signed_in.context(Role.VOLUNTEER, **hands)
    page, volunteer = station.new_page(), hand.new_page()
    activity = new_activity(page, site, f"分批开放的导医（{days}）", days)
    follow(page.locator("a[href$='/waves/']"))
    now = clock.now().astimezone(clock.HOSPITAL_ZONE)
    for wave, audience, opens in (
        (0, "newcomers", now - timedelta(hours=1)),
        (1, "everybody", now + timedelta(days=3)),
    ):
        page.fill(f"[name=wave-{wave}-opens_at]", f"{opens:%Y-%m-%dT%H:%M}")
        page.select_option(f"[name=wave-{wave}-audience]", audience)
    page.select_option("[name=quota-0-organization]", index=1)
    page.fill("[name=quota-0-places]", "1")
    follow(page.locator("main form button.primary"))
    publish(page)

    volunteer.goto(activity)
    expect(volunteer.locator("main")).to_contain_text(f"{now + timedelta(days=3):%H:%M}")
    expect(volunteer.locator("form[action$='/sign-up/']")).to_have_count(0)
    assert_accessible(volunteer)

    follow(page.locator("a[href$='/waves/']"))
    page.fill("[name=wave-1-opens_at]", f"{now - timedelta(minutes=5):%Y-%m-%dT%H:%M}")
    follow(page.locator("main form button.primary"))
    volunteer.reload()
    volunteer.click("form[action$='/sign-up/'] button")
    expect(volunteer.locator("li.shift .notice.good")).to_be_visible()
    station.close()
    hand.close()


@pytest.mark.parametrize(("days", "device"), [(55, PHONE), (57, DESK)], ids=["phone", "desk"])
def test_a_group_takes_places_together_and_who_is_named_says_yes(
    signed_in: People, site: Site, days: int, device: dict[str, Any]
) -> None:
    station = signed_in.context(Role.COORDINATOR)
    page = station.new_page()
    activity = new_activity(page, site, f"一起来的导医（{days}）", days)
    publish(page)
    station.close()

    own, others = signed_in.context(Role.VOLUNTEER, **device), signed_in.context(Role.LEADER, **device)
    volunteer, friend = own.new_page(), others.new_page()
    volunteer.goto(activity)
    follow(volunteer.locator("main a[href$='/group/']"))
    volunteer.fill("[name=name]", "同班三人")
    volunteer.fill("[name=hold]", "2")
    assert_accessible(volunteer)
    follow(volunteer.locator("main form button.primary"))
    expect(volunteer).to_have_url(re.compile(r"/activities/groups/[\w-]+/$"))
    volunteer.fill("[name=numbers]", site.first(NUMBER))
    assert_accessible(volunteer)
    follow(volunteer.locator("main form button.primary"))
    friend.goto("/activities/mine/")
    card = friend.locator("main li.card", has_text=f"一起来的导医（{days}）")
    follow(card.locator("button[value=yes]"))
    state = (
        "SELECT u.state FROM signup u JOIN user_account a ON a.person_id = u.person_id JOIN shift s ON s.id = u.shift_id "
        f"WHERE a.username = 'leader' AND s.activity_id = {activity.rstrip('/').rsplit('/', 1)[-1]}"
    )
    assert site.first(state) == "confirmed"
    volunteer.locator("button[name=give_back]").click()
    follow(volunteer.locator("dialog button.primary"))
    expect(volunteer.locator("main .empty")).to_be_visible()
    own.close()
    others.close()


@on_phone_and_at_desk
def test_ones_calendar_follows_by_a_secret_address_until_it_is_revoked(
    signed_in: People, device: dict[str, Any]
) -> None:
    context = signed_in.context(Role.VOLUNTEER, **device)
    page = context.new_page()
    page.goto("/activities/mine/")
    follow(page.locator("main a[href='/activities/calendars/']"))
    follow(page.locator("main section form button").first)
    address = page.locator("section[role=status] code").inner_text()
    assert_accessible(page)
    stranger = signed_in.context(None)
    calendar = stranger.request.get(address)
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert calendar.text().startswith("BEGIN:VCALENDAR")
    follow(page.locator("form[action$='/revoke/'] button"))
    assert stranger.request.get(address).status == 404
    stranger.close()
    context.close()
