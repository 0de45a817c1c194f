"""A newcomer opens an account on a phone; a minor with their guardian; two coordinators merge two records of one person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Site, assert_accessible, follow
from xinshi.kernel.actor import Role
from xinshi.people.domain import id_check_sign

PHONE_LOOK: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
PASSWORD = "风和日丽的一天 2026"


def id_number(serial: int, *, born: str) -> str:
    """An invented number with the right check sign; no place in the country starts with 98."""
    first = f"980000{born}{serial:03d}"
    return first + id_check_sign(first)


@contextmanager
def opened(people: People, role: Role | None, path: str, **look: Any) -> Iterator[Page]:
    context = people.context(role, **look)
    page = context.new_page()
    page.goto(path)
    yield page
    context.close()


def last_code(people: People, *, to: str) -> str:
    """The code of the newest text to a masked phone, from the administrators' page of texts."""
    with opened(people, Role.ADMINISTRATOR, "/messages/outgoing/") as page:
        row = page.locator("tbody tr").filter(has_text=to).first
        expect(row).to_contain_text("验证码")
        found = re.search(r"\b\d{6}\b", row.inner_text())
        assert found is not None, row.inner_text()
        return found[0]


def register(people: People, page: Page, *, phone: str, name: str, number: str) -> None:
    """The three steps of the phone; `page` ends signed in."""
    page.fill("[name=phone]", phone)
    follow(page.locator("main form button.primary"))
    assert_accessible(page)
    page.fill("[name=code]", last_code(people, to=f"{phone[:3]}****{phone[-4:]}"))
    page.click("main form button.primary")
    page.fill("[name=name]", name)
    page.fill("[name=id_number]", number)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=password_again]", PASSWORD)
    page.check("[name=has_consented]")
    assert_accessible(page)
    page.click("main form button.primary")


def activate(people: People, name: str) -> None:
    """A coordinator finds the account in the queue and activates it."""
    with opened(people, Role.COORDINATOR, "/bank/accounts-to-check/") as page:
        follow(page.locator(f"main a:has-text('{name}')"))
        assert_accessible(page)
        page.click("form[action$='/approve/'] button")
        expect(page.locator("main")).not_to_contain_text(name)


def test_a_newcomer_registers_by_phone_is_activated_and_sees_an_empty_passbook(signed_in: People) -> None:
    with opened(signed_in, None, "/", **PHONE_LOOK) as page:
        follow(page.locator("main a[href='/bank/register/'] >> nth=0"))
        assert_accessible(page)
        register(signed_in, page, phone="13700010001", name="钱新来", number=id_number(1, born="19950607"))
        expect(page).to_have_url(re.compile(r"/bank/$"))
        expect(page.locator("#next-steps")).to_be_visible()
        assert_accessible(page)
    activate(signed_in, "钱新来")
    with opened(signed_in, None, "/account/login/", **PHONE_LOOK) as page:
        page.fill("[name=login]", "13700010001")
        page.fill("[name=password]", PASSWORD)
        follow(page.locator("main form button.primary"))
        page.goto("/bank/")
        expect(page.locator("#next-steps")).to_have_count(0)
        expect(page.locator(".empty a[href='/activities/']")).to_be_visible()
        assert_accessible(page)


def test_a_minor_is_activated_only_once_the_guardian_agreed(signed_in: People, site: Site) -> None:
    with opened(signed_in, None, "/bank/register/", **PHONE_LOOK) as page:
        register(signed_in, page, phone="13700010002", name="孙小满", number=id_number(3, born="20110310"))
        expect(page).to_have_url(re.compile(r"/bank/guardian/$"))
        with opened(signed_in, Role.COORDINATOR, "/bank/accounts-to-check/") as desk:
            desk.click("main a:has-text('孙小满')")
            expect(desk.locator("form[action$='/approve/'] button")).to_be_disabled()
            assert_accessible(desk)
        page.fill("[name=name]", "孙父")
        page.select_option("[name=relation]", "parent")
        page.fill("[name=id_number]", id_number(5, born="19800101"))
        page.fill("[name=phone]", "13700010003")
        assert_accessible(page)
        page.click("main form button.primary")
        page.fill("[name=code]", last_code(signed_in, to="137****0003"))
        assert_accessible(page)
        page.click("main form button.primary")
        expect(page).to_have_url(re.compile(r"/bank/$"))
    activate(signed_in, "孙小满")
    assert (
        site.first("SELECT p.state FROM passbook p JOIN person q ON q.id = p.person_id WHERE q.name = '孙小满'")
        == "active"
    )


def open_at_the_desk(people: People, site: Site, volunteer_number: str, phone: str) -> str:
    """A coordinator opens an account for somebody at the station; the passbook's number."""
    with opened(people, Role.COORDINATOR, "/bank/open-account/") as page:
        page.fill("[name=name]", "周二遍")
        page.fill("[name=birth_date]", "1988-08-08")
        page.fill("[name=volunteer_number]", volunteer_number)
        page.fill("[name=phone]", phone)
        page.check("[name=has_consented]")
        page.click("main form button.primary")
        expect(page.locator("main")).to_contain_text("周二遍")
    return site.first(
        "SELECT b.number FROM passbook b JOIN person p ON p.id = b.person_id "
        f"WHERE p.volunteer_number = '{volunteer_number}'"
    )


def test_two_records_of_one_person_are_merged_by_two_people(signed_in: People, site: Site) -> None:
    first = open_at_the_desk(signed_in, site, "970000000000000001", "13700010004")
    second = open_at_the_desk(signed_in, site, "970000000000000002", "13700010004")
    with opened(signed_in, Role.COORDINATOR, "/bank/duplicates/") as page:
        assert_accessible(page)
        follow(page.locator("main a:has-text('周二遍 · 周二遍')"))
        assert_accessible(page)
        page.check(f"label:has-text('{first}') input, input[name=stays] >> nth=0")
        page.fill("form [name=reason] >> nth=0", "同一部手机，本人到站说明")
        page.click("main form button.primary")
        expect(page).to_have_url(re.compile(r"/bank/merges/\d+/$"))
        address = page.url
        expect(page.locator("form[action$='/confirm/']")).to_have_count(0)
        assert_accessible(page)
    with opened(signed_in, Role.ADMINISTRATOR, address) as page:
        assert_accessible(page)
        page.click("form[action$='/confirm/'] button")
        page.click("dialog button.primary")
        expect(page.locator(".trail li")).to_have_count(2)
        assert_accessible(page)
    merged = f"SELECT b.number FROM passbook b JOIN passbook k ON k.id = b.merged_into_id WHERE k.number = '{first}'"
    assert site.first(merged) == second
    with opened(signed_in, Role.COORDINATOR, "/people/?q=周二遍") as page:
        expect(page.locator("tbody tr")).to_have_count(1)
    with opened(signed_in, Role.AUDITOR, "/ledger/") as page:
        page.click("form[action='/ledger/verify/'] button")
        expect(page.locator(".notice.good").first).to_be_visible()
