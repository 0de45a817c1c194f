"""Every page, as somebody sees it who may: no accessibility violation, nothing too wide, no error in the console."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Final

import pytest
from playwright.sync_api import Error, Page

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
    "bank_transfer_id": "SELECT min(t.id) FROM interbank_transfer t JOIN user_account u ON u.person_id = t.person_id "
    "WHERE u.username = 'volunteer'",
    "programme_id": "SELECT min(id) FROM programme",
    "own_day_id": "SELECT min(id) FROM own_day",
    "pattern_id": "SELECT min(id) FROM activity_pattern",
    "request_id": "SELECT min(id) FROM service_request WHERE state = 'asked'",
    "shift_id": "SELECT min(s.id) FROM shift s JOIN activity a ON a.id = s.activity_id WHERE a.state = 'published'",
    "signup_id": "SELECT max(u.id) FROM signup u JOIN user_account a ON a.person_id = u.person_id "
    "WHERE a.username = 'volunteer' AND u.state = 'offered'",
    "group_key": "SELECT group_key FROM place_hold WHERE places > 0",
    "published_plan_id": "SELECT max(version_id) FROM plan_publication",
    "plan_invitation_id": "SELECT min(id) FROM plan_invitation",
    "record_id": "SELECT max(id) FROM service_record WHERE state = 'submitted'",
    "measure_id": "SELECT min(id) FROM outcome_measure",
    "person_id": "SELECT min(id) FROM person",
    "other_id": "SELECT max(id) FROM person WHERE erased_at IS NULL AND merged_into_id IS NULL",
    "invitation_id": "SELECT 1",
    "word": "SELECT 'an-invitation-that-is-gone'",
    "user_id": "SELECT id FROM user_account WHERE username = 'clerk'",
    "token_id": "SELECT 1",
    "passbook_id": "SELECT min(id) FROM passbook",
    "deposit_id": "SELECT min(id) FROM deposit",
    "account_id": "SELECT min(id) FROM ledger_account WHERE kind = 'person'",
    "transfer_id": "SELECT min(id) FROM ledger_transfer",
    "organization_id": "SELECT min(id) FROM organization WHERE kind = 'partner'",
    "enrolment_id": "SELECT min(id) FROM enrolment",
    "agreement_id": "SELECT min(id) FROM agreement WHERE state = 'draft'",
    "scan_id": "SELECT min(id) FROM agreement_file",
    "designation_id": "SELECT min(designation_id) FROM designation_review",
    "message_id": "SELECT min(id) FROM message",
    "number": "SELECT max(number) FROM policy_version",
    "benefit_id": "SELECT min(id) FROM benefit",
    "voucher_id": "SELECT min(id) FROM voucher WHERE state = 'reserved'",
    "slot_id": "SELECT max(id) FROM benefit_slot",
    "file_id": "SELECT min(id) FROM exchange_import_file",
    "line_id": "SELECT min(id) FROM exchange_import_line WHERE state = 'held_back'",
    "partner_id": "SELECT id FROM exchange_partner WHERE code = 'east-lake'",
    "key_id": "SELECT min(key_id) FROM exchange_partner_key",
    "export_id": "SELECT min(id) FROM exchange_honorary_export",
    "comparison_id": "SELECT min(id) FROM interbank_comparison",
    "difference_id": "SELECT min(id) FROM interbank_difference WHERE ending = ''",
    "statement_id": "SELECT min(id) FROM interbank_statement",
    "run_id": "SELECT min(id) FROM exchange_import_run",
    "mapping_id": "SELECT min(id) FROM exchange_column_mapping",
    "returned_id": "SELECT min(id) FROM exchange_returned_file",
    "kiosk_id": "SELECT min(id) FROM kiosk",
    "site_id": "SELECT min(id) FROM presence_site",
    "anomaly_id": "SELECT min(id) FROM presence_anomaly",
    "seq": "SELECT 1",
    "fingerprint": "SELECT '000000000000000000000000'",
    "step": "SELECT 'times'",
    "qualification_id": "SELECT min(id) FROM qualification WHERE state = 'submitted'",
    "proof_id": "SELECT min(id) FROM qualification_proof",
    "kind_id": "SELECT min(id) FROM qualification_kind",
    "table": "SELECT 'skill'",
    "line_code": "SELECT min(code) FROM skill",
    "content": "SELECT 'profiles'",
    "campaign_id": "SELECT id FROM campaign WHERE code = 'flu'",
    "campaign_code": "SELECT 'flu'",
    "campaign_site_id": "SELECT min(s.id) FROM campaign_site s JOIN campaign c ON c.id = s.campaign_id WHERE c.code = 'flu'",
    "campaign_day": "SELECT starts_on FROM campaign WHERE code = 'flu'",
    "window_id": "SELECT min(w.id) FROM campaign_window w JOIN campaign c ON c.id = w.campaign_id WHERE c.code = 'flu'",
    "period_id": "SELECT min(id) FROM planning_period",
    "plan_id": "SELECT max(id) FROM plan_version WHERE state = 'done'",
    "plan_line_id": "SELECT max(id) FROM plan_line WHERE version_id IN (SELECT id FROM plan_version WHERE state = 'done')",
    "assignment_id": "SELECT max(a.id) FROM plan_assignment a JOIN plan_version v ON v.id = a.version_id "
    "WHERE v.state = 'done' AND NOT a.is_locked",
    "course_id": "SELECT id FROM course WHERE code = 'first-aid'",
    "lesson_id": "SELECT min(id) FROM lesson",
    "session_id": "SELECT max(id) FROM training_session WHERE course_id IS NOT NULL",
    "certificate_id": "SELECT c.id FROM training_certificate c JOIN user_account u ON u.person_id = c.person_id "
    "WHERE u.username = 'volunteer' ORDER BY c.id LIMIT 1",
    "certificate_number": "SELECT max(number) FROM training_certificate",
    "try_id": "SELECT max(t.id) FROM quiz_try t JOIN course_enrolment e ON e.id = t.enrolment_id "
    "JOIN user_account u ON u.person_id = e.person_id WHERE u.username = 'volunteer'",
    "result_id": "SELECT max(r.id) FROM quiz_result r JOIN quiz_try t ON t.id = r.quiz_try_id "
    "JOIN course_enrolment e ON e.id = t.enrolment_id JOIN user_account u ON u.person_id = e.person_id "
    "WHERE u.username = 'volunteer'",
    "code": "SELECT short_code FROM voucher WHERE state = 'reserved' ORDER BY id LIMIT 1",
}
"""What stands for each argument of an address: something that the demo hospital has."""
WALKED: Final = frozenset(
    {
        "activities:stand_in_ask",
        "attendance:scanned",
        "attendance:display_part",
        "attendance:my_code_part",
        "attendance:kiosk_code",
        "benefits:statement",
        "benefits:statement_sheet",
        "benefits:waiting_entry",
        "campaigns:board_part",
        "exchange:run_progress",
        "interbank:transfer_part",
        "scheduling:progress",
        "bank:account_slip",
        "bank:account_to_check",
        "bank:choose_pair",
        "bank:erasure",
        "bank:group",
        "bank:guardian_code",
        "bank:merge",
        "bank:register_code",
        "bank:register_person",
        "bank:roster_preview",
        "bank:roster_to_correct",
        "bank:roster_result",
        "bank:roster_rejected",
        "organizations:enrol_preview",
        "organizations:enrol_rejected",
        "organizations:enrol_result",
        "exchange:columns",
        "exchange:preview",
        "exchange:preview_to_correct",
        "giving:relative",
        "giving:gift",
        "giving:donation",
        "giving:grant",
        "giving:change_grant",
        "giving:group_hours",
        "giving:take_back",
        "activities:own_calendar",
        "activities:preview_plan",
        "training:attachment",
        "appeals:request",
        "appeals:more",
        "appeals:appeal",
        "appeals:answer",
        "appeals:evidence",
        "archive:import_preview",
        "archive:import_result",
        "archive:import_rejected",
        "archive:proof",
    }
)
"""Pages that exist only once somebody has been at work: the tests of the flows walk through them."""
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

ENGLISH_DESK: Final[dict[str, Any]] = {**LOOKS["desk"], "locale": "en-GB"}
WITHOUT_WIDE_TABLES: Final = ("exchange:", "interbank:")
"""Rooms whose tables fit on a desk's screen, and are cards on a phone."""


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


def open_page(people: People, site: Site, address: Address, look: str) -> Page | None:
    """The page as the first role sees it to whom it shows something; None where it is a file to download."""
    seen = []
    path = path_of(address, site)
    for role in roles_for(address):
        page = people.lasting(role, look, **{**LOOKS, "desk-english": ENGLISH_DESK}[look])
        people.problems.clear()  # A refused page says so in the console.
        try:
            answer = page.goto(path, wait_until="load")
        except Error as error:
            if "Download is starting" in str(error):
                return None
            raise
        assert answer is not None, path
        if answer.status == HTTPStatus.OK:
            return page if "text/html" in answer.headers["content-type"] else None
        seen.append((role, answer.status))
    raise AssertionError(f"{address.route} shows nothing to anybody: {seen}")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.route)
def test_page_is_accessible_and_fits(
    signed_in_untouched: People, untouched_site: Site, address: Address, look: str
) -> None:
    page = open_page(signed_in_untouched, untouched_site, address, look)
    if page is None:
        return
    report = accessibility_report(page)
    assert report == "", report
    width, room = page.evaluate("[document.scrollingElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= room, f"the page is {width} px wide on a screen of {room} px"
    assert signed_in_untouched.problems == []
    if address.name.startswith(WITHOUT_WIDE_TABLES):
        assert wide_tables(page) == []


def wide_tables(page: Page) -> list[str]:
    """Tables that somebody has to push sideways, with their widths in CSS pixels."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll(".table-wrap")].filter(one => one.scrollWidth > one.clientWidth)
           .map(one => `${one.innerText.slice(0, 40)}: ${one.scrollWidth} > ${one.clientWidth}`)"""
    )
    return found


def test_tables_of_the_exchange_fit_at_a_desk_in_english(signed_in_untouched: People, untouched_site: Site) -> None:
    """English words are longer: what fits in Chinese may not fit with them."""
    wide = {}
    for address in PAGES:
        if address.name.startswith(WITHOUT_WIDE_TABLES):
            page = open_page(signed_in_untouched, untouched_site, address, "desk-english")
            if page is not None and (found := wide_tables(page)):
                wide[address.route] = found
    assert wide == {}
