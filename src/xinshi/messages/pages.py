"""The inbox 消息, and texts on their way out."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import SIGNED_IN, PageRequest, page
from xinshi.messages import actions, queries
from xinshi.messages.access import SENDING_KEEPERS
from xinshi.messages.gateways import is_for_developing, is_ready
from xinshi.messages.models import OutgoingText
from xinshi.messages.wording import PURPOSES, STATES

PAGE_SIZE: Final = 30


@page(SIGNED_IN)
def inbox(request: PageRequest) -> HttpResponse:
    """One's own messages, newest first; `?unread=1` shows only those that wait."""
    only_unread = request.GET.get("unread") == "1"
    found = queries.inbox(request.actor, only_unread=only_unread)
    shown = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "lines": [queries.line_of(row) for row in shown],
        "only_unread": only_unread,
        "unread": queries.unread_count(request.actor),
        "has_person": request.actor.person_id is not None,
        "query": "unread=1" if only_unread else "",
    }
    return render(request, "messages/inbox.html", context)


@page(SIGNED_IN, methods=("POST",))
def read(request: PageRequest, message_id: int) -> HttpResponse:
    """Mark one message read and go to what it is about."""
    line = queries.line_of(queries.message(request.actor, message_id))
    actions.mark_read(actor=request.actor, message_id=message_id)
    return redirect(line.url or "messages:inbox")


@page(SIGNED_IN, methods=("POST",))
def read_all(request: PageRequest) -> HttpResponse:
    actions.mark_read(actor=request.actor)
    messages.success(request, gettext("All messages are marked as read."))
    return redirect("messages:inbox")


@page(SENDING_KEEPERS)
def outgoing(request: PageRequest) -> HttpResponse:
    """Texts on their way to phones: what waits, what failed; `?state=` narrows. Codes are shown only while developing."""
    state = request.GET.get("state", "")
    wanted = state if state in OutgoingText.State.values else ""
    shown = Paginator(queries.outgoing(request.actor, state=wanted), PAGE_SIZE).get_page(request.GET.get("page"))
    lines = [queries.outgoing_line(row) for row in shown]
    context = {
        "page": shown,
        "lines": [(line, *STATES[line.state], PURPOSES.get(line.purpose, line.purpose)) for line in lines],
        "states": [(name, words) for name, (words, _) in STATES.items()],
        "wanted": wanted,
        "is_for_developing": is_for_developing(),
        "is_ready": is_ready(),
        "query": f"state={wanted}" if wanted else "",
    }
    return render(request, "messages/outgoing.html", context)
