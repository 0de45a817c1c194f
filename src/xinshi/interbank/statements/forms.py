"""What is chosen and handed in at the pages of statements."""

from __future__ import annotations

from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.interbank.statements.figures import FILE_BYTES_MAX, MONTH
from xinshi.kernel import clock


class MonthForm(forms.Form):
    month = forms.CharField(label=_("Month"), max_length=7, widget=forms.TextInput(attrs={"type": "month"}))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        self.fields["month"].initial = f"{clock.today().replace(day=1) - timedelta(days=1):%Y-%m}"

    def clean_month(self) -> date:
        typed = str(self.cleaned_data["month"])
        if not MONTH.fullmatch(typed) or not 2000 <= int(typed[:4]) <= 9000:
            raise forms.ValidationError(_("Write the month as 2026-10."), code="month")
        return date(int(typed[:4]), int(typed[5:]), 1)


class CounterForm(forms.Form):
    file = forms.FileField(
        label=_("The partner's signed statement"),
        max_length=200,
        help_text=_("The JSON file that the partner issued for the same month."),
        widget=forms.ClearableFileInput(attrs={"accept": ".json"}),
    )

    def clean_file(self) -> object:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > FILE_BYTES_MAX:
            raise forms.ValidationError(_("The file is too large to be a statement."), code="file_too_large")
        return uploaded
