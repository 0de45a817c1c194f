"""The page on which a coordinator sets an activity's waves and quotas."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from xinshi.activities import queries
from xinshi.activities.models import Quota, Wave
from xinshi.activities.waves.actions import set_quotas, set_waves
from xinshi.activities.waves.forms import QuotaFormSet, WaveFormSet, local_initial
from xinshi.doors.pages import STAFF, PageRequest, page, refusal_text
from xinshi.kernel.errors import DomainError, NotAllowed, NotFound


@page(STAFF, methods=("GET", "POST"))
def waves(request: PageRequest, activity_id: int) -> HttpResponse:
    """From when the activity is open for whom, and how many places each organisation has."""
    activity = queries.led_activity(request.actor, activity_id)
    wave_forms = WaveFormSet(request.POST or None, prefix="wave", initial=_known_waves(activity_id))
    quota_forms = QuotaFormSet(request.POST or None, prefix="quota", initial=_known_quotas(activity_id))
    refused = ""
    if request.method == "POST" and all((wave_forms.is_valid(), quota_forms.is_valid())):
        try:
            with transaction.atomic():
                set_waves(
                    actor=request.actor, activity_id=activity_id, waves=[form.wave() for form in _kept(wave_forms)]
                )
                quotas = [form.quota() for form in _kept(quota_forms)]
                set_quotas(actor=request.actor, activity_id=activity_id, quotas=quotas)
        except (NotFound, NotAllowed):
            raise
        except DomainError as refusal:
            refused = refusal_text(refusal)
        else:
            messages.success(request, gettext("Saved. Volunteers see from when the activity is open for them."))
            return redirect("activities:detail", activity_id)
    context = {"activity": activity, "waves": wave_forms, "quotas": quota_forms, "refused": refused}
    return render(request, "activities/waves.html", context)


def _kept(forms: Any) -> list[Any]:
    """The forms that were filled in and not struck out."""
    return [
        form
        for form in forms
        if (form.has_changed() or form.initial) and form.cleaned_data and not form.cleaned_data.get("DELETE")
    ]


def _known_waves(activity_id: int) -> list[dict[str, object]]:
    return [
        {
            "opens_at": local_initial(row.opens_at),
            "audience": row.audience,
            "below_shifts": row.below_shifts,
            "organization": str(row.organization_id or ""),
            "places": row.places,
        }
        for row in Wave.objects.filter(activity_id=activity_id).order_by("opens_at", "pk")
    ]


def _known_quotas(activity_id: int) -> list[dict[str, object]]:
    """One line for each organisation, as the nearest shift has it."""
    rows = Quota.objects.filter(shift__activity_id=activity_id, is_active=True).order_by("shift__starts_at", "pk")
    found: dict[int, dict[str, object]] = {}
    for row in rows:
        found.setdefault(
            row.organization_id,
            {
                "organization": str(row.organization_id),
                "places": row.places,
                "kept_until": local_initial(row.kept_until),
            },
        )
    return list(found.values())
