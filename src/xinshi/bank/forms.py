"""What people type about passbooks and the policy."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.bank.domain import STATE_CHANGES
from xinshi.bank.models import Deposit, Passbook
from xinshi.bank.queries import SPENT, PassbookOverview, StatementFilter
from xinshi.kernel import clock
from xinshi.kernel.codes import SERVICE_CATEGORIES
from xinshi.people.wording import category_label

STATE_VERBS: Final = {
    "active": _("Make it active: hours may go in and out again"),
    "frozen": _("Freeze it: no hours go in or out until it is freed"),
}
YEAR_MIN: Final = 1950
YEAR_MAX: Final = 2200


class StatementFilterForm(forms.Form):
    """What the statement is narrowed to; it offers what the passbook holds."""

    year = forms.TypedChoiceField(label=_("Year"), required=False, coerce=int, empty_value=None)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=lambda: [("", _("All")), *Deposit.Kind.choices, (SPENT, _("Spent"))]
    )
    category = forms.ChoiceField(label=_("Service category"), required=False)

    def __init__(self, data: Any, *, overview: PassbookOverview) -> None:
        super().__init__(data)
        years = {share.name for share in overview.by_year} | {str(clock.today().year)}
        self._offer("year", [(year, year) for year in sorted(years, reverse=True)])
        self._offer("category", [(share.name, category_label(share.name)) for share in overview.by_category])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField), "only choices are offered"
        field.choices = [("", _("All")), *choices]

    def chosen(self) -> StatementFilter:
        """The filter; what was not readable narrows nothing."""
        self.is_valid()
        data = self.cleaned_data
        return StatementFilter(data.get("year"), data.get("kind", ""), data.get("category", ""))


class PlainFilterForm(forms.Form):
    """The same filter for documents: any year, any of the ministry's categories."""

    year = forms.IntegerField(required=False, min_value=YEAR_MIN, max_value=YEAR_MAX)
    kind = forms.ChoiceField(required=False, choices=[("", ""), *Deposit.Kind.choices, (SPENT, "")])
    category = forms.ChoiceField(required=False, choices=[("", ""), *((row[0], row[1]) for row in SERVICE_CATEGORIES)])

    def chosen(self) -> StatementFilter:
        self.is_valid()
        data = self.cleaned_data
        return StatementFilter(data.get("year"), data.get("kind", ""), data.get("category", ""))


class SearchForm(forms.Form):
    term = forms.CharField(
        label=_("Passbook number, volunteer number or part of the name"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"type": "search"}),
    )

    def typed(self) -> str:
        self.is_valid()
        return str(self.cleaned_data.get("term", ""))


class TakeBackForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The volunteer and every auditor will read it. It cannot be changed afterwards."),
    )


class PassbookStateForm(forms.Form):
    """What may be done with a passbook as it stands."""

    state = forms.ChoiceField(label=_("What is to be done"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The volunteer is told it."),
    )

    def __init__(self, data: Any, *, passbook: Passbook) -> None:
        super().__init__(data)
        field = self.fields["state"]
        assert isinstance(field, forms.ChoiceField), "only choices are offered"
        field.choices = [(state, STATE_VERBS[state]) for state in STATE_CHANGES[passbook.state] if state in STATE_VERBS]
