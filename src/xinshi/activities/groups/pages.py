"""Pages of groups: sign several people up, name those whose places are held."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities.groups.actions import give_back_held, name_people, sign_up_group
from xinshi.activities.groups.forms import GroupForm, NamesForm
from xinshi.activities.queries.line import own_hold
from xinshi.activities.queries.offers import offered_shift
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page


@page(SIGNED_IN, methods=("GET", "POST"))
def group(request: PageRequest, shift_id: int) -> HttpResponse:
    """Sign a group up for a shift."""
    shift = offered_shift(request.actor, shift_id)
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = attempt(
            form,
            lambda: sign_up_group(
                actor=request.actor,
                shift_id=shift_id,
                name=data["name"],
                numbers=data["numbers"],
                hold=data["hold"] or 0,
            ),
        )
        if done is not None:
            said = gettext("Your group has its places: %(named)d named, %(held)d held until you name them.")
            messages.success(request, said % {"named": len(done.signup_ids), "held": done.held})
            return redirect("activities:held", done.group_key) if done.held else redirect("activities:mine")
    return render(request, "activities/group.html", {"form": form, "shift": shift})


@page(SIGNED_IN, methods=("GET", "POST"))
def held(request: PageRequest, group_key: str) -> HttpResponse:
    """Name the people of a group, or give places back."""
    hold = own_hold(request.actor, group_key)
    form = NamesForm(request.POST if "name" in request.POST else None)
    if request.method == "POST" and "give_back" in request.POST:
        number = give_back_held(actor=request.actor, group_key=group_key)
        messages.success(request, gettext("%(number)d places are free for others.") % {"number": number})
        return redirect("activities:held", group_key)
    if request.method == "POST" and form.is_valid():
        numbers = form.cleaned_data["numbers"]
        done = attempt(form, lambda: name_people(actor=request.actor, group_key=group_key, numbers=numbers))
        if done is not None:
            messages.success(request, gettext("Named: %(number)d.") % {"number": len(done.signup_ids)})
            return redirect("activities:held", group_key)
    return render(request, "activities/held.html", {"form": form, "hold": hold})
