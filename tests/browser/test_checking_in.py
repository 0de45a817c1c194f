"""Coming and going in a browser: the code on a tablet and a phone, a kiosk with PIN, a phone without a network."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Site, assert_accessible, environment, follow
from xinshi.kernel.actor import Role

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
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


def test_a_code_on_the_tablet_checks_a_phone_in(signed_in: People, site: Site, shift: str) -> None:
    tablet, phone = signed_in.context(Role.LEADER, **TABLET), signed_in.context(Role.VOLUNTEER, **PHONE)
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


def test_who_leads_types_the_digits_of_a_volunteers_own_code(signed_in: People, site: Site, shift: str) -> None:
    phone, other = signed_in.context(Role.VOLUNTEER, **PHONE), signed_in.context(Role.LEADER, **PHONE)
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


def test_a_kiosk_is_set_up_and_takes_number_and_pin(signed_in: People, site: Site, shift: str) -> None:
    desk = signed_in.context(Role.COORDINATOR)
    page = desk.new_page()
    page.goto("/attendance/kiosks/")
    page.fill("[name=name]", "浏览器里的签到机")
    page.fill("[name=place]", "门诊楼一楼")
    follow(page.locator("main form:has([name=place]) button"))
    code = page.locator(".code").inner_text()
    assert_accessible(page)
    device = signed_in.context(None, **TABLET)
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
    page.locator("tr", has_text="浏览器里的签到机").locator("button.danger").click()
    page.locator("dialog button.primary").click()
    expect(page.locator("tr", has_text="浏览器里的签到机")).to_contain_text("已停用")
    kiosk.goto("/attendance/kiosk/")
    expect(kiosk.locator("[name=code]")).to_be_visible()
    desk.close()
    device.close()


def test_a_phone_keeps_a_scan_without_a_network_and_sends_it_later(signed_in: People, site: Site, shift: str) -> None:
    tablet, phone = signed_in.context(Role.LEADER, **TABLET), signed_in.context(Role.VOLUNTEER, **PHONE)
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


def test_what_looks_odd_is_decided_at_the_desk(signed_in: People, site: Site) -> None:
    desk = signed_in.context(Role.COORDINATOR)
    page = desk.new_page()
    page.goto("/attendance/anomalies/?kind=closed_by_rule")
    cards = page.locator("ul.grid > li")
    before = cards.count()
    assert before >= 1
    cards.first.locator("[name=note]").fill("负责人看着离开的")
    cards.first.locator("button.primary").click()
    expect(page.locator(".notice.good, .message").first).to_be_visible()
    expect(page.locator("ul.grid > li")).to_have_count(before - 1)
    desk.close()
