"""From the first lesson to the certificate, and everything that stands in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from xinshi.archive.queries import facts
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent
from xinshi.training import actions
from xinshi.training.domain import (
    AlreadyCertified,
    AnswersIncomplete,
    AnswersUnknown,
    CourseNotOpen,
    CourseNotStarted,
    LessonsFirst,
    NothingToRenew,
    NoTriesLeft,
    TooSoon,
    TryAnswered,
    months_later,
)
from xinshi.training.models import Certificate, Enrolment, LessonDone, QuizAnswer, QuizResult, QuizTry
from xinshi.training.queries import course_path, courses_granting, passed_people
from xinshi.training.tests.conftest import (
    CODE,
    Cast,
    Clock,
    MadeCourse,
    MakeCourse,
    everything,
    right_answers,
    wrong_answers,
)


def test_whoever_reads_and_answers_has_the_qualification_at_once(cast: Cast, course: MadeCourse) -> None:
    certificate = course.passed_by(cast.volunteer)
    today = clock.today()
    assert (certificate.issued_on, certificate.expires_on) == (today, months_later(today, 12))
    held = facts([cast.volunteer.person_id])[cast.volunteer.person_id]
    assert held.qualifications == {CODE: certificate.expires_on}
    enrolment = Enrolment.objects.get(pk=certificate.enrolment_id)
    assert (enrolment.passed_at is not None, enrolment.credited_minutes) == (True, 45)
    told = Message.objects.get(object_ref=f"certificate:{certificate.pk}")
    assert told.recipient_ref == cast.volunteer.reference
    assert StoredEvent.objects.filter(name="training.course_passed").count() == 1


def test_the_way_is_shown_step_by_step(cast: Cast, course: MadeCourse) -> None:
    who = cast.volunteer
    path = course_path(who.actor, course.course_id)
    assert (path.may_start, path.percent, path.next_lesson_id) == (True, 0, course.lesson_ids[0])
    actions.start_course(actor=who.actor, course_id=course.course_id)
    actions.finish_lesson(actor=who.actor, lesson_id=course.lesson_ids[0])
    path = course_path(who.actor, course.course_id)
    assert (path.may_start, path.percent, path.next_lesson_id, path.is_quiz_next) == (
        False,
        33,
        course.lesson_ids[1],
        False,
    )
    actions.finish_lesson(actor=who.actor, lesson_id=course.lesson_ids[1])
    path = course_path(who.actor, course.course_id)
    assert (path.percent, path.next_lesson_id, path.is_quiz_next, path.tries.left) == (66, None, True, 3)
    course.try_quiz(who, right=True)
    path = course_path(who.actor, course.course_id)
    assert (path.percent, path.certificate is not None, path.may_start) == (100, True, False)


def test_doing_it_twice_is_doing_it_once(cast: Cast, course: MadeCourse) -> None:
    who = cast.volunteer
    first = actions.start_course(actor=who.actor, course_id=course.course_id)
    assert actions.start_course(actor=who.actor, course_id=course.course_id) == first
    course.read_all(who)
    course.read_all(who)
    assert LessonDone.objects.count() == 2
    try_id = actions.draw_quiz(actor=who.actor, course_id=course.course_id)
    assert actions.draw_quiz(actor=who.actor, course_id=course.course_id) == try_id
    answered = actions.answer_quiz(actor=who.actor, try_id=try_id, answers=right_answers(try_id))
    again = actions.answer_quiz(actor=who.actor, try_id=try_id, answers=right_answers(try_id))
    assert again == answered
    before = everything()
    with pytest.raises(TryAnswered):
        actions.answer_quiz(actor=who.actor, try_id=try_id, answers=wrong_answers(try_id))
    assert everything() == before
    assert (Certificate.objects.count(), QuizResult.objects.count(), QuizAnswer.objects.count()) == (1, 1, 4)


def test_the_quiz_opens_after_the_lessons(cast: Cast, course: MadeCourse) -> None:
    with pytest.raises(CourseNotStarted):
        actions.draw_quiz(actor=cast.volunteer.actor, course_id=course.course_id)
    with pytest.raises(CourseNotStarted):
        actions.finish_lesson(actor=cast.volunteer.actor, lesson_id=course.lesson_ids[0])
    actions.start_course(actor=cast.volunteer.actor, course_id=course.course_id)
    before = everything()
    with pytest.raises(LessonsFirst):
        actions.draw_quiz(actor=cast.volunteer.actor, course_id=course.course_id)
    assert everything() == before


def test_tries_wait_and_end_and_a_coordinator_opens_another(cast: Cast, make_course: MakeCourse, frozen: Clock) -> None:
    course = make_course(tries_max=2)
    who = cast.volunteer
    course.read_all(who)
    assert not course.try_quiz(who, right=False).is_passed
    with pytest.raises(TooSoon) as soon:
        actions.draw_quiz(actor=who.actor, course_id=course.course_id)
    assert soon.value.parameters == {"minutes": 10}
    frozen.shift(timedelta(minutes=9, seconds=30))
    with pytest.raises(TooSoon) as soon:
        actions.draw_quiz(actor=who.actor, course_id=course.course_id)
    assert soon.value.parameters == {"minutes": 1}
    frozen.shift(timedelta(minutes=1))
    assert not course.try_quiz(who, right=False).is_passed
    frozen.shift(timedelta(hours=1))
    before = everything()
    with pytest.raises(NoTriesLeft):
        actions.draw_quiz(actor=who.actor, course_id=course.course_id)
    with pytest.raises(NotAllowed):
        actions.give_another_try(actor=who.actor, enrolment_id=Enrolment.objects.get().pk)
    assert everything() == before
    actions.give_another_try(actor=cast.coordinator.actor, enrolment_id=Enrolment.objects.get().pk)
    assert course.try_quiz(who, right=True).certificate_id is not None
    assert list(QuizTry.objects.order_by("pk").values_list("number", flat=True)) == [1, 2, 3]


def test_answers_are_judged_here_and_only_those_asked(cast: Cast, course: MadeCourse) -> None:
    who = cast.volunteer
    course.read_all(who)
    try_id = actions.draw_quiz(actor=who.actor, course_id=course.course_id)
    right = right_answers(try_id)
    one = next(iter(right))
    before = everything()
    for answers, refusal in (
        ({key: value for key, value in right.items() if key != one}, AnswersIncomplete),
        (right | {one: []}, AnswersIncomplete),
        (right | {one: [7]}, AnswersUnknown),
        (right | {10**9: [0]}, AnswersUnknown),
    ):
        with pytest.raises(refusal):
            actions.answer_quiz(actor=who.actor, try_id=try_id, answers=answers)
    with pytest.raises(NotFound):
        actions.answer_quiz(actor=cast.second.actor, try_id=try_id, answers=right)
    assert everything() == before


def test_half_of_several_right_options_is_not_right(cast: Cast, course: MadeCourse) -> None:
    who = cast.volunteer
    course.read_all(who)
    try_id = actions.draw_quiz(actor=who.actor, course_id=course.course_id)
    answers = {key: right[:1] for key, right in right_answers(try_id).items()}
    answered = actions.answer_quiz(actor=who.actor, try_id=try_id, answers=answers)
    assert (answered.right_count, answered.question_count, answered.is_passed) == (3, 4, True)


@pytest.mark.parametrize("table", ["lesson_done", "quiz_try", "quiz_result", "quiz_answer"])
def test_what_was_answered_is_never_changed(cast: Cast, course: MadeCourse, table: str) -> None:
    course.passed_by(cast.volunteer)
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_valid_certificate_needs_no_second(cast: Cast, course: MadeCourse) -> None:
    course.passed_by(cast.volunteer)
    before = everything()
    with pytest.raises(AlreadyCertified):
        actions.start_course(actor=cast.volunteer.actor, course_id=course.course_id)
    assert everything() == before


def test_who_renews_early_loses_nothing_and_who_never_passed_cannot_renew(  # type: ignore[no-untyped-def]
    cast: Cast, make_course: MakeCourse, frozen
) -> None:
    whole = make_course()
    short = make_course(code="first-aid-again", renews_id=whole.course_id)
    with pytest.raises(NothingToRenew):
        actions.start_course(actor=cast.second.actor, course_id=short.course_id)
    first = whole.passed_by(cast.volunteer)
    assert first.expires_on is not None
    frozen.shift(timedelta(days=330))
    again = short.passed_by(cast.volunteer)
    assert again.expires_on == months_later(first.expires_on + timedelta(days=1), 12)
    held = facts([cast.volunteer.person_id])[cast.volunteer.person_id]
    assert held.qualifications == {CODE: again.expires_on}
    frozen.shift(timedelta(days=3 * 366))
    with pytest.raises(NothingToRenew):
        actions.start_course(actor=cast.volunteer.actor, course_id=short.course_id)


def test_drafts_and_closed_courses_are_not_begun(cast: Cast, make_course: MakeCourse) -> None:
    draft = make_course(is_open=False)
    with pytest.raises(NotFound):
        actions.start_course(actor=cast.volunteer.actor, course_id=draft.course_id)
    with pytest.raises(CourseNotOpen):
        actions.start_course(actor=cast.coordinator.actor, course_id=draft.course_id)
    actions.open_course(actor=cast.coordinator.actor, course_id=draft.course_id)
    draft.read_all(cast.volunteer)
    actions.close_course(actor=cast.coordinator.actor, course_id=draft.course_id)
    assert draft.try_quiz(cast.volunteer, right=True).is_passed, "who began may finish"
    with pytest.raises(NotFound):
        actions.start_course(actor=cast.second.actor, course_id=draft.course_id)


def test_a_refusal_can_link_to_the_course(cast: Cast, course: MadeCourse, make_course: MakeCourse) -> None:
    make_course(code="again", renews_id=course.course_id)
    found = courses_granting([CODE, "insurance"])
    assert [(link.course_id, link.minutes) for link in found[CODE]] == [(course.course_id, 8)]
    assert "insurance" not in found
    page = reverse("training:courses")
    to_it = reverse("training:course", args=[course.course_id])
    assert cast.volunteer.client.get(page, {"for": CODE}).headers["Location"] == to_it
    none = cast.volunteer.client.get(page, {"for": "insurance"}, headers={"accept-language": "en"}).content.decode()
    assert "No open course gives what the shift asks for." in none
    assert to_it in none
    certificate = course.passed_by(cast.volunteer)
    passed = passed_people([cast.volunteer.person_id, cast.second.person_id], course_code="first-aid")
    assert passed == {cast.volunteer.person_id: certificate.enrolment.passed_at}
