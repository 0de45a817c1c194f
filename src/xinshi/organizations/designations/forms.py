"""What the station writes down of a base, a demonstration point or team."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.kernel import clock
from xinshi.organizations.agreements.forms import day_field
from xinshi.organizations.designations.actions import NewDesignation
from xinshi.organizations.models import Designation, DesignationReview
from xinshi.organizations.wording import DESIGNATIONS, MEASURES, RESULTS

TARGET_MAX: Final = 10_000_000


def a_year_on() -> object:
    return clock.today() + timedelta(days=365)


class DesignationForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=list(DESIGNATIONS.items()))
    title = forms.CharField(label=_("Title"), max_length=100)
    place = forms.CharField(label=_("Place"), required=False, max_length=100)
    measure = forms.ChoiceField(label=_("Counted in"), choices=list(MEASURES.items()))
    target = forms.IntegerField(
        label=_("Target per year"), min_value=1, max_value=TARGET_MAX, help_text=_("Whole hours, or person-times.")
    )
    started_on = day_field(_("Since"))
    review_on = day_field(_("Next review on"))

    def new(self) -> NewDesignation:
        typed = self.cleaned_data
        measure = Designation.Measure(typed["measure"])
        return NewDesignation(
            kind=Designation.Kind(typed["kind"]),
            title=typed["title"],
            place=typed["place"],
            measure=measure,
            target_per_year=stored_target(typed["target"], measure),
            started_on=typed["started_on"],
            review_on=typed["review_on"],
        )


def stored_target(typed: int, measure: str) -> int:
    """Hours are stored as minutes, person-times as they are."""
    return typed * 60 if measure == Designation.Measure.MINUTES else typed


class ReviewForm(forms.Form):
    result = forms.ChoiceField(label=_("Result"), choices=list(RESULTS.items()))
    remark = forms.CharField(label=_("What was found"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    next_review_on = day_field(_("Next review on"), required=False, help_text=_("Empty only where it ends now."))
    target = forms.IntegerField(
        label=_("New target per year"),
        required=False,
        min_value=1,
        max_value=TARGET_MAX,
        help_text=_("Empty: the target stays."),
    )

    def values(self, measure: str) -> dict[str, Any]:
        typed = self.cleaned_data
        return {
            "result": DesignationReview.Result(typed["result"]),
            "remark": typed["remark"],
            "next_review_on": typed["next_review_on"],
            "target_per_year": stored_target(typed["target"], measure) if typed["target"] else None,
        }


class DesignationFilter(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *DESIGNATIONS.items()])
    due = forms.BooleanField(label=_("Only those whose review is due"), required=False)
