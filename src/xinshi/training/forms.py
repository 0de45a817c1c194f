"""What people type about training: only these fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.archive.models import QualificationKind
from xinshi.kernel import clock
from xinshi.training.domain import (
    COURSE_MINUTES_MAX,
    OPTIONS_MAX,
    PLACES_MAX,
    QUESTIONS_PER_TRY_MAX,
    TEXT_LENGTH_MAX,
    TRIES_MAX,
    VALID_MONTHS_MAX,
    WAIT_MINUTES_MAX,
    Kind,
    NewCourse,
    NewLesson,
    NewQuestion,
    NewSession,
    Part,
    QuestionKind,
    Way,
)
from xinshi.training.models import Course, Lesson, Question, Session
from xinshi.training.progress import parts_of
from xinshi.training.queries.people import possible_trainers
from xinshi.training.wording import PARTS

NOT_CHOSEN: Final = ("", "–")
MEETING: Final = ("meeting", _("None: a meeting to exchange experience"))
FILE_KINDS: Final = "image/jpeg,image/png,image/webp,application/pdf,video/mp4,video/webm"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whom it is about reads it."),
    )


class CheckForm(forms.Form):
    number = forms.CharField(
        label=_("Certificate number"), max_length=40, help_text=_("It stands on the certificate: 2026-ABCDE-FGHJK.")
    )


class CourseForm(forms.Form):
    """A course and its rules."""

    title = forms.CharField(label=_("Title"), max_length=60)
    title_en = forms.CharField(label=_("Title in English"), max_length=100, required=False)
    code = forms.SlugField(
        label=_("Short name for programs"), max_length=40, help_text=_("Small letters, digits and dashes: first-aid")
    )
    summary = forms.CharField(
        label=_("Main content"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    kind = forms.ChoiceField(label=_("Kind of training"), choices=Course.KindChoice.choices)
    way = forms.ChoiceField(label=_("Way of training"), choices=Course.WayChoice.choices)
    provider = forms.CharField(label=_("Who gives the training"), max_length=100)
    study_minutes = forms.IntegerField(
        label=_("Study time in minutes"),
        min_value=0,
        max_value=COURSE_MINUTES_MAX,
        help_text=_("Credited in the training record for lessons and quiz; sessions count by themselves."),
    )
    parts = forms.MultipleChoiceField(
        label=_("What it takes to pass"), choices=lambda: list(PARTS.items()), widget=forms.CheckboxSelectMultiple
    )
    questions_per_try = forms.IntegerField(label=_("Questions per try"), min_value=1, max_value=QUESTIONS_PER_TRY_MAX)
    pass_percent = forms.IntegerField(label=_("Per cent to pass"), min_value=1, max_value=100)
    tries_max = forms.IntegerField(label=_("Tries"), min_value=1, max_value=TRIES_MAX)
    wait_minutes = forms.IntegerField(label=_("Minutes between two tries"), min_value=0, max_value=WAIT_MINUTES_MAX)
    qualification = forms.ChoiceField(
        label=_("Qualification that it gives"),
        required=False,
        help_text=_("Roles of activities can ask for it."),
    )
    valid_months = forms.IntegerField(
        label=_("Months that the certificate is valid"), min_value=1, max_value=VALID_MONTHS_MAX, required=False
    )
    renews = forms.ChoiceField(
        label=_("Renews the certificate of"),
        required=False,
        help_text=_("A shorter course, only for who has passed the other one."),
    )

    def __init__(self, *args: Any, course: Course | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = QualificationKind.objects.filter(is_active=True).order_by("name").values_list("code", "name")
        others = Course.objects.filter(renews=None).exclude(pk=course.pk if course else 0).order_by("title")
        _offer(self, "qualification", [NOT_CHOSEN, *kinds])
        _offer(self, "renews", [NOT_CHOSEN, *((str(pk), title) for pk, title in others.values_list("pk", "title"))])
        self.initial = self.initial or (_initial(course) if course else _usual())

    def course(self) -> NewCourse:
        typed = self.cleaned_data
        return NewCourse(
            code=typed["code"],
            title=typed["title"],
            title_en=typed["title_en"],
            summary=typed["summary"],
            kind=Kind(typed["kind"]),
            way=Way(typed["way"]),
            provider=typed["provider"],
            study_minutes=typed["study_minutes"],
            parts=tuple(Part(part) for part in typed["parts"]),
            pass_percent=typed["pass_percent"],
            questions_per_try=typed["questions_per_try"],
            tries_max=typed["tries_max"],
            wait_minutes=typed["wait_minutes"],
            qualification=typed["qualification"],
            valid_months=typed["valid_months"],
            renews_id=int(typed["renews"]) if typed["renews"] else None,
        )


def _usual() -> dict[str, Any]:
    return {
        "parts": [Part.LESSONS.value, Part.QUIZ.value],
        "questions_per_try": 5,
        "pass_percent": 80,
        "tries_max": 5,
        "wait_minutes": 10,
        "study_minutes": 30,
    }


def _initial(course: Course) -> dict[str, Any]:
    return {
        "code": course.code,
        "title": course.title,
        "title_en": course.title_en,
        "summary": course.summary,
        "kind": course.kind,
        "way": course.way,
        "provider": course.provider,
        "study_minutes": course.study_minutes,
        "parts": [part.value for part in parts_of(course)],
        "pass_percent": course.pass_percent,
        "questions_per_try": course.questions_per_try,
        "tries_max": course.tries_max,
        "wait_minutes": course.wait_minutes,
        "qualification": course.qualification.code if course.qualification else "",
        "valid_months": course.valid_months,
        "renews": str(course.renews_id or ""),
    }


def _offer(form: forms.Form, name: str, choices: list[tuple[Any, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField), "only choices are offered"
    field.choices = choices


class LessonForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=60)
    minutes = forms.IntegerField(label=_("Minutes to read"), min_value=1, max_value=600, initial=5)
    text = forms.CharField(
        label=_("Text"),
        max_length=TEXT_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text=_("# begins a heading, - an item of a list, an empty line a new paragraph; **bold** stands out."),
    )

    def lesson(self, lesson_id: int | None) -> NewLesson:
        typed = self.cleaned_data
        return NewLesson(title=typed["title"], text=typed["text"], minutes=typed["minutes"], lesson_id=lesson_id)


def lesson_initial(lesson: Lesson) -> dict[str, Any]:
    return {"title": lesson.title, "text": lesson.text, "minutes": lesson.minutes}


class FileForm(forms.Form):
    caption = forms.CharField(label=_("What it shows"), max_length=100, help_text=_("Read aloud to who cannot see it."))
    file = forms.FileField(
        label=_("Picture, film or paper"),
        max_length=200,
        help_text=_("JPEG, PNG, WebP, PDF up to 10 MB; MP4, WebM up to 200 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": FILE_KINDS}),
    )


class SheetForm(forms.Form):
    file = forms.FileField(
        label=_("Spreadsheet of questions"),
        max_length=200,
        help_text=_("Columns 题型, 题目, 选项A to 选项H, 答案, 解析, as in the exported file."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )

    def sheet(self) -> UploadedFile[Any]:
        found: UploadedFile[Any] = self.cleaned_data["file"]
        return found


class QuestionForm(forms.Form):
    """A question; the options one a line, the right ones begin with an asterisk."""

    kind = forms.ChoiceField(label=_("Kind of question"), choices=Question.KindChoice.choices)
    text = forms.CharField(label=_("Question"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    options = forms.CharField(
        label=_("Options"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One a line; put * before what is right. Leave empty for true or false."),
    )
    is_true = forms.ChoiceField(
        label=_("True or false"),
        required=False,
        choices=[NOT_CHOSEN, ("1", _("True")), ("0", _("False"))],
    )
    explanation = forms.CharField(
        label=_("Explanation"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown to who answered wrongly."),
    )

    def clean_options(self) -> tuple[tuple[str, bool], ...]:
        lines = [line.strip() for line in self.cleaned_data["options"].splitlines() if line.strip()]
        if len(lines) > OPTIONS_MAX:
            raise forms.ValidationError(gettext("2 to 8 options"))
        return tuple((line.lstrip("*").strip(), line.startswith("*")) for line in lines)

    def question(self) -> NewQuestion:
        typed = self.cleaned_data
        is_true = {"1": True, "0": False}.get(typed["is_true"])
        return NewQuestion(
            kind=QuestionKind(typed["kind"]),
            text=typed["text"],
            options=typed["options"],
            is_true=is_true if typed["kind"] == QuestionKind.TRUE_FALSE else None,
            explanation=typed["explanation"],
        )


class SessionForm(forms.Form):
    """A date face to face."""

    course = forms.ChoiceField(label=_("Course"))
    title = forms.CharField(label=_("Title"), max_length=60)
    topic = forms.CharField(label=_("Topic"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    place = forms.CharField(label=_("Place"), max_length=120)
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    starts = forms.TimeField(label=_("Begins"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    ends = forms.TimeField(label=_("Ends"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    trainer = forms.ChoiceField(label=_("Trainer or host"))
    places = forms.IntegerField(label=_("Places"), min_value=1, max_value=PLACES_MAX)
    reserve = forms.IntegerField(label=_("How many may wait"), min_value=0, max_value=PLACES_MAX, initial=0)

    def __init__(self, *args: Any, session: Session | None = None, course_id: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        courses = Course.objects.exclude(state=Course.State.CLOSED).order_by("title").values_list("pk", "title")
        trainers = possible_trainers(also=session.trainer_id if session else None)
        _offer(self, "course", [MEETING, *((str(pk), title) for pk, title in courses)])
        _offer(self, "trainer", [NOT_CHOSEN, *((str(pk), name) for pk, name in trainers)])
        self.initial = _session_initial(session) if session else {"course": course_id or MEETING[0], "reserve": 0}

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if not 2000 <= day.year <= 2100:
            raise forms.ValidationError(gettext("Choose a day of this century."))
        return day

    def session(self) -> NewSession:
        typed = self.cleaned_data
        return NewSession(
            course_id=None if typed["course"] == MEETING[0] else int(typed["course"]),
            title=typed["title"],
            topic=typed["topic"],
            place=typed["place"],
            starts_at=clock.at_local(typed["day"], typed["starts"]),
            ends_at=clock.at_local(typed["day"], typed["ends"]),
            trainer_id=int(typed["trainer"]),
            places=typed["places"],
            reserve=typed["reserve"],
        )


def _session_initial(session: Session) -> dict[str, Any]:
    return {
        "course": str(session.course_id or MEETING[0]),
        "title": session.title,
        "topic": session.topic,
        "place": session.place,
        "day": clock.local_day(session.starts_at),
        "starts": _local(session.starts_at),
        "ends": _local(session.ends_at),
        "trainer": str(session.trainer_id),
        "places": session.places,
        "reserve": session.reserve,
    }


def _local(moment: datetime) -> Any:
    return moment.astimezone(clock.HOSPITAL_ZONE).time().replace(second=0, microsecond=0)


class MinutesForm(forms.Form):
    text = forms.CharField(
        label=_("Minutes of the meeting"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 10})
    )
