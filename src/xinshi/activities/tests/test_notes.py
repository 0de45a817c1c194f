"""Notes on an activity: who reads which, who is told, and who may write."""

from __future__ import annotations

import pytest
from django.urls import reverse

from xinshi.activities.actions import cancel_activity, cancel_sign_up, sign_up
from xinshi.activities.models import Activity, ActivityNote
from xinshi.activities.notes.actions import take_back_note, write_note
from xinshi.activities.notes.domain import (
    NOTES_A_PERSON_MAX,
    NotAmongThem,
    NoteAudience,
    NotesClosed,
    OnlyToLeaders,
    TooManyNotes,
)
from xinshi.activities.notes.queries import notes_of
from xinshi.activities.personal import copy_of, forget
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, Somebody
from xinshi.audit.models import AuditEntry
from xinshi.kernel.actor import ANONYMOUS, Actor
from xinshi.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message

CHINESE = {"Accept-Language": "zh-hans"}


def texts(actor: Actor, activity_id: int) -> list[str]:
    return [note.text for note in notes_of(actor, activity_id).rows]


def told(who: Somebody) -> list[str]:
    rows = Message.objects.filter(recipient_ref=f"person:{who.person_id}", key__startswith="activity-note:")
    return [row.parameters["text"] for row in rows.order_by("pk")]


def test_each_note_is_read_by_those_it_is_for(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(places=3)
    place = sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    notes = {
        NoteAudience.EVERYBODY: "请走东门。",
        NoteAudience.PLACES: "八点四十在服务台集合。",
        NoteAudience.LEADERS: "马甲还差两件。",
    }
    for audience, text in notes.items():
        write_note(actor=cast.leader.actor, activity_id=made.activity_id, text=text, audience=audience)
    write_note(
        actor=cast.volunteer.actor, activity_id=made.activity_id, text="我会晚到五分钟。", audience=NoteAudience.LEADERS
    )
    everybody, places, leaders, asked = *notes.values(), "我会晚到五分钟。"

    assert texts(cast.leader.actor, made.activity_id) == [asked, leaders, places, everybody]
    assert texts(cast.coordinator.actor, made.activity_id) == [asked, leaders, places, everybody]
    assert texts(cast.volunteer.actor, made.activity_id) == [asked, places, everybody]
    for stranger in (cast.second.actor, cast.other_leader.actor, cast.auditor.actor, ANONYMOUS):
        assert texts(stranger, made.activity_id) == [everybody]
    assert (told(cast.volunteer), told(cast.leader), told(cast.second)) == ([everybody, places], [asked], [])
    assert AuditEntry.objects.filter(action="activities.write_note").count() == 4

    cancel_sign_up(actor=cast.volunteer.actor, signup_id=place.signup_id)
    assert texts(cast.volunteer.actor, made.activity_id) == [asked, everybody]


def test_who_takes_no_part_writes_nothing_and_volunteers_only_to_who_leads(
    cast: Cast, make_activity: MakeActivity
) -> None:
    made = make_activity()
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])

    def refused(who: Actor, error: type[DomainError], *, text: str = "你好", to: str = "leaders") -> None:
        with pytest.raises(error):
            write_note(actor=who, activity_id=made.activity_id, text=text, audience=NoteAudience(to))

    refused(ANONYMOUS, NotAllowed)
    refused(cast.second.actor, NotAmongThem)
    refused(cast.other_leader.actor, NotAmongThem, to="places")
    refused(cast.volunteer.actor, OnlyToLeaders, to="places")
    refused(cast.volunteer.actor, OnlyToLeaders, to="everybody")
    refused(cast.volunteer.actor, Invalid, text="  ")
    refused(cast.leader.actor, Invalid, text="字" * 501)
    assert not ActivityNote.objects.exists()
    draft = make_activity(state="draft")
    with pytest.raises(NotFound):
        write_note(
            actor=cast.volunteer.actor, activity_id=draft.activity_id, text="你好", audience=NoteAudience.LEADERS
        )
    with pytest.raises(NotesClosed):
        write_note(actor=cast.leader.actor, activity_id=draft.activity_id, text="你好", audience=NoteAudience.PLACES)
    write_note(actor=cast.leader.actor, activity_id=draft.activity_id, text="待定", audience=NoteAudience.LEADERS)
    for _ in range(NOTES_A_PERSON_MAX):
        write_note(actor=cast.volunteer.actor, activity_id=made.activity_id, text="问", audience=NoteAudience.LEADERS)
    refused(cast.volunteer.actor, TooManyNotes)
    cancel_activity(actor=cast.coordinator.actor, activity_id=made.activity_id, reason="停电")
    refused(cast.leader.actor, NotesClosed, to="everybody")


def test_a_note_is_taken_back_by_who_wrote_it_or_who_leads(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    own = write_note(
        actor=cast.volunteer.actor, activity_id=made.activity_id, text="要带水吗？", audience=NoteAudience.LEADERS
    )
    led = write_note(
        actor=cast.leader.actor, activity_id=made.activity_id, text="自带水杯。", audience=NoteAudience.EVERYBODY
    )
    with pytest.raises(NotAllowed):
        take_back_note(actor=cast.volunteer.actor, note_id=led)
    with pytest.raises(NotFound):
        take_back_note(actor=cast.second.actor, note_id=own)
    assert ActivityNote.objects.filter(taken_back_at=None).count() == 2
    take_back_note(actor=cast.volunteer.actor, note_id=own)
    take_back_note(actor=cast.coordinator.actor, note_id=led)
    assert texts(cast.leader.actor, made.activity_id) == []
    assert ActivityNote.objects.count() == 2
    with pytest.raises(NotFound):
        take_back_note(actor=cast.leader.actor, note_id=led)


def test_notes_on_the_page_and_through_the_api(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    address = reverse("activities:detail", args=[made.activity_id])
    write = reverse("activities:write_note", args=[made.activity_id])
    assert "留言" not in cast.second.client.get(address, headers=CHINESE).text
    assert "给负责人留言" in cast.volunteer.client.get(address, headers=CHINESE).text
    sent = cast.leader.client.post(write, {"text": "请穿<b>平底鞋</b>", "audience": "places"})
    assert (sent.status_code, sent["Location"]) == (302, address)
    shown = cast.volunteer.client.get(address).text
    assert "请穿&lt;b&gt;平底鞋&lt;/b&gt;" in shown
    assert "平底鞋" not in cast.second.client.get(address).text
    assert cast.leader.client.post(write, {"text": "好", "audience": "nobody"}).status_code == 404
    refused = cast.second.client.post(write, {"text": "好"}, headers=CHINESE, follow=True).text
    assert "请先报名" in refused
    assert ActivityNote.objects.count() == 1

    api = f"/api/v1/activities/{made.activity_id}/notes"
    asked = {"text": "在哪里存包？"}
    answer = cast.volunteer.client.post(api, asked, content_type="application/json", headers={"Idempotency-Key": "n"})
    again = cast.volunteer.client.post(api, asked, content_type="application/json", headers={"Idempotency-Key": "n"})
    assert answer.status_code == 200
    assert answer.json() == again.json()
    assert [(one["text"], one["by"], one["is_mine"]) for one in answer.json()["items"]] == [
        ("在哪里存包？", "", True),
        ("请穿<b>平底鞋</b>", "", False),
    ]
    first = cast.leader.client.get(api).json()["items"][0]
    assert (first["by"], first["audience"]) == ("李明", "leaders")
    back = f"/api/v1/activities/notes/{first['id']}/take-back"
    assert cast.second.client.post(back, content_type="application/json").status_code == 404
    assert len(cast.volunteer.client.post(back, content_type="application/json").json()["items"]) == 1
    assert cast.volunteer.client.get("/api/v1/activities/999999/notes").status_code == 404


def test_the_number_of_queries_does_not_grow_with_notes(
    cast: Cast, make_activity: MakeActivity, django_assert_max_num_queries: object
) -> None:
    made = make_activity()
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    for number in range(12):
        write_note(
            actor=cast.leader.actor,
            activity_id=made.activity_id,
            text=f"第 {number} 条",
            audience=NoteAudience.PLACES,
        )
    reader = cast.volunteer.actor
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        assert len(notes_of(reader, made.activity_id).rows) == 12


def test_what_somebody_wrote_is_in_their_copy_and_goes_with_them(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    write_note(
        actor=cast.volunteer.actor, activity_id=made.activity_id, text="母亲住院。", audience=NoteAudience.LEADERS
    )
    (copied,) = copy_of([cast.volunteer.person_id])["activity_notes"]
    assert copied["text"] == "母亲住院。"
    forget(actor=SYSTEM, person_ids=[cast.volunteer.person_id])
    assert "母亲" not in ActivityNote.objects.get().text
    assert Activity.objects.filter(pk=made.activity_id).exists()
