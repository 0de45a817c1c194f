"""The bank's own keys for the exchange on a page: the next one made, confirmed by a second person, told to partners."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.exchange.access import PARTNER_KEEPERS, is_partner_keeper
from xinshi.interbank.moving import actions, key_queries
from xinshi.interbank.moving.forms import NewKeyForm
from xinshi.interbank.moving.keys import own_code
from xinshi.kernel.actor import Role

LOOKERS = PARTNER_KEEPERS | {Role.AUDITOR}


@never_cache
@page(LOOKERS, methods=("GET", "POST"))
def own_keys(request: PageRequest) -> HttpResponse:
    """Every key with whom was told of it; an administrator makes the next one."""
    form = NewKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: actions.rotate_key(
                actor=request.actor,
                key_id=form.cleaned_data["key_id"],
                signs_in_days=form.cleaned_data["signs_in_days"],
            ),
        )
        if made is not None:
            messages.success(request, gettext("The key is made. Another administrator confirms it."))
            return redirect("interbank:own_keys")
    context = {
        "cards": key_queries.own_keys(request.actor),
        "form": form,
        "code": own_code(),
        "may_write": is_partner_keeper(request.actor),
    }
    return render(request, "interbank/moving/own_keys.html", context)


@page(PARTNER_KEEPERS, methods=("POST",))
def confirm(request: PageRequest, own_key_id: int) -> HttpResponse:
    """The second administrator's word."""
    actions.confirm_own_key(actor=request.actor, own_key_id=own_key_id)
    messages.success(request, gettext("The key is confirmed. Tell every partner of it before its day."))
    return redirect("interbank:own_keys")


@page(PARTNER_KEEPERS, methods=("POST",))
def discard(request: PageRequest, own_key_id: int) -> HttpResponse:
    """Throw away a key that nobody confirmed."""
    actions.discard_own_key(actor=request.actor, own_key_id=own_key_id)
    messages.success(request, gettext("The key is thrown away; nobody has ever seen anything signed by it."))
    return redirect("interbank:own_keys")


@page(PARTNER_KEEPERS, methods=("POST",))
def told(request: PageRequest, own_key_id: int, partner_id: int) -> HttpResponse:
    """This partner has the key."""
    actions.note_partner_told(actor=request.actor, own_key_id=own_key_id, partner_id=partner_id)
    messages.success(request, gettext("Written down. From its day on, what goes there is signed by this key."))
    return redirect("interbank:own_keys")
