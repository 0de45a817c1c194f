"""Pages: my invitations and suggestions; publishing a version, what came of it, drop-outs, teams' rules."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities.access import PLANNERS
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, back, page
from xinshi.kernel.errors import NotFound
from xinshi.scheduling.access import READERS, version_of
from xinshi.scheduling.actions import want_plan
from xinshi.scheduling.inviting import actions, filling, queries
from xinshi.scheduling.inviting.forms import PublishForm
from xinshi.scheduling.suggesting.queries import own_choice, own_suggestions


@page(SIGNED_IN)
def mine(request: PageRequest) -> HttpResponse:
    """What I am invited to, what is suggested to me and why, and whether I want that at all."""
    context = {
        "invitations": queries.own_invitations(request.actor),
        "suggestions": own_suggestions(request.actor),
        "choice": own_choice(request.actor),
    }
    return render(request, "scheduling/mine.html", context)


@page(SIGNED_IN, methods=("POST",))
def answer(request: PageRequest, plan_invitation_id: int) -> HttpResponse:
    """Yes, no, or no and not this kind again."""
    said = request.POST.get("answer", "")
    accept = said == "yes"
    actions.answer(
        actor=request.actor, invitation_id=plan_invitation_id, accept=accept, not_this_kind=said == "not_this_kind"
    )
    if accept:
        messages.success(request, gettext("The place is yours. See you there!"))
    else:
        messages.success(request, gettext("Thank you for telling us. Somebody else can have the place."))
    return back(request, fallback="scheduling:mine")


@page(PLANNERS, methods=("GET", "POST"))
def publish(request: PageRequest, plan_id: int) -> HttpResponse:
    """Publish a proposal as invitations."""
    version = version_of(request.actor, plan_id)
    form = PublishForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: actions.publish_version(
                actor=request.actor,
                version_id=plan_id,
                answer_until=form.answer_until(),
                refill_minutes=form.refill_minutes(),
            ),
        )
        if done is not None:
            text = gettext(
                "Published. Invited: %(invited)s; had the place already: %(kept)s; not possible: %(not_sent)s."
            )
            figures = {"invited": done.invited, "kept": done.kept, "not_sent": done.passed_over}
            messages.success(request, text % figures)
            return redirect("scheduling:version_invitations", plan_id)
    context = {"version": version, "form": form, "people": version.assignments.values("person_id").distinct().count()}
    return render(request, "scheduling/publish.html", context)


@page(READERS)
def version_invitations(request: PageRequest, published_plan_id: int) -> HttpResponse:
    """What came of a published version."""
    found = queries.version_invitations(request.actor, published_plan_id)
    return render(request, "scheduling/version_invitations.html", {"found": found, "version": found.version})


@page(READERS)
def desk(request: PageRequest) -> HttpResponse:
    """Drop-outs, invitations without an answer, places that stay empty."""
    return render(request, "scheduling/invitations.html", {"found": queries.invitations_desk(request.actor)})


@page(PLANNERS)
def refill(request: PageRequest, shift_id: int) -> HttpResponse:
    """Who could come instead, at once."""
    return render(request, "scheduling/refill.html", {"found": queries.refill_of(request.actor, shift_id)})


@page(PLANNERS, methods=("POST",))
def plan_again(request: PageRequest, plan_id: int) -> HttpResponse:
    """A further version on top of what stands: a proposal, made by the planner in the background."""
    standing = version_of(request.actor, plan_id)
    note = gettext("What became free since version %(number)s") % {"number": standing.number}
    made = want_plan(actor=request.actor, period_id=standing.period_id, parent_id=standing.pk, note=note)
    return redirect("scheduling:version", made)


@page(PLANNERS, methods=("POST",))
def invite(request: PageRequest, shift_id: int) -> HttpResponse:
    """One click: this person is invited."""
    typed = request.POST.get("person_id", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 16):
        raise NotFound
    filling.invite(actor=request.actor, shift_id=shift_id, person_id=int(typed))
    messages.success(request, gettext("Invited. You are shown here what they answer."))
    return redirect("scheduling:refill", shift_id)


@page(PLANNERS, methods=("GET", "POST"))
def teams(request: PageRequest) -> HttpResponse:
    """Teams whose members a plan assigns without asking first."""
    if request.method == "POST":
        typed = request.POST.get("organization_id", "")
        if not (typed.isascii() and typed.isdigit() and len(typed) < 16):
            raise NotFound
        actions.set_team_rule(
            actor=request.actor, organization_id=int(typed), assigns_directly=request.POST.get("direct") == "yes"
        )
        messages.success(request, gettext("Saved."))
        return redirect("scheduling:teams")
    return render(request, "scheduling/teams.html", {"rows": queries.team_rules(request.actor)})
