"""What people type when they open or close an account."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xinshi.bank.models import ClosingWish
from xinshi.bank.registration.guardians import NewGuardian
from xinshi.bank.registration.wording import HOURS_AT_DESK, HOURS_WISHED, RELATIONS
from xinshi.kernel import clock
from xinshi.people.actions import NewPerson
from xinshi.people.basic_data import RESIDENT_ID
from xinshi.people.forms import NameField, SignsField, id_kind_choices
from xinshi.people.models import Guardianship
from xinshi.people.wording import GROUPS, SEXES

USER_NAME: Final = r"^[A-Za-z0-9_.-]{3,64}$"


class PhoneForm(forms.Form):
    phone = SignsField(
        label=_("Mobile phone"),
        max_length=20,
        help_text=_("A code is sent to it by text. It costs you nothing."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel-national"}),
    )


class CodeForm(forms.Form):
    code = SignsField(
        label=_("Six digits"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class RegisterForm(forms.Form):
    """Who one is, how one signs in, and what one agrees to."""

    name = NameField(label=_("Name as in your document"), max_length=64)
    id_kind = forms.ChoiceField(label=_("Kind of document"), choices=id_kind_choices, initial=RESIDENT_ID)
    id_number = SignsField(
        label=_("Document number"), max_length=40, help_text=_("It is kept sealed and shown to nobody in full.")
    )
    birth_date = forms.DateField(
        label=_("Date of birth"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Not needed with a resident identity card."),
    )
    sex = forms.ChoiceField(
        label=_("Sex"),
        required=False,
        choices=list(SEXES.items()),
        help_text=_("Not needed with a resident identity card."),
    )
    group = forms.ChoiceField(label=_("Kind of person"), choices=list(GROUPS.items()), initial="citizen")
    username = forms.RegexField(
        label=_("User name"),
        regex=USER_NAME,
        required=False,
        help_text=_("3 to 64 letters, digits, dots or dashes. Leave it empty to sign in with your phone."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        help_text=_("At least ten signs, not only digits. Three words that belong together are good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label=_("The password again"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    has_consented = forms.BooleanField(
        label=_("I agree: the hospital keeps my basic data and my service records, as described above."),
        error_messages={"required": _("Without this consent no account can be opened.")},
    )
    is_public = forms.BooleanField(
        label=_("My full name may stand on the honour roll and in stories. I can take this back at any time."),
        required=False,
    )

    def __init__(self, data: Any, *, wants_user_name: bool) -> None:
        super().__init__(data)
        if wants_user_name:
            self.fields["username"].required = True
            self.fields["username"].help_text = _(
                "Somebody signs in with this phone already, so you need a user name: 3 to 64 letters, digits, dots, dashes."
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") and cleaned.get("password") != cleaned.get("password_again"):
            self.add_error("password_again", _("This is not the same password. Type it once more."))
        born = cleaned.get("birth_date")
        if born and born > clock.today():
            self.add_error("birth_date", _("Nobody can be born on this day. Write a day such as 1990-05-21."))
        return cleaned

    def new_person(self) -> NewPerson:
        values = self.cleaned_data
        return NewPerson(
            name=values["name"],
            id_kind=values["id_kind"],
            id_number=values["id_number"],
            birth_date=None if values["id_kind"] == RESIDENT_ID else values["birth_date"],
            sex="" if values["id_kind"] == RESIDENT_ID else values["sex"],
            group=values["group"],
            is_public=values["is_public"],
        )


class GuardianForm(forms.Form):
    """Who answers for a minor."""

    name = NameField(label=_("Name of the guardian"), max_length=64)
    relation = forms.ChoiceField(label=_("Relation"), choices=list(RELATIONS.items()))
    id_number = SignsField(label=_("Resident identity number of the guardian"), max_length=18)
    phone = SignsField(
        label=_("Mobile phone of the guardian"),
        max_length=20,
        help_text=_("A code is sent to it; whoever reads it to you agrees by that."),
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )

    def new_guardian(self) -> NewGuardian:
        values = self.cleaned_data
        return NewGuardian(
            name=values["name"],
            relation=Guardianship.Relation(values["relation"]),
            id_number=values["id_number"],
            phone=values["phone"],
        )


class GuardianAtDeskForm(GuardianForm):
    """The same at the station, where the guardian may sign on paper at once."""

    note = forms.CharField(
        label=_("What was signed, and where the paper is kept"),
        required=False,
        max_length=200,
        help_text=_("Fill this in when the guardian has signed; leave it empty to send a code to their phone later."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].required = False
        self.fields["phone"].help_text = ""


class RefuseForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is not opened"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The person reads it. Say what would help."),
    )


class ClosingWishForm(forms.Form):
    hours = forms.ChoiceField(label=_("What shall become of your hours?"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Anything you want to tell us"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any, *, may_donate: bool) -> None:
        super().__init__(data)
        _offer(self.fields["hours"], HOURS_WISHED, may_donate=may_donate)


class CloseForm(forms.Form):
    """The desk's decision on an account that is to end."""

    hours = forms.ChoiceField(label=_("What becomes of the hours that are left"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason, as the volunteer gave it"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The volunteer and every auditor will read it. It cannot be changed afterwards."),
    )

    def __init__(self, data: Any, *, may_donate: bool, wish: ClosingWish | None) -> None:
        super().__init__(data, initial={"hours": wish.hours, "reason": wish.note} if wish else None)
        _offer(self.fields["hours"], HOURS_AT_DESK, may_donate=may_donate)


def _offer(field: forms.Field, words: dict[str, Any], *, may_donate: bool) -> None:
    assert isinstance(field, forms.ChoiceField), "only choices are offered"
    field.choices = [(name, text) for name, text in words.items() if may_donate or name != ClosingWish.Hours.DONATE]
