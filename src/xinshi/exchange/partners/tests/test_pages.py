"""Partners at the desk, in the health check, by the API, and in the volunteer's own hands."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from xinshi.exchange.models import Partner, PartnerContract, PartnerKey
from xinshi.exchange.partners import actions, queries, registry
from xinshi.exchange.partners.domain import Limits, Terms
from xinshi.exchange.partners.tests.conftest import KEY, TODAY, Bank, Cast, Somebody
from xinshi.exchange.tests.conftest import NOW, SYSTEM
from xinshi.people.models import Consent

pytestmark = pytest.mark.any_database


def get(who: Somebody, name: str, *args: object) -> HttpResponse:
    return who.client.get(reverse(f"exchange:{name}", args=args))


def post(who: Somebody, to: str, *args: object, **typed: object) -> HttpResponse:
    return who.client.post(reverse(f"exchange:{to}", args=args), typed)


def words(answer: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


CONTRACT = {
    "starts_on": "2026-11-20",
    "may_come_in": "on",
    "hours_kinds_in": "verified",
    "may_go_out": "on",
    "hours_kinds_out": "verified",
    "coefficient_percent": "80",
    "transfer_minutes_max": "40",
    "person_month_minutes_max": "40.5",
    "terms": "每月五日前对账",
}


def test_a_partner_is_registered_and_agreed_with_by_two_at_their_desks(cast: Cast, second: Somebody) -> None:
    first = cast.administrator
    typed = {"code": "east", "name": "城东时间银行", "kind": "bank", "address": "", "in_minutes_max": "10.5"}
    wrong = words(
        post(first, "register_partner", **(typed | {"address": "https://192.168.1.1/", "in_minutes_max": "x"}))
    )
    assert "is not a number of hours" in wrong
    assert "This address is not allowed" in words(
        post(first, "register_partner", **(typed | {"address": "https://192.168.1.1/"}))
    )
    assert not Partner.objects.filter(code="east").exists()
    address = post(first, "register_partner", **typed).headers["Location"]
    partner = Partner.objects.get(code="east")
    assert address == reverse("exchange:partner", args=[partner.pk])
    assert queries.limits_of(partner) == Limits(630, None)
    assert "already" in words(post(first, "register_partner", **typed))
    assert post(first, "write_contract", partner.pk, **CONTRACT).status_code == 302
    assert post(first, "add_key", partner.pk, key_id="2026-11", public_key=KEY).status_code == 302
    assert "You wrote this version" in words(get(first, "partner", partner.pk))
    assert "Another administrator" in words(
        first.client.post(reverse("exchange:put_contract_in_force", args=[partner.pk, 1]), follow=True)
    )
    text = words(get(second, "partner", partner.pk))
    assert "Put it in force" in text
    assert "The fingerprint agrees" in text
    assert "2 things wait for a second administrator" in words(get(second, "partners"))
    desk = words(second.client.get(reverse("web:desk")))
    assert "2 contracts, keys and limits of partners wait" in desk
    post(second, "put_contract_in_force", partner.pk, 1)
    post(second, "confirm_key", partner.pk, "2026-11")
    contract, key = PartnerContract.objects.get(), PartnerKey.objects.get()
    assert (contract.coefficient_percent, contract.transfer_minutes_max, contract.person_month_minutes_max) == (
        80,
        2400,
        2430,
    )
    assert key.confirmed_by_ref == second.actor.reference
    assert "No contract in force" not in words(get(cast.auditor, "partners"))
    post(first, "revoke_key", partner.pk, "2026-11", reason="失窃")
    assert PartnerKey.objects.get().revoked_reason == "失窃"


def test_a_contract_form_starts_from_the_newest_version_and_says_what_is_wrong(bank: Bank) -> None:
    bank.agree(transfer_minutes_max=150, terms="旧约定")
    form = get(bank.first, "write_contract", bank.id).content.decode()
    assert 'value="2.5"' in form
    assert "旧约定" in form
    answer = post(bank.first, "write_contract", bank.id, **(CONTRACT | {"ends_on": "2026-11-01"}))
    assert "The last day is not before the first." in words(answer)
    assert PartnerContract.objects.count() == 1


def test_limits_are_tightened_by_one_and_widened_by_two(bank: Bank) -> None:
    post(bank.first, "partner_limits", bank.id, in_minutes_max="9", out_minutes_max="5")
    assert queries.limits_of(bank.row) == Limits(540, 300)
    post(bank.first, "partner_limits", bank.id, in_minutes_max="9", out_minutes_max="")
    text = words(get(bank.second, "partner", bank.id))
    assert "they may owe us 9 hours, we may owe them any number of hours" in text
    assert "Let them hold" in text
    assert "Let them hold" not in words(get(bank.first, "partner", bank.id))
    post(bank.second, "confirm_limits", bank.id)
    assert queries.limits_of(bank.row) == Limits(540, None)


def test_pausing_and_resuming_say_why_and_auditors_only_read(bank: Bank, cast: Cast) -> None:
    bank.agree()
    bank.came_in(90)
    text = words(get(cast.auditor, "partner", bank.id))
    assert "1.5 hours they owe us, of 10 at most" in text
    for button in ("Pause the exchange", "Write a new version", "Add a key", "Change the limits"):
        assert button not in text
    assert "This field is required." in words(post(cast.coordinator, "pause_partner", bank.id, reason=""))
    assert bank.row.state == "active"
    post(cast.coordinator, "pause_partner", bank.id, reason="对方升级")
    assert (bank.row.state, bank.row.state_reason) == ("paused", "对方升级")
    assert post(cast.coordinator, "resume_partner", bank.id, reason="x").status_code == 403
    assert "对方升级" in words(get(cast.auditor, "partners"))
    post(bank.first, "resume_partner", bank.id, reason="已恢复")
    assert bank.row.state == "active"
    assert "已恢复" in words(get(cast.auditor, "partner", bank.id))
    post(bank.first, "change_partner", bank.id, name="东城银行", address="https://new.example/x")
    assert (bank.row.name, bank.row.address) == ("东城银行", "https://new.example/x")


def test_a_dispute_is_seen_at_the_desk_and_in_the_health_check(bank: Bank) -> None:
    def alarms() -> dict[str, int]:
        found: dict[str, int] = Client().get("/healthz").json()["alarms"]
        return found

    none = {"partners_in_dispute": 0, "partners_silent": 0, "partners_with_overdue_differences": 0}
    assert alarms() == none
    assert "somebody now" not in words(bank.first.client.get(reverse("web:desk")))
    actions.dispute(actor=SYSTEM, partner_id=bank.id, reason="The chain of messages is broken.")
    assert alarms() == none | {"partners_in_dispute": 1}
    assert "1 partner of the exchange that needs somebody now" in words(bank.first.client.get(reverse("web:desk")))
    text = words(get(bank.first, "partner", bank.id))
    assert "In dispute" in text
    assert "The chain of messages is broken." in text


def test_programs_read_how_it_goes_with_partners(bank: Bank, cast: Cast) -> None:
    bank.agree()
    bank.went_out(30)
    rows = cast.auditor.client.get("/api/v1/exchange/partners").json()
    assert sorted((row["code"], row["word"], row["we_owe_minutes"]) for row in rows) == [
        ("east", "no_key", 30),
        ("zhiyuanhui", "files", 0),
    ]
    one = cast.auditor.client.get(f"/api/v1/exchange/partners/{bank.id}").json()
    assert (one["contract_number"], one["in_minutes_max"], one["trusted_keys"]) == (1, 600, 0)
    assert cast.li.client.get("/api/v1/exchange/partners").status_code == 403
    assert cast.auditor.client.get("/api/v1/exchange/partners/99999").status_code == 404


def test_a_volunteer_decides_where_their_hours_may_go(bank: Bank, cast: Cast) -> None:
    def standing() -> list[str]:
        rows = Consent.objects.filter(person_id=cast.li.person_id, withdrawn_at=None, purpose__startswith="exchange:")
        return sorted(rows.values_list("purpose", flat=True))

    text = words(get(cast.li, "my_hours"))
    assert "志愿汇" in text
    assert "城东时间银行" not in text  # Nothing can move before a contract is in force.
    assert post(cast.li, "my_hours_consent", purpose="exchange:east", wanted="give").status_code == 404
    bank.agree(may_go_out=False, person_month_minutes_max=600)
    text = words(get(cast.li, "my_hours"))
    assert "Hours that you earned there can be redeemed here. What is shared Minutes, kind of hours" in text
    assert "10 hours each way" in text
    post(cast.li, "my_hours_consent", purpose="exchange:east", wanted="give")
    assert standing() == ["exchange:east"]
    actions.pause(actor=bank.first.actor, partner_id=bank.id, reason="x")
    assert "stands still at the moment" in words(get(cast.li, "my_hours"))
    post(cast.li, "my_hours_consent", purpose="exchange:east", wanted="withdraw")
    assert standing() == []
    for purpose in ("service", "exchange:nobody", ""):
        assert post(cast.li, "my_hours_consent", purpose=purpose, wanted="give").status_code == 404
    assert standing() == []


def test_the_ground_of_an_address_is_said_in_the_form(bank: Bank) -> None:
    answer = post(bank.first, "change_partner", bank.id, name="x", address="http://east.example/")
    assert "XINSHI_OUTGOING_NETWORKS" in words(answer)
    assert bank.row.address == "https://east.example/interbank"


def test_only_what_was_heard_of_and_can_be_reached_is_said_to_work(bank: Bank) -> None:
    def word() -> str:
        return queries.health(bank.row).word

    assert word() == "no_contract"
    later = Terms(starts_on=TODAY + timedelta(days=3))
    number = actions.write_contract(actor=bank.first.actor, partner_id=bank.id, terms=later)
    assert word() == "contract_comes", "nobody is told to write what is written"
    actions.put_contract_in_force(actor=bank.second.actor, partner_id=bank.id, number=number)
    assert word() == "contract_comes"
    bank.agree()
    assert word() == "no_key"
    assert "No key trusted" in words(get(bank.first, "partners"))
    actions.add_key(actor=bank.first.actor, partner_id=bank.id, key_id="2026-11", public_key=KEY)
    assert word() == "no_key", "a key that one administrator wrote down is trusted by nobody"
    actions.confirm_key(actor=bank.second.actor, partner_id=bank.id, key_id="2026-11")
    assert word() == "ready"
    assert "Everything is in force." in words(get(bank.first, "partner", bank.id))
    actions.note_heard(partner_id=bank.id)
    assert word() == "well"
    with patch.object(registry, "unreachable_since", return_value=NOW):
        assert word() == "unreachable"
    actions.change_partner(actor=bank.first.actor, partner_id=bank.id, name="城东时间银行", address="")
    assert word() == "no_interface"


def test_a_partners_page_leads_to_what_its_figures_are_made_of(bank: Bank, cast: Cast) -> None:
    page = get(bank.first, "partner", bank.id).content.decode()
    for address in (
        f"/interbank/transfers/?bank={bank.id}",
        f"/interbank/differences/?partner={bank.id}",
        f"/interbank/settling/{bank.id}/comparisons/",
        f"/interbank/settling/{bank.id}/statements/",
        f"/interbank/settling/{bank.id}/keys/",
    ):
        assert f'href="{address}"' in page
    assert f"/interbank/settling/{bank.id}/keys/" not in get(cast.coordinator, "partner", bank.id).content.decode()
    with patch.object(registry, "open_differences", return_value=1):
        listed = get(cast.coordinator, "partners").content.decode()
        assert "1 difference to settle" in words(get(cast.coordinator, "partner", bank.id))
    assert f'<a class="figure" href="/interbank/differences/?partner={bank.id}"><b>1</b>' in listed


def test_every_fault_of_a_new_partner_is_said_at_once(bank: Bank) -> None:
    typed = {"code": "River Side!", "name": "江城时间银行", "kind": "bank", "address": "", "in_minutes_max": "abc"}
    text = words(post(bank.first, "register_partner", **typed))
    assert "A code has small letters" in text
    assert "is not a number of hours" in text
    assert not Partner.objects.filter(name="江城时间银行").exists()
