"""Outcomes in a browser: who was in charge reports, the station sees the sum and takes a list of records along."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, People, Site, assert_accessible
from xinshi.kernel.actor import Role

LED = """
SELECT a.id FROM activity a JOIN user_account u ON u.person_id = a.person_in_charge_id
WHERE u.username = 'leader' AND a.state = 'finished' ORDER BY a.id LIMIT 1
"""
TOTAL = """
SELECT sum(r.amount) FROM outcome_report r JOIN outcome_measure m ON m.id = r.measure_id
WHERE m.code = 'lectures' AND NOT EXISTS (SELECT 1 FROM outcome_report n WHERE n.corrects_id = r.id)
"""


@pytest.mark.parametrize(
    ("lectures", "reports", "looks"), [("4", PHONE, DESK), ("6", DESK, PHONE)], ids=["reported-on-phone", "at-desk"]
)
def test_a_leader_reports_and_the_station_sees_the_sum(
    signed_in: People, site: Site, lectures: str, reports: dict[str, Any], looks: dict[str, Any]
) -> None:
    activity = site.first(LED)
    phone = signed_in.context(Role.LEADER, **reports).new_page()
    phone.goto(f"/attendance/outcomes/of/{activity}/")
    field = phone.locator("[name=measure_lectures]")
    if not field.is_visible():
        phone.locator("form details summary").click()
    field.fill(lectures)
    if phone.locator("[name=reason]").count():
        phone.fill("[name=reason]", "现场清点后更正")
    assert_accessible(phone)
    phone.click("main form[method=post] button.primary")
    expect(phone.locator(".figures")).to_contain_text(lectures)
    assert_accessible(phone)
    desk = signed_in.context(Role.COORDINATOR, **looks).new_page()
    desk.goto("/attendance/outcomes/")
    expect(desk.locator("table").first).to_contain_text(f"{int(site.first(TOTAL)):,}")
    assert_accessible(desk)
    desk.goto("/attendance/records/?state=submitted")
    expect(desk.locator("table tbody tr").first).to_be_visible()
    desk.locator("details summary").last.click()
    with desk.expect_download() as taken:
        desk.click("form[action*='export'] button")
    assert taken.value.suggested_filename.endswith(".xlsx")
