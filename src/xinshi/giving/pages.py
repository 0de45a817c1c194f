"""Pages for members: their relatives, giving and donating, and the pool for everybody."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import PUBLIC, SIGNED_IN, PageRequest, attempt, page
from xinshi.giving import access, actions, queries
from xinshi.giving.domain import Source
from xinshi.giving.forms import DonationForm, GiftForm, RelativeForm

CONFIRMED: Final = "confirmed"
"""The name of the button on the page that shows the figures before and after."""


@page(SIGNED_IN)
def own(request: PageRequest) -> HttpResponse:
    """My relatives, what I gave and got, and what I can do."""
    context = {
        "rules": queries.rules(),
        "means": queries.own_means(request.actor),
        "relatives": queries.relatives(request.actor),
        "gifts": queries.own_gifts(request.actor),
        "donations": queries.own_donations(request.actor),
        "is_reader": access.is_reader(request.actor),
    }
    return render(request, "giving/own.html", context)


@page(SIGNED_IN, methods=("GET", "POST"))
def ask(request: PageRequest) -> HttpResponse:
    """Ask a member to be registered as one's relative."""
    form = RelativeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        made = attempt(
            form,
            lambda: actions.ask_relative(
                actor=request.actor,
                passbook_number=typed["passbook_number"],
                name=typed["name"],
                relation=form.chosen(),
            ),
        )
        if made is not None:
            messages.success(request, gettext("Asked. Your relative gets a message and has to accept."))
            return redirect("giving:own")
    return render(request, "giving/ask.html", {"form": form, "rules": queries.rules()})


@page(SIGNED_IN)
def relative(request: PageRequest, relative_id: int) -> HttpResponse:
    """One registration: to answer, or to end."""
    context = {"card": queries.relative(request.actor, relative_id), "rules": queries.rules()}
    return render(request, "giving/relative.html", context)


@page(SIGNED_IN, methods=("POST",))
def answer(request: PageRequest, relative_id: int) -> HttpResponse:
    """Accept or decline."""
    is_accepted = request.POST.get("answer") == "accept"
    actions.answer_relative(actor=request.actor, relative_id=relative_id, accept=is_accepted)
    text = gettext("You are registered as relatives.") if is_accepted else gettext("Declined. The other is told.")
    messages.success(request, text)
    return redirect("giving:own")


@page(SIGNED_IN, methods=("POST",))
def end(request: PageRequest, relative_id: int) -> HttpResponse:
    actions.end_relative(actor=request.actor, relative_id=relative_id)
    messages.success(request, gettext("Ended. The other is told."))
    return redirect("giving:own")


@page(SIGNED_IN, methods=("GET", "POST"))
def give(request: PageRequest) -> HttpResponse:
    """To whom and how much; then the figures before and after; then it is given."""
    relatives = queries.relatives(request.actor)
    chosen = request.GET.get("to", "")
    form = GiftForm(request.POST or None, relatives=relatives, initial={"relative": chosen[:19]})
    preview = None
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        if CONFIRMED in request.POST:
            made = attempt(
                form,
                lambda: actions.give(
                    actor=request.actor,
                    relative_id=typed["relative"],
                    minutes=typed["hours"],
                    note=typed["note"],
                    key=typed["key"],
                ),
            )
            if made is not None:
                return redirect("giving:gift", made.id)
        else:
            preview = attempt(
                form,
                lambda: queries.preview_gift(request.actor, relative_id=typed["relative"], minutes=typed["hours"]),
            )
    context = {
        "form": form,
        "preview": preview,
        "rules": queries.rules(),
        "means": queries.own_means(request.actor),
        "has_relatives": any(card.is_accepted for card in relatives),
    }
    return render(request, "giving/give_confirm.html" if preview else "giving/give.html", context)


@page(SIGNED_IN)
def gift(request: PageRequest, gift_id: int) -> HttpResponse:
    """One gift, for the two and for those who keep the bank."""
    card = queries.gift(request.actor, gift_id)
    is_party = access.is_own(request.actor, card.giver_id, card.receiver_id)
    context = {
        "card": card,
        "is_party": is_party,
        "may_take_back": access.is_keeper(request.actor) and not is_party and not card.taken_back,
    }
    return render(request, "giving/gift.html", context)


@page(SIGNED_IN, methods=("GET", "POST"))
def donate(request: PageRequest) -> HttpResponse:
    """How much; then the figures before and after; then it is in the pool."""
    means = queries.own_means(request.actor)
    rules = queries.rules()
    if means is None or not rules.donations:
        return render(request, "giving/donate.html", {"form": None, "means": means, "rules": rules})
    form = DonationForm(request.POST or None, means=means)
    preview = None
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        source = Source(typed["source"])
        if CONFIRMED in request.POST:
            made = attempt(
                form,
                lambda: actions.donate(
                    actor=request.actor,
                    minutes=typed["hours"],
                    source=source,
                    is_anonymous=typed["is_anonymous"],
                    key=typed["key"],
                ),
            )
            if made is not None:
                return redirect("giving:donation", made.id)
        else:
            preview = attempt(
                form, lambda: queries.preview_donation(request.actor, source=source, minutes=typed["hours"])
            )
    context = {"form": form, "preview": preview, "means": means, "rules": rules, "pool": queries.pool_figures()}
    return render(request, "giving/donate_confirm.html" if preview else "giving/donate.html", context)


@page(SIGNED_IN)
def donation(request: PageRequest, donation_id: int) -> HttpResponse:
    """One donation, with thanks for its donor."""
    row = queries.donation(request.actor, donation_id)
    is_own = access.is_own(request.actor, row.person_id)
    taken_back = queries.why_taken_back(row)
    context = {
        "donation": row,
        "is_own": is_own,
        "listed_name": queries.donor_name(row),
        "taken_back": taken_back,
        "may_take_back": access.is_keeper(request.actor) and not is_own and not taken_back,
    }
    return render(request, "giving/donation.html", context)


@page(PUBLIC)
def pool(request: PageRequest) -> HttpResponse:
    """What the pool holds, what came in and went out this year, and who gave."""
    rules = queries.rules()
    context = {
        "rules": rules,
        "figures": queries.pool_figures() if rules.donations else None,
        "donors": queries.donors() if rules.donations else [],
        "may_donate": request.actor.person_id is not None,
        "is_reader": access.is_reader(request.actor),
    }
    return render(request, "giving/pool.html", context)
