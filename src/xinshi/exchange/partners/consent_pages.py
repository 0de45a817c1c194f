"""“Where my hours may go”: one's own consent per partner, given and withdrawn at any time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.pages import SIGNED_IN, PageRequest, page
from xinshi.exchange.partners.consents import ways
from xinshi.kernel.errors import NotFound
from xinshi.people.actions import give_consent, withdraw_consent


@page(SIGNED_IN)
def my_hours(request: PageRequest) -> HttpResponse:
    """Each partner with what is shared and why."""
    return render(request, "exchange/my_hours.html", {"ways": ways(request.actor)})


@page(SIGNED_IN, methods=("POST",))
def change_consent(request: PageRequest) -> HttpResponse:
    """Give or withdraw one's consent to one of the partners that the page shows."""
    person_id, purpose = request.actor.person_id, request.POST.get("purpose", "")
    way = next((one for one in ways(request.actor) if one.purpose == purpose), None)
    if person_id is None or way is None:
        raise NotFound
    if request.POST.get("wanted") == "give":
        give_consent(actor=request.actor, person_id=person_id, purpose=purpose)
        text = gettext("You agreed: your hours may go to and come from %(partner)s.")
    else:
        withdraw_consent(actor=request.actor, person_id=person_id, purpose=purpose)
        text = gettext("Withdrawn: from now on nothing new goes to or comes from %(partner)s.")
    messages.success(request, text % {"partner": way.partner.name})
    return redirect("exchange:my_hours")
