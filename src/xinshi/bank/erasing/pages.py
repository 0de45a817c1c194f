"""Pages of erasing: one's own copy and request; at the desk the requests, and the two decisions on each."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.bank.access import CORRECTORS
from xinshi.bank.erasing import actions, queries
from xinshi.bank.erasing.domain import GOES, STAYS
from xinshi.bank.erasing.forms import AskErasureForm, EnterErasureForm, RefuseErasureForm
from xinshi.bank.erasing.models import OPEN_STATES
from xinshi.bank.queries import own_passbook
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page
from xinshi.kernel.errors import NotFound
from xinshi.people.queries import names_by_reference
from xinshi.people.queries import person as find_person

PAGE_SIZE: Final = 30


@never_cache
@page(SIGNED_IN, methods=("GET", "POST"))
def erase_own(request: PageRequest) -> HttpResponse:
    """What goes, what stays, what must be settled first; POST asks for it."""
    if request.actor.person_id is None:
        raise NotFound
    form = AskErasureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: actions.ask_to_be_erased(actor=request.actor))
        if made is not None:
            messages.success(request, gettext("The station knows now. Two people decide, and you are told."))
            return redirect("bank:erase_own")
    row = queries.own_request(request.actor)
    context = {
        "form": form,
        "row": row,
        "is_open": row is not None and row.state in OPEN_STATES,
        "goes": [gettext(text) for text in GOES],
        "stays": [gettext(text) for text in STAYS],
        "obstacles": queries.erasing_obstacles(request.actor.person_id),
        "passbook": own_passbook(request.actor),
    }
    return render(request, "bank/erasing/own.html", context)


@page(SIGNED_IN, methods=("POST",))
def withdraw(request: PageRequest) -> HttpResponse:
    actions.withdraw_erasure(actor=request.actor)
    messages.success(request, gettext("Taken back. Your data stays as it is."))
    return redirect("bank:erase_own")


@never_cache
@page(SIGNED_IN, methods=("POST",))
def own_copy(request: PageRequest) -> HttpResponse:
    """Everything about oneself as a zip: JSON, and the papers one handed in."""
    file = actions.take_copy(actor=request.actor)
    return FileResponse(file, as_attachment=True, filename="my-data.zip", content_type="application/zip")  # type: ignore[return-value]  # a streamed answer


@page(CORRECTORS)
def erasures(request: PageRequest) -> HttpResponse:
    """Requests, those that wait first."""
    shown = Paginator(queries.erasures(request.actor), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "bank/erasing/erasures.html", {"page": shown, "query": "", "open": OPEN_STATES})


@page(CORRECTORS, methods=("GET", "POST"))
def erasure(request: PageRequest, erasure_id: int) -> HttpResponse:
    """One request with what must be settled first; POST refuses it with the reason."""
    found = queries.erasure(request.actor, erasure_id)
    form = RefuseErasureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if attempt(form, lambda: _refuse(request, erasure_id, reason)):
            messages.success(request, gettext("Refused. The person is told why."))
            return redirect("bank:erasures")
    row = found.row
    context = {
        "found": found,
        "row": row,
        "form": form,
        "names": names_by_reference([row.asked_by_ref, row.accepted_by_ref, row.decided_by_ref]),
        "is_own": row.person_id == request.actor.person_id,
        "is_mine": row.accepted_by_ref == request.actor.reference,
        "goes": [gettext(text) for text in GOES],
        "stays": [gettext(text) for text in STAYS],
    }
    return render(request, "bank/erasing/erasure.html", context)


def _refuse(request: PageRequest, erasure_id: int, reason: str) -> bool:
    actions.refuse_erasure(actor=request.actor, erasure_id=erasure_id, reason=reason)
    return True


@page(CORRECTORS, methods=("POST",))
def accept(request: PageRequest, erasure_id: int) -> HttpResponse:
    """The first of the two."""
    actions.accept_erasure(actor=request.actor, erasure_id=erasure_id)
    messages.success(request, gettext("Accepted. Another person deletes the data."))
    return redirect("bank:erasure", erasure_id)


@page(CORRECTORS, methods=("POST",))
def erase(request: PageRequest, erasure_id: int) -> HttpResponse:
    """The second of the two: the data is deleted, for ever."""
    pseudonym = actions.erase_person(actor=request.actor, erasure_id=erasure_id)
    messages.success(
        request, gettext("The data is deleted. What stays bears the pseudonym %(code)s.") % {"code": pseudonym}
    )
    return redirect("bank:erasure", erasure_id)


@page(CORRECTORS, methods=("GET", "POST"))
def enter(request: PageRequest, person_id: int) -> HttpResponse:
    """The station writes the wish down for somebody who signed it on paper."""
    person = find_person(request.actor, person_id)
    form = EnterErasureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        note = form.cleaned_data["note"]
        made = attempt(form, lambda: actions.enter_erasure(actor=request.actor, person_id=person_id, note=note))
        if made is not None:
            messages.success(request, gettext("Written down. Two people decide."))
            return redirect("bank:erasure", made)
    return render(request, "bank/erasing/enter.html", {"form": form, "person": person})
