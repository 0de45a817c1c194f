"""What the demo hospital teaches: courses with their lessons and questions, sessions, who learned and who is at it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Final

from xinshi.archive.actions import ensure_kinds
from xinshi.archive.domain import Category, NewKind
from xinshi.demo.hospital import Hospital, Progress
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.training import actions
from xinshi.training.domain import Kind, NewCourse, NewLesson, NewQuestion, NewSession, Part, QuestionKind
from xinshi.training.models import Lesson, Question, QuizTry

FOLDER: Final = Path(__file__).parent / "courses"
STATION: Final = "示范市中心医院志愿服务站"
KINDS: Final = (
    NewKind(code="course-onboarding", name="岗前培训", name_en="Onboarding", category=Category.COURSE, valid_months=12),
    NewKind(
        code="course-principles",
        name="志愿服务基本原则培训",
        name_en="Principles of volunteering",
        category=Category.COURSE,
    ),
    NewKind(code="course-etiquette", name="服务礼仪培训", name_en="Etiquette of service", category=Category.COURSE),
    NewKind(
        code="course-first-aid",
        name="急救基础培训",
        name_en="Basic first aid",
        category=Category.COURSE,
        valid_months=24,
    ),
    NewKind(code="course-communication", name="沟通技巧培训", name_en="Communication", category=Category.COURSE),
    NewKind(
        code="course-infection-control",
        name="院感防控培训",
        name_en="Infection control",
        category=Category.COURSE,
        valid_months=12,
    ),
)


@dataclass(frozen=True, slots=True)
class Taught:
    """A course and the file that holds its lessons and questions; `learners` are indexes of people who passed it."""

    course: NewCourse
    file: str
    learners: range = range(0)
    at_it: range = range(0)


COURSES: Final = (
    Taught(
        NewCourse(
            code="onboarding", title="岗前培训（十分钟上岗）", title_en="Ten-minute onboarding", kind=Kind.POST,
            summary="上岗前后、保密、求助和自我保护：应急时人人先学这一课", provider=STATION, study_minutes=10,
            questions_per_try=6, pass_percent=80, wait_minutes=1, tries_max=10,
            qualification="course-onboarding", valid_months=12,
        ),
        "onboarding", range(70, 82), range(82, 85),
    ),
    Taught(
        NewCourse(
            code="principles", title="志愿服务基本原则", title_en="Principles of volunteering", kind=Kind.GENERAL,
            summary="自愿、无偿、平等、诚信、合法；志愿者的权利、责任与边界", provider="示范市中心医院工会",
            study_minutes=30, questions_per_try=5, qualification="course-principles",
        ),
        "principles", range(70, 76), range(90, 92),
    ),
    Taught(
        NewCourse(
            code="etiquette", title="服务礼仪", title_en="Etiquette of service", kind=Kind.GENERAL,
            summary="仪容站姿、迎候指引、轮椅与视听不便者的服务", provider=STATION, study_minutes=30,
            questions_per_try=5, qualification="course-etiquette",
        ),
        "etiquette", range(73, 77),
    ),
    Taught(
        NewCourse(
            code="first-aid", title="急救基础", title_en="Basic first aid", kind=Kind.PROFESSIONAL,
            summary="现场评估、心肺复苏与 AED、止血、气道异物、烫伤、中风识别", provider="示范市中心医院急诊医学科",
            study_minutes=60, parts=(Part.LESSONS, Part.QUIZ, Part.SESSION, Part.PRACTICAL), questions_per_try=6,
            qualification="course-first-aid", valid_months=24,
        ),
        "first_aid", range(0), range(76, 80),
    ),
    Taught(
        NewCourse(
            code="communication", title="沟通技巧", title_en="Communication", kind=Kind.GENERAL,
            summary="倾听、安抚、把话说清楚；面对愤怒、悲伤与求助", provider="示范市中心医院医务社工部",
            study_minutes=30, questions_per_try=5, wait_minutes=0, qualification="course-communication",
        ),
        "communication", range(74, 78),
    ),
    Taught(
        NewCourse(
            code="infection-control", title="院感防控", title_en="Infection control", kind=Kind.POST,
            summary="手卫生、口罩、隔离标识、医疗废物与职业暴露处置", provider="示范市中心医院感染管理科",
            study_minutes=40, questions_per_try=6, qualification="course-infection-control", valid_months=12,
        ),
        "infection_control", range(70, 78), range(85, 88),
    ),
)  # fmt: skip
RENEWAL: Final = NewCourse(
    code="infection-control-again", title="院感防控年度复训", title_en="Infection control, yearly refresher",
    kind=Kind.POST, summary="一年一次的要点回顾", provider="示范市中心医院感染管理科", study_minutes=10,
    questions_per_try=5, qualification="course-infection-control", valid_months=12,
)  # fmt: skip
QUESTION_KINDS: Final = {"单选": QuestionKind.SINGLE, "多选": QuestionKind.MULTIPLE, "判断": QuestionKind.TRUE_FALSE}
SATURDAY: Final = 5


def read_course(name: str) -> tuple[list[NewLesson], list[NewQuestion]]:
    """Lessons begin with `=== title | minutes`, questions after `???`: kind | text | options… | answer | explanation."""
    text, _, bank = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").partition("\n???")
    lessons = []
    for part in text.split("=== ")[1:]:
        head, _, body = part.partition("\n")
        title, minutes = (piece.strip() for piece in head.split("|"))
        lessons.append(NewLesson(title=title, text=body.strip(), minutes=int(minutes)))
    return lessons, [_question(line) for line in bank.splitlines() if "|" in line]


def _question(line: str) -> NewQuestion:
    kind_word, text, *options, answer, explanation = (piece.strip() for piece in line.split("|"))
    kind = QUESTION_KINDS[kind_word]
    if kind is QuestionKind.TRUE_FALSE:
        return NewQuestion(kind=kind, text=text, is_true=answer == "对", explanation=explanation)
    right = {"ABCDEFGH".index(letter) for letter in answer}
    marked = tuple((option, place in right) for place, option in enumerate(options))
    return NewQuestion(kind=kind, text=text, options=marked, explanation=explanation)


def teach(hospital: Hospital, system: Actor, *, progress: Progress) -> None:
    """Courses, sessions behind us and before us, people who passed, people who are at it."""
    ensure_kinds(actor=system, kinds=KINDS)
    ids: dict[str, int] = {}
    for done, taught in enumerate(COURSES, start=1):
        ids[taught.course.code] = _make(hospital, taught.course, taught.file)
        lessons, _ = read_course(taught.file)
        for index in taught.learners:
            _learn(hospital, index, ids[taught.course.code], lessons=len(lessons), to_the_end=True)
        for index in taught.at_it:
            _learn(hospital, index, ids[taught.course.code], lessons=max(1, len(lessons) - 1), to_the_end=False)
        progress(done, len(COURSES) + 1)
    renewal = replace(RENEWAL, renews_id=ids["infection-control"])
    _make(hospital, renewal, "infection_control_again")
    _sessions(hospital, ids["first-aid"])
    _member(hospital, ids)
    progress(len(COURSES) + 1, len(COURSES) + 1)


def _make(hospital: Hospital, course: NewCourse, file: str) -> int:
    actor = hospital.coordinator
    lessons, questions = read_course(file)
    course_id = actions.create_course(actor=actor, course=course)
    for lesson in lessons:
        actions.save_lesson(actor=actor, course_id=course_id, lesson=lesson)
    actions.add_questions(actor=actor, course_id=course_id, questions=questions)
    actions.open_course(actor=actor, course_id=course_id)
    return course_id


def person_actor(hospital: Hospital, index: int) -> Actor:
    """Somebody in the archive, acting for themselves."""
    person_id = hospital.person_ids[index]
    return Actor(reference=f"person:{person_id}", person_id=person_id, roles=frozenset({Role.VOLUNTEER}))


def _learn(hospital: Hospital, index: int, course_id: int, *, lessons: int, to_the_end: bool) -> None:
    _take(hospital, person_actor(hospital, index), course_id, lessons=lessons, to_the_end=to_the_end)


def _take(hospital: Hospital, actor: Actor, course_id: int, *, lessons: int, to_the_end: bool) -> None:
    """Read the first lessons; to the end: answer the quiz, most of the time rightly."""
    actions.start_course(actor=actor, course_id=course_id)
    for lesson_id in _lesson_ids(course_id)[:lessons]:
        actions.finish_lesson(actor=actor, lesson_id=lesson_id)
    if to_the_end:
        try_id = actions.draw_quiz(actor=actor, course_id=course_id)
        actions.answer_quiz(actor=actor, try_id=try_id, answers=_answers(hospital, try_id))


def _lesson_ids(course_id: int) -> list[int]:
    return list(Lesson.objects.filter(course_id=course_id).order_by("position").values_list("pk", flat=True))


def _answers(hospital: Hospital, try_id: int) -> dict[int, list[int]]:
    asked = [question_id for question_id, _ in QuizTry.objects.get(pk=try_id).drawn]
    found = {}
    for question in Question.objects.filter(pk__in=asked):
        options = range(len(question.options) or 2)
        is_slip = hospital.dice.random() < 0.12
        found[question.pk] = [hospital.dice.choice(options)] if is_slip else list(question.right)
    return found


def _sessions(hospital: Hospital, first_aid: int) -> None:
    """First aid was practised once and is practised on the next Saturdays; experience is exchanged."""
    actor, trainer = hospital.coordinator, hospital.actors[Role.LEADER].person_id
    assert trainer is not None, "the demo's leader is somebody in the archive"

    def described(title: str, days: int, *, course_id: int | None, topic: str, place: str, places: int) -> NewSession:
        day = hospital.today + timedelta(days=days)
        return NewSession(
            course_id=course_id,
            title=title,
            topic=topic,
            place=place,
            starts_at=clock.at_local(day, time(14)),
            ends_at=clock.at_local(day, time(16, 30)),
            trainer_id=trainer,
            places=places,
            reserve=5,
        )

    practice = described(
        "心肺复苏与 AED 实操", -12, course_id=first_aid, topic="模拟人练习，两人一组", place="技能培训中心", places=20
    )
    people = [hospital.person_ids[index] for index in range(76, 84)]
    actions.enter_held(actor=actor, session=practice, person_ids=people)
    meeting = described(
        "导医志愿者经验交流会",
        -20,
        course_id=None,
        topic="高峰时段如何分流，怎样安抚等候的人",
        place="行政楼三楼会议室",
        places=40,
    )
    held = actions.enter_held(actor=actor, session=meeting, person_ids=[hospital.person_ids[i] for i in range(70, 88)])
    actions.write_minutes(
        actor=actor,
        session_id=held,
        text="# 议定事项\n\n- 早八点至十点，自助机旁加一人\n- 把常问的十个问题做成口袋卡\n- 新志愿者由老志愿者带教两次",
    )
    days_to_saturday = (SATURDAY - hospital.today.weekday()) % 7 or 7
    coming = [
        actions.create_session(
            actor=actor,
            session=described(
                "心肺复苏与 AED 实操",
                days_to_saturday + 7 * week,
                course_id=first_aid,
                topic="模拟人练习，两人一组",
                place="技能培训中心",
                places=12,
            ),
        )
        for week in range(4)
    ]
    for index in range(90, 106):
        actions.sign_up(actor=person_actor(hospital, index), session_id=coming[0])
    for index in range(106, 110):
        actions.sign_up(actor=person_actor(hospital, index), session_id=coming[1])
    actions.create_session(
        actor=actor,
        session=described(
            "陪护志愿者经验交流会",
            16,
            course_id=None,
            topic="与独居老人相处的一百个小办法",
            place="志愿服务站",
            places=30,
        ),
    )


def _member(hospital: Hospital, ids: dict[str, int]) -> None:
    """The member has passed onboarding, and is in the middle of infection control with a try drawn."""
    member = hospital.actors[Role.VOLUNTEER]
    actions.start_course(actor=member, course_id=ids["onboarding"])
    for lesson_id in _lesson_ids(ids["onboarding"]):
        actions.finish_lesson(actor=member, lesson_id=lesson_id)
    try_id = actions.draw_quiz(actor=member, course_id=ids["onboarding"])
    asked = [question_id for question_id, _ in QuizTry.objects.get(pk=try_id).drawn]
    right = dict(Question.objects.filter(pk__in=asked).values_list("pk", "right"))
    actions.answer_quiz(actor=member, try_id=try_id, answers=right)
    _take(hospital, member, ids["infection-control"], lessons=3, to_the_end=False)
    actions.draw_quiz(actor=member, course_id=ids["infection-control"])
