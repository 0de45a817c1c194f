"""Pages of presence: the leader's list, one record, my service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities.access import LEADERS
from xinshi.activities.models import Shift
from xinshi.activities.pages import is_htmx, page_number, query_without_page
from xinshi.activities.queries import led_shift
from xinshi.attendance import actions, queries
from xinshi.attendance.domain import NewRecord
from xinshi.attendance.forms import CorrectionForm, EnterForm, TimeForm, moment_on
from xinshi.attendance.printing import list_pdf
from xinshi.attendance.records.queries import own_sums
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
    return render(request, "attendance/shift.html", {"found": found, "search": search})


@page(LEADERS)
def list_file(request: PageRequest, shift_id: int) -> HttpResponse:
    """The same on paper, to sign."""
    response = HttpResponse(list_pdf(queries.leader_list(request.actor, shift_id)), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="list-{shift_id}.pdf"'
    return response


@page(LEADERS, methods=("POST",))
def check_in(request: PageRequest, shift_id: int) -> HttpResponse:
    """Check in who was chosen, or everybody who is expected."""
    signup_ids = chosen_ids(request, "signup")
    if "everybody" in request.POST:
        signup_ids = queries.expected_signups(request.actor, shift_id)
    at = _typed_time(request, shift_id)
    return _worked(
        request,
        shift_id,
        signup_ids,
        lambda: actions.check_in(actor=request.actor, signup_ids=signup_ids, at=at) if signup_ids else [],
        gettext_noop("People checked in: %(count)d."),
    )


@page(LEADERS, methods=("POST",))
def check_out(request: PageRequest, shift_id: int) -> HttpResponse:
    """Check out who was chosen, or everybody who is there."""
    record_ids = chosen_ids(request, "record")
    if "everybody" in request.POST:
        record_ids = queries.open_records(request.actor, shift_id)
    at = _typed_time(request, shift_id)
    return _worked(
        request,
        shift_id,
        chosen_ids(request, "signup"),
        lambda: actions.check_out(actor=request.actor, record_ids=record_ids, at=at) if record_ids else [],
        gettext_noop("People checked out: %(count)d."),
    )


@page(STAFF, methods=("GET", "POST"))
def enter(request: PageRequest, shift_id: int) -> HttpResponse:
    """Enter presence that is known already (补录)."""
    known = led_shift(request.actor, shift_id)
    form = EnterForm(request.POST) if request.method == "POST" else EnterForm.showing(known)
    if form.is_bound and form.is_valid() and attempt(form, lambda: _enter(request, known, form)):
        messages.success(request, gettext("Entered. The service waits for approval now."))
        return redirect("attendance:shift", shift_id)
    return render(request, "attendance/enter.html", {"form": form, "shift": known})


def _enter(request: PageRequest, known: Shift, form: EnterForm) -> list[int]:
    number = form.cleaned_data["volunteer_number"].strip()
    person_id = find_by_volunteer_numbers([number]).get(number)
    if person_id is None:
        raise Invalid(
            field=gettext_noop("Volunteer number"), reason=gettext_noop("Nobody with this number is in the archive.")
        )
    came, left = form.times(known)
    new = NewRecord(
        shift_id=known.pk,
        person_id=person_id,
        checked_in_at=came,
        checked_out_at=left,
        reason=form.cleaned_data["reason"],
    )
    return actions.record_many(actor=request.actor, records=[new])


@page(LEADERS, methods=("POST",))
def take_back(request: PageRequest, record_id: int) -> HttpResponse:
    """Undo a check-in that was a mistake."""
    record = queries.workable_record(request.actor, record_id)
    return _worked(
        request,
        record.shift_id,
        [record.own_signup_id],
        lambda: actions.take_back_check_in(actor=request.actor, record_id=record_id),
        gettext_noop("The check-in was taken back."),
    )


@page(LEADERS, methods=("GET", "POST"))
def correct(request: PageRequest, record_id: int) -> HttpResponse:
    """Put the times of a record right, with a reason."""
    found = queries.record_detail(request.actor, record_id)
    if not found.may_correct:
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
    context = {
        "records": shown.object_list,
        "found": found,
        "query": query_without_page(request),
        "sums": own_sums(request.actor),
    }
    return render(request, "attendance/mine.html", context)


def _typed_time(request: PageRequest, shift_id: int) -> datetime | None:
    """The time typed, on the day of the shift; None where it is now."""
    form = TimeForm(request.POST)
    if not form.is_valid():
        raise Invalid(field=gettext_noop("Time"), reason=gettext_noop("Write a time such as 10:30."))
    if form.cleaned_data["at"] is None:
        return None
    return moment_on(led_shift(request.actor, shift_id), form.cleaned_data["at"])


def _worked(
    request: PageRequest, shift_id: int, signup_ids: Sequence[int], action: Callable[[], list[int] | None], said: str
) -> HttpResponse:
    """Do it; htmx gets the lines anew (with the reason where it was refused), others the whole list."""
    refused = ""
    done: list[int] | None = []
    try:
        done = action()
    except DomainError as refusal:
        if not is_htmx(request) or isinstance(refusal, NotFound | NotAllowed):
            raise
        refused = refusal_text(refusal)
    if is_htmx(request):
        found = queries.list_part(request.actor, shift_id, signup_ids)
        return render(request, "attendance/_lines.html", {"found": found, "lines": found.lines, "refused": refused})
    if done is not None and not done:
        messages.info(request, gettext("There was nobody left on the list to do this for."))
    else:
        messages.success(request, gettext(said) % {"count": len(done or [])})
    return redirect("attendance:shift", shift_id)
