"""The desk of training through the API: what the pages do, with the same rights and the same refusals."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from xinshi.documents.sheets import read_sheets
from xinshi.people.models import RoleGrant
from xinshi.training import actions
from xinshi.training.domain import NewQuestion, Part, QuestionKind
from xinshi.training.exporting import QUESTION_HEADERS, RECORD_HEADERS
from xinshi.training.models import Certificate, Course, Enrolment, Lesson, LessonFile, Place, Question, Session
from xinshi.training.tests.conftest import (
    CODE,
    Cast,
    Clock,
    MadeCourse,
    MakeCourse,
    MakeSession,
    Somebody,
    everything,
)
from xinshi.training.tests.test_pages import MP4, PNG

API = "/api/v1/training"
COURSE = {
    "code": "ward-etiquette",
    "title": "病区礼仪",
    "provider": "社工部",
    "study_minutes": 30,
    "parts": ["lessons", "quiz"],
    "questions_per_try": 2,
    "valid_months": 24,
}
QUESTIONS = [
    {
        "kind": "single",
        "text": "进病房前先做什么？",
        "options": [{"text": "敲门", "is_right": True}, {"text": "喊人"}],
        "explanation": "先敲门。",
    },
    {"kind": "true_false", "text": "病人的情况可以告诉别人。", "is_true": False},
]


def send(client: Client, method: str, path: str, body: object = None, *, key: str = "") -> Any:
    """The answer to a JSON request, under an idempotency key where there is one."""
    headers = {"Idempotency-Key": key} if key else {}
    text = "" if body is None else json.dumps(body)
    return client.generic(method, f"{API}{path}", text, content_type="application/json", headers=headers)


def test_a_course_is_made_filled_opened_and_closed(cast: Cast) -> None:
    client = cast.coordinator.client
    made = send(client, "POST", "/desk/courses", COURSE)
    course = made.json()
    course_id = course["id"]
    assert (made.status_code, course["state"], course["parts"], course["pass_percent"]) == (
        201,
        "draft",
        ["lessons", "quiz"],
        80,
    )
    refused = send(client, "POST", f"/desk/courses/{course_id}/opening")
    assert (refused.status_code, refused.json()["code"]) == (422, "course_incomplete")
    lesson = send(
        client, "POST", f"/desk/courses/{course_id}/lessons", {"title": "敲门", "text": "先敲门", "minutes": 3}
    )
    assert (lesson.status_code, lesson.json()["position"]) == (201, 1)
    added = send(client, "POST", f"/desk/courses/{course_id}/questions", {"questions": QUESTIONS})
    assert (added.status_code, len(added.json()["question_ids"])) == (201, 2)
    opened = send(client, "POST", f"/desk/courses/{course_id}/opening").json()
    assert (opened["state"], opened["lessons"], opened["questions"]) == ("open", 1, 2)
    assert [row["id"] for row in cast.volunteer.client.get(f"{API}/courses").json()["items"]] == [course_id]
    changed = send(client, "PUT", f"/desk/courses/{course_id}", COURSE | {"title": "病房礼仪", "pass_percent": 60})
    assert (changed.json()["title"], changed.json()["pass_percent"]) == ("病房礼仪", 60)
    assert send(client, "POST", f"/desk/courses/{course_id}/closing").json()["state"] == "closed"
    assert cast.volunteer.client.get(f"{API}/courses").json()["items"] == []


def test_one_key_makes_one_course(cast: Cast) -> None:
    client = cast.coordinator.client
    answers = [send(client, "POST", "/desk/courses", COURSE, key="one") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Course.objects.count() == 1
    again = send(client, "POST", "/desk/courses", COURSE, key="two")
    assert (again.status_code, again.json()["code"], Course.objects.count()) == (422, "invalid", 1)


def test_a_short_way_leads_to_no_other_short_way(cast: Cast, course: MadeCourse, make_course: MakeCourse) -> None:
    short = make_course(code="short", renews_id=course.course_id)
    before = everything()
    client = cast.coordinator.client
    refused = send(client, "POST", "/desk/courses", COURSE | {"renews_id": short.course_id})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    itself = send(client, "PUT", f"/desk/courses/{short.course_id}", COURSE | {"renews_id": short.course_id})
    assert (itself.status_code, everything()) == (422, before)


def test_lessons_are_changed_moved_and_taken_out(cast: Cast, course: MadeCourse) -> None:
    client = cast.coordinator.client
    first, second = course.lesson_ids
    moved = send(client, "POST", f"/desk/lessons/{second}/moves", {"way": "up"}).json()
    rows = client.get(f"{API}/desk/courses/{course.course_id}/lessons").json()
    assert [row["id"] for row in rows] == [second, first]
    assert moved["position"] == rows[0]["position"]
    changed = send(client, "PUT", f"/desk/lessons/{first}", {"title": "新", "text": "新的正文", "minutes": 9}).json()
    assert (changed["title"], changed["text"], changed["minutes"]) == ("新", "新的正文", 9)
    assert send(client, "DELETE", f"/desk/lessons/{first}").status_code == 204
    last = send(client, "DELETE", f"/desk/lessons/{second}")
    assert (last.status_code, last.json()["code"]) == (422, "course_incomplete"), (
        "an open course keeps what it asks for"
    )
    assert list(Lesson.objects.filter(retired_at=None).values_list("pk", flat=True)) == [second]


def test_a_lessons_files_are_added_read_in_parts_and_removed(cast: Cast, course: MadeCourse) -> None:
    client = cast.coordinator.client
    address = f"{API}/desk/lessons/{course.lesson_ids[0]}/files"
    forms = [{"file": SimpleUploadedFile("a.mp4", MP4), "caption": "按压的位置"} for _ in range(2)]
    answers = [client.post(address, form, headers={"Idempotency-Key": "film"}) for form in forms]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    no_caption = client.post(address, {"file": SimpleUploadedFile("b.png", PNG), "caption": ""})
    program = client.post(address, {"file": SimpleUploadedFile("c.png", b"MZ" + bytes(50)), "caption": "程序"})
    assert (no_caption.status_code, program.status_code, program.json()["code"]) == (422, 422, "lesson_file_type")
    file_id = LessonFile.objects.get().pk
    learner = cast.volunteer.client
    lesson = learner.get(f"{API}/lessons/{course.lesson_ids[0]}").json()
    assert [(file["id"], file["caption"], file["content_type"]) for file in lesson["files"]] == [
        (file_id, "按压的位置", "video/mp4")
    ]
    assert (lesson["number"], lesson["total"], lesson["next_id"]) == (1, 2, course.lesson_ids[1])
    assert b"".join(learner.get(f"{API}/files/{file_id}").streaming_content) == MP4
    part = learner.get(f"{API}/files/{file_id}", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert send(learner, "DELETE", f"/desk/files/{file_id}").status_code == 403
    assert send(client, "DELETE", f"/desk/files/{file_id}").status_code == 204
    assert learner.get(f"{API}/files/{file_id}").status_code == 404


def test_the_bank_says_what_is_right_only_to_the_desk(cast: Cast, course: MadeCourse) -> None:
    course.read_all(cast.volunteer)
    course.try_quiz(cast.volunteer, right=True)
    address = f"{API}/desk/courses/{course.course_id}/questions"
    first = cast.auditor.client.get(address, {"limit": 3}).json()
    rest = cast.auditor.client.get(address, {"limit": 3, "cursor": first["next_cursor"]}).json()
    rows = [*first["items"], *rest["items"]]
    assert rest["next_cursor"] is None
    assert [(row["kind"], row["is_true"], row["asked"], row["right"]) for row in rows] == [
        ("true_false", True, 1, 1),
        ("true_false", False, 1, 1),
        ("multiple", None, 1, 1),
        ("single", None, 1, 1),
    ]
    assert [option["is_right"] for option in rows[3]["options"]] == [False, True, False]
    for who in (cast.volunteer, cast.leader):
        assert who.client.get(address).status_code == 404


def test_questions_come_and_go_as_sheets(cast: Cast, course: MadeCourse, make_course: MakeCourse) -> None:
    client = cast.coordinator.client
    sheet = client.get(f"{API}/desk/courses/{course.course_id}/questions.xlsx").content
    rows = read_sheets(sheet, file_name="x.xlsx")[0].rows
    assert (tuple(rows[0]), len(rows)) == (QUESTION_HEADERS, 5)
    other = send(client, "POST", "/desk/courses", COURSE).json()["id"]
    address = f"{API}/desk/courses/{other}/questions/imports"
    made = client.post(address, {"file": SimpleUploadedFile("bank.xlsx", sheet)}).json()["question_ids"]
    assert len(made) == 4
    assert client.post(address, {"file": SimpleUploadedFile("bank.xlsx", sheet)}).json() == {"question_ids": []}
    bad = "题型,题目,选项A,选项B,答案\n单选,坏题,甲,乙,C\n".encode()
    refused = client.post(address, {"file": SimpleUploadedFile("bank.csv", bad)})
    assert (refused.status_code, refused.json()["code"]) == (422, "question_rows_not_readable")
    assert send(client, "DELETE", f"/desk/questions/{made[0]}").status_code == 204
    assert Question.objects.filter(course_id=other, retired_at=None).count() == 3


def test_who_is_stuck_gets_another_try(cast: Cast, make_course: MakeCourse) -> None:
    course = make_course(parts=[Part.QUIZ], tries_max=1)
    actions.start_course(actor=cast.volunteer.actor, course_id=course.course_id)
    answered = course.try_quiz(cast.volunteer, right=False)
    shown = cast.volunteer.client.get(f"{API}/results/{answered.result_id}").json()
    assert (shown["is_passed"], shown["tries_left"], len(shown["wrong"])) == (False, 0, 4)
    assert "right" not in shown["wrong"][0]
    assert cast.second.client.get(f"{API}/results/{answered.result_id}").status_code == 404
    client = cast.coordinator.client
    address = f"{API}/desk/courses/{course.course_id}/learners"
    row = client.get(address, {"state": "running"}).json()["items"][0]
    assert (row["name"], row["is_stuck"], row["missing"], row["tries"]) == ("李明", True, ["quiz"], 1)
    assert send(client, "POST", f"/desk/enrolments/{row['enrolment_id']}/extra-tries", key="try").status_code == 200
    assert send(client, "POST", f"/desk/enrolments/{row['enrolment_id']}/extra-tries", key="try").status_code == 200
    assert Enrolment.objects.get().extra_tries == 1
    assert client.get(address, {"state": "passed"}).json()["items"] == []
    begun = client.get(f"{API}/desk/courses/{course.course_id}/not-begun", {"term": "王"}).json()["items"]
    assert [row["name"] for row in begun] == ["王芳"]


NEXT_WEEK = {"starts_at": "2026-12-02T09:00:00+08:00", "ends_at": "2026-12-02T11:00:00+08:00"}


def session_of(cast: Cast, course: MadeCourse | None = None, **changed: Any) -> dict[str, Any]:
    return {
        "course_id": course.course_id if course else None,
        "title": "实操",
        "place": "示教室",
        "starts_at": "2026-11-25T09:00:00+08:00",
        "ends_at": "2026-11-25T11:00:00+08:00",
        "trainer_id": cast.leader.person_id,
        "places": 1,
        "reserve": 2,
    } | changed


def test_a_session_from_the_first_word_to_the_certificate(cast: Cast, make_course: MakeCourse, frozen: Clock) -> None:
    course = make_course(parts=[Part.SESSION, Part.PRACTICAL])
    client = cast.coordinator.client
    assert {row["name"] for row in client.get(f"{API}/trainers").json()} == {"周敏", "郑洁", "赵强", "陈静"}
    made = send(client, "POST", "/sessions", session_of(cast, course), key="session")
    assert (made.status_code, send(client, "POST", "/sessions", session_of(cast, course), key="session").json()) == (
        201,
        made.json(),
    )
    session_id = made.json()["id"]
    for who in (cast.volunteer, cast.second):
        actions.sign_up(actor=who.actor, session_id=session_id)
    own = cast.second.client.get(f"{API}/sessions/{session_id}").json()
    assert (own["waiting"], own["own_place"]["state"], own["own_place"]["position"]) == (1, "waiting", 1)
    changed = send(client, "PUT", f"/sessions/{session_id}", session_of(cast, course, places=2)).json()
    assert (changed["taken"], changed["waiting"]) == (2, 0)
    frozen.shift(timedelta(days=1))
    trainer = cast.leader.client
    place_id = Place.objects.get(person_id=cast.volunteer.person_id).pk
    marks = {"marks": [{"place_id": place_id, "mark": "present"}]}
    assert send(trainer, "POST", f"/sessions/{session_id}/marks", marks).json() == {"changed": 1}
    elsewhere = send(client, "POST", "/sessions", session_of(cast, None, **NEXT_WEEK)).json()["id"]
    other_place = actions.sign_up(actor=cast.volunteer.actor, session_id=elsewhere).place_id
    wrong = send(trainer, "POST", f"/sessions/{session_id}/practicals", {"place_id": other_place})
    assert wrong.status_code == 404
    assert (
        send(cast.other_leader.client, "POST", f"/sessions/{session_id}/practicals", {"place_id": place_id}).status_code
        == 404
    )
    judged = send(trainer, "POST", f"/sessions/{session_id}/practicals", {"place_id": place_id}).json()
    assert judged == {"certificate_id": Certificate.objects.get().pk}


def test_only_who_may_lead_others_is_named_as_trainer(cast: Cast, frozen: Clock) -> None:
    client = cast.coordinator.client
    before = everything()
    for stranger in (cast.volunteer.person_id, 10**9):
        refused = send(client, "POST", "/sessions", session_of(cast, trainer_id=stranger))
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert everything() == before
    session_id = send(client, "POST", "/sessions", session_of(cast)).json()["id"]
    refused = send(client, "PUT", f"/sessions/{session_id}", session_of(cast, trainer_id=cast.volunteer.person_id))
    assert refused.status_code == 422
    RoleGrant.objects.filter(user__person_id=cast.leader.person_id).delete()
    kept = send(client, "PUT", f"/sessions/{session_id}", session_of(cast, places=3))
    assert (kept.status_code, kept.json()["trainer_id"]) == (200, cast.leader.person_id)


def test_a_meetings_minutes_are_kept_by_its_host(cast: Cast, make_session: MakeSession, frozen: Clock) -> None:
    session_id = make_session()
    host = cast.leader.client
    early = send(host, "PUT", f"/sessions/{session_id}/minutes", {"text": "大家分享了经验"})
    assert (early.status_code, early.json()["code"]) == (409, "session_not_begun")
    frozen.shift(timedelta(days=1, minutes=5))
    assert send(cast.volunteer.client, "PUT", f"/sessions/{session_id}/minutes", {"text": "别人的"}).status_code == 404
    kept = send(host, "PUT", f"/sessions/{session_id}/minutes", {"text": "大家分享了经验"}).json()
    assert kept["minutes_text"] == "大家分享了经验"
    assert cast.volunteer.client.get(f"{API}/sessions/{session_id}").json()["minutes_text"] == ""


def test_a_session_that_is_not_held_says_why(cast: Cast, make_session: MakeSession) -> None:
    session_id = make_session()
    client = cast.coordinator.client
    short = send(client, "POST", f"/sessions/{session_id}/cancellation", {"reason": "停"})
    assert (short.status_code, Session.objects.get().state) == (422, "open")
    cancelled = send(client, "POST", f"/sessions/{session_id}/cancellation", {"reason": "场地停电，改期"}).json()
    assert (cancelled["state"], cancelled["cancel_reason"]) == ("cancelled", "场地停电，改期")
    listed = [
        cast.volunteer.client.get(f"{API}/sessions", filters).json()["items"]
        for filters in (
            {"when": "coming", "kind": "meeting"},
            {"when": "past"},
            {"kind": "course"},
            {"is_trained": True},
        )
    ]
    assert [[row["id"] for row in rows] for rows in listed] == [[session_id], [], [], []]


def test_a_certificate_is_read_printed_checked_and_revoked(cast: Cast, course: MadeCourse) -> None:
    row = course.passed_by(cast.volunteer)
    client, learner = cast.coordinator.client, cast.volunteer.client
    assert learner.get(f"{API}/certificates/{row.pk}/certificate.pdf").content[:5] == b"%PDF-"
    assert cast.second.client.get(f"{API}/certificates/{row.pk}").status_code == 404
    checked = cast.second.client.get(f"{API}/certificates/check/{row.number}").json()
    assert (checked["state"], checked["masked_name"]) == ("valid", "李*")
    assert cast.second.client.get(f"{API}/certificates/check/2026-AAAAA-AAAAA").status_code == 404
    assert send(learner, "POST", f"/certificates/{row.pk}/revocation", {"reason": "自己撤销试试"}).status_code == 403
    revoked = send(client, "POST", f"/certificates/{row.pk}/revocation", {"reason": "考核有误，重新学习"}, key="r")
    assert (revoked.json()["state"], revoked.json()["reason"]) == ("revoked", "考核有误，重新学习")
    again = send(client, "POST", f"/certificates/{row.pk}/revocation", {"reason": "考核有误，重新学习"})
    assert (again.status_code, again.json()["code"]) == (409, "certificate_revoked")
    assert learner.get(f"{API}/certificates/{row.pk}").json()["reason"] == "考核有误，重新学习"


def test_records_go_out_by_the_norms_fields(cast: Cast, course: MadeCourse) -> None:
    course.passed_by(cast.volunteer)
    own = read_sheets(cast.volunteer.client.get(f"{API}/record.xlsx").content, file_name="x.xlsx")[0].rows
    assert (tuple(own[0]), own[1][2]) == (RECORD_HEADERS, "0.75")
    everybody = read_sheets(cast.auditor.client.get(f"{API}/records.xlsx").content, file_name="x.xlsx")[0].rows
    assert everybody[1][:2] == ["李明", cast.volunteer.number]
    assert cast.leader.client.get(f"{API}/records.xlsx").status_code == 403


WRITES = (
    ("POST", "/desk/courses", COURSE),
    ("PUT", "/desk/courses/{course}", COURSE),
    ("POST", "/desk/courses/{course}/opening", None),
    ("POST", "/desk/courses/{course}/closing", None),
    ("POST", "/desk/courses/{course}/lessons", {"title": "题", "text": "文"}),
    ("PUT", "/desk/lessons/{lesson}", {"title": "题", "text": "文"}),
    ("POST", "/desk/lessons/{lesson}/moves", {"way": "down"}),
    ("DELETE", "/desk/lessons/{lesson}", None),
    ("POST", "/desk/courses/{course}/questions", {"questions": QUESTIONS}),
    ("DELETE", "/desk/questions/{question}", None),
    ("POST", "/desk/enrolments/{enrolment}/extra-tries", None),
    ("POST", "/sessions/{session}/cancellation", {"reason": "不该由他取消"}),
    ("POST", "/certificates/{certificate}/revocation", {"reason": "不该由他撤销"}),
)


@pytest.mark.parametrize("who", ["volunteer", "leader", "auditor"])
def test_only_who_manages_writes(cast: Cast, course: MadeCourse, make_session: MakeSession, who: str) -> None:
    session_id = make_session(course_id=course.course_id)
    certificate = course.passed_by(cast.second)
    actions.start_course(actor=cast.other_leader.actor, course_id=course.course_id)
    names = {
        "course": course.course_id,
        "lesson": course.lesson_ids[0],
        "question": Question.objects.first().pk,  # type: ignore[union-attr]  # the course has four
        "enrolment": Enrolment.objects.get(passed_at=None).pk,
        "session": session_id,
        "certificate": certificate.pk,
    }
    before = everything()
    somebody: Somebody = getattr(cast, who)
    for method, path, body in WRITES:
        answer = send(somebody.client, method, path.format(**names), body)
        assert answer.status_code in (403, 404), (method, path)
        assert answer.headers["Content-Type"] == "application/problem+json"
    refused = send(somebody.client, "POST", "/sessions", session_of(cast, course))
    assert (refused.status_code, everything()) == (403, before)


def test_lists_take_as_many_queries_for_many_as_for_few(cast: Cast, make_course: MakeCourse) -> None:
    def cost(path: str) -> int:
        client = cast.coordinator.client
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{API}{path}").status_code == 200
        return len(captured)

    course = make_course()
    course.read_all(cast.volunteer)
    course.try_quiz(cast.volunteer, right=False)
    paths = (
        "/desk/courses",
        f"/desk/courses/{course.course_id}/lessons",
        f"/desk/courses/{course.course_id}/questions",
        f"/desk/courses/{course.course_id}/learners",
    )
    few = {path: cost(path) for path in paths}
    make_course(code="another", qualification=CODE)
    for who in (cast.second, cast.leader, cast.other_leader):
        course.read_all(who)
        course.try_quiz(who, right=False)
    actions.add_questions(
        actor=cast.coordinator.actor,
        course_id=course.course_id,
        questions=[NewQuestion(kind=QuestionKind.TRUE_FALSE, text=text, is_true=True) for text in ("一", "二", "三")],
    )
    assert {path: cost(path) for path in paths} == few
