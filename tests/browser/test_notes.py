"""Notes in a browser: who leads tells those who come, they answer, and the list goes on paper."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, People, Site, assert_accessible
from xinshi.kernel.actor import Role

TAKES_PART = """
SELECT s.activity_id FROM signup p JOIN shift s ON s.id = p.shift_id JOIN activity a ON a.id = s.activity_id
JOIN user_account u ON u.person_id = p.person_id
WHERE u.username = 'volunteer' AND p.state = 'confirmed' AND a.state = 'published' ORDER BY s.starts_at DESC LIMIT 1
"""
A_SHIFT = """
SELECT s.id FROM signup p JOIN shift s ON s.id = p.shift_id JOIN activity a ON a.id = s.activity_id
JOIN user_account u ON u.person_id = p.person_id
WHERE u.username = 'volunteer' AND p.state = 'confirmed' AND a.state = 'published' ORDER BY s.starts_at DESC LIMIT 1
"""


@pytest.mark.parametrize(("leads", "comes", "word"), [(DESK, PHONE, "甲"), (PHONE, DESK, "乙")], ids=["desk", "phone"])
def test_who_leads_tells_those_who_come_and_is_answered(
    signed_in: People, site: Site, leads: dict[str, Any], comes: dict[str, Any], word: str
) -> None:
    address = f"/activities/{site.first(TAKES_PART)}/"
    told, asked = f"八点四十在一楼服务台集合，{word}组请穿马甲。", f"{word}组可以带水杯吗？"
    leader = signed_in.context(Role.COORDINATOR, **leads).new_page()
    leader.goto(address)
    leader.click("section[aria-labelledby=notes] summary")
    leader.fill("#note-text", told)
    leader.select_option("#note-audience", "places")
    assert_accessible(leader)
    leader.click("section[aria-labelledby=notes] button.primary")
    expect(leader.locator("section[aria-labelledby=notes]")).to_contain_text(told)

    volunteer = signed_in.context(Role.VOLUNTEER, **comes).new_page()
    volunteer.goto(address)
    expect(volunteer.locator("section[aria-labelledby=notes]")).to_contain_text(told)
    volunteer.click("section[aria-labelledby=notes] summary")
    volunteer.fill("#note-text", asked)
    volunteer.click("section[aria-labelledby=notes] button.primary")
    expect(volunteer.locator("section[aria-labelledby=notes]")).to_contain_text(asked)
    assert_accessible(volunteer)
    leader.reload()
    expect(leader.locator("section[aria-labelledby=notes]")).to_contain_text(asked)
    assert_accessible(leader)

    leader.goto(f"/attendance/shifts/{site.first(A_SHIFT)}/")
    assert_accessible(leader)
    paper = leader.request.get(f"/attendance/shifts/{site.first(A_SHIFT)}/paper/")
    assert paper.body()[:5] == b"%PDF-"
