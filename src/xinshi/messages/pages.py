"""The inbox 消息."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import SIGNED_IN, PageRequest, page
from xinshi.messages import actions, queries

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
