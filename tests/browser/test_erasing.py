"""Somebody takes a copy of their data on the phone and has it deleted; two people at the desk decide."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import People, Site, assert_accessible, follow
from tests.browser.test_registering import PHONE_LOOK, activate, id_number, opened, register
from xinshi.kernel.actor import Role

NAME, PHONE = "冯别离", "13700010021"
NUMBER = id_number(21, born="19920809")


def test_a_copy_is_taken_and_two_people_delete_the_rest(signed_in: People, site: Site, tmp_path: Path) -> None:
    with opened(signed_in, None, "/bank/register/", **PHONE_LOOK) as page:
        register(signed_in, page, phone=PHONE, name=NAME, number=NUMBER)
        expect(page).to_have_url(re.compile(r"/bank/$"))
        activate(signed_in, NAME)
        page.goto("/people/me/")
        follow(page.locator("main a[href='/bank/erase/']"))
        assert_accessible(page)
        with page.expect_download() as download:
            page.click("form[action='/bank/erase/copy/'] button")
        download.value.save_as(tmp_path / "my-data.zip")
        with zipfile.ZipFile(tmp_path / "my-data.zip") as copy:
            data = json.loads(copy.read("data.json"))
        assert data["people"]["basic_data"][0]["id_number"] == NUMBER
        page.check("[name=is_understood]")
        follow(page.locator("main button.danger"))
        expect(page.locator("#asked")).to_be_visible()
        expect(page.locator("#first")).to_be_visible()
        assert_accessible(page)

        with opened(signed_in, Role.COORDINATOR, "/bank/erasures/") as desk:
            assert_accessible(desk)
            follow(desk.locator(f"main li:has-text('{NAME}') a"))
            expect(desk.locator("form[action$='/accept/']")).to_have_count(0)
            assert_accessible(desk)
            address = desk.url
            passbook = site.first(
                f"SELECT b.id FROM passbook b JOIN person p ON p.id = b.person_id WHERE p.name = '{NAME}'"
            )
            desk.goto(f"/bank/passbooks/{passbook}/close/")
            desk.check("[name=hours][value=lapse]")
            desk.fill("[name=reason]", "本人申请注销并删除资料")
            desk.click("main button.danger")
            follow(desk.locator("dialog button.primary"))
            desk.goto(address)
            follow(desk.locator("form[action$='/accept/'] button"))
            expect(desk.locator("form[action$='/erase/']")).to_have_count(0)
            assert_accessible(desk)
        with opened(signed_in, Role.ADMINISTRATOR, address) as desk:
            assert_accessible(desk)
            desk.click("form[action$='/erase/'] button")
            follow(desk.locator("dialog button.primary"))
            expect(desk.locator("main h1")).to_contain_text("已注销")
            assert_accessible(desk)
            follow(desk.locator("main .actions a"))
            expect(desk.locator("main h1")).to_contain_text("已注销")
            assert_accessible(desk)
        page.goto("/bank/erase/")
        expect(page).to_have_url(re.compile(r"/account/login/"))
    assert site.first(f"SELECT count(*) FROM person WHERE name = '{NAME}'") == "0"


def test_the_station_writes_a_wish_down_on_behalf_of_somebody(signed_in: People, site: Site) -> None:
    person = site.first(
        "SELECT p.id FROM person p LEFT JOIN user_account u ON u.person_id = p.id "
        "WHERE u.id IS NULL AND p.merged_into_id IS NULL ORDER BY p.id DESC LIMIT 1"
    )
    with opened(signed_in, Role.COORDINATOR, f"/people/{person}/") as page:
        follow(page.locator("main .actions a[href$='/erase/']"))
        assert_accessible(page)
        page.fill("[name=note]", "申请书存二号柜")
        follow(page.locator("main button.danger"))
        expect(page.locator("ol.trail")).to_contain_text("申请书存二号柜")
        page.click("details summary")
        page.fill("[name=reason]", "请先结清兑换券")
        assert_accessible(page)
        follow(page.locator("details form button"))
        expect(page).to_have_url(re.compile(r"/bank/erasures/$"))
        assert_accessible(page)
