"""Two hospitals that run: hours earned there and redeemed here, earned here and redeemed there, and the other bank down."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Server, assert_accessible, environment, follow, free_port, wait_until_well
from tests.browser.neighbours import PEOPLE
from xinshi.demo.hospital import PASSWORD

ROOT: Final = Path(__file__).resolve().parent.parent.parent
HERE, THERE = "here", "there"
PAIRS: Final = ((HERE, THERE), (THERE, HERE))
NAMES: Final = {HERE: "示范市中心医院时间银行", THERE: "河畔医院时间银行"}
EARNED: Final = {HERE: ("0", "240"), THERE: ("480", "0")}
"""Minutes of each of the two volunteers, in the order of `PEOPLE`."""
THERE_EARNER, HERE_EARNER = PEOPLE
KEPT: Final = Path(os.environ.get("XINSHI_DATA_DIR", "data"))
"""Where tests of the run before leave a migrated database; without one it is migrated here."""
UP_MS: Final = 120_000
"""Both banks are up: a transfer takes seconds, and on a machine with much else to do not longer than this."""
BACK_MS: Final = 300_000
"""The other bank comes back: it is asked again by itself, after a pause that grew while it was away."""
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 900}}


@dataclass(frozen=True)
class Banks:
    servers: dict[str, Server]
    browser: Browser
    closing: ExitStack

    def signed_in(self, code: str, login: str, look: dict[str, Any]) -> Page:
        """Somebody's page at one bank, in a browser of its own, signed in by the sign-in page."""
        context: BrowserContext = self.browser.new_context(
            base_url=self.servers[code].site.address,
            timezone_id="Asia/Shanghai",
            locale="zh-CN",
            reduced_motion="reduce",
            **look,
        )
        self.closing.callback(context.close)
        page = context.new_page()
        page.goto("/account/login/")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", PASSWORD)
        follow(page.locator("main button[type=submit], main form button:not([type])").first)
        return page


@pytest.fixture
def banks(demo_data: Path, tmp_path: Path, browser: Browser) -> Iterator[Banks]:
    """Two hospitals, partners of each other, both served; each database is small, so that both start quickly."""
    servers = {}
    for code in (HERE, THERE):
        shutil.copytree(demo_data / "static", tmp_path / code / "static")
        if migrated := next(KEPT.glob("migrated-*.sqlite3"), None):
            shutil.copy(migrated, tmp_path / code / "xinshi.sqlite3")
        settings = {"XINSHI_BANK_CODE": code, "XINSHI_OUTGOING_NETWORKS": '["127.0.0.0/8"]'}
        servers[code] = Server(tmp_path / code, free_port(), settings)
    settling = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.browser.neighbours", *meeting, *EARNED[meeting[0]]],
            env=environment(servers[meeting[0]].data, **servers[meeting[0]].settings),
            cwd=ROOT,
        )
        for meeting in ([code, other, servers[other].site.address, NAMES[other]] for code, other in PAIRS)
    ]
    assert [one.wait(timeout=120) for one in settling] == [0, 0]
    with ExitStack() as closing:
        for server in servers.values():
            closing.callback(server.stop)
            server.launch()
        for server in servers.values():
            wait_until_well(server.site.address)
        yield Banks(servers, browser, closing)


def agree(page: Page, bank: str) -> None:
    """From the passbook to the list of other banks, and the separate consent for one of them."""
    page.goto("/bank/")
    follow(page.locator("main a[href='/interbank/banks/']"))
    follow(page.get_by_role("link", name=re.compile(bank)))
    expect(page.locator("main")).to_contain_text("姓名、号码")
    follow(page.locator("main form button.primary"))
    row = page.locator("main li", has_text=bank)
    expect(row).to_contain_text("您已同意")


def move(page: Page, way: str, hours: str) -> None:
    """Fill the form behind the button `way` of the only open bank; the transfer's page is there afterwards."""
    page.goto("/interbank/banks/")
    follow(
        page.locator(f"main li:has-text('{NAMES[HERE]}'), main li:has-text('{NAMES[THERE]}')").locator(
            f"a[href$='/{way}/']"
        )
    )
    page.fill("[name=hours]", hours)
    assert_accessible(page)
    follow(page.locator("main form button.primary"))
    expect(page).to_have_url(re.compile(r"/interbank/transfers/\d+/$"))


def ends(page: Page, said: str, *, within_ms: int) -> None:
    """The page says so by itself, without being opened again."""
    expect(page.locator("#steps .pill.good")).to_have_text(said, timeout=within_ms)
    assert_accessible(page)


def redeem(page: Page, benefit: str) -> None:
    """The benefit's voucher, which the passbook can pay for."""
    page.goto("/benefits/")
    follow(page.locator("main a", has_text=benefit).first)
    follow(page.locator("form[action$='/reserve/'] button"))
    expect(page.locator(".qr svg")).to_be_visible()


def test_hours_are_redeemed_where_they_were_not_earned_and_wait_safely_while_the_other_bank_is_down(
    banks: Banks,
) -> None:
    here = banks.signed_in(HERE, THERE_EARNER, PHONE)
    there = banks.signed_in(THERE, THERE_EARNER, PHONE)
    agree(there, NAMES[HERE])
    agree(here, NAMES[THERE])
    move(here, "bring", "6")
    ends(here, "已存入本行", within_ms=UP_MS)
    redeem(here, "急救手册")

    here = banks.signed_in(HERE, HERE_EARNER, DESK)
    there = banks.signed_in(THERE, HERE_EARNER, DESK)
    agree(here, NAMES[THERE])
    agree(there, NAMES[HERE])
    move(here, "send", "3")
    ends(here, "已存入对方", within_ms=UP_MS)
    redeem(there, "职工餐券")

    banks.servers[THERE].stop()
    move(here, "send", "1")
    steps = here.locator("#steps")
    expect(steps.locator(".pill.warn")).to_have_text("无答复，结果未知", timeout=UP_MS)
    expect(steps).to_contain_text("时数保持预留")
    expect(steps).to_contain_text("时数不会丢失")
    expect(steps).to_contain_text("下次询问")
    assert_accessible(here)
    banks.servers[THERE].start()
    ends(here, "已存入对方", within_ms=BACK_MS)
