"""Pages of approval: the queue by activity, one activity's records, approving and refusing."""

from __future__ import annotations

from collections import Counter

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from xinshi.activities.access import LEADERS
from xinshi.activities.pages import page_number
from xinshi.attendance import actions, queries
from xinshi.attendance.domain import LEFT_OUT_TEXTS, Decided
from xinshi.attendance.pages import chosen_ids
from xinshi.doors.pages import PageRequest, back, page
from xinshi.kernel.errors import NotFound
from xinshi.kernel.minutes import hours_figure

QUEUE = "attendance:approvals"


@page(LEADERS)
def approvals(request: PageRequest) -> HttpResponse:
    """What waits for me, by activity, what is due first at the top."""
    context = {
        "found": queries.waiting_page(request.actor, page=page_number(request)),
        "forgotten": queries.forgotten_check_outs(request.actor),
    }
    return render(request, "attendance/approvals.html", context)


@page(LEADERS)
def of_activity(request: PageRequest, activity_id: int) -> HttpResponse:
    """Everything of one activity that waits for me."""
    number = page_number(request)
    group, has_next = queries.waiting_of_activity(request.actor, activity_id, page=number)
    context = {"group": group, "found": {"number": number, "has_next": has_next}}
    return render(request, "attendance/approvals_of.html", context)


@page(LEADERS, methods=("POST",))
def approve(request: PageRequest) -> HttpResponse:
    """Approve the records ticked, or everything of the activity whose button was pressed."""
    everything_of = request.POST.get("everything_of", "")
    if everything_of:
        if not (everything_of.isascii() and everything_of.isdigit() and len(everything_of) < 19):
            raise NotFound
        decided = actions.approve_activity(actor=request.actor, activity_id=int(everything_of))
    else:
        decided = actions.approve(actor=request.actor, record_ids=chosen_ids(request, "record"))
    if decided.done:
        text = gettext("Service records approved: %(count)d. Hours deposited: %(hours)s.")
        messages.success(request, text % {"count": decided.done, "hours": hours_figure(decided.minutes)})
    if decided.advanced:
        text = gettext("Service records that wait for the second approval now: %(count)d.")
        messages.success(request, text % {"count": decided.advanced})
    if not (decided.done or decided.advanced or decided.left_out):
        messages.info(request, gettext("Nothing was waiting any more, so nothing was approved."))
    _say_left_out(request, decided)
    return back(request, fallback=QUEUE)


@page(LEADERS, methods=("POST",))
def refuse(request: PageRequest) -> HttpResponse:
    """Refuse the records ticked, with the reason typed."""
    reason = request.POST.get("reason", "")
    decided = actions.refuse(actor=request.actor, record_ids=chosen_ids(request, "record"), reason=reason)
    if decided.done:
        text = gettext("Service records refused: %(count)d. The volunteers were told why.")
        messages.success(request, text % {"count": decided.done})
    _say_left_out(request, decided)
    return back(request, fallback=QUEUE)


def _say_left_out(request: PageRequest, decided: Decided) -> None:
    """How many were left as they were, per reason."""
    for reason, number in Counter(decided.left_out.values()).items():
        text = gettext("Left as they were: %(count)d. %(reason)s")
        messages.warning(request, text % {"count": number, "reason": gettext(LEFT_OUT_TEXTS[reason])})
