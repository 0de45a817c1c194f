"""Forms of the archive: they parse what people type and check it by `basic_data`; only fields listed here can be written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from xinshi.kernel import clock
from xinshi.kernel.actor import Role
from xinshi.kernel.codes import IDENTITY_DOCUMENTS, SERVICE_CATEGORIES
from xinshi.people.actions import NewPerson
from xinshi.people.basic_data import faults, intake_faults
from xinshi.people.domain import masked_id, masked_phone, plain_name
from xinshi.people.models import Person
from xinshi.people.wording import GROUPS, ROLES, SEXES, category_label, fault_text, id_kind_label

WORD_SEPARATORS: Final = re.compile(r"[、,，;；\n]+")


def category_choices() -> list[tuple[str, str]]:
    return [(code, category_label(code)) for code, _english, _chinese in SERVICE_CATEGORIES]


def id_kind_choices() -> list[tuple[str, str]]:
    return [("", "—"), *((code, id_kind_label(code)) for code, _english, _chinese in IDENTITY_DOCUMENTS)]


class NameField(forms.CharField):
    def clean(self, value: Any) -> str:
        return plain_name(super().clean(value))


class SkillsField(forms.CharField):
    """Words between commas."""

    def clean(self, value: Any) -> tuple[str, ...]:
        text = super().clean(value)
        return tuple(dict.fromkeys(word.strip() for word in WORD_SEPARATORS.split(text) if word.strip()))


class SignsField(forms.CharField):
    """Digits and letters of a document or phone; spaces that people type for reading are left out."""

    def clean(self, value: Any) -> str:
        return re.sub(r"\s", "", super().clean(value)).upper()


class ContactForm(forms.Form):
    """What people keep up to date themselves."""

    phone = SignsField(label=_("Mobile phone"), required=False, max_length=20)
    area = forms.CharField(label=_("Area of residence"), required=False, max_length=64)
    skills = SkillsField(
        label=_("Skills"), required=False, max_length=600, help_text=_("Several with commas between them.")
    )
    service_categories = forms.MultipleChoiceField(
        label=_("Kinds of service"),
        required=False,
        choices=category_choices,
        widget=forms.CheckboxSelectMultiple,
    )


class PersonForm(ContactForm):
    """Somebody's basic data, as the archive's keepers write them."""

    name = NameField(label=_("Name"), max_length=64)
    sex = forms.ChoiceField(label=_("Sex"), required=False, choices=list(SEXES.items()))
    birth_date = forms.DateField(
        label=_("Date of birth"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    id_kind = forms.ChoiceField(label=_("Kind of document"), required=False, choices=id_kind_choices)
    id_number = SignsField(label=_("Document number"), required=False, max_length=40)
    volunteer_number = SignsField(
        label=_("Volunteer number"), required=False, max_length=24, help_text=_("18 digits, from 志愿汇.")
    )
    group = forms.ChoiceField(label=_("Kind of person"), choices=list(GROUPS.items()))

    field_order: Sequence[str] = (
        "name",
        "sex",
        "birth_date",
        "id_kind",
        "id_number",
        "volunteer_number",
        "phone",
        "area",
        "group",
        "skills",
        "service_categories",
    )
    is_intake = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        check = intake_faults if self.is_intake else faults
        for fault in check(self.new_person(), today=clock.today()):
            self.add_error(fault.field, fault_text(fault))
        return cleaned

    def new_person(self) -> NewPerson:
        """What the form says."""
        return self.person_as_typed()

    def person_as_typed(self, *, is_public: bool = False) -> NewPerson:
        values = self.cleaned_data
        return NewPerson(
            name=values["name"],
            sex=values["sex"],
            birth_date=values["birth_date"],
            id_kind=values["id_kind"],
            id_number=values["id_number"],
            volunteer_number=values["volunteer_number"],
            phone=values["phone"],
            area=values["area"],
            group=values["group"],
            skills=values["skills"],
            service_categories=tuple(values["service_categories"]),
            is_public=is_public,
        )


class ChangePersonForm(PersonForm):
    """Somebody's basic data to be changed. Whole numbers are not shown: a number left empty stays as it is."""

    def __init__(self, data: QueryDict | None, *, person: Person) -> None:
        super().__init__(data, initial=initial_from(person))
        self.person = person
        for name, masked in (("id_number", masked_id(person.id_number)), ("phone", masked_phone(person.phone))):
            if masked:
                self.fields[name].help_text = _("Now %(masked)s. Leave it empty to keep it.") % {"masked": masked}

    def new_person(self) -> NewPerson:
        """What the form says, with the numbers that are kept."""
        typed = self.person_as_typed()
        return replace(
            typed, id_number=typed.id_number or self.person.id_number, phone=typed.phone or self.person.phone
        )


def initial_from(person: Person) -> dict[str, Any]:
    """The form filled with what the archive holds, but for what is masked."""
    return {
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth_date,
        "id_kind": person.id_kind,
        "volunteer_number": person.volunteer_number or "",
        "area": person.area,
        "group": person.group,
        "skills": "、".join(person.skills),
        "service_categories": person.service_categories,
    }


class IntakePersonForm(PersonForm):
    """Somebody new: known by at least one number."""

    is_intake = True


class SearchForm(forms.Form):
    """The list's filter; whatever does not fit is left out rather than refused."""

    q = forms.CharField(label=_("Name or whole number"), required=False, max_length=64)
    group = forms.ChoiceField(
        label=_("Kind of person"), required=False, choices=[("", _("Everybody")), *GROUPS.items()]
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why you need to see it"), max_length=200)


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What the token is for"), max_length=64)


class StaffSignInForm(forms.Form):
    """A sign-in for somebody who is no volunteer."""

    username = forms.RegexField(
        label=_("User name"), regex=r"^[A-Za-z0-9_.-]{3,64}$", help_text=_("3 to 64 letters, digits, dots or dashes.")
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=[(role.value, ROLES[role]) for role in Role if role is not Role.VOLUNTEER],
        widget=forms.CheckboxSelectMultiple,
    )
