"""What is typed at a kiosk, and by who keeps kiosks."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.attendance.kiosk.domain import PIN_DIGITS
from xinshi.attendance.sites.forms import SiteField

NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}
PIN_ATTRS = {**NUMERIC, "maxlength": str(PIN_DIGITS), "minlength": str(PIN_DIGITS)}


class SetupForm(forms.Form):
    """The code by which a device becomes a kiosk."""

    code = forms.CharField(label=_("Set-up code"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class EntryForm(forms.Form):
    """Who comes to the kiosk."""

    number = forms.CharField(
        label=_("Volunteer number, or the last four digits of your phone"),
        max_length=32,
        widget=forms.TextInput(attrs=NUMERIC),
    )
    pin = forms.CharField(label=_("PIN"), max_length=PIN_DIGITS, widget=forms.PasswordInput(attrs=PIN_ATTRS))


class PinForm(forms.Form):
    """A PIN of one's own."""

    pin = forms.CharField(
        label=_("New PIN"),
        min_length=PIN_DIGITS,
        max_length=PIN_DIGITS,
        help_text=_("Six digits. You type them at the kiosk beside your volunteer number."),
        widget=forms.PasswordInput(attrs=PIN_ATTRS),
    )
    again = forms.CharField(
        label=_("New PIN again"), max_length=PIN_DIGITS, widget=forms.PasswordInput(attrs=PIN_ATTRS)
    )

    def clean(self) -> dict[str, str]:
        """Both are the same."""
        typed: dict[str, str] = super().clean() or {}
        if typed.get("pin") and typed.get("again") and typed["pin"] != typed["again"]:
            self.add_error("again", _("This is another PIN than above."))
        return typed


class KioskForm(forms.Form):
    """A new kiosk."""

    name = forms.CharField(
        label=_("Name of the kiosk"), max_length=60, help_text=_("Such as: Outpatient hall, east door.")
    )
    place = forms.CharField(label=_("Place"), max_length=120)
    site = SiteField(empty_label="—")
