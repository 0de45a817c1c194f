"""Pages of the policy: its versions, a dry run of a new one, proposing it, putting it in force by somebody else."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.bank import actions, policy_queries
from xinshi.bank.access import POLICY_MAKERS, POLICY_READERS
from xinshi.bank.forms import EnforceForm, PolicyForm, initial_policy
from xinshi.bank.queries import policy_in_force
from xinshi.doors.pages import PageRequest, attempt, page
from xinshi.kernel import clock


@page(POLICY_READERS)
def policy(request: PageRequest) -> HttpResponse:
    """Every version, and the rules that hold today."""
    context = {
        "versions": policy_queries.versions(request.actor),
        "in_force": policy_in_force(),
        "may_write": request.actor.has(*POLICY_MAKERS),
    }
    return render(request, "bank/policy.html", context)


@page(POLICY_READERS)
def version(request: PageRequest, number: int) -> HttpResponse:
    """One version; while it is only proposed, whom it would change, and the way to put it in force."""
    return _show(request, number, EnforceForm(initial={"effective_from": clock.today()}))


@page(POLICY_MAKERS, methods=("POST",))
def put_in_force(request: PageRequest, number: int) -> HttpResponse:
    """Let a version hold from a day on; refused for the administrator who wrote it."""
    form = EnforceForm(request.POST)
    if form.is_valid():
        actions.put_policy_in_force(
            actor=request.actor, number=number, effective_from=form.cleaned_data["effective_from"]
        )
        messages.success(request, gettext("The version is put in force."))
        return redirect("bank:policy_version", number)
    return _show(request, number, form)


def _show(request: PageRequest, number: int, form: EnforceForm) -> HttpResponse:
    found = policy_queries.version(request.actor, number)
    is_proposed = found.state == "proposed"
    is_own = found.version.proposed_by_ref == request.actor.reference
    context = {
        "found": found,
        "version": found.version,
        "effect": policy_queries.effect(request.actor, found.version.star_thresholds_minutes) if is_proposed else None,
        "form": form,
        "may_put_in_force": is_proposed and not is_own and request.actor.has(*POLICY_MAKERS),
        "must_be_another": is_proposed and is_own,
    }
    return render(request, "bank/policy_version.html", context)


@page(POLICY_MAKERS, methods=("GET", "POST"))
def propose(request: PageRequest) -> HttpResponse:
    """Write a new version: look at its dry run first, then propose it."""
    holds = policy_in_force()
    initial = initial_policy(holds.star_thresholds_minutes, holds.approval_levels)
    form = PolicyForm(request.POST or None, initial=initial)
    effect = None
    if request.method == "POST" and form.is_valid():
        thresholds = form.thresholds_minutes()
        effect = attempt(form, partial(policy_queries.effect, request.actor, thresholds))
        if effect is not None and "propose" in request.POST:
            number = actions.propose_policy(
                actor=request.actor,
                star_thresholds_minutes=thresholds,
                approval_levels=form.cleaned_data["approval_levels"],
                note=form.cleaned_data["note"],
            )
            messages.success(request, gettext("The version is proposed. Another administrator can put it in force."))
            return redirect("bank:policy_version", number)
    return render(request, "bank/policy_new.html", {"form": form, "effect": effect, "in_force": holds})
