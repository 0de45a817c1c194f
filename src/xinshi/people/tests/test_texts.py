"""Which texts go to a phone: declined and wanted again by oneself or at the station; what must be told is never asked."""

from __future__ import annotations

import pytest
from django.urls import reverse

from xinshi.audit.models import AuditEntry
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.people.actions import choose_text
from xinshi.people.models import Person, UnwantedText, phone_index
from xinshi.people.personal import copy_of, forget
from xinshi.people.queries import phones_for_text, unwanted_texts
from xinshi.people.tests.conftest import Cast

pytestmark = pytest.mark.django_db


def give_phone(person_id: int, phone: str) -> None:
    Person.objects.filter(pk=person_id).update(phone=phone, phone_index=phone_index(phone))


def test_declined_twice_and_wanted_again_is_on_record_as_it_changed(cast: Cast) -> None:
    person_id = cast.li.person_id
    for wanted in (True, False, False, True):
        choose_text(actor=cast.li.actor, person_id=person_id, purpose="reminder", wanted=wanted)
    said = AuditEntry.objects.filter(action="people.choose_text").order_by("pk")
    assert [row.detail for row in said] == [
        {"purpose": "reminder", "wanted": False},
        {"purpose": "reminder", "wanted": True},
    ]
    assert unwanted_texts(person_id) == frozenset()


def test_only_the_declined_kind_is_kept_back_and_only_from_who_declined(cast: Cast) -> None:
    first, second = cast.li.person_id, cast.wang.person_id
    give_phone(first, "19900000001")
    give_phone(second, "19900000002")
    choose_text(actor=cast.li.actor, person_id=first, purpose="call", wanted=False)
    assert phones_for_text([first, second], purpose="call") == {second: "19900000002"}
    assert phones_for_text([first, second], purpose="offer") == {first: "19900000001", second: "19900000002"}
    with pytest.raises(AssertionError):
        phones_for_text([first], purpose="code")


@pytest.mark.parametrize("purpose", ["code", "notice", ""])
def test_refuses_to_decline_what_must_be_told(cast: Cast, purpose: str) -> None:
    with pytest.raises(NotFound):
        choose_text(actor=cast.li.actor, person_id=cast.li.person_id, purpose=purpose, wanted=False)
    assert not UnwantedText.objects.exists()


def test_refuses_to_choose_for_somebody_else_but_at_the_station(cast: Cast) -> None:
    other = cast.wang.person_id
    with pytest.raises(NotAllowed):
        choose_text(actor=cast.li.actor, person_id=other, purpose="offer", wanted=False)
    assert cast.li.client.post(reverse("people:person_text", args=[other])).status_code in (403, 404)
    assert not UnwantedText.objects.exists()
    page = reverse("people:person_text", args=[other])
    assert cast.coordinator.client.post(page, {"purpose": "offer", "wanted": "no"}).status_code == 302
    assert unwanted_texts(other) == {"offer"}


def test_the_switch_stands_on_ones_own_page_and_at_the_station(cast: Cast) -> None:
    mine, person_id = reverse("people:me"), cast.li.person_id
    page = cast.li.client.get(mine)
    assert [line.is_wanted for line in page.context["texts"]] == [True] * 4
    give_phone(cast.wang.person_id, "")
    shown = [somebody.client.get(mine).content.decode() for somebody in (cast.li, cast.wang)]
    assert ["No mobile phone is on record" in text for text in shown] == [False, True]
    answer = cast.li.client.post(reverse("people:choose_text"), {"purpose": "stand-in", "wanted": "no"})
    assert answer.headers["Location"] == f"{mine}#my-texts"
    shown = cast.li.client.get(mine).content.decode()
    assert (shown.count("Inbox only"), shown.count("No texts of this kind")) == (1, 3)
    seen = cast.coordinator.client.get(reverse("people:person", args=[person_id])).content.decode()
    assert seen.count("Inbox only") == 1


def test_programs_have_the_same_switch(cast: Cast) -> None:
    client, person_id = cast.li.client, cast.li.person_id
    said = client.post("/api/v1/people/me/texts", {"purpose": "call", "wanted": False}, content_type="application/json")
    assert said.json()[-1] == {"purpose": "call", "wanted": False}
    assert client.get("/api/v1/people/me/texts").json() == said.json()
    code = client.post("/api/v1/people/me/texts", {"purpose": "code", "wanted": False}, content_type="application/json")
    assert code.status_code == 422
    station = cast.coordinator.client.post(
        f"/api/v1/people/{person_id}/texts", {"purpose": "call", "wanted": True}, content_type="application/json"
    )
    assert station.json()[-1] == {"purpose": "call", "wanted": True}
    path = f"/api/v1/people/{cast.wang.person_id}/texts"
    assert client.get(path).status_code == 404
    assert client.post(path, {"purpose": "call", "wanted": False}, content_type="application/json").status_code == 404
    assert cast.coordinator.client.get("/api/v1/people/me/texts").status_code == 404
    assert not UnwantedText.objects.exists()


def test_it_stands_in_ones_copy_and_goes_with_ones_data(cast: Cast) -> None:
    person_id = cast.li.person_id
    choose_text(actor=cast.li.actor, person_id=person_id, purpose="call", wanted=False)
    assert [line["purpose"] for line in copy_of([person_id])["unwanted_texts"]] == ["call"]
    forget(actor=cast.coordinator.actor, person_ids=[person_id], pseudonym="A1")
    assert not UnwantedText.objects.exists()
    with pytest.raises(NotFound):
        choose_text(actor=cast.coordinator.actor, person_id=person_id, purpose="call", wanted=False)
