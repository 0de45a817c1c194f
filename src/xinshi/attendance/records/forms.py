"""How service records are chosen and exported."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.attendance.domain import REASON_LENGTH_MAX
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.records.queries import RecordFilter
from xinshi.kernel.codes import SERVICE_CATEGORIES
from xinshi.people.wording import category_label


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"})


class RecordFilterForm(forms.Form):
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("overdue", _("Overdue")), *ServiceRecord.State.choices],
    )
    since = forms.DateField(label=_("From"), required=False, widget=day_input())
    until = forms.DateField(label=_("Until"), required=False, widget=day_input())
    hours_kind = forms.ChoiceField(
        label=_("Kind of hours"), required=False, choices=[("", _("All")), *ServiceRecord.Hours.choices]
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    search = forms.CharField(label=_("Activity or volunteer"), required=False, max_length=60)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["category"].choices = [  # type: ignore[attr-defined]
            ("", _("All categories")),
            *((code, category_label(code)) for code, *_rest in SERVICE_CATEGORIES),
        ]

    def wanted(self, *, page: int = 1) -> RecordFilter:
        """What cannot be read is passed over: the list shows more then, never less than was asked for."""
        self.is_valid()
        found = {name: value for name, value in getattr(self, "cleaned_data", {}).items() if value not in (None, "")}
        return RecordFilter(**found, page=page)


class ExportForm(forms.Form):
    form = forms.ChoiceField(label=_("File"), choices=[("xlsx", "Excel (xlsx)"), ("csv", "CSV")])
    with_names = forms.BooleanField(label=_("With whole names and volunteer numbers"), required=False)
    reason = forms.CharField(
        label=_("Why the names are needed"),
        required=False,
        max_length=REASON_LENGTH_MAX,
        help_text=_("It stays in the audit trail."),
    )
