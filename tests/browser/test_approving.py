"""Two people approve, where the policy asks for two: who led on a phone, the station at its desk; and the other way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, People, Server, Site, assert_accessible, follow, free_port
from tests.browser.test_signing_up import in_the_program
from xinshi.kernel.actor import Role

TWO_LEVELS = (
    "from dataclasses import replace; from xinshi.kernel import clock; from xinshi.bank.queries import policy_in_force; "
    "from xinshi.bank.actions import propose_policy, put_policy_in_force; system = Actor.system('tests'); "
    "number = propose_policy(actor=system, rules=replace(policy_in_force().rules, approval_levels=2)); "
    "put_policy_in_force(actor=system, number=number, effective_from=clock.today())"
)
LED = (
    "SELECT r.id FROM service_record r JOIN shift s ON s.id = r.shift_id JOIN activity a ON a.id = s.activity_id "
    "JOIN user_account u ON u.person_id = a.person_in_charge_id WHERE u.username = 'leader' AND r.state = 'submitted' "
    "AND r.levels_approved = 0 AND r.person_id <> u.person_id AND r.credited_minutes > 0 ORDER BY r.id LIMIT 1"
)


@pytest.fixture(scope="module")
def strict(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A hospital whose policy asks for two approvals."""
    data = tmp_path_factory.mktemp("strict") / "data"
    shutil.copytree(demo_data, data)
    server = Server(data, free_port())
    in_the_program(server.site, TWO_LEVELS)
    try:
        server.start()
        yield server.site
    finally:
        server.stop()


@pytest.mark.parametrize(("leads", "desk"), [(PHONE, DESK), (DESK, PHONE)], ids=["led-on-phone", "led-at-desk"])
def test_hours_count_once_two_people_approved(
    browser: Browser, strict: Site, leads: dict[str, Any], desk: dict[str, Any]
) -> None:
    people = People(browser, strict)
    record = strict.first(LED)
    state = f"SELECT state || levels_approved FROM service_record WHERE id = {record}"
    deposits = f"SELECT count(*) FROM deposit d JOIN service_record r ON r.deposit_id = d.id WHERE r.id = {record}"
    for role, look, after, deposited in (
        (Role.LEADER, leads, "submitted1", "0"),
        (Role.COORDINATOR, desk, "approved2", "1"),
    ):
        context = people.context(role, **look)
        page = context.new_page()
        page.goto("/attendance/approvals/")
        assert_accessible(page)
        page.goto(f"/attendance/records/{record}/")
        follow(page.locator("form[action$='/approve/'] button"))
        expect(page.locator("form[action$='/approve/'] button.primary")).to_have_count(0)
        assert strict.first(state) == after
        assert strict.first(deposits) == deposited
        context.close()
