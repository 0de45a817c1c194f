"""Learning: start a course, finish its lessons, draw and answer its quiz. Locks: the person, then the enrolment."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.training import access
from xinshi.training.actions.completing import complete
from xinshi.training.actions.locking import lock_person, open_enrolment
from xinshi.training.domain import (
    REMINDER_DAYS,
    RENEWAL_GRACE,
    SEED_BITS,
    AlreadyCertified,
    AnswersUnknown,
    CourseNotOpen,
    CourseNotStarted,
    LessonsFirst,
    NoQuiz,
    NotEnoughQuestions,
    NothingToRenew,
    Part,
    TryAnswered,
    check_next_try,
    draw,
    judge,
)
from xinshi.training.models import (
    Certificate,
    Course,
    Enrolment,
    Lesson,
    LessonDone,
    Question,
    QuizAnswer,
    QuizResult,
    QuizTry,
)
from xinshi.training.progress import progress_of


@dataclass(frozen=True, slots=True)
class Answered:
    """How a try went; `certificate_id` where the course was passed by it."""

    result_id: int
    right_count: int
    question_count: int
    is_passed: bool
    certificate_id: int | None = None


@transaction.atomic
def start_course(*, actor: Actor, course_id: int) -> int:
    """Begin a course oneself; the enrolment's id, the same one as long as the course runs."""
    person_id = access.require_person(actor)
    course = access.courses_visible_to(actor).filter(pk=course_id).first()
    if course is None:
        raise NotFound
    lock_person(person_id)
    return enrol(actor=actor, person_id=person_id, course=course)


def enrol(*, actor: Actor, person_id: int, course: Course) -> int:
    """The open enrolment of a person whom the caller has locked; made where there is none."""
    running = Enrolment.objects.filter(person_id=person_id, course=course, passed_at=None).first()
    if running is not None:
        return running.pk
    if course.state != Course.State.OPEN:
        raise CourseNotOpen
    today = clock.today()
    if holds_for_long(person_id, course, today=today):
        raise AlreadyCertified
    if course.renews is not None and not _may_renew(person_id, course, today=today):
        raise NothingToRenew(title=course.renews.title)
    made = Enrolment.objects.create(person_id=person_id, course=course, started_at=clock.now())
    record(actor=actor, action="training.start", object_ref=f"enrolment:{made.pk}", course=course.pk, person=person_id)
    return made.pk


def holds_for_long(person_id: int, course: Course, *, today: date) -> bool:
    """Whether the person's certificate of this very course is still valid, and not about to run out."""
    until = today + timedelta(days=max(REMINDER_DAYS))
    valid = Certificate.objects.filter(person_id=person_id, course=course, revoked_at=None)
    return valid.filter(expires_on=None).exists() or valid.filter(expires_on__gt=until).exists()


def _may_renew(person_id: int, course: Course, *, today: date) -> bool:
    known = Certificate.objects.filter(
        person_id=person_id, course_id__in=[course.renews_id, course.pk], revoked_at=None
    )
    return known.filter(expires_on__gte=today - RENEWAL_GRACE).exists() or known.filter(expires_on=None).exists()


@transaction.atomic
def finish_lesson(*, actor: Actor, lesson_id: int) -> int | None:
    """Say that one has read a lesson; the certificate's id where this was the last thing to do. Twice is once."""
    lesson, enrolment = _lesson(actor, lesson_id)
    done, is_new = LessonDone.objects.get_or_create(enrolment=enrolment, lesson=lesson, defaults={"at": clock.now()})
    if is_new:
        record(
            actor=actor,
            action="training.finish_lesson",
            object_ref=f"enrolment:{enrolment.pk}",
            lesson=done.lesson_id,
        )
    return _complete(actor, enrolment)


def _lesson(actor: Actor, lesson_id: int) -> tuple[Lesson, Enrolment]:
    person_id = access.require_person(actor)
    visible = access.courses_visible_to(actor).values("pk")
    lesson = Lesson.objects.filter(pk=lesson_id, retired_at=None, course_id__in=visible).first()
    if lesson is None:
        raise NotFound
    lock_person(person_id)
    return lesson, _running(person_id, lesson.course_id)


def _running(person_id: int, course_id: int) -> Enrolment:
    enrolment = open_enrolment(person_id, course_id)
    if enrolment is None:
        raise CourseNotStarted
    return enrolment


def _complete(actor: Actor, enrolment: Enrolment) -> int | None:
    issued = complete(actor=actor, enrolments=[enrolment])
    return issued[0].pk if issued else None


@transaction.atomic
def draw_quiz(*, actor: Actor, course_id: int) -> int:
    """Begin a try: its id. A try that was drawn and not answered is the same one again, so nobody picks questions."""
    person_id = access.require_person(actor)
    if not access.courses_visible_to(actor).filter(pk=course_id).exists():
        raise NotFound
    lock_person(person_id)
    enrolment = _running(person_id, course_id)
    course = enrolment.course
    if not course.wants_quiz:
        raise NoQuiz
    standing = progress_of([enrolment])[enrolment.pk]
    if Part.LESSONS in standing.missing:
        raise LessonsFirst
    if standing.has_quiz_passed:
        raise TryAnswered
    tries = list(QuizTry.objects.filter(enrolment=enrolment).order_by("number").select_related("result"))
    waiting = [row for row in tries if not hasattr(row, "result")]
    if waiting:
        return waiting[-1].pk
    at = clock.now()
    check_next_try(
        [row.result.at for row in tries],
        tries_max=course.tries_max + enrolment.extra_tries,
        wait_minutes=course.wait_minutes,
        at=at,
    )
    return _draw(actor, enrolment, number=len(tries) + 1, at=at)


def _draw(actor: Actor, enrolment: Enrolment, *, number: int, at: datetime) -> int:
    bank = Question.objects.filter(course_id=enrolment.course_id, retired_at=None).values_list("pk", "options", "kind")
    options = {pk: 2 if kind == Question.KindChoice.TRUE_FALSE else len(rows) for pk, rows, kind in bank}
    if not options:
        raise NotEnoughQuestions
    seed = secrets.randbits(SEED_BITS)
    drawn = draw(options, count=enrolment.course.questions_per_try, seed=seed)
    made = QuizTry.objects.create(
        enrolment=enrolment,
        number=number,
        seed=seed,
        drawn=[[row.question_id, list(row.order)] for row in drawn],
        drawn_at=at,
    )
    record(actor=actor, action="training.draw_quiz", object_ref=f"enrolment:{enrolment.pk}", number=number)
    return made.pk


@transaction.atomic
def answer_quiz(*, actor: Actor, try_id: int, answers: Mapping[int, Collection[int]]) -> Answered:
    """Hand in a try: the places of the chosen options by question id. The same answers again give the same result."""
    person_id = access.require_person(actor)
    found = QuizTry.objects.select_related("enrolment").filter(pk=try_id, enrolment__person_id=person_id).first()
    if found is None:
        raise NotFound
    lock_person(person_id)
    chosen = {key: sorted(set(places)) for key, places in answers.items()}
    earlier = QuizResult.objects.filter(quiz_try=found).first()
    if earlier is not None:
        return _answered_before(earlier, chosen, found.enrolment)
    enrolment = _running(person_id, found.enrolment.course_id)
    asked = {question_id: set(order) for question_id, order in found.drawn}
    if any(not set(places) <= asked.get(key, set()) for key, places in chosen.items()):
        raise AnswersUnknown
    right = dict(Question.objects.filter(pk__in=asked).values_list("pk", "right"))
    judged = judge(right, chosen, pass_percent=enrolment.course.pass_percent)
    result = QuizResult.objects.create(
        quiz_try=found,
        answers={str(key): places for key, places in chosen.items()},
        right_count=judged.right_count,
        question_count=len(judged.right),
        is_passed=judged.is_passed,
        at=clock.now(),
    )
    QuizAnswer.objects.bulk_create(
        [QuizAnswer(result=result, question_id=key, is_right=is_right) for key, is_right in judged.right.items()]
    )
    record(
        actor=actor,
        action="training.answer_quiz",
        object_ref=f"enrolment:{enrolment.pk}",
        number=found.number,
        percent=judged.percent,
        is_passed=judged.is_passed,
    )
    certificate_id = _complete(actor, enrolment) if judged.is_passed else None
    return Answered(result.pk, judged.right_count, len(judged.right), judged.is_passed, certificate_id)


def _answered_before(earlier: QuizResult, chosen: Mapping[int, list[int]], enrolment: Enrolment) -> Answered:
    if earlier.answers != {str(key): places for key, places in chosen.items()}:
        raise TryAnswered
    issued = Certificate.objects.filter(enrolment=enrolment).values_list("pk", flat=True).first()
    return Answered(
        earlier.pk,
        earlier.right_count,
        earlier.question_count,
        earlier.is_passed,
        issued if earlier.is_passed else None,
    )
