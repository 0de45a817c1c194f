"""Certificates: one's own, on paper, and checked by anybody who has the number."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from xinshi.documents.qr import qr_svg
from xinshi.doors.pages import PUBLIC, SIGNED_IN, PageRequest, attempt, page
from xinshi.kernel.ids import normalized_code
from xinshi.training import access, actions, queries
from xinshi.training.exporting import as_download
from xinshi.training.forms import CheckForm, ReasonForm
from xinshi.training.printing import certificate_pdf


@page(SIGNED_IN)
def certificates(request: PageRequest) -> HttpResponse:
    """My certificates."""
    return render(request, "training/certificates.html", {"rows": queries.own_certificates(request.actor)})


@page(SIGNED_IN)
def certificate(request: PageRequest, certificate_id: int) -> HttpResponse:
    """One certificate with the code by which anybody checks it."""
    found = queries.certificate_of(request.actor, certificate_id)
    path = reverse("training:check_number", args=[found.row.number])
    context = {
        "found": found,
        "row": found.row,
        "course": found.row.course,
        "qr": qr_svg(path, label=gettext("Code to check this certificate: scan it with any phone")),
        "is_own": found.row.person_id == request.actor.person_id,
        "may_revoke": access.is_manager(request.actor)
        and found.state != "revoked"
        and found.row.person_id != request.actor.person_id,
    }
    return render(request, "training/certificate.html", context)


@page(SIGNED_IN)
def certificate_paper(request: PageRequest, certificate_id: int) -> HttpResponse:
    """The certificate as a PDF to print and hang on a wall."""
    return as_download(certificate_pdf(queries.certificate_of(request.actor, certificate_id)))


@page(access.MANAGERS, methods=("GET", "POST"))
def revoke(request: PageRequest, certificate_id: int) -> HttpResponse:
    """Revoke a certificate, with the reason that its owner reads."""
    found = queries.certificate_of(request.actor, certificate_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and attempt(form, lambda: _revoke(request, certificate_id, form)):
        messages.success(request, gettext("The certificate was revoked, and with it the qualification."))
        return redirect("training:certificate", certificate_id)
    return render(request, "training/revoke.html", {"found": found, "row": found.row, "form": form})


def _revoke(request: PageRequest, certificate_id: int, form: ReasonForm) -> bool:
    actions.revoke_certificate(actor=request.actor, certificate_id=certificate_id, reason=form.cleaned_data["reason"])
    return True


@page(PUBLIC)
def check(request: PageRequest) -> HttpResponse:
    """Type a certificate's number."""
    form = CheckForm(request.GET or None)
    if form.is_bound and form.is_valid():
        return redirect("training:check_number", normalized_code(form.cleaned_data["number"]) or "-")
    return render(request, "training/check.html", {"form": form})


@page(PUBLIC)
def check_number(request: PageRequest, certificate_number: str) -> HttpResponse:
    """Is this certificate genuine and valid: for anybody who has its number."""
    found = queries.checked_certificate(certificate_number[:40])
    context = {"found": found, "number": certificate_number[:40]}
    return render(request, "training/checked.html", context, status=200 if found else 404)
