"""The desk's question bank of a course: with pass rates, new questions, spreadsheets in and out; and the year's records."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound
from xinshi.training import actions, queries
from xinshi.training.access import MANAGERS, READERS, is_manager
from xinshi.training.exporting import as_download, questions_workbook, records_workbook
from xinshi.training.forms import QuestionForm, SheetForm
from xinshi.training.importing import read_questions
from xinshi.training.models import Question
from xinshi.training.queries.record import records_of_year


@page(READERS, methods=("GET", "POST"))
def questions(request: PageRequest, course_id: int) -> HttpResponse:
    """The bank with how often each question was answered rightly; a new one is added below."""
    form = QuestionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        made = attempt(
            form,
            lambda: actions.add_questions(actor=request.actor, course_id=course_id, questions=[form.question()]),
        )
        if made is not None:
            text = gettext("The question was added.") if made else gettext("This question is there already.")
            messages.success(request, text)
            return redirect("training:questions", course_id)
    return _show(request, course_id, form, SheetForm())


def _show(request: PageRequest, course_id: int, form: QuestionForm, sheet_form: SheetForm) -> HttpResponse:
    found = queries.managed_course(request.actor, course_id)
    context = {
        "course": found,
        "rows": queries.question_rows(found),
        "form": form,
        "sheet_form": sheet_form,
        "may_manage": is_manager(request.actor),
        "tab": "questions",
    }
    return render(request, "training/questions.html", context)


@page(MANAGERS, methods=("POST",))
def import_questions(request: PageRequest, course_id: int) -> HttpResponse:
    """All questions of a spreadsheet, or none and the rows that do not fit."""
    queries.managed_course(request.actor, course_id)
    form = SheetForm(request.POST, request.FILES)
    if form.is_valid():
        made = attempt(form, lambda: _import(request, course_id, form))
        if made is not None:
            messages.success(request, gettext("New questions: %(number)s") % {"number": len(made)})
            return redirect("training:questions", course_id)
    return _show(request, course_id, QuestionForm(), form)


def _import(request: PageRequest, course_id: int, form: SheetForm) -> list[int]:
    file = form.sheet()
    rows = read_questions(file.read(), file_name=file.name or "")
    return actions.add_questions(actor=request.actor, course_id=course_id, questions=rows)


@page(READERS)
def questions_sheet(request: PageRequest, course_id: int) -> HttpResponse:
    """The bank as a spreadsheet that can be imported again."""
    found = queries.managed_course(request.actor, course_id)
    return as_download(questions_workbook(found, queries.question_rows(found)))


@page(MANAGERS, methods=("POST",))
def retire_question(request: PageRequest, question_id: int) -> HttpResponse:
    found = Question.objects.filter(pk=question_id, retired_at=None).first()
    if found is None:
        raise NotFound
    actions.retire_question(actor=request.actor, question_id=question_id)
    messages.success(request, gettext("The question is asked no more. What was answered stays."))
    return redirect("training:questions", found.course_id)


@page(READERS)
def records_sheet(request: PageRequest) -> HttpResponse:
    """Everybody's training of a year by the norm's fields, for the ministry's system."""
    typed = request.GET.get("year", "")
    year = (
        int(typed)
        if typed.isascii() and typed.isdigit() and len(typed) == 4 and typed >= "1990"
        else clock.today().year
    )
    return as_download(records_workbook(records_of_year(year)))
