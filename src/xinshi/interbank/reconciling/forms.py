"""What is typed and handed in at the pages of reconciliation."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.documents.sheets import FILE_BYTES_MAX
from xinshi.interbank.reconciling.actions import BY_PERSON, NOTE_LENGTH_MAX, REASON_LENGTH_MAX
from xinshi.interbank.reconciling.tending import DAILY_DAYS
from xinshi.kernel import clock

DAY: Final = "%Y-%m-%d"


class PeriodForm(forms.Form):
    from_day = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format=DAY))
    to_day = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format=DAY))
    file = forms.FileField(
        label=_("Partner's list"),
        required=False,
        max_length=200,
        help_text=_(
            "Spreadsheet, CSV or JSON with the columns of the protocol. Without a file the partner is asked directly."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv,.json"}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        self.fields["from_day"].initial = clock.today() - timedelta(days=DAILY_DAYS - 1)
        self.fields["to_day"].initial = clock.today()

    def clean_file(self) -> object:
        uploaded = self.cleaned_data["file"]
        if uploaded and uploaded.size > FILE_BYTES_MAX:
            raise forms.ValidationError(
                _("The file is too large to be read safely. Split it into smaller files."), code="file_too_large"
            )
        return uploaded


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("What did you find out or agree?"),
        max_length=NOTE_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DueForm(forms.Form):
    due_on = forms.DateField(label=_("New deadline"), widget=forms.DateInput(attrs={"type": "date"}, format=DAY))
    reason = forms.CharField(label=_("Reason"), max_length=REASON_LENGTH_MAX)


class EndForm(forms.Form):
    ending = forms.ChoiceField(
        label=_("How does it end?"), choices=[(one.value, one.label) for one in BY_PERSON], widget=forms.RadioSelect
    )
    passbook_number = forms.CharField(
        label=_("Passbook number"),
        max_length=32,
        required=False,
        help_text=_("Only where hours have to be booked and this side does not know whose they are."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=REASON_LENGTH_MAX, widget=forms.Textarea(attrs={"rows": 2}))
