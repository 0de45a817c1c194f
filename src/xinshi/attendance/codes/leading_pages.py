"""Pages of who leads: the screen at the place, and the scanner for volunteers' own codes."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from xinshi.activities.access import LEADERS
from xinshi.activities.pages import is_htmx
from xinshi.activities.queries import led_shift
from xinshi.attendance.codes import queries
from xinshi.attendance.codes.actions import receive_own_code
from xinshi.attendance.codes.arriving import Arrival
from xinshi.attendance.codes.forms import OwnCodeForm
from xinshi.attendance.codes.pages import SCANNER_POLICY, choice_of, code_context
from xinshi.doors.pages import PageRequest, page
from xinshi.kernel.errors import DomainError, NotFound


@page(LEADERS)
def display(request: PageRequest, shift_id: int) -> HttpResponse:
    """The code of the activity for a tablet or a screen at the place; it changes every half minute."""
    return render(request, "attendance/codes/display.html", _display(request, shift_id))


@page(LEADERS)
def display_part(request: PageRequest, shift_id: int) -> HttpResponse:
    """The same without the page around it."""
    return render(request, "attendance/codes/_display.html", _display(request, shift_id))


def _display(request: PageRequest, shift_id: int) -> dict[str, object]:
    found = queries.display(request.actor, shift_id)
    return {"found": found, **code_context(f"a{found.activity_id}")}


@page(LEADERS, methods=("GET", "POST"))
def scan(request: PageRequest, shift_id: int) -> HttpResponse:
    """Scan people's own codes one after the other; each gets a big yes or no."""
    shift = led_shift(request.actor, shift_id)
    context: dict[str, object] = {"shift": shift, "form": OwnCodeForm()}
    if request.method == "POST":
        form = OwnCodeForm(request.POST)
        typed = form.cleaned_data["code"] if form.is_valid() else ""
        arrival, refusal = _received(request, shift_id, typed)
        context |= {"arrival": arrival, "refusal": refusal, "typed": typed}
        if is_htmx(request):
            return render(request, "attendance/codes/_scan_verdict.html", context)
    response = render(request, "attendance/codes/scan.html", context)
    response.headers["Content-Security-Policy"] = SCANNER_POLICY
    return response


def _received(request: PageRequest, shift_id: int, typed: str) -> tuple[Arrival | None, DomainError | None]:
    try:
        arrival = receive_own_code(actor=request.actor, shift_id=shift_id, typed=typed, choice=choice_of(request))
    except NotFound:
        raise
    except DomainError as refusal:
        return None, refusal
    return arrival, arrival.refusal
