"""From one's passbook to a receipt that a stranger checks, and a paper whose code confirms it, on a phone."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any, Final

import segno
from playwright.sync_api import Page, expect

from tests.browser.conftest import People, Site, assert_accessible
from xinshi.bank.statements import grouped
from xinshi.kernel.actor import Role
from xinshi.ledger.proof.command import main as verify_receipt

PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SEALED_SECONDS_MAX: Final = 240
OWN_PASSBOOK: Final = (
    "SELECT id FROM passbook WHERE person_id = (SELECT person_id FROM user_account WHERE username = '{}')"
)


def wait_until_sealed(page: Page) -> None:
    """The worker seals every minute."""
    deadline = time.monotonic() + SEALED_SECONDS_MAX
    while page.locator("a[download]").count() == 0 and time.monotonic() < deadline:
        time.sleep(2)
        page.reload()


def check_publicly(page: Page, receipt: Path) -> None:
    page.goto("/ledger/check/")
    page.set_input_files("input[type=file]", receipt)
    page.click("main form[enctype] button")


def test_a_line_is_proven_to_a_stranger(signed_in: People, site: Site, tmp_path: Path) -> None:
    context = signed_in.context(Role.VOLUNTEER, **PHONE)
    page = context.new_page()
    page.goto("/bank/")
    assert_accessible(page)
    page.locator(".picture summary").click()
    expect(page.locator(".picture tbody tr")).to_have_count(12)
    page.locator(".book-receipt").first.click()
    expect(page.locator("h1")).to_have_text("收据")
    wait_until_sealed(page)
    assert_accessible(page)
    with page.expect_download() as download:
        page.click("a[download]")
    receipt = tmp_path / "receipt.json"
    download.value.save_as(receipt)
    address = page.locator("a[href^='/ledger/check/']").first.get_attribute("href")
    assert address is not None
    drawn = page.locator(".qr svg path").last.get_attribute("d")
    assert drawn is not None
    assert drawn in segno.make(f"{site.address}{address}", error="m", micro=False).svg_inline(border=4, omitsize=True)
    context.close()

    context = signed_in.context(None, **PHONE)
    page = context.new_page()
    check_publicly(page, receipt)
    expect(page.locator(".verdict.good b")).to_have_text("成立")
    assert_accessible(page)
    forged = json.loads(receipt.read_bytes())
    forged["row"][5] += 600
    (tmp_path / "forged.json").write_text(json.dumps(forged))
    check_publicly(page, tmp_path / "forged.json")
    expect(page.locator(".verdict.bad b")).to_have_text("不成立")
    assert_accessible(page)
    page.goto(address)
    expect(page.locator(".verdict.good b")).to_have_text("成立")
    page.goto("/ledger/seals/")
    head = page.locator("code.fingerprint").first.inner_text()
    with page.expect_download() as seals:
        page.click("a[download]")
    seals.value.save_as(tmp_path / "seals.json")
    context.close()
    assert re.fullmatch(r"\d+:[0-9a-f]{64}", head)
    assert verify_receipt([str(receipt), "--seals", str(tmp_path / "seals.json")]) == 0
    assert verify_receipt([str(tmp_path / "forged.json"), "--seals", str(tmp_path / "seals.json")]) == 1


def test_a_printed_statement_is_confirmed_by_its_code(signed_in: People, site: Site) -> None:
    passbook = site.first(OWN_PASSBOOK.format("volunteer"))
    context = signed_in.context(Role.VOLUNTEER, **PHONE)
    pdf = context.request.get(f"/bank/passbooks/{passbook}/statement.pdf")
    assert pdf.body().startswith(b"%PDF-")
    context.close()
    number = site.first(f"SELECT number FROM passbook_statement WHERE passbook_id = {passbook} ORDER BY id DESC")
    name = site.first(f"SELECT p.name FROM person p JOIN passbook b ON b.person_id = p.id WHERE b.id = {passbook}")
    context = signed_in.context(None, **PHONE)
    page = context.new_page()
    page.goto(f"/bank/check/{number}/")
    expect(page.locator(".verdict.good b")).to_have_text("属实")
    assert name not in page.content()
    assert_accessible(page)
    page.goto("/bank/check/")
    page.fill("[name=number]", grouped(number).lower())
    page.click("main form button")
    expect(page.locator(".verdict.good b")).to_have_text("属实")
    other = number[:-1] + ("0" if number[-1] != "0" else "1")
    page.goto(f"/bank/check/{other}/")
    expect(page.locator(".verdict.bad")).to_be_visible()
    assert_accessible(page)
    context.close()
