"""An archive, one's own or somebody's at the station: the whole, its short steps, exceptions, handing in, the pledge."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.archive import actions, queries
from xinshi.archive.access import KEEPERS, READERS, is_self, require_may_call
from xinshi.archive.forms import CareForm, EmergencyForm, ExceptionForm, SubmitForm, contents
from xinshi.archive.models import Profile
from xinshi.archive.pages.showing import (
    Place,
    Step,
    archive_context,
    columns,
    form_for,
    grid,
    next_step,
    place_of,
    step_of,
)
from xinshi.archive.profile import Part
from xinshi.archive.wording import RELATIONS
from xinshi.doors.pages import SIGNED_IN, PageRequest, attempt, page
from xinshi.doors.wording import is_chinese
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound


@page(SIGNED_IN)
def own(request: PageRequest) -> HttpResponse:
    """My archive."""
    return _show(request, place_of(request, None))


@page(READERS)
def person(request: PageRequest, person_id: int) -> HttpResponse:
    """Somebody's archive, for the station and the auditor."""
    return _show(request, place_of(request, person_id))


def _show(request: PageRequest, place: Place, **more: object) -> HttpResponse:
    context = archive_context(request, place)
    context |= {"may_change": place.is_self or request.actor.has(*KEEPERS), "care_form": CareForm(), **more}
    return render(request, "archive/archive.html", context)


@page(SIGNED_IN, methods=("GET", "POST"))
def own_step(request: PageRequest, step: str) -> HttpResponse:
    return _step(request, place_of(request, None), step_of(step))


@page(KEEPERS, methods=("GET", "POST"))
def person_step(request: PageRequest, person_id: int, step: str) -> HttpResponse:
    return _step(request, place_of(request, person_id), step_of(step))


def _step(request: PageRequest, place: Place, step: Step) -> HttpResponse:
    view = queries.profile_view(request.actor, place.person_id)
    data = request.POST if request.method == "POST" else None
    form = form_for(step, data, view=view, is_self=is_self(request.actor, place.person_id))
    if request.method == "POST" and form.is_valid():
        parts = _parts(form, place)
        done = attempt(
            form, lambda: actions.change_profile(actor=request.actor, person_id=place.person_id, parts=parts)
        )
        if done is not None:
            messages.success(request, gettext("Saved."))
            return redirect(_after(request, place, step))
    context: dict[str, object] = {"place": place, "view": view, "step": step, "form": form}
    if step.name == "times":
        chosen = form.chosen  # type: ignore[attr-defined]  # the form of this step
        weekly = sum(1 << bit for bit in chosen if 0 <= bit < 28)
        context |= {
            "grid": grid(weekly),
            "columns": columns(),
            "exception_form": ExceptionForm(),
            "add_address": place.address("exception"),
            "remove_address": place.address("exception_remove"),
        }
    return render(request, "archive/step.html", context)


def _parts(form: object, place: Place) -> list[Part]:
    """What the form says; a number that is masked on the page is kept where it was left empty."""
    if isinstance(form, EmergencyForm):
        row = Profile.objects.filter(pk=place.person_id).first()
        return form.parts_with(row.emergency_name if row else "", row.emergency_phone if row else "")
    found: list[Part] = form.parts()  # type: ignore[attr-defined]  # every other step's form has it
    return found


def _after(request: PageRequest, place: Place, step: Step) -> str:
    """On to the next step that is missing, or back to the whole archive."""
    if request.POST.get("then") == "next":
        following = next_step(queries.profile_view(request.actor, place.person_id), step.name)
        if following is not None:
            return place.address("step", following.name)
    return place.home


@page(SIGNED_IN, methods=("POST",))
def own_exception(request: PageRequest) -> HttpResponse:
    return _add_exception(request, place_of(request, None))


@page(KEEPERS, methods=("POST",))
def person_exception(request: PageRequest, person_id: int) -> HttpResponse:
    return _add_exception(request, place_of(request, person_id))


def _add_exception(request: PageRequest, place: Place) -> HttpResponse:
    form = ExceptionForm(request.POST)
    if form.is_valid():
        done = attempt(form, lambda: _added(request, place, form))
        if done:
            messages.success(request, gettext("Saved."))
            return redirect(place.address("step", "times"))
    view = queries.profile_view(request.actor, place.person_id)
    step = step_of("times")
    context = {
        "place": place,
        "view": view,
        "step": step,
        "form": form_for(step, None, view=view, is_self=place.is_self),
        "grid": grid(view.weekly),
        "columns": columns(),
        "exception_form": form,
        "add_address": place.address("exception"),
        "remove_address": place.address("exception_remove"),
    }
    return render(request, "archive/step.html", context)


def _added(request: PageRequest, place: Place, form: ExceptionForm) -> bool:
    actions.add_exception(actor=request.actor, person_id=place.person_id, exception=form.exception())
    return True


@page(SIGNED_IN, methods=("POST",))
def own_exception_remove(request: PageRequest) -> HttpResponse:
    return _remove_exception(request, place_of(request, None))


@page(KEEPERS, methods=("POST",))
def person_exception_remove(request: PageRequest, person_id: int) -> HttpResponse:
    return _remove_exception(request, place_of(request, person_id))


def _remove_exception(request: PageRequest, place: Place) -> HttpResponse:
    form = ExceptionForm({"is_free": "0", **request.POST.dict()})
    if not form.is_valid():
        raise NotFound
    actions.remove_exception(actor=request.actor, person_id=place.person_id, exception=form.exception())
    messages.success(request, gettext("Removed."))
    return redirect(place.address("step", "times"))


@page(SIGNED_IN, methods=("GET", "POST"))
def own_submit(request: PageRequest) -> HttpResponse:
    """Hand in a licence, a certificate, an insurance of one's own."""
    return _submit(request, place_of(request, None))


@page(KEEPERS, methods=("GET", "POST"))
def person_submit(request: PageRequest, person_id: int) -> HttpResponse:
    return _submit(request, place_of(request, person_id))


def _submit(request: PageRequest, place: Place) -> HttpResponse:
    view = queries.profile_view(request.actor, place.person_id)
    for_another = not is_self(request.actor, place.person_id)
    if request.method == "POST":
        form = SubmitForm(request.POST, request.FILES, for_another=for_another)
        if form.is_valid() and (made := attempt(form, lambda: _submitted(request, place, form))):
            if form.cleaned_data.get("is_seen"):
                messages.success(request, gettext("Entered. It counts from now on."))
            else:
                messages.success(request, gettext("Received. You are told as soon as the station has checked it."))
            return redirect("archive:qualification", made)
    else:
        form = SubmitForm(for_another=for_another, initial={"kind": request.GET.get("kind", "")[:20]})
    return render(request, "archive/submit.html", {"form": form, "place": place, "view": view})


def _submitted(request: PageRequest, place: Place, form: SubmitForm) -> int:
    values = form.cleaned_data
    return actions.submit(
        actor=request.actor,
        person_id=place.person_id,
        kind_id=values["kind"],
        number=values["number"],
        issued_by=values["issued_by"],
        issued_on=values["issued_on"],
        expires_on=values["expires_on"],
        proofs=contents(values["proofs"]),
        is_seen=values.get("is_seen", False),
    )


@page(SIGNED_IN, methods=("GET", "POST"))
def pledge(request: PageRequest) -> HttpResponse:
    """The words of the pledge; one tap signs them."""
    text = queries.pledge_text_on(clock.today())
    if request.method == "POST":
        typed = request.POST.get("text", "")
        signed = actions.sign_pledge(
            actor=request.actor, text_id=int(typed) if typed.isdigit() and len(typed) < 19 else 0
        )
        messages.success(request, gettext("Signed. Thank you."))
        return redirect("archive:qualification", signed)
    own_cards = queries.of_person(request.actor, request.actor.person_id) if request.actor.person_id else []
    signed_cards = [card for card in own_cards if card.code == "pledge" and card.standing in ("verified", "ending")]
    shown = ""
    if text is not None:
        shown = text.text if is_chinese() or not text.text_en else text.text_en
    context = {
        "text": text,
        "shown": shown,
        "signed": signed_cards[0] if signed_cards else None,
        "may_sign": request.actor.person_id is not None,
    }
    return render(request, "archive/pledge.html", context)


@never_cache
@page(SIGNED_IN, methods=("GET", "POST"))
def person_care(request: PageRequest, person_id: int) -> HttpResponse:
    """Whom to call for somebody: asked for with the reason, shown once in the answer to it."""
    require_may_call(request.actor, person_id)
    form = CareForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "archive/care.html", {"care_form": form, "care": None})
    care = actions.reveal_care(actor=request.actor, person_id=person_id, reason=form.cleaned_data["reason"])
    relation = RELATIONS.get(care.emergency_relation, "")
    if request.actor.has(*KEEPERS):
        return _show(request, place_of(request, person_id), care=care, care_relation=relation)
    return render(request, "archive/care.html", {"care": care, "care_relation": relation})
