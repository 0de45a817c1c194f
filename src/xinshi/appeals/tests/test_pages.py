"""The pages and endpoints: what is offered, to whom, and that forms lose nothing that was typed."""

from __future__ import annotations

import pytest

from xinshi.activities.tests.conftest import Cast, Somebody
from xinshi.appeals.actions import ask_more, refuse
from xinshi.appeals.tests.conftest import REASON, TEXT, Served, ask_for_times, everything, request_of, trail
from xinshi.attendance.tests.conftest import MoveTo, Service, at

TIMES = {"day": "2026-03-03", "starts": "09:00", "ends": "10:00"}


def test_the_record_and_the_deposit_lead_to_the_form(served: Served, cast: Cast) -> None:
    client = cast.volunteer.client
    record = client.get(f"/attendance/records/{served.record_id}/").content.decode()
    assert f"/appeals/ask/?about=service-record:{served.record_id}" in record
    deposit = client.get(f"/bank/deposits/{served.deposit_id}/").content.decode()
    assert f"/appeals/ask/?about=deposit:{served.deposit_id}" in deposit
    form = client.get(f"/appeals/ask/?about=deposit:{served.deposit_id}").content.decode()
    assert 'value="record"' in form
    assert 'value="deposit"' in form


def test_only_the_hours_may_be_typed(served: Served, cast: Cast, colleague: Somebody) -> None:
    address = f"/appeals/ask/?about=service-record:{served.record_id}"
    typed = {"kind": "record", "day": "2026-03-03", "starts": "09:00", "ends": "11:00", "hours": "1.5", "text": TEXT}
    done = cast.volunteer.client.post(address, typed)
    assert done.status_code == 302
    row = request_of(int(done["Location"].split("/")[-2]))
    assert (row.asked_from, row.asked_minutes) == (None, 90)


def test_missing_service_is_asked_for_by_its_shift(service: Service, cast: Cast, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    frozen(at(15))
    client = cast.volunteer.client
    assert f'value="{shift.shift_id}"' in client.get("/appeals/ask/").content.decode()
    done = client.post("/appeals/ask/", {"kind": "missing", "shift": shift.shift_id, "text": TEXT, **TIMES})
    assert done.status_code == 302
    row = request_of(int(done["Location"].split("/")[-2]))
    assert (row.kind, row.shift_id, row.asked_from) == ("missing", shift.shift_id, at(9))


def test_a_form_that_is_refused_loses_nothing(served: Served, cast: Cast) -> None:
    before = everything()
    page = cast.volunteer.client.post("/appeals/ask/", {"kind": "missing", "text": TEXT, **TIMES})
    assert page.status_code == 200
    assert TEXT in page.content.decode()
    assert everything() == before


def test_staff_write_it_down_for_somebody(served: Served, cast: Cast, colleague: Somebody) -> None:
    address = f"/appeals/ask/?about=service-record:{served.record_id}"
    assert "李明" in colleague.client.get(address).content.decode()
    done = colleague.client.post(address, {"kind": "record", "hours": "1", "text": TEXT, **TIMES})
    row = request_of(int(done["Location"].split("/")[-2]))
    assert (row.is_assisted, row.asker_ref) == (True, f"person:{cast.volunteer.person_id}")
    assert cast.second.client.get(address).status_code == 404
    assert cast.second.client.get(f"/appeals/ask/?person={cast.volunteer.person_id}").status_code == 404


def test_the_answer_page_opens_to_who_may_answer_only(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    address = f"/appeals/requests/{request_id}/answer/"
    assert colleague.client.get(address).status_code == 200
    for who in (cast.coordinator, cast.administrator):
        assert who.client.get(address).status_code == 404
    assert "您参与过此事" in cast.coordinator.client.get(f"/appeals/requests/{request_id}/").content.decode()
    assert address in colleague.client.get("/appeals/desk/").content.decode()
    assert address not in cast.coordinator.client.get("/appeals/desk/").content.decode()


@pytest.mark.parametrize(
    ("answer", "state"), [("grant", "granted"), ("refuse", "refused"), ("more", "more_asked"), ("leave", "open")]
)
def test_each_answer_does_what_it_says(
    served: Served, cast: Cast, colleague: Somebody, answer: str, state: str
) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    done = colleague.client.post(f"/appeals/requests/{request_id}/answer/", {"answer": answer, "text": REASON, **TIMES})
    assert (done.status_code, request_of(request_id).state) == (302, state)


def test_the_asker_reads_roles_the_auditor_names(served: Served, cast: Cast, colleague: Somebody) -> None:
    request_id = ask_for_times(cast.volunteer, served)
    refuse(actor=colleague.actor, request_id=request_id, reason=REASON)
    address = f"/appeals/requests/{request_id}/"
    own = cast.volunteer.client.get(address).content.decode()
    assert "孙丽" not in own
    assert "协调员" in own
    assert REASON in own
    assert "孙丽" in cast.auditor.client.get(address).content.decode()
    assert cast.second.client.get(address).status_code == 404


def test_adding_withdrawing_and_appealing_by_the_pages(served: Served, cast: Cast, colleague: Somebody) -> None:
    client, request_id = cast.volunteer.client, ask_for_times(cast.volunteer, served)
    ask_more(actor=colleague.actor, request_id=request_id, question="请补一张现场照片。")
    assert client.post(f"/appeals/requests/{request_id}/more/", {"text": "没有照片，有证人。"}).status_code == 302
    refuse(actor=colleague.actor, request_id=request_id, reason=REASON)
    done = client.post(f"/appeals/requests/{request_id}/appeal/", {"text": "请再看一次证人的话。"})
    appeal_id = int(done["Location"].split("/")[-2])
    assert request_of(appeal_id).appeal_of_id == request_id
    assert client.post(f"/appeals/requests/{appeal_id}/withdraw/").status_code == 302
    assert trail(appeal_id)[-1] == ("withdrawn", "asker")
    assert str(appeal_id) in client.get("/appeals/mine/").content.decode()
    for other in (cast.second, colleague):
        assert other.client.get(f"/appeals/requests/{request_id}/more/").status_code == 404


def test_programs_ask_and_answer(served: Served, cast: Cast, colleague: Somebody) -> None:
    made = cast.volunteer.client.post(
        "/api/v1/appeals/requests",
        {"kind": "record", "subject_ref": f"service-record:{served.record_id}", "text": TEXT, "minutes": 60},
        content_type="application/json",
    ).json()
    assert (made["state"], made["level"], made["due_on"]) == ("open", 1, "2026-03-17")
    waiting = colleague.client.get("/api/v1/appeals/requests/waiting").json()
    assert [row["id"] for row in waiting["items"]] == [made["id"]]
    address = f"/api/v1/appeals/requests/{made['id']}"
    body = {"reason": REASON, "starts_at": at(9).isoformat(), "ends_at": at(10).isoformat()}
    refused = cast.coordinator.client.post(f"{address}/grant", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "had_part")
    granted = colleague.client.post(f"{address}/grant", body, content_type="application/json").json()
    assert (granted["state"], granted["reversed_deposit_id"]) == ("granted", served.deposit_id)
    seen = cast.volunteer.client.get(address).json()
    assert [line["what"] for line in seen["trail"]] == ["asked", "granted"]
    assert {line["name"] for line in seen["trail"]} == {""}
    assert cast.second.client.get(address).status_code == 404


def test_the_desk_says_what_waits(served: Served, cast: Cast, colleague: Somebody) -> None:
    ask_for_times(cast.volunteer, served)
    page = colleague.client.get("/desk/").content.decode()
    assert "份更正申请等待您答复" in page
    assert "/appeals/desk/" in page
