"""The real thing: the demo hospital, served by `xinshi serve` on SQLite, in Debian's Chromium."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe, AxeResults
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from xinshi.demo.hospital import PASSWORD
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is here. The shell is the same engine without the window's own pages, and takes half the time."""
CHROMIUM = next((found for name in BROWSERS if (found := shutil.which(name))), None)
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
START_SECONDS_MAX = STOP_SECONDS_MAX = 120
"""Limits for a machine that has much else to do."""
PATIENCE_MILLISECONDS = 30_000
"""How long what a page shows is waited for: long enough for a machine that does much else. Nothing waits without need."""
ANSWER_MILLISECONDS_MAX = 90_000
"""How long a page, a click or a download may take: a PDF, or the whole book verified, takes seconds on an idle machine."""
LAUNCH = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--min-semi-space-size=32 --max-semi-space-size=64",  # axe makes much garbage.
)
AXE: Final = Axe()
AXE_RUN: Final = "axe.run({resultTypes: ['violations']}).then(({violations}) => ({violations}))"
"""Its usual options; what is in order stays in the browser, because handing it over takes a tenth of a look."""

PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 900}}
on_phone_and_at_desk = pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
"""For a flow that people walk on either; `device` is for `People.context`."""

expect.set_options(timeout=PATIENCE_MILLISECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and not IN_CI:
                item.add_marker(pytest.mark.skip(reason="no Chromium here: apt-get install chromium fonts-noto-cjk"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    assert CHROMIUM is not None, "CI must have Chromium"
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "headless": True, "args": list(LAUNCH)}


@dataclass(frozen=True)
class Site:
    """A running hospital; `database` is read to find objects that pages can be opened with."""

    address: str
    database: Path

    def first(self, sql: str) -> str:
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as connection:
            row = connection.execute(sql).fetchone()
        assert row is not None, f"the demo hospital has nothing for: {sql}"
        return str(row[0])

    def let_come(self, table: str, number: str, *, minutes: int) -> None:
        """The hour of a shift or a session comes, as time alone can do: it began just now and ends in so many minutes."""
        now = clock.now().astimezone(UTC).replace(tzinfo=None, microsecond=0)
        times = [f"{moment}" for moment in (now - timedelta(minutes=1), now + timedelta(minutes=minutes))]
        with closing(sqlite3.connect(self.database, timeout=START_SECONDS_MAX)) as connection, connection:
            connection.execute(f"UPDATE {table} SET starts_at = ?, ends_at = ? WHERE id = ?", [*times, number])


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XINSHI_", "DJANGO_"))}
    return kept | {"XINSHI_DATA_DIR": str(data_dir), "XINSHI_LOG_LEVEL": "ERROR", **more}


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo hospital, created once per run whatever the number of workers."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo-hospital"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "ready").exists():
            made = Path(os.environ.get("XINSHI_TEST_DEMO", str(shared / "none")))
            if made.with_name(f"{made.name}.ready").exists():  # Another test of this run made it, and looked at it.
                shutil.copytree(made, shared / "data")
                commands = []
            else:
                commands = [["migrate", "--verbosity", "0"], ["demo"]]
            for words in [*commands, ["collectstatic", "--noinput", "--verbosity", "0"]]:
                subprocess.run(
                    [sys.executable, "-m", "xinshi", *words], env=environment(shared / "data"), check=True, timeout=300
                )
            (shared / "ready").touch()
    return shared / "data"


@pytest.fixture(scope="session")
def site(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A hospital of this worker's own, served on a free port, in which every flow goes on where the last one ended."""
    # A flow of today may take a place until midnight, and the demo's volunteer serves again in the morning.
    rested = json.dumps({"rest_minutes": 0})
    with served_copy(demo_data, tmp_path_factory.mktemp("site"), {"XINSHI_SIGN_UP_RULES": rested}) as found:
        yield found


@pytest.fixture(scope="session")
def untouched_site(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A hospital as the demo made it: for tests that only look, whatever the flows beside them did before."""
    with served_copy(demo_data, tmp_path_factory.mktemp("untouched"), {}) as found:
        yield found


@contextmanager
def served_copy(demo_data: Path, folder: Path, settings: dict[str, str]) -> Iterator[Site]:
    """A copy of the demo hospital in `folder`, served on a free port while the block runs."""
    shutil.copytree(demo_data, folder / "data")
    server = Server(folder / "data", free_port(), settings)
    try:
        server.start()
        yield server.site
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """`xinshi serve` over a data folder, always on the same port; `settings` are further variables of its environment."""

    data: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def site(self) -> Site:
        return Site(f"http://127.0.0.1:{self.port}", self.data / "xinshi.sqlite3")

    def launch(self) -> None:
        """Start it, and go on at once."""
        address = self.site.address
        given = environment(self.data, XINSHI_PORT=str(self.port), XINSHI_BASE_URL=address, **self.settings)
        self.process = subprocess.Popen([sys.executable, "-m", "xinshi", "serve"], env=given)

    def start(self) -> None:
        """Start it, and wait until it is well."""
        self.launch()
        wait_until_well(self.site.address)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=STOP_SECONDS_MAX)
            self.process = None


def wait_until_well(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
                assert answer.status == 200
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.3)
    raise AssertionError(f"the site was not well within {START_SECONDS_MAX} s")


def accessibility_report(page: Page) -> str:
    """What axe finds, once the page is whole and everything that fades in has done so; empty where all is well."""
    page.wait_for_load_state("load")
    page.evaluate("Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => null)))")
    page.evaluate(AXE.axe_script)
    response = page.evaluate(AXE_RUN)
    return str(AxeResults(response).generate_report()) if response["violations"] else ""


def assert_accessible(page: Page) -> None:
    """Nothing for axe to complain of, and nothing wider than the screen."""
    report = accessibility_report(page)
    assert report == "", report
    width, room = page.evaluate("[document.scrollingElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= room, f"the page is {width} px wide on a screen of {room} px"


def follow(target: Locator) -> None:
    """Click what opens another page, and go on when that page is there.

    A click alone is over once the next page has begun, and what then asks the page may meet one that is not there yet.
    """
    with target.page.expect_navigation(wait_until="load"):
        target.click()


class People:
    """Browser contexts with somebody signed in; each role signs in once, by the sign-in page."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site
        self.states: dict[Role, Any] = {}
        self.kept: dict[tuple[Role | None, str], Page] = {}
        self.problems: list[str] = []
        """What the lasting pages complained of in the console since somebody emptied it."""

    def lasting(self, role: Role | None, look: str, **options: Any) -> Page:
        """A page for tests that only look: one per role and look, so that style, script and fonts are read once."""
        if (role, look) not in self.kept:
            page = self.kept[role, look] = self.context(role, **options).new_page()
            page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: self.problems.append(str(error)))
        return self.kept[role, look]

    def context(self, role: Role | None, **options: Any) -> BrowserContext:
        given = {
            "base_url": self.site.address,
            "timezone_id": "Asia/Shanghai",
            "locale": "zh-CN",
            "reduced_motion": "reduce",
            **options,
        }
        if role is not None:
            given["storage_state"] = self.state(role)
        context = self.browser.new_context(**given)
        context.set_default_timeout(ANSWER_MILLISECONDS_MAX)
        return context

    def state(self, role: Role) -> Any:
        if role not in self.states:
            context = self.context(None)
            page = context.new_page()
            page.goto("/account/login/")
            page.fill("input[name=login]", role.value)
            page.fill("input[name=password]", PASSWORD)
            page.click("main button[type=submit], main form button:not([type])")
            page.wait_for_url(lambda url: "/account/login" not in url)
            self.states[role] = context.storage_state()
            context.close()
        return self.states[role]


@pytest.fixture(scope="session")
def signed_in(browser: Browser, site: Site) -> People:
    return People(browser, site)


@pytest.fixture(scope="session")
def signed_in_untouched(browser: Browser, untouched_site: Site) -> People:
    """The same people at the hospital that no flow changes: they may look, and do nothing."""
    return People(browser, untouched_site)
