"""Accounts, merging and teams for programs: the same actions, the same refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from xinshi.bank.models import MergeProposal, Passbook
from xinshi.bank.registration.tests.conftest import MINOR, PHONE, Cast, Register
from xinshi.bank.roster.tests.conftest import id_number
from xinshi.bank.tests.conftest import SYSTEM, PutIn
from xinshi.organizations.actions import create_organization, join_many
from xinshi.organizations.models import Membership, Organization
from xinshi.people.models import Guardianship

BANK = "/api/v1/bank"


def send(client: Client, path: str, **payload: Any) -> HttpResponse:
    return client.post(path, json.dumps(payload), content_type="application/json")


def test_what_waits_is_masked_and_decided(cast: Cast, register: Register) -> None:
    first, second = register(0), register(1, phone="13900005555")
    client = cast.coordinator.client
    listed = client.get(f"{BANK}/accounts-to-check")
    assert [row["passbook_id"] for row in listed.json()["items"]] == [second.passbook_id, first.passbook_id]
    assert PHONE not in listed.content.decode()
    assert id_number(0) not in listed.content.decode()
    approved = send(client, f"{BANK}/accounts-to-check/{first.passbook_id}/approval")
    assert approved.json() == {"passbook_id": first.passbook_id, "state": "active"}
    assert send(client, f"{BANK}/accounts-to-check/{second.passbook_id}/refusal").status_code == 422
    refused = send(client, f"{BANK}/accounts-to-check/{second.passbook_id}/refusal", reason="证件不符")
    assert refused.json()["state"] == "closed"


@time_machine.travel("2026-11-25 04:00:00+00:00")
def test_a_guardian_signs_at_the_station(cast: Cast, register: Register) -> None:
    done, client = register(birth=MINOR), cast.coordinator.client
    refused = send(client, f"{BANK}/accounts-to-check/{done.passbook_id}/approval")
    assert refused.json()["code"] == "guardian_missing"
    answer = send(
        client,
        f"{BANK}/people/{done.person_id}/guardian",
        name="赵父",
        relation="parent",
        id_number=id_number(9, born="19800101"),
        note="同意书",
    )
    assert (answer.json()["has_consented"], answer.json()["until"]) == (True, "2029-03-10")
    assert id_number(9, born="19800101") not in answer.content.decode()
    assert Guardianship.objects.get().consented_through == "paper"


def test_closing_says_what_is_left_and_settles_it(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    path, client = f"{BANK}/passbooks/{cast.volunteer.passbook.pk}/closing", cast.coordinator.client
    assert client.get(path).json()["left_minutes"] == 90
    assert send(client, path, hours="keep", reason="本人申请").json()["code"] == "hours_left"
    assert cast.volunteer.passbook.state == "active"
    assert send(client, path, hours="lapse", reason="本人申请").json() == {"donated_minutes": 0, "lapsed_minutes": 90}
    assert cast.volunteer.passbook.state == "closed"


def test_two_merge_and_never_one_alone(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.second, 30)
    client = cast.coordinator.client
    ids = {"stays": cast.volunteer.person_id, "goes": cast.second.person_id}
    made = send(client, f"{BANK}/merges", **ids, reason="同一人")
    assert (made.status_code, made.json()["obstacles"]) == (201, [])
    path = f"{BANK}/merges/{made.json()['id']}"
    assert send(client, f"{path}/confirmation").json()["code"] == "own_merge"
    confirmed = send(cast.administrator.client, f"{path}/confirmation").json()
    assert (confirmed["state"], confirmed["moved_minutes"]) == ("confirmed", 30)
    assert Passbook.objects.filter(merged_into=cast.volunteer.passbook).count() == 1
    assert send(client, f"{path}/refusal", reason="x").json()["code"] == "merge_not_open"
    assert client.get(f"{BANK}/duplicates").json() == {"items": [], "total": 0}
    assert client.get(f"{BANK}/merges").json()["items"][0]["id"] == made.json()["id"]


@pytest.mark.parametrize("role", ["volunteer", "leader", "clerk", "auditor"])
def test_is_closed_to_everybody_else(cast: Cast, register: Register, role: str) -> None:
    done, client = register(), cast.of_role(role).client
    ids = {"stays": cast.leader.person_id, "goes": cast.second.person_id}
    pair = {"person_id": cast.leader.person_id, "other_id": cast.second.person_id}
    assert client.get(f"{BANK}/accounts-to-check").status_code == 403
    assert client.get(f"{BANK}/duplicates").status_code == 403
    assert client.get(f"{BANK}/merges").status_code == 403
    assert send(client, f"{BANK}/accounts-to-check/{done.passbook_id}/approval").status_code == 403
    assert send(client, f"{BANK}/merges", **ids, reason="x").status_code == 403
    assert send(client, f"{BANK}/duplicates/dismissals", **pair, reason="x").status_code == 403
    closing = f"{BANK}/passbooks/{done.passbook_id}/closing"
    assert send(client, closing, hours="lapse", reason="x").status_code == 403
    assert Passbook.objects.get(pk=done.passbook_id).state == "pending"
    assert MergeProposal.objects.count() == 0


def test_teams_invite_join_and_leave(cast: Cast) -> None:
    team = create_organization(actor=SYSTEM, name="急救队", kind=Organization.Kind.TEAM)
    join_many(actor=SYSTEM, memberships=[(cast.leader.person_id, team)])
    path = f"/api/v1/organizations/{team}"
    lead = cast.coordinator.client.put(
        f"{path}/members/{cast.leader.person_id}/lead", json.dumps({"leads": True}), content_type="application/json"
    )
    assert lead.json() == {"person_id": cast.leader.person_id, "leads": True}
    word = send(cast.leader.client, f"{path}/invitations", places=1, days=1).json()["word"]
    assert send(cast.second.client, f"{path}/invitations", places=1, days=1).status_code == 404
    assert send(cast.second.client, "/api/v1/organizations/invitations/acceptance", word=word).json() == {
        "organization_id": team
    }
    assert send(cast.volunteer.client, "/api/v1/organizations/invitations/acceptance", word=word).status_code == 410
    assert send(cast.second.client, f"{path}/leaving").status_code == 200
    assert list(Membership.objects.filter(until=None).values_list("person_id", flat=True)) == [cast.leader.person_id]
