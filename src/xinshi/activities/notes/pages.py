"""Writing a note and taking it back, on the activity's own page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from xinshi.activities.notes.actions import take_back_note, write_note
from xinshi.activities.notes.domain import NoteAudience
from xinshi.doors.pages import SIGNED_IN, PageRequest, page
from xinshi.kernel.errors import NotFound


@page(SIGNED_IN, methods=("POST",))
def write(request: PageRequest, activity_id: int) -> HttpResponse:
    try:
        audience = NoteAudience(request.POST.get("audience", NoteAudience.LEADERS.value))
    except ValueError as unknown:
        raise NotFound from unknown
    write_note(actor=request.actor, activity_id=activity_id, text=request.POST.get("text", ""), audience=audience)
    messages.success(request, _said(audience))
    return redirect("activities:detail", activity_id)


@page(SIGNED_IN, methods=("POST",))
def take_back(request: PageRequest, note_id: int) -> HttpResponse:
    activity_id = take_back_note(actor=request.actor, note_id=note_id)
    messages.success(request, gettext("The note is read by nobody any more."))
    return redirect("activities:detail", activity_id)


def _said(audience: NoteAudience) -> str:
    if audience == NoteAudience.LEADERS:
        return gettext("Written. The person in charge reads it.")
    return gettext("Written. Everybody who has a place was told.")
