"""Coming and going in a browser: code, own code, kiosk, leader's list, place check, no network, what was forgotten."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import Page, expect

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
from xinshi.kernel.actor import Role

TABLET = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}
TAKE_BACK = """
import django; django.setup()
from xinshi.attendance.actions import take_back_check_in
from xinshi.attendance.models import ServiceRecord
from xinshi.kernel.actor import Actor
from xinshi.people.models import User
volunteer = User.objects.get(username="volunteer").person_id
for pk in ServiceRecord.objects.filter(state="open", person_id=volunteer).values_list("pk", flat=True):
    take_back_check_in(actor=Actor.system("browser"), record_id=pk)
"""
SHIFTS = (
    TAKE_BACK
    + """
from datetime import timedelta
from xinshi.activities.actions import create_activity, sign_up_many
from xinshi.activities.domain import NewActivity, NewShift
from xinshi.kernel import clock
from xinshi.organizations.models import Organization
system, now = Actor.system("browser"), clock.now()
until = min(now + timedelta(minutes=20), clock.day_bounds(clock.today())[1] - timedelta(seconds=1))
leader = User.objects.get(username="leader").person_id
from xinshi.activities.models import SignUp
from xinshi.activities.actions import cancel_sign_up
for pk in SignUp.objects.filter(person_id=volunteer, state="confirmed", attended_at=None).values_list("pk", flat=True):
    cancel_sign_up(actor=system, signup_id=pk)
made = create_activity(actor=system, activity=NewActivity(
    title="浏览器里的导医", category="0004", place="门诊大厅", organizer_id=Organization.objects.order_by("pk")[0].pk,
    person_in_charge_id=leader, state="published",
    shifts=(NewShift(starts_at=now + timedelta(minutes=1), ends_at=until, places=5),)))
sign_up_many(actor=system, signups=[(made.shift_ids[0], volunteer)])
print(made.shift_ids[0])
"""
)
YESTERDAY = (
    TAKE_BACK
    + """
import time_machine
from datetime import timedelta
from xinshi.activities.actions import create_activity, sign_up_many
from xinshi.activities.domain import NewActivity, NewShift
from xinshi.attendance.actions import check_in
from xinshi.attendance.anomalies.actions import examine_all
from xinshi.attendance.closing.actions import close_forgotten
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.organizations.models import Organization
from xinshi.people.models import User
system = Actor.system("browser")
person = {{username: pk for username, pk in User.objects.values_list("username", "person_id")}}
starts = clock.day_bounds(clock.today())[0] - timedelta(hours=24 - {hour})
with time_machine.travel(starts - timedelta(minutes=5)):
    made = create_activity(actor=system, activity=NewActivity(
        title={title!r}, category="0004", place="门诊大厅", organizer_id=Organization.objects.order_by("pk")[0].pk,
        person_in_charge_id=person["leader"], state="published",
        shifts=(NewShift(starts_at=starts, ends_at=starts + timedelta(hours=1), places=5),)))
    (place,) = sign_up_many(actor=system, signups=[(made.shift_ids[0], person["volunteer"])])
    if {is_there}:
        check_in(actor=system, signup_ids=[place])
if {is_there}:
    close_forgotten(actor=system)
    examine_all(actor=system)
print(made.shift_ids[0])
"""
)
"""A shift of an hour yesterday with the volunteer's place; `is_there`: checked in then, and nobody checked them out."""


def python(site: Site, text: str) -> str:
    given = environment(site.database.parent, DJANGO_SETTINGS_MODULE="xinshi.config.settings")
    done = subprocess.run(
        [sys.executable, "-c", text], env=given, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout.strip()


@pytest.fixture
def shift(site: Site) -> str:
    """A shift of the leader's that begins in a minute, in which the volunteer has the one place of their day.

    Each test has its own, as a code serves a person once; whoever an earlier test checked in was not there after all.
    """
    return python(site, SHIFTS)


def code_on(page: Page) -> str:
    """What the QR code on the screen says, which is also asked for by programs."""
    number = re.search(r"/shifts/(\d+)/", page.url)
    assert number is not None
    return str(page.request.get(f"/api/v1/attendance/shifts/{number[1]}/code").json()["code"])


@pytest.mark.parametrize(("shows", "scans"), [(TABLET, PHONE), (PHONE, DESK)], ids=["to-a-phone", "to-a-desk"])
def test_a_code_on_a_screen_checks_in_who_opens_it(
    signed_in: People, site: Site, shift: str, shows: dict[str, Any], scans: dict[str, Any]
) -> None:
    tablet, phone = signed_in.context(Role.LEADER, **shows), signed_in.context(Role.VOLUNTEER, **scans)
    screen, hand = tablet.new_page(), phone.new_page()
    screen.goto(f"/attendance/shifts/{shift}/display/")
    expect(screen.locator(".qr svg")).to_be_visible()
    digits = screen.locator(".code").inner_text()
    assert re.fullmatch(r"\d{3} \d{3}", digits)
    assert_accessible(screen)
    hand.goto(f"/attendance/here/c/{code_on(screen)}/")
    expect(hand.locator(".verdict.good")).to_contain_text("浏览器里的导医")
    assert_accessible(hand)
    state = f"SELECT state || checked_in_through FROM service_record WHERE shift_id = {shift}"
    assert site.first(state) == "openqr"
    hand.goto("/attendance/here/")
    expect(hand.locator("main")).to_contain_text("已签到")
    assert_accessible(hand)
    hand.goto(f"/attendance/here/c/{'a1-3858f3c-' + '0' * 24}/")
    expect(hand.locator(".verdict.bad")).to_be_visible()
    assert_accessible(hand)
    tablet.close()
    phone.close()


@on_phone_and_at_desk
def test_who_leads_types_the_digits_of_a_volunteers_own_code(
    signed_in: People, site: Site, shift: str, device: dict[str, Any]
) -> None:
    phone, other = signed_in.context(Role.VOLUNTEER, **device), signed_in.context(Role.LEADER, **device)
    mine, leads = phone.new_page(), other.new_page()
    mine.goto("/attendance/here/my-code/")
    expect(mine.locator(".qr svg")).to_be_visible()
    assert_accessible(mine)
    leads.goto(f"/attendance/shifts/{shift}/scan/")
    assert_accessible(leads)
    leads.fill("[name=code]", mine.locator(".code").inner_text())
    leads.press("[name=code]", "Enter")
    expect(leads.locator("[data-verdict=yes]")).to_be_visible()
    assert_accessible(leads)
    leads.fill("[name=code]", "12")
    leads.press("[name=code]", "Enter")
    expect(leads.locator("[data-verdict=no]")).to_be_visible()
    phone.close()
    other.close()


@pytest.mark.parametrize(
    ("name", "sets_up", "stands"),
    [("大厅里的签到机", DESK, TABLET), ("病房里的签到机", PHONE, PHONE), ("站里的签到机", DESK, DESK)],
    ids=["tablet", "phone", "desk"],
)
def test_a_kiosk_is_set_up_and_takes_number_and_pin(
    signed_in: People, site: Site, shift: str, name: str, sets_up: dict[str, Any], stands: dict[str, Any]
) -> None:
    desk = signed_in.context(Role.COORDINATOR, **sets_up)
    page = desk.new_page()
    page.goto("/attendance/kiosks/")
    page.fill("[name=name]", name)
    page.fill("[name=place]", "门诊楼一楼")
    follow(page.locator("main form:has([name=place]) button"))
    code = page.locator(".code").inner_text()
    assert_accessible(page)
    device = signed_in.context(None, **stands)
    kiosk = device.new_page()
    kiosk.goto("/attendance/kiosk/")
    assert_accessible(kiosk)
    kiosk.fill("[name=code]", code)
    kiosk.click("main form button")
    expect(kiosk.locator(".qr svg")).to_be_visible()
    assert_accessible(kiosk)
    number = site.first(
        "SELECT volunteer_number FROM person p JOIN user_account u ON u.person_id = p.id WHERE u.username = 'volunteer'"
    )
    kiosk.fill("[name=number]", number)
    kiosk.fill("[name=pin]", "000000")
    kiosk.click("main form button")
    expect(kiosk.locator("[role=alert]").first).to_be_visible()
    kiosk.fill("[name=number]", number)
    kiosk.fill("[name=pin]", "740926")
    kiosk.click("main form button")
    expect(kiosk.locator("h1")).to_contain_text("*")
    assert_accessible(kiosk)
    kiosk.click("button[value=in]")
    expect(kiosk.locator(".verdict.good")).to_be_visible()
    assert_accessible(kiosk)
    kiosk.click("main a.primary")
    expect(kiosk.locator("[name=pin]")).to_be_visible()
    page.goto("/attendance/kiosks/")
    page.locator("tr", has_text=name).locator("button.danger").click()
    page.locator("dialog button.primary").click()
    expect(page.locator("tr", has_text=name)).to_contain_text("已停用")
    kiosk.goto("/attendance/kiosk/")
    expect(kiosk.locator("[name=code]")).to_be_visible()
    desk.close()
    device.close()


@pytest.mark.parametrize(("shows", "scans"), [(TABLET, PHONE), (DESK, DESK)], ids=["phone", "desk"])
def test_a_scan_without_a_network_is_kept_and_sent_later(
    signed_in: People, site: Site, shift: str, shows: dict[str, Any], scans: dict[str, Any]
) -> None:
    tablet, phone = signed_in.context(Role.LEADER, **shows), signed_in.context(Role.VOLUNTEER, **scans)
    screen, hand = tablet.new_page(), phone.new_page()
    screen.goto(f"/attendance/shifts/{shift}/display/")
    hand.goto("/attendance/here/")
    hand.evaluate("navigator.serviceWorker.ready.then(() => true)")
    expect(hand.locator("[data-camera]")).to_be_visible()
    code = code_on(screen)
    phone.set_offline(True)
    hand.goto(f"/attendance/here/c/{code}/")
    expect(hand.locator("[data-keep]")).to_be_visible()
    assert_accessible(hand)
    hand.click("[data-choice=in]")
    expect(hand.locator("[data-queue] li")).to_have_count(1)
    open_rows = f"SELECT count(*) FROM service_record WHERE shift_id = {shift} AND state = 'open'"
    assert site.first(open_rows) == "0"
    hand.reload()
    expect(hand.locator("[data-queue] li")).to_have_count(1)
    phone.set_offline(False)
    expect(hand.locator("main")).to_contain_text("已签到")
    assert site.first(open_rows) == "1"
    through = f"SELECT checked_in_through FROM service_record WHERE shift_id = {shift} AND state = 'open'"
    assert site.first(through) == "offline"
    expect(hand.locator("[data-queue]")).to_be_hidden()
    python(site, TAKE_BACK)
    phone.set_offline(True)
    hand.goto(f"/attendance/here/c/{code}/")
    hand.click("[data-choice=in]")
    expect(hand.locator("[data-queue] li")).to_have_count(1)
    phone.set_offline(False)
    expect(hand.locator(".notice.bad[data-said]")).to_contain_text("撤回")
    assert site.first(open_rows) == "0"
    tablet.close()
    phone.close()


@pytest.mark.parametrize(("hour", "device"), [(3, PHONE), (5, DESK)], ids=["phone", "desk"])
def test_who_leads_checks_in_by_the_list_also_afterwards(
    signed_in: People, site: Site, shift: str, hour: int, device: dict[str, Any]
) -> None:
    context = signed_in.context(Role.LEADER, **device)
    page = context.new_page()
    page.goto(f"/attendance/shifts/{shift}/")
    line = page.locator("li.list-line")
    for _ in range(2):
        line.locator("form[action$='/check-in/'] button").click()
        line.locator("form[action$='/take-back/'] button").click()
        expect(line.locator("form[action$='/check-in/']")).to_have_count(1)
    assert_accessible(page)

    past = python(site, YESTERDAY.format(hour=hour, title=f"昨天的导医（{hour}）", is_there=False))
    page.goto(f"/attendance/shifts/{past}/")
    line.locator("[name=at]").fill(f"0{hour}:10")
    line.locator("form[action$='/check-in/'] button").click()
    line.locator("form[action$='/check-out/'] [name=at]").fill(f"0{hour}:50")
    assert_accessible(page)
    line.locator("form[action$='/check-out/'] button").click()
    follow(line.locator("a[href*='/attendance/records/']"))
    assert_accessible(page)
    found = f"SELECT state || present_minutes || checked_in_through FROM service_record WHERE shift_id = {past}"
    assert site.first(found) == "submitted40leader"
    context.close()


@on_phone_and_at_desk
def test_where_the_place_is_asked_for_who_is_elsewhere_is_refused(
    signed_in: People, site: Site, shift: str, device: dict[str, Any]
) -> None:
    name = "滨江义诊点" if device is PHONE else "城北义诊点"
    station, leads = signed_in.context(Role.COORDINATOR, **device), signed_in.context(Role.LEADER, **device)
    page, leader = station.new_page(), leads.new_page()
    page.goto("/attendance/sites/")
    page.fill("[name=name]", name)
    page.fill("[name=latitude]", "30.200000")
    page.fill("[name=longitude]", "120.200000")
    page.select_option("[name=datum]", "wgs84")
    follow(page.locator("main form button.primary"))
    expect(page.locator("tr", has_text=name)).to_have_count(1)
    assert_accessible(page)
    activity = site.first(f"SELECT activity_id FROM shift WHERE id = {shift}")
    leader.goto(f"/attendance/activities/{activity}/site/")
    leader.select_option("[name=site]", label=name)
    leader.check("[name=is_demanded]")
    assert_accessible(leader)
    follow(leader.locator("main form button.primary"))

    leader.goto(f"/attendance/shifts/{shift}/display/")
    state = f"SELECT count(*) FROM service_record WHERE shift_id = {shift} AND state = 'open'"
    for latitude, verdict, there in ((30.3, "bad", "0"), (30.2001, "good", "1")):
        where = {"latitude": latitude, "longitude": 120.2, "accuracy": 20}
        hand = signed_in.context(Role.VOLUNTEER, permissions=["geolocation"], geolocation=where, **device)
        scanned = hand.new_page()
        scanned.goto(f"/attendance/here/c/{code_on(leader)}/")
        expect(scanned.locator("main")).to_contain_text(name)
        assert_accessible(scanned)
        scanned.click("[data-scanned] button")
        expect(scanned.locator(f".verdict.{verdict}")).to_be_visible()
        assert_accessible(scanned)
        assert site.first(state) == there
        hand.close()
    trace = f"SELECT place FROM presence_trace WHERE shift_id = {shift} ORDER BY id DESC LIMIT 1"
    assert site.first(trace) == "inside"
    station.close()
    leads.close()


@pytest.mark.parametrize(("hour", "device"), [(1, PHONE), (7, DESK)], ids=["phone", "desk"])
def test_a_forgotten_check_out_is_closed_by_rule_told_and_decided_upon(
    signed_in: People, site: Site, hour: int, device: dict[str, Any]
) -> None:
    title = f"忘记签退的导医（{hour}）"
    shift = python(site, YESTERDAY.format(hour=hour, title=title, is_there=True))
    closed = f"SELECT state || hours_kind || checked_out_through FROM service_record WHERE shift_id = {shift}"
    assert site.first(closed) == "submittedhonoraryrule"
    mine, station = signed_in.context(Role.VOLUNTEER, **device), signed_in.context(Role.COORDINATOR, **device)
    page, desk = mine.new_page(), station.new_page()
    page.goto("/messages/")
    told = page.locator("main li.card", has_text=title)
    follow(told.locator("form[action$='/read/'] button"))
    expect(page).to_have_url(re.compile(r"/attendance/records/\d+/$"))
    assert_accessible(page)

    desk.goto("/attendance/anomalies/")
    follow(desk.locator("main nav a[href='?kind=closed_by_rule']"))
    card = desk.locator("main li.card", has_text=title)
    assert_accessible(desk)
    card.locator("[name=note]").fill("负责人看着离开的")
    card.locator("button.primary").click()
    expect(desk.locator(".notice.good, .message").first).to_be_visible()
    expect(card).to_have_count(0)
    assert_accessible(desk)
    decided = (
        f"SELECT a.state FROM presence_anomaly a JOIN service_record r ON r.id = a.record_id WHERE r.shift_id = {shift}"
    )
    assert site.first(decided) == "accepted"
    mine.close()
    station.close()
