"""The station's desk: accounts to check, guardians on paper, wishes to close."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.bank.access import CORRECTORS
from xinshi.bank.models import ClosingWish
from xinshi.bank.registration import closing, deciding, guardians, queries
from xinshi.bank.registration.forms import CloseForm, GuardianAtDeskForm, RefuseForm
from xinshi.bank.registration.wording import HOURS_WISHED, RELATIONS
from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.people.pages.archive import facts
from xinshi.people.queries import guardianship_of
from xinshi.people.queries import person as find_person

PAGE_SIZE: Final = 30


@page(CORRECTORS)
def accounts_to_check(request: PageRequest) -> HttpResponse:
    """What waits at the desk: accounts that people opened, and wishes to close one."""
    shown = Paginator(queries.accounts_to_check(request.actor), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "cards": queries.cards_of(list(shown)),
        "wishes": [(wish, HOURS_WISHED[wish.hours]) for wish in queries.closing_wishes(request.actor)[:100]],
        "query": "",
    }
    return render(request, "bank/registration/to_check.html", context)


@page(CORRECTORS, methods=("GET", "POST"))
def account_to_check(request: PageRequest, passbook_id: int) -> HttpResponse:
    """One account: compare with the document; POST refuses it with the reason."""
    card = queries.account_to_check(request.actor, passbook_id)
    form = RefuseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if attempt(form, lambda: _refuse(request, passbook_id, reason)):
            messages.success(request, gettext("The account was not opened. The person is told why."))
            return redirect("bank:accounts_to_check")
    context = {
        "card": card,
        "passbook": card.passbook,
        "facts": facts(card.passbook.person),
        "form": form,
        "is_own": card.passbook.person_id == request.actor.person_id,
        "relation": RELATIONS[card.guardian.relation] if card.guardian else "",
    }
    return render(request, "bank/registration/check.html", context)


def _refuse(request: PageRequest, passbook_id: int, reason: str) -> bool:
    deciding.refuse_account(actor=request.actor, passbook_id=passbook_id, reason=reason)
    return True


@page(CORRECTORS, methods=("POST",))
def approve(request: PageRequest, passbook_id: int) -> HttpResponse:
    """The document fits: the account is active."""
    deciding.approve_account(actor=request.actor, passbook_id=passbook_id)
    messages.success(request, gettext("The account is active. The person is told."))
    return redirect("bank:accounts_to_check")


@page(CORRECTORS, methods=("GET", "POST"))
def guardian_of(request: PageRequest, person_id: int) -> HttpResponse:
    """A minor's guardian at the desk: named, and signed on paper at once or later."""
    ward = find_person(request.actor, person_id)
    form = GuardianAtDeskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and attempt(form, lambda: _name(request, person_id, form)):
        messages.success(request, gettext("Saved."))
        return redirect("people:person", person_id)
    named = guardianship_of(person_id)
    context = {
        "form": form,
        "ward": ward,
        "named": named,
        "relation": RELATIONS[named.relation] if named else "",
        "is_minor": queries.is_minor(ward),
    }
    return render(request, "bank/registration/guardian_of.html", context)


def _name(request: PageRequest, person_id: int, form: GuardianAtDeskForm) -> bool:
    guardians.name_guardian(actor=request.actor, ward_id=person_id, guardian=form.new_guardian())
    if note := form.cleaned_data["note"].strip():
        guardians.record_paper_consent(actor=request.actor, ward_id=person_id, note=note)
    return True


@page(CORRECTORS, methods=("GET", "POST"))
def close(request: PageRequest, passbook_id: int) -> HttpResponse:
    """The end of an account: what is open, what is left, what becomes of it."""
    found = queries.closing(request.actor, passbook_id)
    form = CloseForm(request.POST if request.method == "POST" else None, may_donate=found.may_donate, wish=found.wish)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        hours = ClosingWish.Hours(typed["hours"])
        if attempt(form, lambda: _close(request, found, hours, typed["reason"])):
            messages.success(request, gettext("Done. The volunteer is told."))
            return redirect("bank:passbook", passbook_id)
    context = {
        "found": found,
        "passbook": found.passbook,
        "form": form,
        "is_own": found.passbook.person_id == request.actor.person_id,
        "wished": HOURS_WISHED[found.wish.hours] if found.wish else "",
    }
    return render(request, "bank/registration/close.html", context)


def _close(request: PageRequest, found: queries.Closing, hours: ClosingWish.Hours, reason: str) -> bool:
    """Close; or, where hours are to be spent first and the volunteer has asked, answer that the account stays."""
    passbook_id = found.passbook.pk
    if hours == ClosingWish.Hours.KEEP and found.left_minutes and found.wish is not None:
        closing.decline_wish(actor=request.actor, passbook_id=passbook_id, reason=reason)
    else:
        closing.close_account(actor=request.actor, passbook_id=passbook_id, hours=hours, reason=reason)
    return True
