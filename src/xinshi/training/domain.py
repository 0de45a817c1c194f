"""Pure rules of training: what a course asks for, which questions a try draws, how answers are judged, who is on time."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

CODE: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")
TITLE_LENGTH_MAX: Final = 60
TEXT_LENGTH_MAX: Final = 20_000
QUESTION_LENGTH_MAX: Final = 300
OPTION_LENGTH_MAX: Final = 200
OPTIONS_MAX: Final = 8
QUESTIONS_PER_TRY_MAX: Final = 50
QUESTIONS_MAX: Final = 500
LESSONS_MAX: Final = 60
TRIES_MAX: Final = 50
WAIT_MINUTES_MAX: Final = 30 * 24 * 60
COURSE_MINUTES_MAX: Final = 200 * 60
PLACES_MAX: Final = 5_000
SESSION_HOURS_MAX: Final = 14
VALID_MONTHS_MAX: Final = 240
SEED_BITS: Final = 31
REASON_LENGTH_MIN: Final = 4
REMINDER_DAYS: Final = (90, 30, 7)
"""How many days before a certificate runs out its owner hears of it."""
RENEWAL_GRACE: Final = timedelta(days=365)
"""So long after a certificate ran out the shorter course still renews it."""


class Kind(StrEnum):
    """培训类型 of the ministry's norm."""

    GENERAL = "1"
    POST = "2"
    PROFESSIONAL = "3"


class Way(StrEnum):
    """培训方式 of the ministry's norm."""

    REMOTE = "1"
    FACE_TO_FACE = "2"


class QuestionKind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"


class Part(StrEnum):
    """What a course may ask for."""

    LESSONS = "lessons"
    QUIZ = "quiz"
    SESSION = "session"
    PRACTICAL = "practical"


class CourseNotOpen(DomainError):
    code = "course_not_open"
    message = gettext_noop("This course is not open. Choose another one, or ask a coordinator when it opens.")


class CourseNotStarted(DomainError):
    code = "course_not_started"
    message = gettext_noop("You have not started this course yet. Open the course and start it.")


class LessonsFirst(DomainError):
    code = "lessons_first"
    message = gettext_noop("Finish the lessons first; then the quiz opens.")


class NoQuiz(DomainError):
    code = "no_quiz"
    message = gettext_noop("This course has no quiz. Open the course to see what is left to do.")


class NotEnoughQuestions(DomainError):
    code = "not_enough_questions"
    message = gettext_noop("The course has no questions yet, so its quiz cannot be held. Tell a coordinator, please.")


class NoTriesLeft(DomainError):
    code = "no_tries_left"
    message = gettext_noop(
        "All %(tries)s tries were used. Speak with a coordinator: "
        "they can give you another one after you have learned again."
    )


class TooSoon(DomainError):
    code = "quiz_too_soon"
    message = gettext_noop("The next try opens in %(minutes)s minutes. Read the lessons again meanwhile.")


class TryAnswered(DomainError):
    code = "quiz_try_answered"
    message = gettext_noop("This try was already answered. Open the course to see its result.")


class AnswersIncomplete(DomainError):
    code = "quiz_answers_incomplete"
    message = gettext_noop("Answer every question before you hand in: %(missing)s are still open.")
    status = 422


class AnswersUnknown(DomainError):
    code = "quiz_answers_unknown"
    message = gettext_noop("These answers do not belong to the questions that were asked. Open the quiz again.")
    status = 422


class AlreadyCertified(DomainError):
    code = "already_certified"
    message = gettext_noop("You have passed this course and your certificate is valid, so there is nothing to do now.")


class NothingToRenew(DomainError):
    code = "nothing_to_renew"
    message = gettext_noop(
        "This short course renews a certificate that you do not have, or that ran out more than a year ago. "
        "Take the whole course “%(title)s”."
    )


class SessionFull(DomainError):
    code = "session_full"
    message = gettext_noop("This session and its waiting list are full. Choose another date.")


class SessionClosed(DomainError):
    code = "session_closed"
    message = gettext_noop(
        "This session was cancelled or has begun, so nobody can sign up any more. Choose another date."
    )


class SessionOver(DomainError):
    code = "session_over"
    message = gettext_noop("This session has begun, so the place cannot be given back any more.")


class AlreadySignedUp(DomainError):
    code = "session_already_signed_up"
    message = gettext_noop("You have a place in this session, or wait for one, already.")


class SessionOverlaps(DomainError):
    code = "session_overlaps"
    message = gettext_noop("At that time you are in the session “%(title)s”. Give up one of the two.")


class SessionNotBegun(DomainError):
    code = "session_not_begun"
    message = gettext_noop("The session has not begun yet, so nobody can be marked. Come back when it begins.")


class PresenceCounted(DomainError):
    code = "session_presence_counted"
    message = gettext_noop(
        "Somebody passed the course because they came to this session. Revoke that certificate first, with the reason."
    )


class SessionMarked(DomainError):
    code = "session_marked"
    message = gettext_noop("People were marked as present already, so this cannot be changed or cancelled any more.")


class PlacesTaken(DomainError):
    code = "session_places_taken"
    message = gettext_noop("%(taken)s people have a place already. Keep at least that many places.")
    status = 422


class TimesNotPossible(DomainError):
    code = "session_times_not_possible"
    message = gettext_noop("A session ends after it begins, on one day, and lasts at most %(hours)s hours.")
    status = 422


class CertificateEnded(DomainError):
    code = "certificate_revoked"
    message = gettext_noop("This certificate was revoked already.")


class ReasonTooShort(DomainError):
    code = "training_reason_too_short"
    message = gettext_noop("Say why in a sentence; the person whom it is about will read it.")
    status = 422


class CourseIncomplete(DomainError):
    code = "course_incomplete"
    message = gettext_noop("This cannot be opened yet: %(missing)s")
    status = 422


class CourseInUse(DomainError):
    code = "course_in_use"
    message = gettext_noop("Somebody has taken this course, so what it leads to cannot be changed. Make a new course.")


class NotPossibleYet(DomainError):
    code = "practical_not_possible"
    message = gettext_noop("This course asks for no practical judgement, or the person has not started it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCourse:
    """A course as a coordinator describes it. `parts` are what it takes to pass; `study_minutes` what is credited in the
    training record for lessons and quiz; sessions count by themselves. `qualification` is a code of the archive."""

    code: str
    title: str
    title_en: str = ""
    summary: str = ""
    kind: Kind = Kind.GENERAL
    way: Way = Way.REMOTE
    provider: str
    study_minutes: int
    parts: tuple[Part, ...] = (Part.LESSONS, Part.QUIZ)
    pass_percent: int = 80
    questions_per_try: int = 5
    tries_max: int = 5
    wait_minutes: int = 10
    qualification: str = ""
    valid_months: int | None = None
    renews_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLesson:
    title: str
    text: str
    minutes: int = 5
    lesson_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuestion:
    """`options` are texts with whether each is right; a true-or-false question has none and says `is_true`."""

    kind: QuestionKind
    text: str
    options: tuple[tuple[str, bool], ...] = ()
    is_true: bool | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """`course_id` None makes it a meeting to exchange experience (经验交流会), which gives no certificate."""

    course_id: int | None
    title: str
    topic: str = ""
    place: str
    starts_at: datetime
    ends_at: datetime
    trainer_id: int
    places: int
    reserve: int = 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """A question of a try: its id and the order in which its options are shown."""

    question_id: int
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a try came to; `right` holds for each question whether it was answered rightly."""

    right: Mapping[int, bool] = field(default_factory=dict)
    pass_percent: int = 100

    @property
    def right_count(self) -> int:
        return sum(self.right.values())

    @property
    def percent(self) -> int:
        """Rounded down: 79.9 is not 80."""
        return 100 * self.right_count // len(self.right) if self.right else 0

    @property
    def is_passed(self) -> bool:
        return bool(self.right) and 100 * self.right_count >= self.pass_percent * len(self.right)


def draw(options_by_question: Mapping[int, int], *, count: int, seed: int) -> list[Drawn]:
    """`count` different questions (all where there are fewer) in an order, each with its options in an order.

    `options_by_question` says how many options each question has. The same seed and questions give the same try.
    """
    chance = random.Random(seed)  # noqa: S311  # nosec B311  # Not a secret: the draw must be repeatable.
    ids = chance.sample(sorted(options_by_question), min(count, len(options_by_question)))
    drawn = []
    for question_id in ids:
        order = list(range(options_by_question[question_id]))
        chance.shuffle(order)
        drawn.append(Drawn(question_id, tuple(order)))
    return drawn


def is_right(right: Collection[int], chosen: Collection[int]) -> bool:
    """Exactly the right options were chosen: nothing is given for half of them."""
    return set(right) == set(chosen)


def judge(right: Mapping[int, Collection[int]], chosen: Mapping[int, Collection[int]], *, pass_percent: int) -> Judged:
    """Judge a try: `right` the right options of each asked question, `chosen` those chosen.

    AnswersUnknown for questions that were not asked, AnswersIncomplete where one is open.
    """
    if not chosen.keys() <= right.keys():
        raise AnswersUnknown
    missing = [question_id for question_id in right if not chosen.get(question_id)]
    if missing:
        raise AnswersIncomplete(missing=len(missing))
    return Judged({key: is_right(wanted, chosen[key]) for key, wanted in right.items()}, pass_percent)


def check_next_try(results_at: Sequence[datetime], *, tries_max: int, wait_minutes: int, at: datetime) -> None:
    """NoTriesLeft or TooSoon where no other try may begin now; `results_at` are the moments of the failed tries."""
    if len(results_at) >= tries_max:
        raise NoTriesLeft(tries=tries_max)
    if results_at:
        left = max(results_at) + timedelta(minutes=wait_minutes) - at
        if left > timedelta(0):
            raise TooSoon(minutes=math.ceil(left.total_seconds() / 60))


def months_later(day: date, months: int) -> date:
    """The last valid day of what holds `months` from `day`: the day before the same day of the month, clipped."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    for last in (day.day, 30, 29, 28):
        try:
            same_day = date(year, month + 1, last)
        except ValueError:
            continue
        return same_day - timedelta(days=1) if last == day.day else same_day
    raise AssertionError("every month has 28 days")


def parts_missing(wanted: Iterable[Part], done: Collection[Part]) -> list[Part]:
    """What is left to do, in the course's order."""
    return [part for part in wanted if part not in done]


def check_course(new: NewCourse) -> None:
    """Invalid where a field does not fit."""
    _require("code", gettext_noop("small letters, digits and dashes"), fits=CODE.fullmatch(new.code) is not None)
    _require(
        "title", gettext_noop("1 to 60 signs"), fits=bool(new.title.strip()) and len(new.title) <= TITLE_LENGTH_MAX
    )
    _require("provider", gettext_noop("Say who gives the training."), fits=bool(new.provider.strip()))
    _require("study_minutes", gettext_noop("0 to 12,000 minutes"), fits=0 <= new.study_minutes <= COURSE_MINUTES_MAX)
    _require("parts", gettext_noop("Choose at least one thing that it takes to pass."), fits=bool(new.parts))
    _require("pass_percent", gettext_noop("1 to 100 per cent"), fits=1 <= new.pass_percent <= 100)
    _require("questions_per_try", gettext_noop("1 to 50"), fits=1 <= new.questions_per_try <= QUESTIONS_PER_TRY_MAX)
    _require("tries_max", gettext_noop("1 to 50"), fits=1 <= new.tries_max <= TRIES_MAX)
    _require("wait_minutes", gettext_noop("0 minutes to 30 days"), fits=0 <= new.wait_minutes <= WAIT_MINUTES_MAX)
    fits = new.valid_months is None or 1 <= new.valid_months <= VALID_MONTHS_MAX
    _require("valid_months", gettext_noop("1 to 240 months, or empty where it does not run out"), fits=fits)


def check_lesson(new: NewLesson) -> None:
    _require(
        "title", gettext_noop("1 to 60 signs"), fits=bool(new.title.strip()) and len(new.title) <= TITLE_LENGTH_MAX
    )
    _require(
        "text", gettext_noop("1 to 20,000 signs"), fits=bool(new.text.strip()) and len(new.text) <= TEXT_LENGTH_MAX
    )
    _require("minutes", gettext_noop("1 to 600 minutes"), fits=1 <= new.minutes <= 600)


def check_question(new: NewQuestion) -> None:
    """Invalid where nobody could answer it: no right option, two right ones in a single choice, the same option twice."""
    fits = bool(new.text.strip()) and len(new.text) <= QUESTION_LENGTH_MAX
    _require("text", gettext_noop("1 to 300 signs"), fits=fits)
    if new.kind is QuestionKind.TRUE_FALSE:
        _require("is_true", gettext_noop("Say whether it is true or false."), fits=new.is_true is not None)
        _require("options", gettext_noop("A true-or-false question has no options of its own."), fits=not new.options)
        return
    texts = [text.strip() for text, _ in new.options]
    right = sum(is_right for _, is_right in new.options)
    _require("options", gettext_noop("2 to 8 options"), fits=2 <= len(texts) <= OPTIONS_MAX)
    _require(
        "options", gettext_noop("1 to 200 signs each"), fits=all(0 < len(text) <= OPTION_LENGTH_MAX for text in texts)
    )
    _require("options", gettext_noop("Every option is another one."), fits=len(set(texts)) == len(texts))
    _require("options", gettext_noop("Mark what is right."), fits=right >= 1)
    _require(
        "options", gettext_noop("Only one option can be right."), fits=right == 1 or new.kind is QuestionKind.MULTIPLE
    )


def check_session(new: NewSession) -> None:
    _require(
        "title", gettext_noop("1 to 60 signs"), fits=bool(new.title.strip()) and len(new.title) <= TITLE_LENGTH_MAX
    )
    _require("place", gettext_noop("Say where it is."), fits=bool(new.place.strip()))
    _require("places", gettext_noop("1 to 5,000 places"), fits=1 <= new.places <= PLACES_MAX)
    _require("reserve", gettext_noop("0 to 5,000"), fits=0 <= new.reserve <= PLACES_MAX)
    lasts = new.ends_at - new.starts_at
    if not timedelta(0) < lasts <= timedelta(hours=SESSION_HOURS_MAX):
        raise TimesNotPossible(hours=SESSION_HOURS_MAX)


def checked_reason(reason: str) -> str:
    reason = reason.strip()
    if len(reason) < REASON_LENGTH_MIN:
        raise ReasonTooShort
    return reason[:300]


def _require(field_name: str, reason: str, *, fits: bool) -> None:
    if not fits:
        raise Invalid(field=field_name, reason=reason)
