"""Pages of who learns: courses, lessons, the quiz, one's certificates and record."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xinshi.doors.pages import SIGNED_IN, PageRequest, page, refusal_text
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound
from xinshi.training import actions, queries
from xinshi.training.domain import AnswersIncomplete
from xinshi.training.exporting import as_download, record_workbook
from xinshi.training.serving import file_answer


@page(SIGNED_IN)
def courses(request: PageRequest) -> HttpResponse:
    """What one may learn, what one has begun at the top. `for`: only what gives this qualification, or at once to it."""
    cards, wanted = queries.course_cards(request.actor), request.GET.get("for", "")[:64].replace("\0", "")
    if not wanted:
        return render(request, "training/courses.html", {"cards": cards})
    giving = {link.course_id for link in queries.courses_granting([wanted]).get(wanted, [])}
    shown = [card for card in cards if card.course.pk in giving]
    if len(shown) == 1:
        return redirect("training:course", shown[0].course.pk)
    return render(request, "training/courses.html", {"cards": shown or cards, "is_missing": not shown})


@page(SIGNED_IN)
def course(request: PageRequest, course_id: int) -> HttpResponse:
    """One course: what it takes, how far one is, and the one button that goes on."""
    found = queries.course_path(request.actor, course_id)
    return render(request, "training/course.html", {"found": found, "course": found.course})


@page(SIGNED_IN, methods=("POST",))
def start(request: PageRequest, course_id: int) -> HttpResponse:
    """Begin a course and go straight to its first lesson."""
    actions.start_course(actor=request.actor, course_id=course_id)
    found = queries.course_path(request.actor, course_id)
    if found.next_lesson_id is not None:
        return redirect("training:lesson", found.next_lesson_id)
    return redirect("training:course", course_id)


@page(SIGNED_IN)
def lesson(request: PageRequest, lesson_id: int) -> HttpResponse:
    """One lesson with its pictures, films and papers."""
    found = queries.lesson_view(request.actor, lesson_id)
    return render(request, "training/lesson.html", {"found": found, "lesson": found.lesson, "course": found.course})


@page(SIGNED_IN, methods=("POST",))
def finish(request: PageRequest, lesson_id: int) -> HttpResponse:
    """Read; on to the next lesson, or to what comes after them."""
    certificate_id = actions.finish_lesson(actor=request.actor, lesson_id=lesson_id)
    if certificate_id is not None:
        return redirect("training:certificate", certificate_id)
    found = queries.lesson_view(request.actor, lesson_id)
    if found.next_id is not None:
        return redirect("training:lesson", found.next_id)
    return redirect("training:course", found.course.pk)


@page(SIGNED_IN)
def attachment(request: PageRequest, attachment_id: int) -> HttpResponse:
    """A picture, a film or a paper of a lesson; a film in the parts that a player asks for."""
    return file_answer(request, queries.lesson_file(request.actor, attachment_id))


@page(SIGNED_IN, methods=("POST",))
def draw(request: PageRequest, course_id: int) -> HttpResponse:
    """Begin a try of the quiz, or go on with the one that waits."""
    return redirect("training:quiz", actions.draw_quiz(actor=request.actor, course_id=course_id))


@page(SIGNED_IN, methods=("GET", "POST"))
def quiz(request: PageRequest, try_id: int) -> HttpResponse:
    """The questions of a try, and handing them in; what was ticked stays ticked where something is missing."""
    found = queries.quiz_view(request.actor, try_id)
    if found.result_id is not None and request.method != "POST":
        return redirect("training:result", found.result_id)
    chosen: dict[int, list[int]] = {}
    refusal = ""
    if request.method == "POST":
        chosen = _chosen(request, found)
        try:
            answered = actions.answer_quiz(actor=request.actor, try_id=try_id, answers=chosen)
        except AnswersIncomplete as missing:
            refusal = refusal_text(missing)
        else:
            return redirect("training:result", answered.result_id)
    shown = [(question, chosen.get(question.id, [])) for question in found.questions]
    return render(request, "training/quiz.html", {"found": found, "questions": shown, "refusal": refusal})


def _chosen(request: HttpRequest, found: queries.QuizView) -> dict[int, list[int]]:
    """The ticked places by question; anything that is not a small number is no answer."""
    return {
        question.id: [
            int(value)
            for value in request.POST.getlist(f"q{question.id}")
            if value.isascii() and value.isdigit() and len(value) < 3
        ]
        for question in found.questions
    }


@page(SIGNED_IN)
def result(request: PageRequest, result_id: int) -> HttpResponse:
    """How a try went, what was wrong and why, and what to do now."""
    found = queries.quiz_result(request.actor, result_id)
    return render(request, "training/result.html", {"found": found, "course": found.course})


@page(SIGNED_IN)
def record(request: PageRequest) -> HttpResponse:
    """My training record: what I was trained in, hours per year."""
    year = _year(request)
    lines = queries.training_record(request.actor.person_id, year=year) if request.actor.person_id else []
    context = {
        "lines": lines,
        "minutes": sum(line.minutes for line in lines),
        "year": year,
        "years": range(clock.today().year, clock.today().year - 5, -1),
    }
    return render(request, "training/record.html", context)


@page(SIGNED_IN)
def record_sheet(request: PageRequest) -> HttpResponse:
    """The same as a spreadsheet."""
    if request.actor.person_id is None:
        raise NotFound
    lines = queries.training_record(request.actor.person_id, year=_year(request))
    return as_download(record_workbook(lines))


def _year(request: HttpRequest) -> int | None:
    typed = request.GET.get("year", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) == 4 and typed >= "1990" else None
