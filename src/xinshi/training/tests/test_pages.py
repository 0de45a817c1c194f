"""Training through its pages and its API: the learner's ten minutes, the trainer's list, the desk."""

from __future__ import annotations

import io
import json
import unicodedata
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from xinshi.documents.sheets import read_sheets
from xinshi.kernel.actor import Actor, Role
from xinshi.training import actions
from xinshi.training.domain import NewLesson, Part
from xinshi.training.exporting import QUESTION_HEADERS, RECORD_HEADERS
from xinshi.training.models import Certificate, Course, Enrolment, Lesson, LessonFile, Place, Question, QuizTry, Session
from xinshi.training.tests.conftest import (
    CODE,
    Cast,
    Clock,
    MadeCourse,
    MakeCourse,
    MakeSession,
    Somebody,
    everything,
    right_answers,
    wrong_answers,
)

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(5_000)


def form_of(answers: dict[int, list[int]]) -> dict[str, list[str]]:
    return {f"q{key}": [str(place) for place in places] for key, places in answers.items()}


def test_ten_minutes_on_a_phone(cast: Cast, course: MadeCourse) -> None:
    client = cast.volunteer.client
    assert "急救基础" in client.get("/training/").text
    started = client.post(f"/training/courses/{course.course_id}/start/")
    assert started.headers["Location"] == f"/training/lessons/{course.lesson_ids[0]}/"
    assert "<strong>先</strong>" in client.get(started.headers["Location"]).text
    on = client.post(f"/training/lessons/{course.lesson_ids[0]}/done/")
    assert on.headers["Location"] == f"/training/lessons/{course.lesson_ids[1]}/"
    end = client.post(f"/training/lessons/{course.lesson_ids[1]}/done/")
    assert end.headers["Location"] == f"/training/courses/{course.course_id}/"
    drawn = client.post(f"/training/courses/{course.course_id}/quiz/")
    try_id = QuizTry.objects.get().pk
    assert drawn.headers["Location"] == f"/training/tries/{try_id}/"
    right = right_answers(try_id)
    part = dict(list(right.items())[1:])
    missing = client.post(f"/training/tries/{try_id}/", form_of(part))
    assert (missing.status_code, "还有 1 题没有作答" in missing.text) == (200, True)
    assert missing.text.count(" checked") == sum(len(places) for places in part.values())
    result = client.post(f"/training/tries/{try_id}/", form_of(right))
    shown = client.get(result.headers["Location"])
    assert "已通过" in shown.text
    certificate = Certificate.objects.get()
    assert f"/training/certificates/{certificate.pk}/" in shown.text
    assert certificate.number[4:9] in client.get(f"/training/certificates/{certificate.pk}/").text
    assert client.get(f"/training/tries/{try_id}/").headers["Location"] == result.headers["Location"]


def test_a_failed_try_explains_and_does_not_give_away(cast: Cast, course: MadeCourse) -> None:
    course.read_all(cast.volunteer)
    try_id = actions.draw_quiz(actor=cast.volunteer.actor, course_id=course.course_id)
    client = cast.volunteer.client
    answered = client.post(f"/training/tries/{try_id}/", form_of(wrong_answers(try_id)))
    shown = client.get(answered.headers["Location"]).text
    assert ("尚未通过" in shown, "每分钟 100–120 次。" in shown) == (True, True)
    page = client.get(f"/training/courses/{course.course_id}/").text
    assert "10 分钟后可再次测验" in page
    refused = client.post(f"/training/courses/{course.course_id}/quiz/", HTTP_REFERER="http://testserver/training/")
    assert refused.headers["Location"] == "/training/"


def test_what_is_anothers_is_not_there(cast: Cast, course: MadeCourse, make_course: MakeCourse) -> None:
    course.read_all(cast.volunteer)
    answered = course.try_quiz(cast.volunteer, right=False)
    draft = make_course(code="draft", is_open=False)
    before = everything()
    stranger = cast.second.client
    try_id = QuizTry.objects.get().pk
    for address in (
        f"/training/tries/{try_id}/",
        f"/training/results/{answered.result_id}/",
        f"/training/courses/{draft.course_id}/",
        f"/training/lessons/{draft.lesson_ids[0]}/",
    ):
        assert stranger.get(address).status_code == 404, address
    assert stranger.post(f"/training/tries/{try_id}/", {}).status_code == 404
    assert stranger.post(f"/training/courses/{draft.course_id}/start/").status_code == 404
    assert stranger.get(f"/training/desk/courses/{course.course_id}/").status_code == 403
    assert everything() == before


def learners_at(course: MadeCourse, people: list[int]) -> None:
    for person_id in people:
        actor = Actor(reference=f"person:{person_id}", person_id=person_id, roles=frozenset({Role.VOLUNTEER}))
        actions.start_course(actor=actor, course_id=course.course_id)
        actions.finish_lesson(actor=actor, lesson_id=course.lesson_ids[0])


def queries_of(who: Somebody, address: str) -> int:
    client = who.client
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_pages_take_as_many_queries_for_many_as_for_few(
    cast: Cast, make_course: MakeCourse, make_session: MakeSession
) -> None:
    course = make_course(parts=[Part.LESSONS, Part.QUIZ, Part.SESSION])
    session_id = make_session(course_id=course.course_id, places=40)
    addresses = {
        "/training/": cast.volunteer,
        f"/training/courses/{course.course_id}/": cast.volunteer,
        "/training/sessions/": cast.volunteer,
        f"/training/sessions/{session_id}/attendance/": cast.leader,
        "/training/desk/": cast.coordinator,
        f"/training/desk/courses/{course.course_id}/learners/": cast.coordinator,
        f"/training/desk/courses/{course.course_id}/questions/": cast.coordinator,
        "/training/record/": cast.volunteer,
    }
    course.read_all(cast.volunteer)
    learners_at(course, cast.people(1))
    few = {address: queries_of(who, address) for address, who in addresses.items()}
    learners_at(course, cast.people(6))
    for number in range(3):
        other = make_course(code=f"more-{number}")
        other.read_all(cast.volunteer)
        make_session(course_id=other.course_id, title=f"第{number}场")
    for person_id in cast.people(6):
        actor = Actor(reference=f"person:{person_id}", person_id=person_id, roles=frozenset({Role.VOLUNTEER}))
        actions.sign_up(actor=actor, session_id=session_id)
    many = {address: queries_of(who, address) for address, who in addresses.items()}
    assert many == few
    course_page = many.pop(f"/training/courses/{course.course_id}/")
    assert course_page <= 18
    assert max(many.values()) <= 15, many


def test_a_film_comes_in_parts_and_a_page_in_disguise_not_at_all(
    cast: Cast, course: MadeCourse, settings, tmp_path
) -> None:  # type: ignore[no-untyped-def]  # Fixtures of pytest.
    settings.MEDIA_ROOT = tmp_path
    lesson_id = course.lesson_ids[0]
    client = cast.coordinator.client
    address = f"/training/desk/lessons/{lesson_id}/files/"
    for name, data in (("cpr.mp4", MP4), ("step.png", PNG)):
        posted = client.post(address, {"caption": name, "file": SimpleUploadedFile("x.bin", data)})
        assert posted.status_code == 302
    for data in (
        b"<html><script>alert(1)</script></html>",
        b"",
        b"GIF89a" + bytes(50),
        PNG[:-12] + b"<svg" + PNG[-12:],
    ):
        refused = client.post(address, {"caption": "图", "file": SimpleUploadedFile("a.png", data)})
        assert refused.status_code == 200
    again = client.post(address, {"caption": "又一次", "file": SimpleUploadedFile("y.mp4", MP4)})
    assert "这一课已有此文件" in again.text
    film, picture = LessonFile.objects.order_by("pk")
    assert (film.content_type, picture.content_type) == ("video/mp4", "image/png")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2, "what was refused does not stay"
    learner = cast.volunteer.client
    part = learner.get(f"/training/files/{film.pk}/", HTTP_RANGE="bytes=4-11")
    assert (part.status_code, part.content, part["Content-Range"]) == (206, b"ftypisom", f"bytes 4-11/{len(MP4)}")
    assert learner.get(f"/training/files/{film.pk}/", HTTP_RANGE="bytes=99999-").status_code == 416
    whole = learner.get(f"/training/files/{picture.pk}/")
    assert b"".join(whole.streaming_content) == PNG
    assert (whole["X-Content-Type-Options"], "sandbox" in whole["Content-Security-Policy"]) == ("nosniff", True)
    assert f"/training/files/{film.pk}/" in learner.get(f"/training/lessons/{lesson_id}/").text
    actions.remove_file(actor=cast.coordinator.actor, file_id=film.pk)
    assert learner.get(f"/training/files/{film.pk}/").status_code == 404


def test_a_coordinator_makes_a_course_at_the_desk(cast: Cast, course: MadeCourse) -> None:
    client = cast.coordinator.client
    typed = {
        "code": "etiquette", "title": "服务礼仪", "kind": "1", "way": "1", "provider": "志愿服务站", "study_minutes": "30",
        "parts": ["lessons", "quiz"], "questions_per_try": "2", "pass_percent": "80", "tries_max": "3",
        "wait_minutes": "10", "qualification": CODE, "valid_months": "", "renews": "", "title_en": "", "summary": "",
    }  # fmt: skip
    assert client.post("/training/desk/courses/new/", typed | {"parts": []}).status_code == 200
    assert "已有课程使用这个代号" in client.post("/training/desk/courses/new/", typed | {"code": "first-aid"}).text
    assert Course.objects.count() == 1
    assert client.post("/training/desk/courses/new/", typed).status_code == 302
    made = Course.objects.get(code="etiquette")
    state = f"/training/desk/courses/{made.pk}/state/"
    refused = client.post(state, {"state": "open"}, HTTP_REFERER=f"http://testserver/training/desk/courses/{made.pk}/")
    assert "要求学习课件，但还没有课件" in client.get(refused.headers["Location"]).text
    lesson = {"title": "仪容", "minutes": "5", "text": "# 站姿\n\n站在看得见的地方"}
    assert client.post(f"/training/desk/courses/{made.pk}/lessons/new/", lesson).status_code == 302
    question = {
        "kind": "single",
        "text": "指路用什么手势？",
        "options": "一根手指\n*掌心向上",
        "explanation": "掌心向上",
    }
    address = f"/training/desk/courses/{made.pk}/questions/"
    assert client.post(address, question | {"options": "一根手指\n掌心向上"}).status_code == 200
    assert client.post(address, question).status_code == 302
    assert client.post(address, {"kind": "true_false", "text": "先敲门再进病房。", "is_true": "1"}).status_code == 302
    assert client.post(state, {"state": "open"}).status_code == 302
    made.refresh_from_db()
    assert (made.state, list(Question.objects.filter(course=made).order_by("pk").values_list("right", flat=True))) == (
        "open",
        [[1], [0]],
    )
    page = client.get(f"/training/desk/courses/{course.course_id}/questions/").text
    assert "成人胸外按压的频率" in page


def test_the_question_bank_goes_out_and_comes_back(cast: Cast, course: MadeCourse, make_course: MakeCourse) -> None:
    client = cast.coordinator.client
    sheet = client.get(f"/training/desk/courses/{course.course_id}/questions/sheet/").content
    rows = read_sheets(sheet, file_name="x.xlsx")[0].rows
    assert (tuple(rows[0]), len(rows)) == (QUESTION_HEADERS, 5)
    other = make_course(code="other", is_open=False)
    for pk in Question.objects.filter(course_id=other.course_id).values_list("pk", flat=True):
        actions.retire_question(actor=cast.coordinator.actor, question_id=pk)
    address = f"/training/desk/courses/{other.course_id}/questions/import/"
    assert client.post(address, {"file": SimpleUploadedFile("bank.xlsx", sheet)}).status_code == 302
    names = ("kind", "text", "options", "right", "explanation")
    live = Question.objects.filter(retired_at=None).order_by("pk")
    plain = [
        json.loads(unicodedata.normalize("NFKC", json.dumps(row, ensure_ascii=False)))
        for row in live.filter(course_id=course.course_id).values_list(*names)
    ]
    assert [list(row) for row in live.filter(course_id=other.course_id).values_list(*names)] == plain
    again = f"/training/desk/courses/{course.course_id}/questions/import/"
    assert client.post(again, {"file": SimpleUploadedFile("bank.xlsx", sheet)}).status_code == 302
    assert live.filter(course_id=course.course_id).count() == 4, "the same question is there once"
    bad = "题型,题目,选项A,选项B,答案\n单选,好题,甲,乙,A\n单选,坏题,甲,乙,C\n判断,坏判断,,,也许\n".encode()
    refused = client.post(address, {"file": SimpleUploadedFile("bank.csv", bad)})
    assert ("3: " in refused.text, "4: " in refused.text) == (True, True)
    assert live.filter(course_id=other.course_id).count() == 4


def test_the_trainer_marks_and_judges_on_the_list(
    cast: Cast, make_course: MakeCourse, make_session: MakeSession, frozen: Clock
) -> None:
    course = make_course(parts=[Part.SESSION, Part.PRACTICAL])
    session_id = make_session(course_id=course.course_id)
    learner = cast.volunteer.client
    signed = learner.post(f"/training/sessions/{session_id}/sign-up/")
    assert "报名成功" in learner.get(signed.headers["Location"]).text
    actions.sign_up(actor=cast.second.actor, session_id=session_id)
    frozen.shift(timedelta(days=1, minutes=5))
    place = Place.objects.get(person_id=cast.volunteer.person_id)
    address = f"/training/sessions/{session_id}"
    assert cast.second.client.get(f"{address}/attendance/").status_code == 404
    assert cast.second.client.post(f"{address}/mark/", {"place": place.pk, "mark": "in"}).status_code == 404
    trainer = cast.leader.client
    assert trainer.post(f"{address}/mark/", {"place": place.pk, "mark": "in"}).status_code == 302
    assert trainer.post(f"{address}/mark/", {"everybody": "1", "mark": "absent"}).status_code == 302
    assert trainer.post(f"{address}/mark/", {"place": "x", "mark": "in"}).status_code == 404
    assert trainer.post(f"{address}/mark/", {"place": place.pk, "mark": "maybe"}).status_code == 404
    assert list(Place.objects.order_by("pk").values_list("presence", flat=True)) == ["present", "absent"]
    assert trainer.post(f"{address}/practical/", {"place": place.pk}).status_code == 302
    assert Certificate.objects.get().person_id == cast.volunteer.person_id
    assert "未到" in trainer.get(f"{address}/attendance/").text


def test_a_session_is_made_and_changed_at_the_desk(cast: Cast, course: MadeCourse) -> None:
    client = cast.coordinator.client
    typed = {
        "course": str(course.course_id), "title": "实操", "place": "示教室", "day": "2099-01-05", "starts": "09:00",
        "ends": "11:00", "trainer": str(cast.leader.person_id), "places": "12", "reserve": "3",
    }  # fmt: skip
    assert client.post("/training/desk/sessions/new/", typed | {"ends": "08:00"}).status_code == 200
    assert client.post("/training/desk/sessions/new/", typed | {"day": "2001-01-05"}).status_code == 200
    assert not Session.objects.exists()
    made = client.post("/training/desk/sessions/new/", typed)
    session_id = Session.objects.get().pk
    assert made.headers["Location"] == f"/training/sessions/{session_id}/"
    client.post(f"/training/sessions/{session_id}/change/", typed | {"course": "meeting", "places": "20"})
    assert Session.objects.values_list("course", "places").get() == (None, 20)
    assert client.post(f"/training/sessions/{session_id}/cancel/", {"reason": "场地停电，改期"}).status_code == 302
    assert Session.objects.get().state == "cancelled"


def test_the_years_records_have_the_norms_fields(cast: Cast, course: MadeCourse) -> None:
    course.passed_by(cast.volunteer)
    own = read_sheets(cast.volunteer.client.get("/training/record/sheet/").content, file_name="x.xlsx")[0].rows
    assert tuple(own[0]) == RECORD_HEADERS
    assert own[1][:4] == ["急救基础 first-aid", "心肺复苏与止血包扎", "0.75", "示范市中心医院急诊科"]
    assert own[1][5:7] == ["1", "1"]
    everybody = cast.auditor.client.get("/training/desk/records/").content
    rows = read_sheets(everybody, file_name="x.xlsx")[0].rows
    assert rows[1][:3] == ["李明", cast.volunteer.number, "急救基础 first-aid"]
    assert cast.volunteer.client.get("/training/desk/records/").status_code == 403


def test_lessons_are_moved_and_taken_out(cast: Cast, course: MadeCourse) -> None:
    client = cast.coordinator.client
    first, second = course.lesson_ids
    client.post(f"/training/desk/lessons/{second}/move/", {"way": "up"})
    client.post(f"/training/desk/lessons/{second}/move/", {"way": "up"})
    live = Lesson.objects.filter(retired_at=None).order_by("position")
    assert list(live.values_list("pk", flat=True)) == [second, first]
    client.post(f"/training/desk/lessons/{second}/", {"title": "按压", "minutes": "9", "text": "新的正文"})
    client.post(f"/training/desk/lessons/{first}/retire/")
    refused = client.post(f"/training/desk/lessons/{second}/retire/", HTTP_REFERER="http://testserver/training/desk/")
    assert refused.headers["Location"] == "/training/desk/"
    assert list(live.values_list("pk", "minutes")) == [(second, 9)]
    actions.save_lesson(
        actor=cast.coordinator.actor, course_id=course.course_id, lesson=NewLesson(title="三", text="文")
    )
    assert live.count() == 2


def test_programs_learn_too(cast: Cast, course: MadeCourse) -> None:
    client = cast.volunteer.client
    listed = client.get("/api/v1/training/courses").json()["items"]
    assert [row["code"] for row in listed] == ["first-aid"]
    client.post(f"/api/v1/training/courses/{course.course_id}/start")
    for lesson_id in course.lesson_ids:
        assert client.post(f"/api/v1/training/lessons/{lesson_id}/finish").status_code == 200
    drawn = client.post(f"/api/v1/training/courses/{course.course_id}/tries").json()
    assert "right" not in io.StringIO(str(drawn)).read()
    answers = [{"question_id": key, "chosen": places} for key, places in right_answers(drawn["id"]).items()]
    answered = client.post(
        f"/api/v1/training/tries/{drawn['id']}/answers", {"answers": answers}, content_type="application/json"
    ).json()
    assert (answered["is_passed"], answered["right_count"]) == (True, 4)
    certificates = client.get("/api/v1/training/certificates").json()["items"]
    assert [row["id"] for row in certificates] == [answered["certificate_id"]]
    assert client.get("/api/v1/training/record").json()[0]["minutes"] == 45
    assert cast.second.client.get("/api/v1/training/certificates").json()["items"] == []
    path = client.get(f"/api/v1/training/courses/{course.course_id}").json()
    assert (path["percent"], path["certificate_id"]) == (100, answered["certificate_id"])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_speak_both_languages(cast: Cast, course: MadeCourse, language: str) -> None:
    with override(language):
        page = cast.volunteer.client.get("/training/", HTTP_ACCEPT_LANGUAGE=language)
    assert ("Courses" in page.text) == (language == "en")
    assert Enrolment.objects.count() == 0
