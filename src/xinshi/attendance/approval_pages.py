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
        decided = actions.approve_activity(actor=request.actor, activity_id=_activity_id(everything_of))
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
    """Refuse the records ticked with the reason typed, or those of an activity that are too short, for being so."""
    too_short_of = request.POST.get("too_short_of", "")
    reason = request.POST.get("reason", "")
    if too_short_of:
        record_ids, percent = queries.too_short_waiting(request.actor, _activity_id(too_short_of))
        reason = gettext("You were present for less than %(percent)d %% of the scheduled time.") % {"percent": percent}
    else:
        record_ids = chosen_ids(request, "record")
    decided = actions.refuse(actor=request.actor, record_ids=record_ids, reason=reason)
    if decided.done:
        text = gettext("Service records refused: %(count)d. The volunteers were told why.")
        messages.success(request, text % {"count": decided.done})
    _say_left_out(request, decided)
    return back(request, fallback=QUEUE)


def _activity_id(typed: str) -> int:
    """The id of the activity whose button was pressed; NotFound for what is no id."""
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise NotFound
    return int(typed)


def _say_left_out(request: PageRequest, decided: Decided) -> None:
    """How many were left as they were, per reason."""
    for reason, number in Counter(decided.left_out.values()).items():
        text = gettext("Left as they were: %(count)d. %(reason)s")
        messages.warning(request, text % {"count": number, "reason": gettext(LEFT_OUT_TEXTS[reason])})
