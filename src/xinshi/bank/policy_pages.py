"""Pages of the policy: its versions, a dry run of a new one, proposing it, putting it in force by somebody else."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.bank import actions, notices, policy_queries
from xinshi.bank.access import POLICY_MAKERS, POLICY_READERS
from xinshi.bank.policy_effects import effect
from xinshi.bank.policy_forms import EnforceForm, PolicyForm
from xinshi.bank.policy_wording import rule_lines
from xinshi.bank.queries import policy_in_force
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page
from xinshi.kernel import clock


@page(POLICY_READERS)
def policy(request: PageRequest) -> HttpResponse:
    """Every version, and the rules that hold today."""
    holds = policy_in_force()
    context = {
        "versions": policy_queries.versions(request.actor),
        "in_force": holds,
        "lines": rule_lines(holds.rules),
        "may_write": request.actor.has(*POLICY_MAKERS),
    }
    return render(request, "bank/policy.html", context)


@page(POLICY_READERS)
def version(request: PageRequest, number: int) -> HttpResponse:
    """One version; while it is only proposed, whom it would change on a day, and the way to put it in force."""
    typed = EnforceForm(request.GET) if "effective_from" in request.GET else None
    if typed is not None and typed.is_valid():
        day = typed.cleaned_data["effective_from"]
        return _show(request, number, EnforceForm(initial={"effective_from": day}))
    return _show(request, number, typed or EnforceForm(initial={"effective_from": clock.today()}))


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
    holds = policy_in_force()
    day = form.initial.get("effective_from", clock.today())
    context = {
        "found": found,
        "version": found.version,
        "in_force": holds,
        "lines": rule_lines(found.version.says, before=holds.rules if found.state in ("proposed", "coming") else None),
        "effect": effect(request.actor, found.version.says, effective_from=day, version=found.version)
        if is_proposed
        else None,
        "form": form,
        "may_put_in_force": is_proposed and not is_own and request.actor.has(*POLICY_MAKERS),
        "must_be_another": is_proposed and is_own,
    }
    return render(request, "bank/policy_version.html", context)


@page(POLICY_MAKERS, methods=("GET", "POST"))
def propose(request: PageRequest) -> HttpResponse:
    """Write a new version: look at its dry run first, then propose it."""
    holds = policy_in_force()
    form = PolicyForm(request.POST or None, showing=holds.rules)
    found, lines = None, []
    if request.method == "POST" and form.is_valid():
        rules, day = form.rules(), form.cleaned_data["effective_from"]
        lines = [line for line in rule_lines(rules, before=holds.rules) if line.is_changed]
        found = attempt(form, partial(effect, request.actor, rules, effective_from=day))
        if found is not None and "propose" in request.POST:
            number = actions.propose_policy(actor=request.actor, rules=rules, note=form.cleaned_data["note"])
            messages.success(request, gettext("The version is proposed. Another administrator can put it in force."))
            return redirect("bank:policy_version", number)
    context = {"form": form, "effect": found, "in_force": holds, "lines": lines}
    return render(request, "bank/policy_new.html", context)


@page(SIGNED_IN)
def public_notice(request: PageRequest) -> HttpResponse:
    """Deposits in public notice now, with masked names, for everybody at the hospital."""
    lines, found = notices.notice_page(request.actor, number=request.GET.get("page"))
    context = {"lines": lines, "found": found, "notice_days": policy_in_force().rules.notice_days}
    return render(request, "bank/public_notice.html", context)
