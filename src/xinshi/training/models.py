"""Courses with lessons and questions, who takes them, tries of their quiz, sessions and places, certificates."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.archive.models import QualificationKind
from xinshi.people.models import Person
from xinshi.vault.fields import EncryptedTextField

FILE_TYPES = ["image/jpeg", "image/png", "image/webp", "application/pdf", "video/mp4", "video/webm"]


class Course(models.Model):
    """A course (课程): what it takes to pass it and what whoever passed has then. Never deleted.

    A course that `renews` another one is the short way for who has, or lately had, that one's certificate.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    class KindChoice(models.TextChoices):
        """培训类型."""

        GENERAL = "1", _("General training")
        POST = "2", _("Training for a post")
        PROFESSIONAL = "3", _("Professional training")

    class WayChoice(models.TextChoices):
        """培训方式."""

        REMOTE = "1", _("Remote")
        FACE_TO_FACE = "2", _("Face to face")

    code = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=60)
    title_en = models.CharField(max_length=100, blank=True, default="")
    summary = models.CharField(max_length=300, blank=True, default="")
    """主要内容: also what the training record says it was about."""
    kind = models.CharField(max_length=1, choices=KindChoice.choices)
    way = models.CharField(max_length=1, choices=WayChoice.choices)
    provider = models.CharField(max_length=100)
    study_minutes = models.PositiveIntegerField()
    wants_lessons = models.BooleanField(default=True)
    wants_quiz = models.BooleanField(default=True)
    wants_session = models.BooleanField(default=False)
    wants_practical = models.BooleanField(default=False)
    pass_percent = models.PositiveSmallIntegerField(default=80)
    questions_per_try = models.PositiveSmallIntegerField(default=5)
    tries_max = models.PositiveSmallIntegerField(default=5)
    wait_minutes = models.PositiveIntegerField(default=10)
    qualification = models.ForeignKey(QualificationKind, on_delete=models.PROTECT, null=True, related_name="courses")
    valid_months = models.PositiveSmallIntegerField(null=True)
    renews = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="renewals")
    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField()
    created_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "course"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["1", "2", "3"]), name="course_kind_known"),
            models.CheckConstraint(condition=Q(way__in=["1", "2"]), name="course_way_known"),
            models.CheckConstraint(condition=Q(state__in=["draft", "open", "closed"]), name="course_state_known"),
            models.CheckConstraint(condition=Q(pass_percent__gte=1, pass_percent__lte=100), name="course_pass_percent"),
            models.CheckConstraint(condition=Q(questions_per_try__gte=1, tries_max__gte=1), name="course_quiz_numbers"),
            models.CheckConstraint(
                condition=Q(wants_lessons=True) | Q(wants_quiz=True) | Q(wants_session=True) | Q(wants_practical=True),
                name="course_asks_for_something",
            ),
            models.CheckConstraint(condition=Q(renews=None) | ~Q(renews=F("id")), name="course_renews_another"),
        ]


class Lesson(models.Model):
    """A text to be read, with pictures, films and papers. Retired, not deleted: who finished it finished it."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="lessons")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=60)
    text = models.TextField()
    minutes = models.PositiveSmallIntegerField(default=5)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lesson"
        constraints = [
            models.UniqueConstraint(
                fields=["course", "position"], condition=Q(retired_at=None), name="lesson_position_once"
            ),
            models.CheckConstraint(condition=~Q(title="") & ~Q(text=""), name="lesson_says_something"),
        ]


class LessonFile(models.Model):
    """A picture, a film or a paper of a lesson; its type is told by its content."""

    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="files")
    caption = models.CharField(max_length=100)
    content_type = models.CharField(max_length=32)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120, unique=True)
    added_at = models.DateTimeField()
    added_by_ref = models.CharField(max_length=64)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lesson_file"
        constraints = [
            models.CheckConstraint(condition=Q(content_type__in=FILE_TYPES), name="lesson_file_type"),
            models.CheckConstraint(condition=Q(size_bytes__gte=1), name="lesson_file_not_empty"),
            models.UniqueConstraint(fields=["lesson", "sha256"], condition=Q(removed_at=None), name="lesson_file_once"),
        ]


class Question(models.Model):
    """A question of a course's bank. Its words never change: another wording is another question, this one retires.

    `options` are texts; a true-or-false question has none: 0 stands for true, 1 for false.
    """

    class KindChoice(models.TextChoices):
        SINGLE = "single", _("One answer")
        MULTIPLE = "multiple", _("Several answers")
        TRUE_FALSE = "true_false", _("True or false")

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="questions")
    kind = models.CharField(max_length=10, choices=KindChoice.choices)
    text = models.CharField(max_length=300)
    options = models.JSONField(default=list)
    right = models.JSONField()
    """The places of the right options: `[0, 2]`."""
    explanation = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "question"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["single", "multiple", "true_false"]), name="question_kind_known"
            ),
        ]
        indexes = [models.Index(fields=["course", "id"], condition=Q(retired_at=None), name="question_of_course")]


class Enrolment(models.Model):
    """That somebody takes a course, once at a time; what they were credited stays as it was when they passed."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="course_enrolments")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="enrolments")
    started_at = models.DateTimeField()
    extra_tries = models.PositiveSmallIntegerField(default=0)
    practical_passed_at = models.DateTimeField(null=True)
    practical_by_ref = models.CharField(max_length=64, blank=True, default="")
    passed_at = models.DateTimeField(null=True)
    credited_minutes = models.PositiveIntegerField(default=0)
    """Study time of the training record; 0 until the course is passed."""

    class Meta:
        db_table = "course_enrolment"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "course"], condition=Q(passed_at=None), name="course_enrolment_one_open"
            ),
            models.CheckConstraint(
                condition=Q(passed_at__isnull=False) | Q(credited_minutes=0), name="course_enrolment_credited_if_passed"
            ),
            models.CheckConstraint(
                condition=Q(practical_passed_at=None, practical_by_ref="")
                | (Q(practical_passed_at__isnull=False) & ~Q(practical_by_ref="")),
                name="course_enrolment_judged_by_whom",
            ),
        ]
        indexes = [models.Index(fields=["course", "passed_at", "id"], name="course_enrolment_course")]


class LessonDone(models.Model):
    """That somebody finished a lesson; written once."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="lessons_done", db_index=False)
    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        db_table = "lesson_done"
        constraints = [models.UniqueConstraint(fields=["enrolment", "lesson"], name="lesson_done_once")]


class QuizTry(models.Model):
    """The questions that were drawn for one try, in the order shown; written once."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="tries", db_index=False)
    number = models.PositiveSmallIntegerField()
    seed = models.PositiveIntegerField()
    drawn = models.JSONField()
    """`[[question id, [order of options]], …]`."""
    drawn_at = models.DateTimeField()

    class Meta:
        db_table = "quiz_try"
        constraints = [models.UniqueConstraint(fields=["enrolment", "number"], name="quiz_try_number_once")]


class QuizResult(models.Model):
    """What was answered in a try and what it came to; written once."""

    quiz_try = models.OneToOneField(QuizTry, on_delete=models.PROTECT, related_name="result")
    answers = models.JSONField()
    """The chosen options by question id."""
    right_count = models.PositiveSmallIntegerField()
    question_count = models.PositiveSmallIntegerField()
    is_passed = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        db_table = "quiz_result"
        constraints = [
            models.CheckConstraint(
                condition=Q(right_count__lte=F("question_count"), question_count__gte=1), name="quiz_result_counts"
            ),
        ]


class QuizAnswer(models.Model):
    """Whether one question of a try was answered rightly: what the statistics of the question bank count."""

    result = models.ForeignKey(QuizResult, on_delete=models.PROTECT, related_name="judged", db_index=False)
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers", db_index=False)
    is_right = models.BooleanField()

    class Meta:
        db_table = "quiz_answer"
        constraints = [models.UniqueConstraint(fields=["result", "question"], name="quiz_answer_once")]
        indexes = [models.Index(fields=["question", "is_right"], name="quiz_answer_question")]


class Session(models.Model):
    """A date face to face: of a course, or a meeting to exchange experience (经验交流会). `taken` are held places."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CANCELLED = "cancelled", _("Cancelled")

    course = models.ForeignKey(Course, on_delete=models.PROTECT, null=True, related_name="sessions")
    title = models.CharField(max_length=60)
    topic = models.CharField(max_length=300, blank=True, default="")
    place = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    trainer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="training_sessions")
    places = models.PositiveIntegerField()
    reserve = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    cancel_reason = models.CharField(max_length=300, blank=True, default="")
    minutes_text = EncryptedTextField(blank=True, default="")
    """会议纪要 of a meeting; sealed, because people are named in it."""
    created_at = models.DateTimeField()
    created_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "training_session"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="training_session_ends_after_start"),
            models.CheckConstraint(condition=Q(taken__lte=F("places")), name="training_session_not_overbooked"),
            models.CheckConstraint(condition=Q(places__gte=1), name="training_session_has_places"),
            models.CheckConstraint(condition=Q(state__in=["open", "cancelled"]), name="training_session_state_known"),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | ~Q(cancel_reason=""), name="training_session_cancelled_says_why"
            ),
        ]
        indexes = [models.Index(fields=["starts_at", "id"], name="training_session_starts")]


class Place(models.Model):
    """A person's place in a session, or their wait for one, and whether they came. Never deleted."""

    class State(models.TextChoices):
        CONFIRMED = "confirmed", _("Has a place")
        WAITING = "waiting", _("Waits for a place")
        CANCELLED = "cancelled", _("Given up")

    class Presence(models.TextChoices):
        UNKNOWN = "", _("Not marked yet")
        PRESENT = "present", _("Came")
        ABSENT = "absent", _("Did not come")

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="signed_up")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="training_places")
    state = models.CharField(max_length=9, choices=State.choices)
    signed_up_at = models.DateTimeField()
    source_ref = models.CharField(max_length=64, blank=True, default="")
    """Where it comes from, such as `voucher:12`; empty where the person signed up."""
    cancelled_at = models.DateTimeField(null=True)
    presence = models.CharField(max_length=7, choices=Presence.choices, blank=True, default="")
    came_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    attended_minutes = models.PositiveIntegerField(default=0)
    marked_by_ref = models.CharField(max_length=64, blank=True, default="")
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "training_place"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["confirmed", "waiting", "cancelled"]), name="training_place_state_known"
            ),
            models.UniqueConstraint(
                fields=["session", "person"], condition=~Q(state="cancelled"), name="training_place_once"
            ),
            models.UniqueConstraint(
                fields=["source_ref"],
                condition=~Q(source_ref="") & ~Q(state="cancelled"),
                name="training_place_source_once",
            ),
            models.CheckConstraint(
                condition=Q(presence="") | (Q(state="confirmed") & ~Q(marked_by_ref="")),
                name="training_place_marked_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(presence="present", came_at__isnull=False, left_at__gte=F("came_at"))
                | (~Q(presence="present") & Q(came_at=None, left_at=None, attended_minutes=0)),
                name="training_place_present_has_times",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="training_place_person"),
            models.Index(fields=["session", "id"], condition=Q(state="waiting"), name="training_place_waiting"),
        ]


class Certificate(models.Model):
    """That a course was passed (培训证书), under a number that nobody can guess. Only its end is written later."""

    number = models.CharField(max_length=16, unique=True)
    enrolment = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="certificate")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="certificates")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="certificates")
    issued_on = models.DateField()
    expires_on = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by_ref = models.CharField(max_length=64, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "training_certificate"
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by_ref="", reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by_ref="") & ~Q(reason="")),
                name="training_certificate_revoked_says_why",
            ),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gte=F("issued_on")),
                name="training_certificate_ends_after_issue",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="training_certificate_person"),
            models.Index(fields=["expires_on"], condition=Q(revoked_at=None), name="training_certificate_ending"),
        ]
