"""What is handed in and typed at the exchange's pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.documents.sheets import FILE_BYTES_MAX
from xinshi.exchange.actions.senders import SENDER_SIGNS_MAX, plain_sender
from xinshi.exchange.queries import first_day_not_sent, senders
from xinshi.kernel import clock

SPREADSHEETS: Final = ".xlsx,.xls,.ods,.csv"


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("File of 志愿汇"),
        max_length=200,
        help_text=_("Honorary hours, or verified hours by segment or by person: xlsx, xls or csv of at most 20 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": SPREADSHEETS}),
        error_messages={"empty": _("The file has no rows.")},
    )

    def clean_file(self) -> object:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > FILE_BYTES_MAX:
            raise forms.ValidationError(
                _("The file is too large to be read safely. Split it into smaller files."), code="file_too_large"
            )
        return uploaded


class SentFileForm(ImportForm):
    """A file and who handed it over: chosen among those who did before, or typed."""

    sender = forms.CharField(
        label=_("Where the file comes from"),
        max_length=SENDER_SIGNS_MAX,
        help_text=_(
            "志愿汇 itself, an association, a university: whoever gave it to you. Columns that are explained are "
            "remembered for each."
        ),
        widget=forms.TextInput(attrs={"list": "senders", "autocomplete": "off"}),
    )
    field_order = ("file", "sender")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        self.senders = senders()
        self.fields["sender"].initial = self.senders[0]

    def clean_sender(self) -> str:
        return plain_sender(self.cleaned_data["sender"])


class ExportForm(forms.Form):
    from_day = forms.DateField(
        label=_("Served from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    to_day = forms.DateField(label=_("Served until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        today = clock.today()
        month_end = today.replace(day=1) - timedelta(days=1)
        first = first_day_not_sent() or month_end.replace(day=1)
        last = month_end if first <= month_end else max(first, today - timedelta(days=1))
        self.fields["from_day"].initial, self.fields["to_day"].initial = first, last
