"""The page of the settings of presence."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.attendance.closing import actions
from xinshi.attendance.closing.forms import SettingsForm
from xinshi.attendance.closing.queries import settings_in_force
from xinshi.doors.pages import STAFF, PageRequest, attempt, page


@page(STAFF, methods=("GET", "POST"))
def settings(request: PageRequest) -> HttpResponse:
    """How early one may come, how forgotten check-outs are closed, how late a scan may be sent."""
    form = SettingsForm(request.POST) if request.method == "POST" else SettingsForm.showing(settings_in_force())
    if form.is_bound and form.is_valid():
        done = attempt(form, lambda: actions.change_settings(actor=request.actor, settings=form.settings()) or True)
        if done is not None:
            messages.success(request, gettext("Noted. It holds for check-ins from now on."))
            return redirect("attendance:settings")
    return render(request, "attendance/closing/settings.html", {"form": form})
