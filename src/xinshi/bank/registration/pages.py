"""Opening an account by oneself: phone, code, who one is; a guardian for minors; and asking to end it."""

from __future__ import annotations

from typing import Final

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from xinshi.bank.models import ClosingWish, Passbook
from xinshi.bank.queries import own_passbook, policy_in_force
from xinshi.bank.registration import closing, guardians, queries, registering
from xinshi.bank.registration.forms import ClosingWishForm, CodeForm, GuardianForm, PhoneForm, RegisterForm
from xinshi.doors.pages import PUBLIC, SIGNED_IN, PageRequest, attempt, page
from xinshi.kernel.errors import NotFound
from xinshi.messages.codes import CodeGone, check_code
from xinshi.messages.gateways import is_ready
from xinshi.people.domain import masked_phone
from xinshi.people.models import User

SIGN_IN_BACKEND: Final = "xinshi.people.authentication.UserNameOrPhoneBackend"
CODE: Final = "registration_code"
GUARDIANS_CODE: Final = "guardian_code"
"""Where the session keeps the number of the code that was sent: no phone, no name stands in a session."""


def _address(request: PageRequest) -> str:
    return str(get_adapter(request).get_client_ip(request))


@never_cache
@page(PUBLIC, methods=("GET", "POST"))
def register(request: PageRequest) -> HttpResponse:
    """First the phone: a code is sent to it, whoever it belongs to."""
    if request.actor.user_id is not None:
        return redirect("bank:own")
    form = PhoneForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        phone = form.cleaned_data["phone"]
        code_id = attempt(form, lambda: registering.ask_for_code(phone=phone, address=_address(request)))
        if code_id is not None:
            request.session[CODE] = code_id
            return redirect("bank:register_code")
    rules = policy_in_force().rules
    return render(request, "bank/registration/phone.html", {"form": form, "is_ready": is_ready(), "rules": rules})


@never_cache
@page(PUBLIC, methods=("GET", "POST"))
def register_code(request: PageRequest) -> HttpResponse:
    """Then the code of the text."""
    code_id = request.session.get(CODE)
    if code_id is None or request.actor.user_id is not None:
        return redirect("bank:register")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data["code"]
        proved = attempt(form, lambda: check_code(code_id=code_id, purpose=registering.PURPOSE, typed=typed))
        if proved is not None:
            return redirect("bank:register_person")
    return render(request, "bank/registration/code.html", {"form": form})


@never_cache
@page(PUBLIC, methods=("GET", "POST"))
def register_person(request: PageRequest) -> HttpResponse:
    """Then who one is, how one signs in, and what one agrees to; the account waits for the station's check."""
    code_id = int(request.session.get(CODE, 0))
    try:
        wants_user_name = registering.phone_has_sign_in(code_id)
    except CodeGone:
        return redirect("bank:register")
    form = RegisterForm(request.POST if request.method == "POST" else None, wants_user_name=wants_user_name)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: registering.register(
                code_id=code_id,
                person=form.new_person(),
                username=form.cleaned_data["username"],
                password=form.cleaned_data["password"],
            ),
        )
        if done is not None:
            del request.session[CODE]
            login(request, User.objects.get(pk=done.user_id), backend=SIGN_IN_BACKEND)
            return redirect("bank:own_guardian" if done.needs_guardian else "bank:own")
    context = {"form": form, "wants_user_name": wants_user_name}
    return render(request, "bank/registration/person.html", context)


def _own(request: PageRequest) -> Passbook:
    found = own_passbook(request.actor)
    if found is None:
        raise NotFound
    return found


@never_cache
@page(SIGNED_IN, methods=("GET", "POST"))
def own_guardian(request: PageRequest) -> HttpResponse:
    """A minor names their guardian, to whose phone a code is sent; a guardian finds their wards here."""
    found = _own(request)
    form = GuardianForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        code_id = attempt(form, lambda: _name_and_send(request, found, form))
        if code_id is not None:
            request.session[GUARDIANS_CODE] = code_id
            return redirect("bank:guardian_code")
    steps = queries.own_steps(request.actor, found)
    context = {
        "form": form,
        "steps": steps,
        "passbook": found,
        "guardian_phone": masked_phone(steps.guardian.phone) if steps.guardian else "",
    }
    return render(request, "bank/registration/guardian.html", context)


def _name_and_send(request: PageRequest, found: Passbook, form: GuardianForm) -> int:
    guardians.name_guardian(actor=request.actor, ward_id=found.person_id, guardian=form.new_guardian())
    return guardians.send_guardian_code(actor=request.actor, ward_id=found.person_id, address=_address(request))


@never_cache
@page(SIGNED_IN, methods=("GET", "POST"))
def guardian_code(request: PageRequest) -> HttpResponse:
    """The code that the guardian read from their own phone."""
    found = _own(request)
    code_id = request.session.get(GUARDIANS_CODE)
    if code_id is None:
        return redirect("bank:own_guardian")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data["code"]
        if attempt(form, lambda: _confirm(request, found, code_id, typed)):
            del request.session[GUARDIANS_CODE]
            messages.success(request, gettext("Your guardian agreed. Thank them from us."))
            return redirect("bank:own")
    return render(request, "bank/registration/guardian_code.html", {"form": form})


def _confirm(request: PageRequest, found: Passbook, code_id: int, typed: str) -> bool:
    guardians.confirm_guardian(actor=request.actor, ward_id=found.person_id, code_id=code_id, typed=typed)
    return True


@page(SIGNED_IN, methods=("GET", "POST"))
def close_own(request: PageRequest) -> HttpResponse:
    """Ask the station to close one's account, and say what shall become of the hours."""
    found = _own(request)
    form = ClosingWishForm(
        request.POST if request.method == "POST" else None, may_donate=policy_in_force().rules.donations
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        hours = ClosingWish.Hours(typed["hours"])
        made = attempt(form, lambda: closing.ask_to_close(actor=request.actor, hours=hours, note=typed["note"]))
        if made is not None:
            messages.success(request, gettext("The station knows now. You will be told when it is done."))
            return redirect("bank:close_own")
    context = {"form": form, "passbook": found, "wish": queries.own_wish(request.actor)}
    return render(request, "bank/registration/close_own.html", context)


@page(SIGNED_IN, methods=("POST",))
def withdraw_wish(request: PageRequest) -> HttpResponse:
    """Take it back: the account stays."""
    closing.withdraw_wish(actor=request.actor)
    messages.success(request, gettext("Your account stays open."))
    return redirect("bank:own")
