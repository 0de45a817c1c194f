"""The archive by the API."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client

from xinshi.people.models import Person
from xinshi.people.tests.conftest import Cast, browser, everything, id_number

API = "/api/v1/people"


def send(client: Client, verb: str, path: str, body: object, key: str = "") -> HttpResponse:
    headers = {"Idempotency-Key": key} if key else {}
    return getattr(client, verb)(f"{API}{path}", body, content_type="application/json", headers=headers)


def test_lists_and_finds_people_for_those_who_keep_the_archive(cast: Cast) -> None:
    client = cast.auditor.client
    first = client.get(f"{API}?limit=2").json()
    assert [one["name"] for one in first["items"]] == ["陈静", "王芳"]
    rest = client.get(f"{API}?limit=2&cursor={first['next_cursor']}").json()
    assert [one["name"] for one in rest["items"]] == ["李明兰"]
    [found] = client.get(f"{API}?q=19900000001").json()["items"]
    assert found == {
        "id": cast.li.person_id,
        "name": "李明兰",
        "volunteer_number": "900000000000000001",
        "masked_phone": "199****0001",
        "group": "citizen",
    }
    for somebody in (cast.li, cast.chen, cast.clerk):
        assert somebody.client.get(API).status_code == 403
    assert browser().get(API).status_code == 401


def test_shows_oneself(cast: Cast) -> None:
    answer = cast.chen.client.get(f"{API}/me").json()
    assert (answer["user_name"], answer["roles"]) == ("chen", ["leader", "volunteer"])
    assert answer["person"]["masked_phone"] == "199****0003"
    assert [one["purpose"] for one in answer["consents"] if one["given_at"]] == ["service"]
    clerk = cast.clerk.client.get(f"{API}/me").json()
    assert (clerk["person"], clerk["consents"]) == (None, [])


def test_shows_a_person_to_whom_they_may_be_shown(cast: Cast) -> None:
    path = f"{API}/{cast.li.person_id}"
    assert cast.li.client.get(path).json()["masked_id_number"] == f"990000********{id_number(1)[-4:]}"
    assert cast.coordinator.client.get(path).status_code == 200
    assert cast.wang.client.get(path).status_code == 404
    assert cast.coordinator.client.get(f"{API}/999999").status_code == 404


def test_changes_basic_data(cast: Cast) -> None:
    body = {"name": "王芳芳", "id_kind": "01", "id_number": id_number(2)}
    path = f"/{cast.wang.person_id}"
    before = everything()
    assert send(cast.wang.client, "put", path, body).status_code == 403
    assert send(cast.li.client, "put", path, body).status_code == 404
    assert (
        send(cast.coordinator.client, "put", path, body | {"id_number": id_number(1)}).json()["code"] == "person_known"
    )
    assert send(cast.coordinator.client, "put", path, body | {"phone": "1"}).status_code == 422
    assert send(cast.coordinator.client, "put", "/999999", body).status_code == 404
    assert everything() == before
    assert send(cast.coordinator.client, "put", path, body, "k").json() == {"changed": ["name"]}
    assert send(cast.coordinator.client, "put", path, body, "k").json() == {"changed": ["name"]}
    person = Person.objects.get(pk=cast.wang.person_id)
    assert (person.name, person.phone) == ("王芳芳", "19900000002")
    assert send(cast.coordinator.client, "put", path, body | {"phone": ""}).json() == {
        "changed": ["phone", "phone_index"]
    }


def test_people_change_their_own_contact(cast: Cast) -> None:
    answer = send(cast.li.client, "put", "/me/contact", {"phone": "19912345678", "area": "东湖区", "skills": ["急救"]})
    assert answer.json() == {"changed": ["phone", "phone_index", "service_categories"]}
    assert send(cast.clerk.client, "put", "/me/contact", {}).status_code == 404


def test_reveals_numbers_with_a_reason(cast: Cast) -> None:
    path = f"/{cast.li.person_id}/reveal"
    assert send(cast.coordinator.client, "post", path, {"reason": "核对证件"}).json() == {
        "id_number": id_number(1),
        "phone": "19900000001",
    }
    before = everything()
    assert send(cast.coordinator.client, "post", path, {"reason": ""}).status_code == 422
    assert send(cast.coordinator.client, "post", path, {"reason": "   "}).status_code == 422
    assert send(cast.auditor.client, "post", path, {"reason": "核对证件"}).status_code == 403
    assert everything() == before


def test_consents_are_given_and_withdrawn(cast: Cast) -> None:
    given = send(cast.li.client, "post", "/me/consents", {"purpose": "publicity", "given": True}).json()
    assert (given["purpose"], given["given_through"]) == ("publicity", "self")
    listed = cast.li.client.get(f"{API}/{cast.li.person_id}/consents").json()
    assert [one["purpose"] for one in listed if one["given_at"]] == ["service", "publicity"]
    path = f"/{cast.li.person_id}/consents"
    withdrawn = send(cast.coordinator.client, "post", path, {"purpose": "publicity", "given": False}).json()
    assert withdrawn["given_at"] is None
    before = everything()
    stays = send(cast.li.client, "post", "/me/consents", {"purpose": "service", "given": False})
    assert (stays.status_code, stays.json()["code"]) == (409, "service_consent_stays")
    assert send(cast.li.client, "post", "/me/consents", {"purpose": "spam", "given": True}).status_code == 422
    assert send(cast.wang.client, "post", path, {"purpose": "publicity", "given": True}).status_code == 404
    assert send(cast.auditor.client, "post", path, {"purpose": "publicity", "given": True}).status_code == 403
    assert everything() == before


@pytest.mark.parametrize("identifier", ["0", "-1", str(2**63), "1.5", "x", "%00", "9" * 400])
def test_an_identifier_that_is_none_is_refused(cast: Cast, identifier: str) -> None:
    answer = cast.coordinator.client.get(f"{API}/{identifier}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")


@pytest.mark.parametrize("query", ["q=%00", "cursor=x", f"cursor={2**64}", "limit=0", "limit=201", "group=x"])
def test_a_list_asked_for_wrongly_is_no_server_error(cast: Cast, query: str) -> None:
    assert cast.coordinator.client.get(f"{API}?{query}").status_code in (200, 422)
