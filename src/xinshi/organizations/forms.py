"""What coordinators type about organisations."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.organizations.models import Organization
from xinshi.organizations.teams import DAYS_MAX, PLACES_MAX
from xinshi.organizations.wording import KINDS

PARENTS_MAX: Final = 2_000


def parent_choices() -> list[tuple[str, str]]:
    rows = Organization.objects.order_by("name").values_list("id", "name")[:PARENTS_MAX]
    return [("", "—"), *((str(identifier), name) for identifier, name in rows)]


class OrganizationFilter(forms.Form):
    q = forms.CharField(label=_("Name of the organisation"), required=False, max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *KINDS.items()])


class ChangeOrganizationForm(forms.Form):
    name = forms.CharField(label=_("Name of the organisation"), max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), choices=list(KINDS.items()))
    contact = forms.CharField(
        label=_("Contact"), required=False, max_length=100, help_text=_("Who answers for it, and how to reach them.")
    )
    parent = forms.ChoiceField(label=_("Belongs to"), required=False, choices=parent_choices)
    is_open = forms.BooleanField(label=_("Anybody with an account may join by themselves"), required=False)
    is_active = forms.BooleanField(label=_("Takes part"), required=False, initial=True)

    def parent_id(self) -> int | None:
        return int(self.cleaned_data["parent"]) if self.cleaned_data["parent"] else None

    def values(self) -> dict[str, Any]:
        return {
            "name": self.cleaned_data["name"],
            "kind": Organization.Kind(self.cleaned_data["kind"]),
            "contact": self.cleaned_data["contact"],
            "is_open": self.cleaned_data["is_open"],
        }


class NewOrganizationForm(ChangeOrganizationForm):
    is_active = None  # type: ignore[assignment]  # Django's way to leave a field of the base form out.


class InvitationForm(forms.Form):
    """A link that lets people join an organisation by themselves."""

    places = forms.IntegerField(label=_("For how many people"), min_value=1, max_value=PLACES_MAX, initial=20)
    days = forms.IntegerField(label=_("For how many days"), min_value=1, max_value=DAYS_MAX, initial=14)


class MemberForm(forms.Form):
    volunteer_number = forms.CharField(
        label=_("Volunteer number"), max_length=32, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
