"""Pages of who keeps kiosks, and of a volunteer's own PIN."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from xinshi.attendance.kiosk import actions, queries
from xinshi.attendance.kiosk.forms import KioskForm, PinForm
from xinshi.documents.qr import site_address
from xinshi.doors.pages import SIGNED_IN, STAFF, PageRequest, attempt, page
from xinshi.kernel.errors import NotAllowed
from xinshi.kernel.ids import grouped_code


@page(STAFF, methods=("GET", "POST"))
def kiosks(request: PageRequest) -> HttpResponse:
    """Every kiosk; a new one, whose set-up code is shown once."""
    form = KioskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        made = attempt(
            form,
            lambda: actions.create_kiosk(
                actor=request.actor,
                name=typed["name"],
                place=typed["place"],
                site_id=typed["site"].pk if typed["site"] else None,
            ),
        )
        if made is not None:
            return _with_code(request, made)
    return render(
        request, "attendance/kiosk/kiosks.html", {"form": form, "kiosks": queries.kiosks(request.actor)[:200]}
    )


@page(STAFF, methods=("POST",))
def renew(request: PageRequest, kiosk_id: int) -> HttpResponse:
    """Another set-up code."""
    return _with_code(request, actions.renew_setup_code(actor=request.actor, kiosk_id=kiosk_id))


@page(STAFF, methods=("POST",))
def revoke(request: PageRequest, kiosk_id: int) -> HttpResponse:
    """The device is no kiosk any more."""
    actions.revoke_kiosk(actor=request.actor, kiosk_id=kiosk_id)
    messages.success(request, gettext("Revoked. The device is no kiosk any more."))
    return redirect("attendance:kiosks")


def _with_code(request: PageRequest, made: actions.SetupCode) -> HttpResponse:
    context = {"code": grouped_code(made.code), "address": site_address(reverse("attendance:kiosk"))}
    return render(request, "attendance/kiosk/setup_code.html", context)


@page(SIGNED_IN, methods=("GET", "POST"))
def pin(request: PageRequest) -> HttpResponse:
    """My PIN for kiosks."""
    if request.actor.person_id is None:
        raise NotAllowed
    form = PinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: actions.set_pin(actor=request.actor, pin=form.cleaned_data["pin"]) or True)
        if done is not None:
            messages.success(request, gettext("Your PIN is set. Type it at the kiosk beside your volunteer number."))
            return redirect("attendance:here")
    return render(request, "attendance/kiosk/pin.html", {"form": form, "has_pin": queries.has_pin(request.actor)})
