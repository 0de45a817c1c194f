"""Pages of identity: the keys shared with a bank, and tokens that two records have in common."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.exchange.access import KEEPERS, READERS, is_keeper
from xinshi.interbank.identity import actions, queries
from xinshi.interbank.identity.domain import grouped_secret
from xinshi.interbank.identity.forms import BeginForm, EnterForm
from xinshi.interbank.reconciling.queries import bank
from xinshi.kernel import clock
from xinshi.kernel.actor import Role

ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})


@never_cache
@page(ADMINISTRATORS | {Role.AUDITOR}, methods=("GET", "POST"))
def keys(request: PageRequest, partner_id: int) -> HttpResponse:
    """The keys shared with one bank; an administrator makes the next one (shown once) or enters the partner's."""
    partner = bank(request.actor, partner_id)
    asked = request.POST.get("do", "")
    make_form: Form = BeginForm(request.POST if asked == "make" else None)
    enter_form: Form = EnterForm(request.POST if asked == "enter" else None)
    made: actions.NewKey | None = None
    if asked == "make" and make_form.is_valid():
        made = attempt(make_form, lambda: _make(request, partner_id, make_form))
    if asked == "enter" and enter_form.is_valid():
        entered = attempt(enter_form, lambda: _enter(request, partner_id, enter_form))
        if entered is not None:
            messages.success(request, gettext("The key is entered. Read the check code to your partner."))
            return redirect("interbank:keys", partner_id)
    context = {
        "partner": partner,
        "cards": queries.key_cards(request.actor, partner_id),
        "make_form": make_form,
        "enter_form": enter_form,
        "made": made,
        "secret": grouped_secret(made.secret) if made else "",
        "may_write": request.actor.has(Role.ADMINISTRATOR),
    }
    return render(request, "interbank/keys.html", context)


def _make(request: PageRequest, partner_id: int, form: Form) -> actions.NewKey:
    return actions.make_shared_key(
        actor=request.actor, partner_id=partner_id, sends_from=_moment(form.cleaned_data["sends_from"])
    )


def _enter(request: PageRequest, partner_id: int, form: Form) -> int:
    return actions.enter_shared_key(
        actor=request.actor,
        partner_id=partner_id,
        secret=form.cleaned_data["secret"],
        check_code=form.cleaned_data["check_code"],
        sends_from=_moment(form.cleaned_data["sends_from"]),
    )


def _moment(day: date | None) -> datetime | None:
    return clock.at_local(day, time.min) if day else None


@page(ADMINISTRATORS, methods=("POST",))
def retire(request: PageRequest, shared_key_id: int) -> HttpResponse:
    """Stop accepting an older key at once."""
    actions.retire_shared_key(actor=request.actor, key_id=shared_key_id)
    messages.success(request, gettext("The key is not accepted any more."))
    return redirect("interbank:settling")


@page(READERS)
def clashes(request: PageRequest) -> HttpResponse:
    """Records that have one token: a person says whose it is, or has them merged."""
    found = queries.clashes(request.actor)
    context = {
        "clashes": [(one, request.actor.person_id in {row.person_id for row in one.tokens}) for one in found],
        "may_write": is_keeper(request.actor),
        "reason_length_max": actions.REASON_LENGTH_MAX,
    }
    return render(request, "interbank/clashes.html", context)


@page(KEEPERS, methods=("POST",))
def settle_clash(request: PageRequest) -> HttpResponse:
    """Say which record a shared token means."""
    typed = request.POST.get("token", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        messages.error(request, gettext("Choose the record whose number it is."))
        return redirect("interbank:clashes")
    reason = request.POST.get("reason", "").replace("\0", "")[: actions.REASON_LENGTH_MAX]
    actions.settle_clash(actor=request.actor, token_id=int(typed), reason=reason)
    messages.success(request, gettext("Decided. The other record is set aside for this bank."))
    return redirect("interbank:clashes")
