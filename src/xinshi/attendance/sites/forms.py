"""What planners type about sites."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.attendance.sites.actions import NewSite
from xinshi.attendance.sites.models import Site

DATUMS = [
    ("gcj02", _("GCJ-02: as Chinese maps show it")),
    ("wgs84", _("WGS-84: as GPS and phones show it")),
]


class SiteForm(forms.Form):
    """A site on the map."""

    name = forms.CharField(label=_("Name of the site"), max_length=60)
    latitude = forms.DecimalField(label=_("Latitude"), min_value=-90, max_value=90, max_digits=8, decimal_places=6)
    longitude = forms.DecimalField(label=_("Longitude"), min_value=-180, max_value=180, max_digits=9, decimal_places=6)
    datum = forms.ChoiceField(
        label=_("Coordinates are"), choices=DATUMS, help_text=_("The two differ by up to half a kilometre in China.")
    )
    radius_metres = forms.IntegerField(
        label=_("Radius in metres"),
        min_value=50,
        max_value=20_000,
        initial=300,
        help_text=_("Large enough for the whole building: phones know their place badly indoors."),
    )

    @classmethod
    def showing(cls, site: Site) -> SiteForm:
        names = ("name", "latitude", "longitude", "datum", "radius_metres")
        return cls(initial={name: getattr(site, name) for name in names})

    def site(self) -> NewSite:
        return NewSite(**self.cleaned_data)


class SiteField(forms.ModelChoiceField):  # type: ignore[type-arg]  # The class takes none when it runs.
    """A site on the map, by its name; not choosing one is a choice."""

    def __init__(self, *, empty_label: Any) -> None:
        super().__init__(
            queryset=Site.objects.order_by("name"),
            label=_("Site on the map"),
            required=False,
            empty_label=empty_label,
        )

    def label_from_instance(self, obj: Site) -> str:
        return obj.name


class ActivitySiteForm(forms.Form):
    """Where an activity is held."""

    site = SiteField(empty_label=_("Phones are not asked where they are"))
    is_demanded = forms.BooleanField(
        label=_("Only who is there may check in by phone"),
        required=False,
        help_text=_("Otherwise whoever is elsewhere is checked in and flagged for review."),
    )
