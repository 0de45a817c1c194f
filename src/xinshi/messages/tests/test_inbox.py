"""The inbox: one's own messages, each told once, read when one says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.test import Client

from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.messages.actions import NewMessage, mark_read, send_many
from xinshi.messages.models import Message
from xinshi.messages.queries import inbox, unread_count

pytestmark = pytest.mark.django_db
SignIn = Callable[..., tuple[Actor, Client]]


@pytest.fixture
def sign_in() -> SignIn:
    """Makes a volunteer, or with `is_person=False` a clerk without a person; returns who acts and their browser."""

    def make(username: str, *, is_person: bool = True) -> tuple[Actor, Client]:
        at = clock.now()
        people, users, grants = (apps.get_model("people", name).objects for name in ("Person", "User", "RoleGrant"))
        person = people.create(name=username, registered_at=at) if is_person else None
        user = users.create(username=username, person=person)
        grants.create(user=user, role=Role.VOLUNTEER.value, granted_by="system:tests", granted_at=at)
        client = Client(headers={"accept-language": "en"})
        client.force_login(user)
        return Actor(reference=f"user:{user.pk}", user_id=user.pk, person_id=user.person_id), client

    return make


def send(actor: Actor, *keys: str, text: str = "“%(title)s” has changed.", object_ref: str = "") -> None:
    send_many(
        NewMessage(
            recipient_ref=f"person:{actor.person_id}",
            text=text,
            parameters={"title": "导医"},
            key=f"{actor.person_id}:{key}",
            object_ref=object_ref,
        )
        for key in keys
    )


def test_a_message_is_told_once_however_often_it_is_sent(sign_in: SignIn) -> None:
    actor, _ = sign_in("li")
    send(actor, "a", "b")
    send(actor, "a", "a", "c")
    assert Message.objects.count() == 3


def test_refuses_to_send_a_sentence_that_lacks_what_it_names(sign_in: SignIn) -> None:
    actor, _ = sign_in("li")
    with pytest.raises(KeyError):
        send(actor, "a", text="%(other)s")
    assert Message.objects.count() == 0


def test_everybody_sees_and_marks_their_own_only(sign_in: SignIn) -> None:
    (li, _), (wang, _) = sign_in("li"), sign_in("wang")
    send(li, "a", "b")
    send(wang, "a")
    theirs = inbox(wang).get()
    assert mark_read(actor=li, message_id=theirs.pk) == 0
    assert mark_read(actor=li) == 2
    assert (unread_count(li), unread_count(wang)) == (0, 1)


def test_who_is_no_person_has_an_empty_inbox(sign_in: SignIn) -> None:
    clerk, client = sign_in("clerk", is_person=False)
    Message.objects.create(recipient_ref="person:None", text="x", key="x", sent_at=clock.now())
    assert (unread_count(clerk), mark_read(actor=clerk)) == (0, 0)
    assert "belongs to no person" in client.get("/messages/").content.decode()


def test_the_page_shows_the_newest_first_and_counts_the_unread(sign_in: SignIn) -> None:
    actor, client = sign_in("li")
    send(actor, *(f"{number:02d}" for number in range(31)))
    page = client.get("/messages/")
    lines = page.context["lines"]
    assert (len(lines), lines[0].text, page.context["unread"]) == (30, "“导医” has changed.", 31)
    assert lines[0].id > lines[-1].id
    mark_read(actor=actor, message_id=lines[0].id)
    assert client.get("/messages/?unread=1").context["page"].paginator.count == 30


def test_opening_a_message_marks_it_read_and_leads_to_what_it_is_about(sign_in: SignIn) -> None:
    actor, client = sign_in("li")
    send(actor, "a", object_ref="activity:7")
    send(actor, "b")
    with_page, without = inbox(actor).order_by("id")
    assert client.post(f"/messages/{with_page.pk}/read/").headers["Location"] == "/activities/7/"
    assert client.post(f"/messages/{without.pk}/read/").headers["Location"] == "/messages/"
    assert unread_count(actor) == 0


def test_looking_at_the_inbox_changes_nothing(sign_in: SignIn) -> None:
    actor, client = sign_in("li")
    send(actor, "a")
    client.get("/messages/")
    assert client.get(f"/messages/{inbox(actor).get().pk}/read/").status_code == 405
    assert unread_count(actor) == 1


def test_somebody_elses_message_is_not_there(sign_in: SignIn) -> None:
    (li, _), (_, client) = sign_in("li"), sign_in("wang")
    send(li, "a")
    assert client.post(f"/messages/{inbox(li).get().pk}/read/").status_code == 404
    assert unread_count(li) == 1


def test_all_are_marked_read_at_once(sign_in: SignIn) -> None:
    actor, client = sign_in("li")
    send(actor, "a", "b")
    client.post("/messages/read/")
    assert unread_count(actor) == 0


def test_the_inbox_by_the_api(sign_in: SignIn) -> None:
    actor, client = sign_in("li")
    other, _ = sign_in("wang")
    send(actor, "a", "b", "c")
    send(other, "a")
    assert client.get("/api/v1/messages/unread").json() == {"unread": 3}
    first = client.get("/api/v1/messages?limit=2").json()
    assert [item["text"] for item in first["items"]] == ["“导医” has changed."] * 2
    rest = client.get(f"/api/v1/messages?limit=2&cursor={first['next_cursor']}").json()
    assert (len(rest["items"]), rest["next_cursor"]) == (1, None)
    newest = first["items"][0]["id"]
    assert client.post(f"/api/v1/messages/{newest}/read").json() == {"changed": 1}
    assert client.post(f"/api/v1/messages/{newest}/read").json() == {"changed": 0}
    assert client.post(f"/api/v1/messages/{inbox(other).get().pk}/read").status_code == 404
    assert client.get("/api/v1/messages?unread=true").json()["items"] == [first["items"][1], rest["items"][0]]
    assert client.post("/api/v1/messages/read", headers={"Idempotency-Key": "k"}).json() == {"changed": 2}
    assert client.post("/api/v1/messages/read", headers={"Idempotency-Key": "k"}).json() == {"changed": 2}
    assert Client().get("/api/v1/messages").status_code == 401
