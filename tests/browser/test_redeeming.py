"""Redeeming in a browser: a volunteer on a phone, the clerk at the desk, a waiting list, a manager's limit, a statement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import segno
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.browser.conftest import CHROMIUM, LAUNCH, People, Site, assert_accessible
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
NAME = "浏览器里的口腔检查"


def offer(signed_in: People, name: str, *, days: int) -> str:
    """The coordinator offers a benefit of one place on each of `days` days from today on; its number."""
    context = signed_in.context(Role.COORDINATOR)
    page = context.new_page()
    page.goto("/benefits/manage/new/")
    page.fill("[name=name]", name)
    page.select_option("[name=kind]", "health_check")
    page.select_option("[name=provider]", index=1)
    page.fill("[name=handout]", "检查单一张")
    page.fill("[name=price]", "1")
    page.select_option("[name=supply]", "dated")
    page.click("details:has([name=for_relatives]) summary")
    page.check("[name=for_relatives]")
    assert_accessible(page)
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(r"/benefits/manage/\d+/slots/"))
    page.fill("[name=first]", clock.today().isoformat())
    page.fill("[name=last]", (clock.today() + timedelta(days=days - 1)).isoformat())
    page.fill("[name=places]", "1")
    page.click("main form[method=post] button.primary")
    expect(page.locator("table tbody tr")).to_have_count(days)
    number = re.search(r"/manage/(\d+)/", page.url)
    assert number is not None
    context.close()
    return number.group(1)


def slots(site: Site, benefit: str) -> list[str]:
    return [
        site.first(f"SELECT id FROM benefit_slot WHERE benefit_id = {benefit} ORDER BY day LIMIT 1 OFFSET {place}")
        for place in range(2)
    ]


def reserve(page: Page, benefit: str, slot: str, *, relative: str = "") -> str:
    """The short code of the voucher."""
    page.goto(f"/benefits/{benefit}/")
    page.check(f"input[name=slot][value='{slot}']")
    expect(page.locator("[name=relative_name]")).to_be_hidden()
    if relative:
        page.select_option("[name=relation]", "parent")
        page.fill("[name=relative_name]", relative)
        page.fill("[name=relative_digits]", "123X")
    assert_accessible(page)
    page.click("form[action$='/reserve/'] button")
    expect(page.locator(".qr svg")).to_be_visible()
    assert_accessible(page)
    return page.locator(".code").inner_text()


def test_a_health_check_is_reserved_on_a_phone_and_redeemed_once_by_keyboard(signed_in: People, site: Site) -> None:
    benefit = offer(signed_in, f"{NAME}一", days=2)
    context = signed_in.context(Role.VOLUNTEER, **PHONE)
    page = context.new_page()
    code = reserve(page, benefit, slots(site, benefit)[0], relative="张桂兰")
    expect(page.locator("main")).to_contain_text("张*")
    expect(page.locator("main")).not_to_contain_text("张桂兰")
    context.close()
    desk_context = signed_in.context(Role.CLERK)
    desk = desk_context.new_page()
    desk.goto("/benefits/desk/")
    desk.keyboard.type(code.lower())
    desk.keyboard.press("Enter")
    expect(desk.locator(".verdict.good")).to_contain_text("张桂兰")
    expect(desk.locator(".verdict.good")).to_contain_text("检查单一张")
    assert_accessible(desk)
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(r"\?done=\d+"))
    expect(desk.locator(".verdict.good")).to_be_visible()
    assert_accessible(desk)
    desk.keyboard.type(code)
    desk.keyboard.press("Enter")
    expect(desk.locator(".verdict.bad")).to_be_visible()
    assert_accessible(desk)
    desk.click("a[href$='/undo/'] >> nth=0")
    desk.fill("[name=reason]", "扫错了")
    assert_accessible(desk)
    desk.click("main form[method=post] button.danger")
    expect(desk).to_have_url(re.compile(r"/benefits/desk/$"))
    desk_context.close()
    state = f"SELECT state FROM voucher WHERE benefit_id = {benefit}"
    assert site.first(state) == "refunded"


def test_two_volunteers_and_one_place(signed_in: People, site: Site) -> None:
    benefit = offer(signed_in, f"{NAME}二", days=2)
    slot = slots(site, benefit)[1]
    first, second = signed_in.context(Role.VOLUNTEER, **PHONE), signed_in.context(Role.LEADER, **PHONE)
    holder, waiter = first.new_page(), second.new_page()
    reserve(holder, benefit, slot)
    waiter.goto(f"/benefits/{benefit}/")
    assert_accessible(waiter)
    waiter.click("form[action$='/wait/'] button")
    expect(waiter.locator(".figure b")).to_have_text("1")
    assert_accessible(waiter)
    waiting = waiter.url
    holder.click("a[href$='/cancel/']")
    holder.click("main form[method=post] button.danger")
    expect(holder).to_have_url(re.compile(r"/benefits/vouchers/$"))
    waiter.goto("/messages/")
    expect(waiter.locator("main")).to_contain_text(f"{NAME}二")
    waiter.goto("/benefits/waiting/")
    assert_accessible(waiter)
    waiter.goto(waiting)
    assert_accessible(waiter)
    waiter.click("form[action$='/accept/'] button")
    expect(waiter.locator(".qr svg")).to_be_visible()
    holder.goto(f"/benefits/{benefit}/")
    expect(holder.locator(f"input[type=radio][name=slot][value='{slot}']")).to_be_disabled()
    first.close()
    second.close()


def test_a_manager_limits_it_and_the_volunteer_reads_what_is_left(signed_in: People, site: Site) -> None:
    benefit = offer(signed_in, f"{NAME}三", days=2)
    context = signed_in.context(Role.COORDINATOR)
    page = context.new_page()
    page.goto(f"/benefits/manage/{benefit}/")
    page.click("details:has([name=limit_pieces]) summary")
    page.fill("[name=limit_pieces]", "1")
    page.select_option("[name=limit_period]", "ever")
    page.fill("[name=budget_pieces]", "5")
    page.select_option("[name=budget_period]", "year")
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(r"/benefits/manage/$"))
    assert_accessible(page)
    phone = signed_in.context(Role.VOLUNTEER, **PHONE)
    volunteer = phone.new_page()
    reserve(volunteer, benefit, slots(site, benefit)[0])
    volunteer.goto(f"/benefits/{benefit}/")
    expect(volunteer.locator(".notice.warn")).to_contain_text("1 份")
    expect(volunteer.locator("form[action$='/reserve/']")).to_have_count(0)
    assert_accessible(volunteer)
    page.goto("/benefits/statements/")
    page.select_option("[name=provider]", index=0)
    page.fill("[name=month]", f"{clock.today():%Y-%m}")
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(r"/benefits/statements/\d+/$"))
    assert_accessible(page)
    sheet = context.request.get(f"{page.url}statement.xlsx")
    assert sheet.body().startswith(b"PK")
    phone.close()
    context.close()


def film_of(text: str, target: Path) -> Path:
    """A film in which somebody holds a QR code still before the camera."""
    width, height, scale, border = 640, 480, 8, 4
    rows = [bytes(row) for row in segno.make(text, error="m").matrix]
    side = (len(rows) + 2 * border) * scale
    left, top = (width - side) // 2, (height - side) // 2
    luma = bytearray(b"\xeb" * (width * height))
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                for line in range(scale):
                    start = (top + (y + border) * scale + line) * width + left + (x + border) * scale
                    luma[start : start + scale] = b"\x10" * scale
    frame = b"FRAME\n" + bytes(luma) + b"\x80" * (width * height // 2)
    target.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420\n".encode() + frame * 10)
    return target


@pytest.fixture
def desk_with_camera(
    playwright: Playwright, signed_in: People, site: Site, tmp_path: Path
) -> Iterator[tuple[BrowserContext, str]]:
    """A clerk's browser before whose camera a reserved voucher of the demo hospital is held, and its code."""
    code = site.first("SELECT short_code FROM voucher WHERE state = 'reserved' AND slot_id IS NULL ORDER BY id LIMIT 1")
    film = film_of(f"{site.address}/benefits/v/{code}/", tmp_path / "camera.y4m")
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=[*LAUNCH, *camera, f"--use-file-for-fake-video-capture={film}"],
    )
    context = browser.new_context(
        base_url=site.address, locale="zh-CN", permissions=["camera"], storage_state=signed_in.state(Role.CLERK)
    )
    yield context, code
    browser.close()


def test_the_camera_reads_the_code_with_what_this_site_serves(desk_with_camera: tuple[BrowserContext, str]) -> None:
    context, code = desk_with_camera
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/benefits/desk/")
    page.click("[data-camera-start]")
    expect(page.locator(".verdict.good")).to_be_visible(timeout=20_000)
    assert code in page.url
    assert all(url.startswith((page.url.split("/benefits/")[0], "data:", "blob:")) for url in asked)
    assert any(url.endswith(".wasm") for url in asked)


def test_without_the_module_typing_still_works(desk_with_camera: tuple[BrowserContext, str]) -> None:
    context, code = desk_with_camera
    page = context.new_page()
    page.route("**/*.wasm", lambda route: route.abort())
    page.goto("/benefits/desk/")
    page.click("[data-camera-start]")
    expect(page.locator("[data-camera-says]")).to_contain_text("短码")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.locator(".verdict.good")).to_be_visible()
