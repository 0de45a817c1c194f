"""Something in the passbook is wrong: a volunteer asks on a phone, who approved it may not answer, somebody else does."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Site, assert_accessible, follow
from xinshi.kernel.actor import Role

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
USER_OF = "SELECT id FROM user_account WHERE username = '{}'"
REASON = "已核对当天的签到表，同意更正。"


def photo() -> bytes:
    """A real picture: a grey PNG of 60 × 40."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + bytes([120]) * 60 for _ in range(40))
    head = struct.pack(">IIBBBBB", 60, 40, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def change_role(people: People, user_id: str, role: str, wanted: str) -> None:
    context = people.context(Role.ADMINISTRATOR)
    page = context.new_page()
    page.goto(f"/people/users/{user_id}/")
    form = page.locator("form", has=page.locator(f"input[name=role][value={role}]"))
    form.locator(f"button[value={wanted}]").click()
    page.wait_for_load_state()
    context.close()


@pytest.fixture
def second_coordinator(signed_in: People, site: Site) -> Iterator[None]:
    """The clerk is a coordinator too, for as long as the test lasts."""
    clerk = site.first(USER_OF.format("clerk"))
    change_role(signed_in, clerk, "coordinator", "grant")
    yield
    change_role(signed_in, clerk, "coordinator", "revoke")


def ask(page: Page, tmp_path: Path, *, until: str, line: int) -> str:
    """From a line of the passbook, the newest is 0, to a request with a photo; returns its number."""
    page.goto("/bank/")
    page.locator(".book-line:not(.is-taken-back) .book-what a[href*='/bank/deposits/']").nth(line).click()
    follow(page.locator("a[href*='/appeals/ask/?about=deposit']"))
    assert_accessible(page)
    page.locator("input[name=kind][value=record]").check()
    page.fill("[name=ends]", until)
    page.fill("[name=text]", "我提前半小时离开了，签退时间记晚了。")
    (tmp_path / "list.png").write_bytes(photo())
    page.set_input_files("[name=evidence]", tmp_path / "list.png")
    page.click("main form[enctype] button.primary")
    expect(page).to_have_url(re.compile(r"/appeals/requests/\d+/"))
    found = re.search(r"/requests/(\d+)/", page.url)
    assert found is not None
    return found.group(1)


def answer(page: Page, request_id: str, *, choice: str, text: str) -> None:
    page.goto("/appeals/desk/")
    page.locator(f"a[href='/appeals/requests/{request_id}/answer/']").click()
    page.locator(f"input[name=answer][value={choice}]").check()
    page.fill("[name=text]", text)
    page.click("main form[method=post] button.primary")
    expect(page).to_have_url(re.compile(rf"/appeals/requests/{request_id}/$"))


@pytest.mark.usefixtures("second_coordinator")
def test_a_wrong_line_is_put_right_by_somebody_who_had_no_part_in_it(
    signed_in: People, site: Site, tmp_path: Path
) -> None:
    phone = signed_in.context(Role.VOLUNTEER, **PHONE)
    page = phone.new_page()
    request_id = ask(page, tmp_path, until="10:00", line=0)
    expect(page.locator(".trail > li")).to_have_count(1)
    expect(page.locator("main img").first).to_have_js_property("naturalWidth", 60)
    assert_accessible(page)

    approver = signed_in.context(Role.COORDINATOR)
    desk = approver.new_page()
    desk.goto("/appeals/desk/")
    expect(desk.locator(f"a[href*='/requests/{request_id}/']")).to_have_count(0)
    assert desk.goto(f"/appeals/requests/{request_id}/answer/").status == 404  # type: ignore[union-attr]
    desk.goto(f"/appeals/requests/{request_id}/")
    expect(desk.locator(".notice.warn")).to_contain_text("您参与过此事")
    approver.close()

    other = signed_in.context(Role.CLERK)
    judge = other.new_page()
    answer(judge, request_id, choice="more", text="请说明当天和谁在一起。")
    page.reload()
    expect(page.locator("main")).to_contain_text("请说明当天和谁在一起。")
    page.fill("[name=text]", "和门诊的王护士在一起，她可以作证。")
    page.click(f"form[action$='/requests/{request_id}/more/'] button")
    expect(page.locator(".trail > li")).to_have_count(3)
    judge.goto(f"/appeals/requests/{request_id}/answer/")
    assert_accessible(judge)
    answer(judge, request_id, choice="grant", text=REASON)
    assert_accessible(judge)
    other.close()

    page.goto("/bank/")
    expect(page.locator(".book-line.is-taken-back").first).to_be_visible()
    expect(page.locator(".book-lines")).to_contain_text("+1.5")
    page.goto(f"/appeals/requests/{request_id}/")
    expect(page.locator(".trail > li")).to_have_count(4)
    expect(page.locator("main")).to_contain_text(REASON)
    expect(page.locator("main")).not_to_contain_text("clerk")
    page.click(".notice a[href*='/attendance/records/']")
    expect(page.locator("h1")).to_have_text("服务记录")
    state = f"SELECT state FROM correction_request WHERE id = {request_id}"
    assert site.first(state) == "granted"
    replaced = (
        "SELECT o.state FROM service_record o JOIN service_record s ON s.replaces_id = o.id "
        f"JOIN correction_request c ON c.new_record_id = s.id WHERE c.id = {request_id}"
    )
    assert site.first(replaced) == "replaced"
    phone.close()


@pytest.mark.usefixtures("second_coordinator")
def test_an_answer_that_grants_nothing_is_appealed_against(signed_in: People, site: Site, tmp_path: Path) -> None:
    phone = signed_in.context(Role.VOLUNTEER, **PHONE)
    page = phone.new_page()
    request_id = ask(page, tmp_path, until="10:00", line=5)
    other = signed_in.context(Role.CLERK)
    answer(other.new_page(), request_id, choice="refuse", text="签到表上写的是十二点，无法同意。")
    other.close()
    page.goto(f"/appeals/requests/{request_id}/")
    follow(page.locator(f"a[href='/appeals/requests/{request_id}/appeal/']"))
    assert_accessible(page)
    page.fill("[name=text]", "签到表是事后补写的，请再看照片。")
    page.click("main form[enctype] button.primary")
    expect(page.locator("h1")).to_have_text("申诉")
    assert_accessible(page)
    page.locator("form[action$='/withdraw/'] button").click()
    expect(page.locator("main")).to_contain_text("已撤回")
    page.goto("/appeals/mine/")
    assert page.locator("main .card").count() >= 2
    assert_accessible(page)
    phone.close()
