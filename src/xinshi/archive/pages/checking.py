"""Qualifications: one with its proof, what waits for the check, what runs out."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.archive import actions, queries, wording
from xinshi.archive.access import KEEPERS, READERS
from xinshi.archive.forms import ReasonForm, VerifyForm
from xinshi.documents.storing import evidence_response
from xinshi.doors.pages import SIGNED_IN, PageRequest, page
from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid

SHOWS: Final = ("check", "ending", "all")


@page(READERS)
def qualifications(request: PageRequest) -> HttpResponse:
    """What waits for the check, oldest first; what runs out within 90 days; all that there ever was."""
    show = request.GET.get("show", "check")
    show = show if show in SHOWS else "check"
    typed, term = request.GET.get("kind", ""), request.GET.get("q", "")[:64]
    kind_id = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
    if show == "check":
        rows = queries.to_check(request.actor)
    elif show == "ending":
        rows = queries.running_out(request.actor, kind_id=kind_id)
    else:
        rows = queries.search(request.actor, kind_id=kind_id, term=term)
    shown = Paginator(rows, queries.PAGE_SIZE).get_page(request.GET.get("page"))
    today = clock.today()
    cards = [queries.card_of(row, today=today) for row in shown]
    context = {
        "show": show,
        "page": shown,
        "cards": [(card, *wording.STANDINGS[card.standing]) for card in cards],
        "kinds": queries.kinds(on=today) if show != "check" else [],
        "kind_id": kind_id,
        "term": term,
        "summary": queries.desk_summary(request.actor),
        "query": urlencode({name: value for name, value in (("show", show), ("kind", typed), ("q", term)) if value}),
        "may_decide": request.actor.has(*KEEPERS),
    }
    return render(request, "archive/qualifications.html", context)


@page(SIGNED_IN)
def qualification(request: PageRequest, qualification_id: int) -> HttpResponse:
    """One qualification, for its holder and for who keeps or audits the archive."""
    found = queries.detail(request.actor, qualification_id)
    words, tone = wording.STANDINGS[found.card.standing]
    context = {
        "found": found,
        "card": found.card,
        "words": words,
        "tone": tone,
        "category": wording.CATEGORIES.get(found.card.category, ""),
        "verify_form": VerifyForm(initial={"expires_on": found.card.expires_on}),
        "reason_form": ReasonForm(auto_id="reason_%s"),
    }
    return render(request, "archive/qualification.html", context)


@page(SIGNED_IN)
def proof(request: PageRequest, proof_id: int) -> HttpResponse:
    """A photo or PDF, for its owner and for the station; shown as what it is, and able to run nothing."""
    found, data = queries.proof_of(request.actor, proof_id)
    return evidence_response(data, content_type=found.content_type, name=f"proof-{found.pk}")


@page(KEEPERS, methods=("POST",))
def verify(request: PageRequest, qualification_id: int) -> HttpResponse:
    form = VerifyForm(request.POST)
    if not form.is_valid():
        raise Invalid(field=gettext("Valid until"), reason=gettext("Write a day."))
    found = queries.detail(request.actor, qualification_id)
    changed = form.cleaned_data["expires_on"]
    actions.verify(
        actor=request.actor,
        qualification_id=qualification_id,
        expires_on=changed if changed != found.card.expires_on else None,
    )
    messages.success(request, gettext("Accepted. It counts from now on."))
    return _onward(request)


@page(KEEPERS, methods=("POST",))
def refuse(request: PageRequest, qualification_id: int) -> HttpResponse:
    actions.refuse(actor=request.actor, qualification_id=qualification_id, reason=request.POST.get("reason", ""))
    messages.success(request, gettext("Not accepted. The volunteer is told why."))
    return _onward(request)


@page(KEEPERS, methods=("POST",))
def revoke(request: PageRequest, qualification_id: int) -> HttpResponse:
    actions.revoke(actor=request.actor, qualification_id=qualification_id, reason=request.POST.get("reason", ""))
    messages.success(request, gettext("Revoked. The volunteer is told why."))
    return redirect("archive:qualification", qualification_id)


def _onward(request: PageRequest) -> HttpResponse:
    """To the next that waits, so that a pile is worked off without going back; to the list where none is left."""
    following = queries.to_check(request.actor).first()
    if following is None:
        return redirect("archive:qualifications")
    return redirect("archive:qualification", following.pk)
