"""Pages of partners: all at a glance, one with everything about it, and the forms of those who keep them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.doors.links import object_url
from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.exchange.access import KEEPERS, PARTNER_KEEPERS, READERS, is_keeper, is_partner_keeper
from xinshi.exchange.models import Partner, PartnerContract, PartnerKey
from xinshi.exchange.partners import actions, queries
from xinshi.exchange.partners.domain import fingerprint
from xinshi.exchange.partners.forms import ChangeForm, ContractForm, KeyForm, LimitsForm, ReasonForm, RegisterForm
from xinshi.exchange.partners.registry import Place, places
from xinshi.exchange.partners.wording import HEALTH, contract_word, key_word, kinds_text, state_word
from xinshi.kernel.actor import Actor


@page(READERS)
def partners(request: PageRequest) -> HttpResponse:
    """Every partner and how it goes with it, those that need somebody first."""
    cards = [
        (one, HEALTH[one.word], _doors(_places(request.actor, one.partner))) for one in queries.healths(request.actor)
    ]
    context = {"cards": cards, "may_keep": is_partner_keeper(request.actor)}
    return render(request, "exchange/partners.html", context)


@page(READERS)
def partner(request: PageRequest, partner_id: int) -> HttpResponse:
    """One partner: how it goes, what holds, which keys are trusted, what happened."""
    return _show(request, partner_id, ReasonForm())


def _show(request: PageRequest, partner_id: int, reason: ReasonForm) -> HttpResponse:
    found = queries.detail(request.actor, partner_id)
    health, row = found.health, found.health.partner
    may_keep = is_partner_keeper(request.actor)
    further = _places(request.actor, row)
    context = {
        "places": [one for one in further if one.what],
        "doors": _doors(further),
        "partner": row,
        "health": health,
        "word": HEALTH[health.word],
        "limits_proposed": row.limits_proposed,
        "may_confirm_limits": may_keep and row.limits_proposed_by_ref not in ("", request.actor.reference),
        "contracts": [_contract(request.actor, found, one) for one in found.contracts],
        "keys": [_key(request.actor, found, one) for one in found.keys],
        "changes": [(one, state_word(one.state), found.people.get(one.by_ref, "")) for one in found.state_changes],
        "latest": [(one, object_url(one.object_ref)) for one in found.latest],
        "may_keep": may_keep,
        "may_pause": is_keeper(request.actor) and row.state == Partner.State.ACTIVE,
        "may_resume": may_keep and row.state != Partner.State.ACTIVE,
        "reason": reason,
    }
    return render(request, "exchange/partner.html", context)


def _places(actor: Actor, row: Partner) -> list[Place]:
    return places(actor, row.pk) if row.kind == Partner.Kind.BANK else []


def _doors(found: list[Place]) -> dict[str, str]:
    """The address behind each figure that can be opened to what it is made of."""
    return {one.explains: one.address for one in found if one.explains}


def _contract(actor: Actor, found: queries.Detail, one: PartnerContract) -> dict[str, Any]:
    waits = is_partner_keeper(actor) and one.enforced_at is None
    is_own = one.written_by_ref == actor.reference
    return {
        "contract": one,
        "word": contract_word(one, found.health.contract),
        "kinds_in": kinds_text(one.hours_kinds_in),
        "kinds_out": kinds_text(one.hours_kinds_out),
        "written_by": found.people.get(one.written_by_ref, ""),
        "enforced_by": found.people.get(one.enforced_by_ref, ""),
        "may_put_in_force": waits and not is_own,
        "must_be_another": waits and is_own,
    }


def _key(actor: Actor, found: queries.Detail, one: PartnerKey) -> dict[str, Any]:
    waits = is_partner_keeper(actor) and one.confirmed_at is None and one.revoked_at is None
    is_own = one.added_by_ref == actor.reference
    return {
        "key": one,
        "word": key_word(one),
        "fingerprint": fingerprint(one.public_key),
        "added_by": found.people.get(one.added_by_ref, ""),
        "confirmed_by": found.people.get(one.confirmed_by_ref, ""),
        "may_confirm": waits and not is_own,
        "must_be_another": waits and is_own,
    }


@page(PARTNER_KEEPERS, methods=("GET", "POST"))
def register(request: PageRequest) -> HttpResponse:
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        new = attempt(
            form,
            lambda: actions.register_partner(
                actor=request.actor,
                code=values["code"],
                name=values["name"],
                kind=Partner.Kind(values["kind"]),
                address=values["address"],
                limits=form.limits(),
            ),
        )
        if new is not None:
            messages.success(request, gettext("The partner is registered. Write its contract next."))
            return redirect("exchange:partner", new)
    title = gettext("Register a partner")
    note = gettext("Nothing moves before a contract and a key are put in force by two administrators.")
    return render(request, "exchange/partner_form.html", {"form": form, "title": title, "note": note})


@page(PARTNER_KEEPERS, methods=("GET", "POST"))
def change(request: PageRequest, partner_id: int) -> HttpResponse:
    found = queries.partner(request.actor, partner_id)
    form = ChangeForm(request.POST or None, initial={"name": found.name, "address": found.address})
    act: Callable[[], Any] = lambda: actions.change_partner(  # noqa: E731  # one action of one form
        actor=request.actor, partner_id=partner_id, **form.cleaned_data
    )
    return _form_page(request, found, form, act, title=gettext("Change name or address"), done=gettext("Saved."))


@page(PARTNER_KEEPERS, methods=("GET", "POST"))
def limits(request: PageRequest, partner_id: int) -> HttpResponse:
    found = queries.partner(request.actor, partner_id)
    now = queries.limits_of(found)
    form = LimitsForm(
        request.POST or None, initial={"in_minutes_max": now.in_minutes_max, "out_minutes_max": now.out_minutes_max}
    )
    if request.method == "POST" and form.is_valid():
        change_now = partial(actions.change_limits, actor=request.actor, partner_id=partner_id, limits=form.limits())
        is_in_force = attempt(form, change_now)
        if is_in_force is not None:
            if is_in_force:
                messages.success(request, gettext("The limits hold now."))
            else:
                messages.info(request, gettext("Wider limits hold once another administrator has confirmed them."))
            return redirect("exchange:partner", partner_id)
    context = {
        "form": form,
        "partner": found,
        "title": gettext("Limits"),
        "note": gettext("Tighter limits hold at once; wider ones wait for another administrator."),
    }
    return render(request, "exchange/partner_form.html", context)


@page(PARTNER_KEEPERS, methods=("POST",))
def confirm_limits(request: PageRequest, partner_id: int) -> HttpResponse:
    actions.confirm_limits(actor=request.actor, partner_id=partner_id)
    messages.success(request, gettext("The limits hold now."))
    return redirect("exchange:partner", partner_id)


@page(PARTNER_KEEPERS, methods=("GET", "POST"))
def write_contract(request: PageRequest, partner_id: int) -> HttpResponse:
    found = queries.partner(request.actor, partner_id)
    newest = found.contracts.order_by("-number").first()
    form = ContractForm(request.POST) if request.method == "POST" else ContractForm.starting_from(newest)
    act: Callable[[], Any] = lambda: actions.write_contract(  # noqa: E731  # one action of one form
        actor=request.actor, partner_id=partner_id, terms=form.agreed()
    )
    return _form_page(
        request,
        found,
        form,
        act,
        title=gettext("Write a contract"),
        note=gettext("A new version; the old ones stay as they are. Another administrator puts it in force."),
        done=gettext("The version is written. Another administrator can put it in force."),
    )


@page(PARTNER_KEEPERS, methods=("POST",))
def put_contract_in_force(request: PageRequest, partner_id: int, number: int) -> HttpResponse:
    actions.put_contract_in_force(actor=request.actor, partner_id=partner_id, number=number)
    messages.success(request, gettext("The version is put in force."))
    return redirect("exchange:partner", partner_id)


@page(PARTNER_KEEPERS, methods=("GET", "POST"))
def add_key(request: PageRequest, partner_id: int) -> HttpResponse:
    found = queries.partner(request.actor, partner_id)
    form = KeyForm(request.POST or None)
    act: Callable[[], Any] = lambda: actions.add_key(  # noqa: E731  # one action of one form
        actor=request.actor, partner_id=partner_id, **form.cleaned_data
    )
    return _form_page(
        request,
        found,
        form,
        act,
        title=gettext("Add a key"),
        note=gettext("Another administrator compares its fingerprint with the partner, on the phone, and confirms it."),
        done=gettext("The key is written down. Another administrator confirms it."),
    )


@page(PARTNER_KEEPERS, methods=("POST",))
def confirm_key(request: PageRequest, partner_id: int, key_id: str) -> HttpResponse:
    actions.confirm_key(actor=request.actor, partner_id=partner_id, key_id=key_id)
    messages.success(request, gettext("The key is trusted from now on."))
    return redirect("exchange:partner", partner_id)


@page(PARTNER_KEEPERS, methods=("POST",))
def revoke_key(request: PageRequest, partner_id: int, key_id: str) -> HttpResponse:
    reason = request.POST.get("reason", "")
    actions.revoke_key(actor=request.actor, partner_id=partner_id, key_id=key_id, reason=reason)
    messages.success(request, gettext("The key is trusted no longer."))
    return redirect("exchange:partner", partner_id)


@page(KEEPERS, methods=("POST",))
def pause(request: PageRequest, partner_id: int) -> HttpResponse:
    done = gettext("The exchange with this partner is paused.")
    return _change_state(request, partner_id, actions.pause, done)


@page(PARTNER_KEEPERS, methods=("POST",))
def resume(request: PageRequest, partner_id: int) -> HttpResponse:
    done = gettext("The exchange with this partner goes on.")
    return _change_state(request, partner_id, actions.resume, done)


def _change_state(request: PageRequest, partner_id: int, verb: Callable[..., None], done: str) -> HttpResponse:
    form = ReasonForm(request.POST)
    if form.is_valid():
        verb(actor=request.actor, partner_id=partner_id, reason=form.cleaned_data["reason"])
        messages.success(request, done)
        return redirect("exchange:partner", partner_id)
    return _show(request, partner_id, form)


def _form_page(
    request: PageRequest, found: Partner, form: Form, act: Callable[[], Any], *, title: str, done: str, note: str = ""
) -> HttpResponse:
    """One form about a partner; back to the partner once its action went through."""
    if request.method == "POST" and form.is_valid() and attempt(form, lambda: (act(), True)) is not None:
        messages.success(request, done)
        return redirect("exchange:partner", found.pk)
    context = {"form": form, "partner": found, "title": title, "note": note}
    return render(request, "exchange/partner_form.html", context)
