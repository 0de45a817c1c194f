"""The cast of this room, and a course of two lessons and four questions that gives a qualification for a year."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connections
from django.test import Client

from xinshi.archive.actions import ensure_kinds
from xinshi.archive.domain import Category, NewKind
from xinshi.bank.actions import open_passbooks
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson, NewUser, create_users, register_people
from xinshi.people.models import User
from xinshi.training import actions
from xinshi.training.domain import NewCourse, NewLesson, NewQuestion, NewSession, Part, QuestionKind
from xinshi.training.models import Certificate, Course, Enrolment, Lesson, Place, Question, QuizTry, Session

SYSTEM = Actor.system("tests")
ROLES = {
    "volunteer": ("李明", {Role.VOLUNTEER}),
    "second": ("王芳", {Role.VOLUNTEER}),
    "leader": ("陈静", {Role.VOLUNTEER, Role.LEADER}),
    "other_leader": ("赵强", {Role.VOLUNTEER, Role.LEADER}),
    "coordinator": ("周敏", {Role.COORDINATOR}),
    "administrator": ("郑洁", {Role.ADMINISTRATOR}),
    "auditor": ("吴刚", {Role.AUDITOR}),
}


@dataclass
class Somebody:
    """A person with a sign-in: acts through `actor`, browses through `client`."""

    user: User
    number: str

    @property
    def person_id(self) -> int:
        assert self.user.person_id is not None
        return self.user.person_id

    @property
    def reference(self) -> str:
        return f"person:{self.person_id}"

    @property
    def actor(self) -> Actor:
        return actor_for(self.user)

    @property
    def client(self) -> Client:
        client = Client()
        client.force_login(self.user, backend="xinshi.people.authentication.UserNameOrPhoneBackend")
        return client


@dataclass
class Cast:
    """李 and 王 volunteer; 陈 trains, 赵 leads elsewhere; 周 coordinates, 郑 administers, 吴 audits."""

    volunteer: Somebody
    second: Somebody
    leader: Somebody
    other_leader: Somebody
    coordinator: Somebody
    administrator: Somebody
    auditor: Somebody
    made: int = field(default=0)

    def people(self, number: int) -> list[int]:
        """`number` more volunteers; their ids."""
        people = [
            NewPerson(name=f"志愿者{self.made + index}", volunteer_number=f"9{self.made + index:017d}")
            for index in range(number)
        ]
        self.made += number
        return register_people(actor=SYSTEM, people=people)


@pytest.fixture
def cast(db: None) -> Cast:
    numbers = [f"8{index:017d}" for index in range(len(ROLES))]
    people = [
        NewPerson(name=name, volunteer_number=number) for (name, _), number in zip(ROLES.values(), numbers, strict=True)
    ]
    ids = register_people(actor=SYSTEM, people=people)
    open_passbooks(actor=SYSTEM, person_ids=ids, opened_through="station")
    create_users(
        actor=SYSTEM,
        users=[
            NewUser(username=key, password=None, person_id=person_id, roles=frozenset(held))
            for (key, (_, held)), person_id in zip(ROLES.items(), ids, strict=True)
        ],
    )
    return Cast(
        **{
            key: Somebody(user=User.objects.get(username=key), number=number)
            for key, number in zip(ROLES, numbers, strict=True)
        }
    )


def all_at_once(jobs: Sequence[Callable[[], object]], *, threads: int) -> list[object]:
    """The jobs' results or refusals, in order, each in a thread with its own connection; anything else is raised."""
    begin = Barrier(min(threads, len(jobs)))

    def attempt(position: int, job: Callable[[], object]) -> object:
        try:
            if position < begin.parties:
                begin.wait(timeout=30)
            return job()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(attempt, range(len(jobs)), jobs))


CODE = "course-first-aid"
QUESTIONS = (
    NewQuestion(
        kind=QuestionKind.SINGLE,
        text="成人胸外按压的频率是每分钟多少次？",
        options=(("60–80 次", False), ("100–120 次", True), ("140–160 次", False)),
        explanation="每分钟 100–120 次。",
    ),
    NewQuestion(
        kind=QuestionKind.MULTIPLE,
        text="下面哪些情况应立即呼叫急救？",
        options=(("没有反应", True), ("没有正常呼吸", True), ("轻微擦伤", False)),
        explanation="没有反应或没有正常呼吸都要立即呼救。",
    ),
    NewQuestion(kind=QuestionKind.TRUE_FALSE, text="可以让昏迷的人喝水。", is_true=False, explanation="会误吸。"),
    NewQuestion(kind=QuestionKind.TRUE_FALSE, text="先确认现场安全再施救。", is_true=True, explanation="安全第一。"),
)


def right_answers(try_id: int) -> dict[int, list[int]]:
    asked = [question_id for question_id, _ in QuizTry.objects.get(pk=try_id).drawn]
    return dict(Question.objects.filter(pk__in=asked).values_list("pk", "right"))


def wrong_answers(try_id: int) -> dict[int, list[int]]:
    """Every question answered, none rightly."""
    asked = Question.objects.in_bulk([question_id for question_id, _ in QuizTry.objects.get(pk=try_id).drawn])
    options = {pk: range(len(row.options) or 2) for pk, row in asked.items()}
    return {pk: [next(place for place in options[pk] if [place] != row.right)] for pk, row in asked.items()}


@dataclass
class MadeCourse:
    course_id: int
    lesson_ids: list[int]

    @property
    def row(self) -> Course:
        return Course.objects.get(pk=self.course_id)

    def read_all(self, who: Somebody) -> None:
        actions.start_course(actor=who.actor, course_id=self.course_id)
        for lesson_id in self.lesson_ids:
            actions.finish_lesson(actor=who.actor, lesson_id=lesson_id)

    def try_quiz(self, who: Somebody, *, right: bool) -> actions.Answered:
        try_id = actions.draw_quiz(actor=who.actor, course_id=self.course_id)
        answers = right_answers(try_id) if right else wrong_answers(try_id)
        return actions.answer_quiz(actor=who.actor, try_id=try_id, answers=answers)

    def passed_by(self, who: Somebody) -> Certificate:
        self.read_all(who)
        self.try_quiz(who, right=True)
        return Certificate.objects.filter(person_id=who.person_id, course_id=self.course_id).latest("pk")


MakeCourse = Callable[..., MadeCourse]


@pytest.fixture
def make_course(cast: Cast) -> MakeCourse:
    ensure_kinds(actor=SYSTEM, kinds=[NewKind(code=CODE, name="急救基础培训", category=Category.COURSE)])

    def make(
        *,
        code: str = "first-aid",
        parts: Collection[Part] = (Part.LESSONS, Part.QUIZ),
        qualification: str = CODE,
        valid_months: int | None = 12,
        renews_id: int | None = None,
        tries_max: int = 3,
        wait_minutes: int = 10,
        is_open: bool = True,
    ) -> MadeCourse:
        actor = cast.coordinator.actor
        course_id = actions.create_course(
            actor=actor,
            course=NewCourse(
                code=code,
                title=f"急救基础 {code}",
                summary="心肺复苏与止血包扎",
                provider="示范市中心医院急诊科",
                study_minutes=45,
                parts=tuple(parts),
                questions_per_try=4,
                pass_percent=75,
                qualification=qualification,
                valid_months=valid_months,
                renews_id=renews_id,
                tries_max=tries_max,
                wait_minutes=wait_minutes,
            ),
        )
        lessons = [
            actions.save_lesson(
                actor=actor,
                course_id=course_id,
                lesson=NewLesson(title=title, text="# 要点\n\n- **先**看现场", minutes=4),
            )
            for title in ("看现场", "按压")
            if Part.LESSONS in parts
        ]
        actions.add_questions(actor=actor, course_id=course_id, questions=QUESTIONS)
        if is_open:
            actions.open_course(actor=actor, course_id=course_id)
        return MadeCourse(course_id, lessons)

    return make


@pytest.fixture
def course(make_course: MakeCourse) -> MadeCourse:
    return make_course()


MakeSession = Callable[..., int]


@pytest.fixture
def make_session(cast: Cast) -> MakeSession:
    """A session of 陈静's tomorrow, of two hours, for two people with one who may wait."""

    def make(
        *,
        course_id: int | None = None,
        starts_at: datetime | None = None,
        places: int = 2,
        reserve: int = 1,
        title: str = "心肺复苏实操",
    ) -> int:
        begins = starts_at or clock.now().replace(microsecond=0) + timedelta(days=1)
        return actions.create_session(
            actor=cast.coordinator.actor,
            session=NewSession(
                course_id=course_id,
                title=title,
                topic="双人练习",
                place="示教室 3",
                starts_at=begins,
                ends_at=begins + timedelta(hours=2),
                trainer_id=cast.leader.person_id,
                places=places,
                reserve=reserve,
            ),
        )

    return make


def everything() -> tuple[object, ...]:
    """Whatever an action of this room could have changed."""
    return (
        list(Enrolment.objects.order_by("pk").values_list("pk", "passed_at", "extra_tries", "practical_passed_at")),
        list(Certificate.objects.order_by("pk").values_list("pk", "revoked_at")),
        list(Session.objects.order_by("pk").values_list("pk", "taken", "places", "state", "starts_at")),
        list(Place.objects.order_by("pk").values_list("pk", "state", "presence", "attended_minutes")),
        list(QuizTry.objects.order_by("pk").values_list("pk", "result")),
        list(Course.objects.order_by("pk").values_list("pk", "state", "title")),
        list(Lesson.objects.order_by("pk").values_list("pk", "position", "retired_at")),
        list(Question.objects.order_by("pk").values_list("pk", "retired_at")),
    )


class Clock:
    """Moves the frozen time on."""

    def __init__(self, traveller: time_machine.Coordinates) -> None:
        self.traveller = traveller

    def shift(self, by: timedelta) -> None:
        self.traveller.shift(by)


@pytest.fixture
def frozen() -> Iterator[Clock]:
    """It is nine o'clock on a Tuesday until a test moves on."""
    with time_machine.travel(datetime(2026, 11, 24, 1, tzinfo=UTC), tick=False) as traveller:
        yield Clock(traveller)
