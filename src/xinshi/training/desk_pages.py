"""The desk of training: courses, their lessons and files, who takes them."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.kernel.errors import NotFound
from xinshi.training import actions, queries
from xinshi.training.access import MANAGERS, READERS, is_manager
from xinshi.training.forms import CourseForm, FileForm, LessonForm, ReasonForm, SessionForm, lesson_initial
from xinshi.training.models import Lesson, LessonFile
from xinshi.training.paging import paged
from xinshi.training.queries.managing import PER_PAGE, learner_rows, sessions_of, without_course
from xinshi.training.queries.sessions import session_view

STATES: Final = ("", "running", "passed")


@page(READERS)
def desk(request: PageRequest) -> HttpResponse:
    """Every course with its figures."""
    context = {"rows": queries.course_rows(), "may_manage": is_manager(request.actor)}
    return render(request, "training/desk.html", context)


@page(MANAGERS, methods=("GET", "POST"))
def new_course(request: PageRequest) -> HttpResponse:
    form = CourseForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        made = attempt(form, lambda: actions.create_course(actor=request.actor, course=form.course()))
        if made:
            messages.success(
                request, gettext("The course was made as a draft. Add its lessons and questions, then open it.")
            )
            return redirect("training:manage", made)
    return render(request, "training/form.html", {"form": form, "title": gettext("New course")})


@page(READERS)
def manage(request: PageRequest, course_id: int) -> HttpResponse:
    """One course: rules, lessons, sessions."""
    found = queries.managed_course(request.actor, course_id)
    context = {
        "course": found,
        "lessons": list(Lesson.objects.filter(course=found, retired_at=None).order_by("position")),
        "sessions": list(sessions_of(found)[:50]),
        "may_manage": is_manager(request.actor),
        "tab": "manage",
    }
    return render(request, "training/manage.html", context)


@page(MANAGERS, methods=("GET", "POST"))
def change_course(request: PageRequest, course_id: int) -> HttpResponse:
    found = queries.managed_course(request.actor, course_id)
    form = CourseForm(request.POST if request.method == "POST" else None, course=found)
    if form.is_bound and form.is_valid() and attempt(form, lambda: _change(request, course_id, form)):
        messages.success(request, gettext("Changed."))
        return redirect("training:manage", course_id)
    return render(request, "training/form.html", {"form": form, "title": found.title, "course": found})


def _change(request: PageRequest, course_id: int, form: CourseForm) -> bool:
    actions.change_course(actor=request.actor, course_id=course_id, course=form.course())
    return True


@page(MANAGERS, methods=("POST",))
def set_state(request: PageRequest, course_id: int) -> HttpResponse:
    """Open a course or close it."""
    if request.POST.get("state") == "open":
        actions.open_course(actor=request.actor, course_id=course_id)
        messages.success(request, gettext("The course is open: everybody can take it."))
    else:
        actions.close_course(actor=request.actor, course_id=course_id)
        messages.success(request, gettext("The course is closed: nobody can begin it any more."))
    return redirect("training:manage", course_id)


@page(MANAGERS, methods=("GET", "POST"))
def new_lesson(request: PageRequest, course_id: int) -> HttpResponse:
    found = queries.managed_course(request.actor, course_id)
    form = LessonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        made = attempt(
            form, lambda: actions.save_lesson(actor=request.actor, course_id=course_id, lesson=form.lesson(None))
        )
        if made:
            return redirect("training:edit_lesson", made)
    return render(request, "training/form.html", {"form": form, "title": gettext("New lesson"), "course": found})


@page(MANAGERS, methods=("GET", "POST"))
def edit_lesson(request: PageRequest, lesson_id: int) -> HttpResponse:
    """A lesson's words, and the files that belong to it."""
    found = queries.managed_lesson(request.actor, lesson_id)
    lesson = found.lesson
    form = LessonForm(request.POST if request.method == "POST" else None, initial=lesson_initial(lesson))
    if form.is_bound and form.is_valid():
        saved = attempt(
            form,
            lambda: actions.save_lesson(actor=request.actor, course_id=lesson.course_id, lesson=form.lesson(lesson.pk)),
        )
        if saved:
            messages.success(request, gettext("Changed."))
            return redirect("training:edit_lesson", lesson.pk)
    return _show_lesson(request, found, form, FileForm())


def _show_lesson(request: PageRequest, found: queries.LessonRow, form: LessonForm, file_form: FileForm) -> HttpResponse:
    context = {
        "lesson": found.lesson,
        "course": found.lesson.course,
        "form": form,
        "file_form": file_form,
        "files": found.files,
    }
    return render(request, "training/edit_lesson.html", context)


@page(MANAGERS, methods=("POST",))
def move_lesson(request: PageRequest, lesson_id: int) -> HttpResponse:
    lesson = queries.managed_lesson(request.actor, lesson_id).lesson
    actions.move_lesson(actor=request.actor, lesson_id=lesson_id, down=request.POST.get("way") == "down")
    return redirect("training:manage", lesson.course_id)


@page(MANAGERS, methods=("POST",))
def retire_lesson(request: PageRequest, lesson_id: int) -> HttpResponse:
    lesson = queries.managed_lesson(request.actor, lesson_id).lesson
    actions.retire_lesson(actor=request.actor, lesson_id=lesson_id)
    messages.success(request, gettext("The lesson was taken out. Who finished it keeps that."))
    return redirect("training:manage", lesson.course_id)


@page(MANAGERS, methods=("POST",))
def add_file(request: PageRequest, lesson_id: int) -> HttpResponse:
    found = queries.managed_lesson(request.actor, lesson_id)
    lesson = found.lesson
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        typed = form.cleaned_data
        made = attempt(
            form,
            lambda: actions.add_file(
                actor=request.actor, lesson_id=lesson.pk, caption=typed["caption"], upload=typed["file"]
            ),
        )
        if made:
            messages.success(request, gettext("The file was added."))
            return redirect("training:edit_lesson", lesson.pk)
    return _show_lesson(request, found, LessonForm(initial=lesson_initial(lesson)), form)


@page(MANAGERS, methods=("POST",))
def remove_file(request: PageRequest, attachment_id: int) -> HttpResponse:
    found = LessonFile.objects.filter(pk=attachment_id, removed_at=None).first()
    if found is None:
        raise NotFound
    actions.remove_file(actor=request.actor, file_id=attachment_id)
    messages.success(request, gettext("The file is shown no more."))
    return redirect("training:edit_lesson", found.lesson_id)


@page(READERS)
def learners(request: PageRequest, course_id: int) -> HttpResponse:
    """Who takes the course and what is missing, who passed, who has not begun."""
    found = queries.managed_course(request.actor, course_id)
    state = request.GET.get("state", "")
    context = {"course": found, "state": state, "may_manage": is_manager(request.actor), "tab": "learners"}
    if state == "none":
        people, pager = paged(request, without_course(found, term=request.GET.get("term", "")[:40]), size=PER_PAGE)
        return render(
            request, "training/learners.html", context | pager | {"people": people, "term": request.GET.get("term", "")}
        )
    rows, pager = paged(request, queries.learners(found, state=state if state in STATES else ""), size=PER_PAGE)
    return render(request, "training/learners.html", context | pager | {"rows": learner_rows(rows)})


@page(MANAGERS, methods=("POST",))
def another_try(request: PageRequest, enrolment_id: int) -> HttpResponse:
    actions.give_another_try(actor=request.actor, enrolment_id=enrolment_id)
    messages.success(request, gettext("One more try is open."))
    course_id = queries.course_of_enrolment(enrolment_id)
    return redirect("training:learners", course_id)


@page(MANAGERS, methods=("GET", "POST"))
def new_session(request: PageRequest) -> HttpResponse:
    """A date of a course, or a meeting."""
    course_id = request.GET.get("course", "")[:19]
    form = SessionForm(request.POST if request.method == "POST" else None, course_id=course_id)
    if form.is_bound and form.is_valid():
        made = attempt(form, lambda: actions.create_session(actor=request.actor, session=form.session()))
        if made:
            messages.success(request, gettext("The session is open for sign-up."))
            return redirect("training:session", made)
    return render(request, "training/form.html", {"form": form, "title": gettext("New session")})


@page(MANAGERS, methods=("GET", "POST"))
def change_session(request: PageRequest, session_id: int) -> HttpResponse:
    found = session_view(request.actor, session_id).session
    form = SessionForm(request.POST if request.method == "POST" else None, session=found)
    if form.is_bound and form.is_valid() and attempt(form, lambda: _change_session(request, session_id, form)):
        messages.success(request, gettext("Changed."))
        return redirect("training:session", session_id)
    return render(request, "training/form.html", {"form": form, "title": found.title})


def _change_session(request: PageRequest, session_id: int, form: SessionForm) -> bool:
    actions.change_session(actor=request.actor, session_id=session_id, session=form.session())
    return True


@page(MANAGERS, methods=("GET", "POST"))
def cancel_session(request: PageRequest, session_id: int) -> HttpResponse:
    """It is not held; who signed up is told why."""
    found = session_view(request.actor, session_id).session
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and attempt(form, lambda: _cancel(request, session_id, form)):
        messages.success(request, gettext("The session was cancelled and everybody was told."))
        return redirect("training:session", session_id)
    return render(request, "training/cancel_session.html", {"form": form, "session": found})


def _cancel(request: PageRequest, session_id: int, form: ReasonForm) -> bool:
    actions.cancel_session(actor=request.actor, session_id=session_id, reason=form.cleaned_data["reason"])
    return True
