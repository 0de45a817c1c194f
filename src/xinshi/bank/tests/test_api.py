"""The bank by REST API: the same rights, the same refusals, cursors, idempotency keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from xinshi.bank import printing
from xinshi.bank.actions import reverse_deposit
from xinshi.bank.models import DepositReversal, PolicyVersion
from xinshi.bank.tests.conftest import SYSTEM, Cast, PutIn, Somebody
from xinshi.kernel import clock
from xinshi.kernel.codes import HoursKind

BANK = "/api/v1/bank"
THRESHOLDS = [1_200, 3_000, 6_000, 18_000, 60_000]


def get(client: Client, path: str) -> Any:
    answer = client.get(BANK + path)
    assert answer.status_code == 200, answer.content
    return answer.json()


def post(client: Client, path: str, payload: object, **headers: str) -> HttpResponse:
    return client.post(BANK + path, json.dumps(payload), content_type="application/json", headers=headers)


def test_own_passbook_with_both_figures_and_links(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 600)
    put_in(cast.volunteer, 90, kind=HoursKind.HONORARY)
    found = get(cast.volunteer.client, "/passbook")
    assert (found["certified_minutes"], found["available_minutes"], found["held_minutes"]) == (690, 690, 0)
    assert found["next_star_minutes"] == 6_000
    assert found["by_kind"] == [{"name": "verified", "minutes": 600}, {"name": "honorary", "minutes": 90}]
    for name, kind in (("pdf_url", printing.PDF), ("spreadsheet_url", printing.XLSX)):
        assert cast.volunteer.client.get(found[name]).headers["Content-Type"] == kind
    assert cast.volunteer.client.get(found["page_url"]).status_code == 200


def test_nobody_signed_in_is_told_to_sign_in(cast: Cast) -> None:
    answer = Client().get(f"{BANK}/passbook")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize("role", ["second", "leader", "clerk"])
def test_somebody_elses_passbook_does_not_exist(cast: Cast, put_in: PutIn, role: str) -> None:
    deposit, passbook = put_in(cast.volunteer), cast.volunteer.passbook.pk
    client = cast.of_role(role).client
    for path in (
        f"/passbooks/{passbook}",
        f"/passbooks/{passbook}/lines",
        f"/passbooks/{passbook}/statement.pdf",
        f"/passbooks/{passbook}/statement.xlsx",
        f"/deposits/{deposit}",
    ):
        answer = client.get(BANK + path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    assert [row["id"] for row in get(client, "/passbooks")["items"]] == [cast.of_role(role).passbook.pk]
    assert get(client, f"/passbooks?person_id={cast.volunteer.person_id}")["items"] == []
    assert get(client, "/deposits")["items"] == []
    assert get(client, f"/deposits?passbook_id={passbook}")["items"] == []
    assert post(client, f"/deposits/{deposit}/reversal", {"reason": "x"}).status_code == 404
    assert DepositReversal.objects.count() == 0


@pytest.mark.parametrize("role", ["coordinator", "auditor", "administrator"])
def test_staff_read_every_passbook(cast: Cast, put_in: PutIn, role: str) -> None:
    deposit, passbook = put_in(cast.volunteer, 120), cast.volunteer.passbook.pk
    client = cast.of_role(role).client
    assert get(client, f"/passbooks/{passbook}")["certified_minutes"] == 120
    assert get(client, f"/passbooks?person_id={cast.volunteer.person_id}")["items"][0]["id"] == passbook
    assert get(client, f"/deposits/{deposit}")["raw_minutes"] == 120
    assert len(get(client, "/passbooks")["items"]) == 8


def test_lines_go_on_by_cursor_and_are_narrowed(cast: Cast, put_in: PutIn) -> None:
    for minutes in range(1, 8):
        put_in(cast.volunteer, minutes, category="0013" if minutes == 4 else "0004")
    path = f"/passbooks/{cast.volunteer.passbook.pk}/lines"
    seen: list[int] = []
    cursor = ""
    for _ in range(3):
        found = get(cast.volunteer.client, f"{path}?limit=3{cursor}")
        seen += [line["amount_minutes"] for line in found["items"]]
        cursor = f"&cursor={found['next_cursor']}"
    assert found["next_cursor"] is None
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    narrowed = get(cast.volunteer.client, f"{path}?category=0013&year=2026&kind=verified")
    assert [line["amount_minutes"] for line in narrowed["items"]] == [4]
    assert narrowed["items"][0]["source"].startswith("deposit:")


@pytest.mark.parametrize(
    "query", ["year=0", "year=99999999999999999999", "kind=x", "category=%00", "cursor=0", f"cursor={2**64}", "limit=0"]
)
def test_refuses_queries_that_mean_nothing(cast: Cast, query: str) -> None:
    answer = cast.volunteer.client.get(f"{BANK}/passbooks/{cast.volunteer.passbook.pk}/lines?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_takes_a_deposit_back_once_per_key(cast: Cast, put_in: PutIn) -> None:
    deposit = put_in(cast.volunteer, 120)
    client, path = cast.coordinator.client, f"/deposits/{deposit}/reversal"
    for reason in ("", "   ", "a\x00b", "x" * 301, None):
        assert post(client, path, {"reason": reason}).status_code == 422
    first = post(client, path, {"reason": "误记"}, **{"Idempotency-Key": "a"})
    again = post(client, path, {"reason": "误记"}, **{"Idempotency-Key": "a"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert json.loads(first.content)["reversal"]["reason"] == "误记"
    assert again.headers["Idempotency-Replayed"] == "true"
    refused = post(client, path, {"reason": "误记"})
    assert (refused.status_code, json.loads(refused.content)["code"]) == (409, "deposit_reversed")
    assert DepositReversal.objects.count() == 1
    assert get(cast.volunteer.client, "/passbook")["certified_minutes"] == 0


@pytest.mark.parametrize("role", ["volunteer", "auditor"])
def test_who_may_only_read_a_deposit_does_not_take_it_back(cast: Cast, put_in: PutIn, role: str) -> None:
    answer = post(cast.of_role(role).client, f"/deposits/{put_in(cast.volunteer)}/reversal", {"reason": "误记"})
    assert (answer.status_code, json.loads(answer.content)["code"]) == (403, "not_allowed")
    assert DepositReversal.objects.count() == 0


def test_policy_needs_two_administrators(cast: Cast) -> None:
    author, other = cast.administrator.client, cast.other_administrator.client
    payload = {"star_thresholds_minutes": THRESHOLDS, "approval_levels": 2, "note": "本院星级"}
    made = post(author, "/policy", payload)
    assert (made.status_code, json.loads(made.content)["state"]) == (201, "proposed")
    day = {"effective_from": clock.today().isoformat()}
    refused = post(author, "/policy/2/enforcement", day)
    assert (refused.status_code, json.loads(refused.content)["code"]) == (409, "own_policy")
    assert json.loads(post(other, "/policy/2/enforcement", day).content)["state"] == "in_force"
    assert [(row["number"], row["state"]) for row in get(cast.auditor.client, "/policy")] == [
        (2, "in_force"),
        (1, "past"),
    ]


@pytest.mark.parametrize("role", ["volunteer", "leader", "clerk"])
def test_others_neither_read_nor_write_the_policy(cast: Cast, role: str) -> None:
    client = cast.of_role(role).client
    payload = {"star_thresholds_minutes": THRESHOLDS, "approval_levels": 1}
    assert client.get(f"{BANK}/policy").status_code == 403
    assert post(client, "/policy", payload).status_code == 403
    assert post(client, "/policy/dry-run", {"star_thresholds_minutes": THRESHOLDS}).status_code == 403
    assert post(client, "/policy/1/enforcement", {"effective_from": "2026-01-01"}).status_code == 403
    assert PolicyVersion.objects.count() == 1


def test_a_dry_run_writes_nothing(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 3_500)
    answer = post(cast.auditor.client, "/policy/dry-run", {"star_thresholds_minutes": THRESHOLDS})
    found = json.loads(answer.content)
    assert (found["rising_number"], found["keeping_number"]) == (1, 0)
    assert (found["rising"][0]["level_now"], found["rising"][0]["level_then"]) == (0, 2)
    assert cast.volunteer.passbook.star_level == 0
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize("thresholds", [[], [5, 4, 3, 2, 1], [1, 2, 3, 4, 2**70], [0, 1, 2, 3, 4], [1.5, 2, 3, 4, 5]])
def test_refuses_thresholds_that_do_not_rise(cast: Cast, thresholds: list[float]) -> None:
    client = cast.administrator.client
    assert post(client, "/policy/dry-run", {"star_thresholds_minutes": thresholds}).status_code == 422
    payload = {"star_thresholds_minutes": thresholds, "approval_levels": 1}
    assert post(client, "/policy", payload).status_code == 422
    assert PolicyVersion.objects.count() == 1


def test_a_taken_back_deposit_says_so(cast: Cast, put_in: PutIn) -> None:
    deposit = put_in(cast.volunteer, 60)
    reverse_deposit(actor=SYSTEM, deposit_id=deposit, reason="误记")
    who: Somebody = cast.volunteer
    assert get(who.client, f"/deposits/{deposit}")["reversal"]["reason"] == "误记"
    lines = get(who.client, f"/passbooks/{who.passbook.pk}/lines")["items"]
    assert [(line["amount_minutes"], line["is_taken_back"]) for line in lines] == [(-60, False), (60, True)]
