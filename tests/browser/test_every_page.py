"""Every page, as somebody sees it who may: no accessibility violation, nothing too wide, no error in the console."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import People, Site, accessibility_report
from tests.site_map import Address, addresses
from xinshi.kernel.actor import Role

OF_LIBRARIES: Final = {
    "account_login": None,
    "account_logout": Role.VOLUNTEER,
    "account_change_password": Role.VOLUNTEER,
}
OBJECTS: Final = {
    "activity_id": "SELECT id FROM activity WHERE state = 'published' ORDER BY id LIMIT 1",
    "shift_id": "SELECT min(s.id) FROM shift s JOIN activity a ON a.id = s.activity_id WHERE a.state = 'published'",
    "signup_id": "SELECT max(id) FROM signup",
    "record_id": "SELECT max(id) FROM service_record WHERE state = 'submitted'",
    "person_id": "SELECT min(id) FROM person",
    "user_id": "SELECT id FROM user_account WHERE username = 'clerk'",
    "token_id": "SELECT 1",
    "passbook_id": "SELECT min(id) FROM passbook",
    "deposit_id": "SELECT min(id) FROM deposit",
    "account_id": "SELECT min(id) FROM ledger_account WHERE kind = 'person'",
    "transfer_id": "SELECT min(id) FROM ledger_transfer",
    "organization_id": "SELECT min(id) FROM organization WHERE kind = 'partner'",
    "message_id": "SELECT min(id) FROM message",
    "number": "SELECT max(number) FROM policy_version",
    "benefit_id": "SELECT min(id) FROM benefit",
    "voucher_id": "SELECT min(id) FROM voucher WHERE state = 'reserved'",
    "slot_id": "SELECT max(id) FROM benefit_slot",
    "file_id": "SELECT min(id) FROM exchange_import_file",
    "line_id": "SELECT min(id) FROM exchange_import_line WHERE state = 'held_back'",
    "export_id": "SELECT min(id) FROM exchange_honorary_export",
    "code": "SELECT short_code FROM voucher WHERE state = 'reserved' ORDER BY id LIMIT 1",
}
"""What stands for each argument of an address: something that the demo hospital has."""
WALKED: Final = frozenset(
    {
        "bank:roster_preview",
        "bank:roster_to_correct",
        "bank:roster_result",
        "bank:roster_rejected",
        "exchange:preview",
        "exchange:preview_to_correct",
    }
)
"""Pages that exist only while somebody is at work on them: `test_main_way` walks through them."""
ORDER: Final = (None, Role.VOLUNTEER, Role.COORDINATOR, Role.CLERK, Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR)
LOOKS: Final[dict[str, dict[str, Any]]] = {
    "desk": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "locale": "zh-CN"},
    "phone-dark-english": {
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "dark",
        "locale": "en-GB",
        "has_touch": True,
    },
}


def shown(address: Address) -> bool:
    if address.name in OF_LIBRARIES:
        return True
    return (
        "GET" in getattr(address.view, "page_methods", ()) and address.name != "healthz" and address.name not in WALKED
    )


PAGES: Final = [address for address in addresses() if shown(address)]


def path_of(address: Address, site: Site) -> str:
    return re.sub(r"<(\w+)>", lambda found: site.first(OBJECTS[found.group(1)]), address.route)


def roles_for(address: Address) -> list[Role | None]:
    if address.name in OF_LIBRARIES:
        return [OF_LIBRARIES[address.name]]
    allowed = address.view.page_roles
    return [role for role in ORDER if not allowed or role in allowed]


def open_page(people: People, site: Site, address: Address, look: dict[str, Any]) -> Page | None:
    """The page as the first role sees it to whom it shows something; None where it is a file to download."""
    seen = []
    for role in roles_for(address):
        context = people.context(role, **look)
        answer = context.request.get(path_of(address, site))
        seen.append((role, answer.status))
        if answer.status != 200:
            context.close()
            continue
        if "text/html" not in answer.headers["content-type"]:
            context.close()
            return None
        page = context.new_page()
        page.goto(path_of(address, site), wait_until="load")
        return page
    raise AssertionError(f"{address.route} shows nothing to anybody: {seen}")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.route)
def test_page_is_accessible_and_fits(signed_in: People, site: Site, address: Address, look: str) -> None:
    page = open_page(signed_in, site, address, LOOKS[look])
    if page is None:
        return
    try:
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.reload(wait_until="load")
        report = accessibility_report(page)
        assert report == "", report
        width, room = page.evaluate("[document.scrollingElement.scrollWidth, document.documentElement.clientWidth]")
        assert width <= room, f"the page is {width} px wide on a screen of {room} px"
        assert problems == []
    finally:
        page.context.close()
