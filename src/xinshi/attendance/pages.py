"""Pages of presence: the leader's list, one record, my service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext

from xinshi.activities.access import LEADERS
from xinshi.activities.pages import is_htmx, page_number, query_without_page
from xinshi.activities.queries import led_shift
from xinshi.attendance import actions, queries
from xinshi.attendance.domain import NewRecord
from xinshi.attendance.forms import CorrectionForm, EnterForm, TimeForm
from xinshi.doors.links import object_url
from xinshi.doors.pages import SIGNED_IN, STAFF, PageRequest, attempt, page, refusal_text
from xinshi.kernel.errors import DomainError, Invalid, NotAllowed, NotFound, gettext_noop
from xinshi.people.queries import find_by_volunteer_numbers

OWN_PER_PAGE = 50


def chosen_ids(request: HttpRequest, name: str) -> list[int]:
    """The ids of the ticked boxes; anything that is no id is passed over."""
    return [
        int(typed) for typed in request.POST.getlist(name) if typed.isascii() and typed.isdigit() and len(typed) < 19
    ]


@page(LEADERS)
def shift(request: PageRequest, shift_id: int) -> HttpResponse:
    """Who is expected and who is there."""
    search = request.GET.get("search", "")[:60]
    found = queries.leader_list(request.actor, shift_id, search=search)
    context = {"found": found, "search": search, "time_form": TimeForm(), "enter_form": EnterForm.showing(found.shift)}
    return render(request, "attendance/shift.html", context)


@page(LEADERS, methods=("POST",))
def check_in(request: PageRequest, shift_id: int) -> HttpResponse:
    """Check in who was chosen, or everybody who is expected."""
    found = queries.leader_list(request.actor, shift_id)
    chosen = chosen_ids(request, "signup")
    if "everybody" in request.POST:
        chosen = [line.signup_id for line in found.lines if line.state == "expected"]
    at = _typed_time(request, found)
    return _worked(
        request, shift_id, chosen, lambda: actions.check_in(actor=request.actor, signup_ids=chosen, at=at), came=True
    )


@page(LEADERS, methods=("POST",))
def check_out(request: PageRequest, shift_id: int) -> HttpResponse:
    """Check out who was chosen, or everybody who is there."""
    found = queries.leader_list(request.actor, shift_id)
    signup_ids = chosen_ids(request, "signup")
    lines = [line for line in found.lines if line.record is not None]
    if "everybody" in request.POST:
        signup_ids = [line.signup_id for line in lines if line.state == "open"]
    record_ids = [line.record.pk for line in lines if line.record is not None and line.signup_id in signup_ids]
    at = _typed_time(request, found)
    return _worked(
        request,
        shift_id,
        signup_ids,
        lambda: actions.check_out(actor=request.actor, record_ids=record_ids, at=at),
        came=False,
    )


@page(STAFF, methods=("POST",))
def enter(request: PageRequest, shift_id: int) -> HttpResponse:
    """Enter presence that is known already (补录)."""
    known = led_shift(request.actor, shift_id)
    form = EnterForm(request.POST)
    if not form.is_valid():
        raise Invalid(field=gettext_noop("Volunteer number"), reason=gettext_noop("Fill in the number and both times."))
    number = form.cleaned_data["volunteer_number"].strip()
    person_id = find_by_volunteer_numbers([number]).get(number)
    if person_id is None:
        raise Invalid(
            field=gettext_noop("Volunteer number"), reason=gettext_noop("Nobody with this number is in the archive.")
        )
    came, left = form.times(known)
    new = NewRecord(shift_id=shift_id, person_id=person_id, checked_in_at=came, checked_out_at=left)
    actions.record_many(actor=request.actor, records=[new])
    messages.success(request, gettext("Entered. The service waits for approval now."))
    return redirect("attendance:shift", shift_id)


@page(LEADERS, methods=("POST",))
def take_back(request: PageRequest, record_id: int) -> HttpResponse:
    found = queries.record_detail(request.actor, record_id)
    actions.take_back_check_in(actor=request.actor, record_id=record_id)
    if is_htmx(request):
        return _lines(request, found.record.shift_id, [found.record.signup_id])
    messages.success(request, gettext("The check-in was taken back."))
    return redirect("attendance:shift", found.record.shift_id)


@page(LEADERS, methods=("GET", "POST"))
def correct(request: PageRequest, record_id: int) -> HttpResponse:
    """Put the times of a record right, with a reason."""
    found = queries.record_detail(request.actor, record_id)
    if not found.may_work:
        raise NotFound
    form = CorrectionForm(request.POST) if request.method == "POST" else CorrectionForm.showing(found.record)
    if form.is_bound and form.is_valid():
        came, left = form.times(found.record.shift)
        done = attempt(
            form,
            lambda: actions.correct_presence(
                actor=request.actor,
                record_id=record_id,
                checked_in_at=came,
                checked_out_at=left,
                reason=form.cleaned_data["reason"],
            ),
        )
        if done is not None:
            messages.success(request, gettext("Corrected. The service waits for approval now."))
            return redirect("attendance:record", record_id)
    return render(request, "attendance/correct.html", {"form": form, "found": found, "record": found.record})


@page(SIGNED_IN)
def record(request: PageRequest, record_id: int) -> HttpResponse:
    """One record with its trail and the deposit it led to."""
    found = queries.record_detail(request.actor, record_id)
    deposit_url = object_url(f"deposit:{found.record.deposit_id}") if found.record.deposit_id else ""
    context = {"found": found, "record": found.record, "deposit_url": deposit_url}
    return render(request, "attendance/record.html", context)


@page(SIGNED_IN)
def mine(request: PageRequest) -> HttpResponse:
    """My own service, newest first."""
    shown = Paginator(queries.own_records(request.actor), OWN_PER_PAGE).get_page(page_number(request))
    found = {"number": shown.number, "has_next": shown.has_next()}
    context = {"records": shown.object_list, "found": found, "query": query_without_page(request)}
    return render(request, "attendance/mine.html", context)


def _typed_time(request: PageRequest, found: queries.LeaderList) -> datetime | None:
    form = TimeForm(request.POST)
    if not form.is_valid():
        raise Invalid(field=gettext_noop("Time"), reason=gettext_noop("Write a time such as 10:30."))
    return form.moment(found.shift)


def _worked(
    request: PageRequest, shift_id: int, signup_ids: Sequence[int], action: Callable[[], list[int]], *, came: bool
) -> HttpResponse:
    """Do it; htmx gets the lines anew (with the reason where it was refused), others the whole list."""
    if not signup_ids:
        raise NotFound
    try:
        number = len(action())
    except DomainError as refusal:
        if not is_htmx(request) or isinstance(refusal, NotFound | NotAllowed):
            raise
        return _lines(request, shift_id, signup_ids, refused=refusal_text(refusal))
    if is_htmx(request):
        return _lines(request, shift_id, signup_ids)
    messages.success(request, _said(number, came=came))
    return redirect("attendance:shift", shift_id)


def _said(number: int, *, came: bool) -> str:
    if came:
        text = ngettext("%(count)d person checked in.", "%(count)d people checked in.", number)
    else:
        text = ngettext("%(count)d person checked out.", "%(count)d people checked out.", number)
    return text % {"count": number}


def _lines(request: PageRequest, shift_id: int, signup_ids: Sequence[int], *, refused: str = "") -> HttpResponse:
    """The lines of these people and, out of band, the counts above the list."""
    found = queries.leader_list(request.actor, shift_id)
    lines = [line for line in found.lines if line.signup_id in set(signup_ids)]
    return render(request, "attendance/_lines.html", {"found": found, "lines": lines, "refused": refused})
