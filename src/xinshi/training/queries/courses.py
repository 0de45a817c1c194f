"""Courses as learners see them: what there is, how far one is, a lesson, the quiz, its result."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Q, Sum

from xinshi.archive.models import QualificationKind
from xinshi.archive.queries import inclusions
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.training import access
from xinshi.training.domain import REMINDER_DAYS, Part, is_right
from xinshi.training.models import (
    Certificate,
    Course,
    Enrolment,
    Lesson,
    LessonFile,
    Place,
    Question,
    QuizResult,
    QuizTry,
    Session,
)
from xinshi.training.progress import parts_of, progress_of

COURSES_SHOWN_MAX: Final = 200
SESSIONS_SHOWN_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class CourseCard:
    """A course in the list, with how far the reader is: `state` is new, running, passed or ends (runs out soon)."""

    course: Course
    state: str
    percent: int = 0
    minutes: int = 0
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class PartStep:
    """One thing that it takes to pass; `is_open` where it can be done now."""

    part: Part
    is_done: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Tries:
    """How the quiz stands: tries used and left, the minutes to wait, a try that is drawn and not answered."""

    used: int = 0
    left: int = 0
    wait_minutes: int = 0
    open_try_id: int | None = None
    last_result_id: int | None = None
    last_percent: int | None = None


@dataclass(frozen=True, slots=True)
class CoursePath:
    """One course for one reader. `lessons` are `(lesson, is done)`; `next_lesson_id` the first that is not done."""

    course: Course
    is_learner: bool
    may_start: bool
    enrolment: Enrolment | None
    lessons: list[tuple[Lesson, bool]]
    steps: list[PartStep]
    tries: Tries
    certificate: Certificate | None
    sessions: list[Session] = field(default_factory=list)
    place: Place | None = None
    renewals: list[Course] = field(default_factory=list)

    @property
    def next_lesson_id(self) -> int | None:
        return next((lesson.pk for lesson, is_done in self.lessons if not is_done), None)

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson, _ in self.lessons)

    @property
    def percent(self) -> int:
        """Of lessons and of the other parts, each counted as one."""
        others = [step for step in self.steps if step.part is not Part.LESSONS]
        total = len(self.lessons) + len(others)
        done = sum(is_done for _, is_done in self.lessons) + sum(step.is_done for step in others)
        return 100 * done // total if total else 0

    @property
    def is_quiz_next(self) -> bool:
        return any(step.part is Part.QUIZ and step.is_open and not step.is_done for step in self.steps)


@dataclass(frozen=True, slots=True)
class CourseLink:
    """A course that gives a qualification: what a refusal links to."""

    course_id: int
    code: str
    title: str
    title_en: str
    minutes: int


def course_cards(actor: Actor) -> list[CourseCard]:
    """Every course that the reader may take or took: the running ones first; five queries."""
    courses = list(
        access.courses_visible_to(actor)
        .exclude(state=Course.State.DRAFT)
        .annotate(lesson_minutes=Sum("lessons__minutes", filter=Q(lessons__retired_at=None)))
        .order_by("pk")[:COURSES_SHOWN_MAX]
    )
    own = [] if actor.person_id is None else list(Enrolment.objects.filter(person_id=actor.person_id, passed_at=None))
    running = {row.course_id: row for row in own}
    shares = _shares(list(running.values()))
    valid = _valid_certificates(actor.person_id)
    soon = clock.today() + timedelta(days=max(REMINDER_DAYS))
    cards = []
    for course in courses:
        minutes = course.lesson_minutes or 0
        certificate = valid.get(course.pk)
        if course.pk in running:
            cards.append(CourseCard(course, "running", shares.get(running[course.pk].pk, 0), minutes))
        elif certificate is not None:
            ends = certificate.expires_on is not None and certificate.expires_on <= soon
            cards.append(CourseCard(course, "ends" if ends else "passed", 100, minutes, certificate.expires_on))
        elif course.state == Course.State.OPEN:
            cards.append(CourseCard(course, "new", 0, minutes))
    order = {"running": 0, "ends": 1, "new": 2, "passed": 3}
    return sorted(cards, key=lambda card: (order[card.state], card.course.pk))


def _shares(enrolments: list[Enrolment]) -> dict[int, int]:
    """How many per cent of each enrolment's lessons and parts are done."""
    if not enrolments:
        return {}
    loaded = list(Enrolment.objects.select_related("course").filter(pk__in=[row.pk for row in enrolments]))
    found = {}
    for pk, row in progress_of(loaded).items():
        others = [part for part in parts_of(row.enrolment.course) if part is not Part.LESSONS]
        total = len(row.lessons) + len(others)
        done = len(row.lessons & row.lessons_done) + sum(part in row.done for part in others)
        found[pk] = 100 * done // total if total else 0
    return found


def _valid_certificates(person_id: int | None) -> dict[int, Certificate]:
    """The newest valid certificate by course."""
    if person_id is None:
        return {}
    rows = Certificate.objects.filter(person_id=person_id, revoked_at=None).filter(
        Q(expires_on=None) | Q(expires_on__gte=clock.today())
    )
    return {row.course_id: row for row in rows.order_by("pk")}


def course_path(actor: Actor, course_id: int) -> CoursePath:
    """How far the reader is in a course, and what to do next; NotFound for what they may not see."""
    course = access.courses_visible_to(actor).select_related("renews").filter(pk=course_id).first()
    if course is None:
        raise NotFound
    person_id = actor.person_id or 0
    lessons = list(Lesson.objects.filter(course=course, retired_at=None).order_by("position"))
    enrolment = (
        Enrolment.objects.select_related("course").filter(person_id=person_id, course=course, passed_at=None).first()
    )
    certificate = _valid_certificates(person_id).get(course.pk) if person_id else None
    done: set[Part] = set()
    read: set[int] = set()
    if enrolment is not None:
        progress = progress_of([enrolment])[enrolment.pk]
        done, read = progress.done, progress.lessons_done
    elif certificate is not None:
        done, read = set(Part), {lesson.pk for lesson in lessons}
    sessions, place = _sessions(course, person_id) if course.wants_session else ([], None)
    ends_soon = certificate is not None and certificate.expires_on is not None
    return CoursePath(
        course=course,
        is_learner=bool(person_id),
        may_start=bool(person_id)
        and enrolment is None
        and course.state == Course.State.OPEN
        and (certificate is None or _ends_soon(certificate)),
        enrolment=enrolment,
        lessons=[(lesson, lesson.pk in read) for lesson in lessons],
        steps=_steps(course, done, is_started=enrolment is not None),
        tries=_tries(enrolment) if enrolment is not None and course.wants_quiz else Tries(),
        certificate=certificate,
        sessions=sessions,
        place=place,
        renewals=list(course.renewals.filter(state=Course.State.OPEN)) if ends_soon else [],
    )


def _ends_soon(certificate: Certificate) -> bool:
    last = certificate.expires_on
    return last is not None and last <= clock.today() + timedelta(days=max(REMINDER_DAYS))


def _steps(course: Course, done: Collection[Part], *, is_started: bool) -> list[PartStep]:
    """The quiz opens once the lessons are done; the rest whenever one likes."""
    wanted = parts_of(course)
    waits = Part.LESSONS in wanted and Part.LESSONS not in done
    return [PartStep(part, part in done, is_started and not (part is Part.QUIZ and waits)) for part in wanted]


def _tries(enrolment: Enrolment) -> Tries:
    rows = list(QuizTry.objects.filter(enrolment=enrolment).order_by("number").select_related("result"))
    answered = [row.result for row in rows if hasattr(row, "result")]
    waiting = [row.pk for row in rows if not hasattr(row, "result")]
    course = enrolment.course
    last = max(answered, key=lambda row: row.at) if answered else None
    wait = 0
    if last is not None and not last.is_passed:
        left = last.at + timedelta(minutes=course.wait_minutes) - clock.now()
        wait = max(0, math.ceil(left.total_seconds() / 60))
    return Tries(
        used=len(answered),
        left=max(0, course.tries_max + enrolment.extra_tries - len(answered)),
        wait_minutes=wait,
        open_try_id=waiting[-1] if waiting else None,
        last_result_id=last.pk if last else None,
        last_percent=100 * last.right_count // last.question_count if last else None,
    )


def _sessions(course: Course, person_id: int) -> tuple[list[Session], Place | None]:
    coming = Session.objects.filter(course=course, state=Session.State.OPEN, starts_at__gt=clock.now())
    place = (
        Place.objects.select_related("session")
        .filter(person_id=person_id, session__course=course, session__ends_at__gt=clock.now())
        .filter(session__state=Session.State.OPEN)
        .exclude(state=Place.State.CANCELLED)
        .first()
    )
    return list(coming.order_by("starts_at")[:SESSIONS_SHOWN_MAX]), place


@dataclass(frozen=True, slots=True)
class LessonView:
    """A lesson for who takes the course or manages it, with its place in it."""

    lesson: Lesson
    course: Course
    number: int
    total: int
    previous_id: int | None
    next_id: int | None
    is_done: bool
    is_started: bool
    files: list[LessonFile]


def lesson_view(actor: Actor, lesson_id: int) -> LessonView:
    """One lesson, to read whether or not one has started the course."""
    visible = access.courses_visible_to(actor).values("pk")
    lesson = Lesson.objects.select_related("course").filter(pk=lesson_id, retired_at=None, course__in=visible).first()
    if lesson is None:
        raise NotFound
    ids = list(
        Lesson.objects.filter(course_id=lesson.course_id, retired_at=None)
        .order_by("position")
        .values_list("pk", flat=True)
    )
    here = ids.index(lesson.pk)
    enrolment = Enrolment.objects.filter(
        person_id=actor.person_id or 0, course_id=lesson.course_id, passed_at=None
    ).first()
    return LessonView(
        lesson=lesson,
        course=lesson.course,
        number=here + 1,
        total=len(ids),
        previous_id=ids[here - 1] if here else None,
        next_id=ids[here + 1] if here + 1 < len(ids) else None,
        is_done=enrolment is not None and enrolment.lessons_done.filter(lesson=lesson).exists(),
        is_started=enrolment is not None,
        files=list(LessonFile.objects.filter(lesson=lesson, removed_at=None).order_by("pk")),
    )


def lesson_file(actor: Actor, file_id: int) -> LessonFile:
    """A file of a lesson that the reader may see."""
    visible = access.courses_visible_to(actor).values("pk")
    found = LessonFile.objects.filter(pk=file_id, removed_at=None, lesson__course__in=visible).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class QuizQuestion:
    """A question as it is shown: `options` are `(place, text)` in the try's own order; texts of true or false are empty."""

    id: int
    kind: str
    text: str
    options: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class QuizView:
    """A try that waits for its answers."""

    try_id: int
    number: int
    course: Course
    questions: list[QuizQuestion]
    result_id: int | None = None


def quiz_view(actor: Actor, try_id: int) -> QuizView:
    """One's own try; which options are right is not in it."""
    found = (
        QuizTry.objects.select_related("enrolment__course", "result")
        .filter(pk=try_id, enrolment__person_id=actor.person_id or 0)
        .first()
    )
    if found is None:
        raise NotFound
    rows = Question.objects.in_bulk([question_id for question_id, _ in found.drawn])
    return QuizView(
        try_id=found.pk,
        number=found.number,
        course=found.enrolment.course,
        questions=[_shown(rows[question_id], order) for question_id, order in found.drawn],
        result_id=found.result.pk if hasattr(found, "result") else None,
    )


def _shown(row: Question, order: Iterable[int]) -> QuizQuestion:
    if row.kind == Question.KindChoice.TRUE_FALSE:
        return QuizQuestion(row.pk, row.kind, row.text, [(0, ""), (1, "")])
    return QuizQuestion(row.pk, row.kind, row.text, [(place, row.options[place]) for place in order])


@dataclass(frozen=True, slots=True)
class ResultView:
    """How a try went. `wrong` are the questions answered wrongly with what explains them, never the right option itself
    as long as the quiz is not passed."""

    result: QuizResult
    course: Course
    percent: int
    wrong: list[Question]
    tries: Tries
    certificate_id: int | None


def quiz_result(actor: Actor, result_id: int) -> ResultView:
    found = (
        QuizResult.objects.select_related("quiz_try__enrolment__course")
        .filter(pk=result_id, quiz_try__enrolment__person_id=actor.person_id or 0)
        .first()
    )
    if found is None:
        raise NotFound
    enrolment = found.quiz_try.enrolment
    asked = [question_id for question_id, _ in found.quiz_try.drawn]
    rows = Question.objects.in_bulk(asked)
    wrong = [rows[key] for key in asked if not is_right(rows[key].right, found.answers.get(str(key), []))]
    return ResultView(
        result=found,
        course=enrolment.course,
        percent=100 * found.right_count // found.question_count,
        wrong=wrong,
        tries=_tries(enrolment),
        certificate_id=Certificate.objects.filter(enrolment=enrolment).values_list("pk", flat=True).first(),
    )


def courses_granting(codes: Collection[str]) -> dict[str, list[CourseLink]]:
    """The open courses that give each of these qualifications, or one that includes it: what a refusal links to.

    Renewals are left out: they are for who has it already. Two queries whatever the number of codes.
    """
    includes = inclusions()
    giving: dict[str, set[str]] = {code: {code} for code in codes}
    for code in QualificationKind.objects.values_list("code", flat=True):
        for wanted in codes:
            if wanted in _reached(code, includes):
                giving[wanted].add(code)
    every = set().union(*giving.values()) if giving else set()
    rows = (
        Course.objects.filter(state=Course.State.OPEN, renews=None, qualification__code__in=every)
        .select_related("qualification")
        .annotate(lesson_minutes=Sum("lessons__minutes", filter=Q(lessons__retired_at=None)))
        .order_by("pk")
    )
    found: dict[str, list[CourseLink]] = defaultdict(list)
    for row in rows:
        assert row.qualification is not None, "filtered by it"
        link = CourseLink(row.pk, row.code, row.title, row.title_en, row.lesson_minutes or 0)
        for wanted in codes:
            if row.qualification.code in giving[wanted]:
                found[wanted].append(link)
    return dict(found)


def _reached(code: str, includes: dict[str, list[str]]) -> set[str]:
    """Every code that `code` includes, to the end."""
    found: set[str] = set()
    todo = [*includes.get(code, ())]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo.extend(includes.get(one, ()))
    return found


def passed_people(person_ids: Collection[int], *, course_code: str) -> dict[int, datetime]:
    """Who of these has passed the course, and when last; a query per 500. For rooms above, such as a surge's board."""
    found: dict[int, datetime] = {}
    wanted = sorted(set(person_ids))
    for start in range(0, len(wanted), 500):
        rows = Certificate.objects.filter(
            person_id__in=wanted[start : start + 500], course__code=course_code, revoked_at=None
        ).filter(Q(expires_on=None) | Q(expires_on__gte=clock.today()))
        for person_id, passed_at in rows.values_list("person_id", "enrolment__passed_at"):
            if passed_at is not None and (person_id not in found or found[person_id] < passed_at):
                found[person_id] = passed_at
    return found
