"""What people type about themselves and their qualifications; only fields listed here can be written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from xinshi.archive import queries
from xinshi.archive.availability import QUARTERS, AvailabilityException, bit_of, cells_of
from xinshi.archive.domain import PROOFS_MAX, Category, Limits, NewKind
from xinshi.archive.models import QualificationKind, Site, Skill
from xinshi.archive.profile import Emergency, Health, OwnLimits, Part, Sites, Skills, Times, Work
from xinshi.archive.queries import ProfileView, name_of
from xinshi.archive.wording import CATEGORIES, LEVELS, RELATIONS
from xinshi.documents.evidence import FILE_BYTES_MAX, EvidenceTooLarge
from xinshi.documents.sheets import FILE_BYTES_MAX as SHEET_BYTES_MAX
from xinshi.doors.pages import refusal_text
from xinshi.kernel import clock
from xinshi.people.forms import SignsField, SkillsField, category_choices
from xinshi.people.wording import GROUPS

PICTURES: Final = "image/jpeg,image/png,image/webp,application/pdf"
HALF_HOURS: Final = 2


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class WorkForm(forms.Form):
    """Step one: what somebody does."""

    profession = forms.CharField(label=_("Profession"), required=False, max_length=60)
    professional_title = forms.CharField(label=_("Professional title"), required=False, max_length=60)
    employer = forms.CharField(label=_("Employer or school"), required=False, max_length=100)
    languages = SkillsField(
        label=_("Languages"),
        required=False,
        max_length=260,
        help_text=_("Also dialects and sign language, with commas between them."),
    )

    def __init__(self, data: Any = None, *, view: ProfileView) -> None:
        initial = {
            "profession": view.profession,
            "professional_title": view.professional_title,
            "employer": view.employer,
            "languages": "、".join(view.languages),
        }
        super().__init__(data, initial=initial)

    def parts(self) -> list[Part]:
        return [Work(**self.cleaned_data)]


class SkillsForm(forms.Form):
    """Step two: a level per skill of the hospital's list, and kinds of service."""

    interests = forms.MultipleChoiceField(
        label=_("Kinds of service that interest you"),
        required=False,
        choices=category_choices,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, view: ProfileView) -> None:
        super().__init__(data, initial={"interests": view.interests})
        self.offered = queries.skills(keep=view.levels)
        choices = [("", "—"), *((str(level), words) for level, words in LEVELS.items())]
        for skill in self.offered:
            level = view.levels.get(skill.code)
            guess = 1 if skill.name in view.person.skills else ""
            self.fields[f"skill-{skill.code}"] = forms.ChoiceField(
                label=name_of(skill), required=False, choices=choices, initial=str(level or guess)
            )

    def parts(self) -> list[Part]:
        values = self.cleaned_data
        levels = {
            skill.code: int(values[f"skill-{skill.code}"])
            for skill in self.offered
            if values.get(f"skill-{skill.code}")
        }
        return [Skills(levels=levels, interests=tuple(values["interests"]))]


class TimesForm(forms.Form):
    """Step three: the week as a grid of boxes, each a bit of the stored number."""

    quarters = forms.TypedMultipleChoiceField(
        label=_("When you can come"),
        required=False,
        coerce=int,
        choices=[(bit, str(bit)) for bit in range(7 * QUARTERS)],
    )

    def __init__(self, data: Any = None, *, view: ProfileView) -> None:
        chosen = [weekday * QUARTERS + quarter for weekday, quarter in cells_of(view.weekly or 0)]
        super().__init__(data, initial={"quarters": chosen})

    @property
    def chosen(self) -> set[int]:
        """The bits whose boxes are ticked."""
        values = (
            self.data.getlist("quarters")
            if isinstance(self.data, QueryDict) and self.is_bound
            else self.initial["quarters"]
        )
        return {int(value) for value in values if str(value).isdigit()}

    def parts(self) -> list[Part]:
        weekly = 0
        for bit in set(self.cleaned_data["quarters"]):
            weekly |= bit_of(bit // QUARTERS, bit % QUARTERS)
        return [Times(weekly=weekly)]


class LimitsForm(forms.Form):
    """Step four: what somebody does not want or must not do."""

    hours_a_week_max = forms.DecimalField(
        label=_("At most so many hours in a week"),
        required=False,
        min_value=0,
        max_value=168,
        max_digits=4,
        decimal_places=1,
        help_text=_("Empty: no limit of your own."),
    )
    shifts_a_week_max = forms.IntegerField(
        label=_("At most so many shifts in a week"), required=False, min_value=1, max_value=50
    )
    shifts_a_day_max = forms.IntegerField(
        label=_("At most so many shifts on one day"), required=False, min_value=1, max_value=10
    )
    takes_nights = forms.BooleanField(label=_("Nights are possible (22:00 to 6:00)"), required=False)
    may_lift = forms.BooleanField(label=_("I may lift and carry"), required=False)

    def __init__(self, data: Any = None, *, view: ProfileView) -> None:
        limits = view.limits
        hours = None if limits.minutes_a_week_max is None else limits.minutes_a_week_max / 60
        initial = {
            "hours_a_week_max": f"{hours:g}" if hours is not None else "",
            "shifts_a_week_max": limits.shifts_a_week_max,
            "shifts_a_day_max": limits.shifts_a_day_max,
            "takes_nights": limits.takes_nights,
            "may_lift": limits.may_lift,
        }
        super().__init__(data, initial=initial)

    def clean_hours_a_week_max(self) -> Any:
        value = self.cleaned_data["hours_a_week_max"]
        if value is not None and (value * HALF_HOURS != int(value * HALF_HOURS) or value == 0):
            raise forms.ValidationError(_("Write whole or half hours, or nothing for no limit."))
        return value

    def parts(self) -> list[Part]:
        values = dict(self.cleaned_data)
        hours = values.pop("hours_a_week_max")
        return [OwnLimits(limits=Limits(minutes_a_week_max=None if hours is None else int(hours * 60), **values))]


class SitesForm(forms.Form):
    """Step five: where somebody can come."""

    sites = forms.MultipleChoiceField(
        label=_("Where you can come"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, view: ProfileView) -> None:
        super().__init__(data, initial={"sites": view.site_codes or []})
        rows = queries.sites(keep=view.site_codes or ())
        field = self.fields["sites"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [
            (row.code, f"{name_of(row)}（{row.address}）" if row.address else name_of(row)) for row in rows
        ]

    def parts(self) -> list[Part]:
        return [Sites(codes=tuple(self.cleaned_data["sites"]) or None)]


class EmergencyForm(forms.Form):
    """Step six: whom to call, and what to know in an emergency. What is masked is not shown: left empty it stays."""

    name = forms.CharField(label=_("Name"), required=False, max_length=64)
    relation = forms.ChoiceField(label=_("Relation"), required=False, choices=list(RELATIONS.items()))
    phone = SignsField(label=_("Phone"), required=False, max_length=20)
    remark = forms.CharField(
        label=_("What helpers must know in an emergency"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Such as an allergy. It is kept sealed and shown only where it is needed."),
    )
    forget = forms.BooleanField(label=_("Remove what is kept here"), required=False)

    def __init__(self, data: Any = None, *, view: ProfileView, is_self: bool) -> None:
        initial = {"relation": view.emergency_relation}
        if is_self:
            initial |= {"name": view.emergency_name, "remark": view.health_remark}
        super().__init__(data, initial=initial)
        self.view, self.is_self = view, is_self
        masked = view.masked_emergency_phone
        if masked:
            self.fields["phone"].help_text = _("Now %(masked)s. Leave it empty to keep it.") % {"masked": masked}
        if not is_self and view.has_health_remark:
            self.fields["remark"].help_text = _("There is a remark. Leave it empty to keep it.")
        if not masked and not view.has_health_remark:
            del self.fields["forget"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        is_known = bool(self.view.masked_emergency_phone)
        if not values.get("forget") and values.get("name") and not values.get("phone") and not is_known:
            self.add_error("phone", _("Write the phone number too."))
        if not self.is_self and values.get("name") and is_known and not values.get("phone"):
            self.add_error("phone", _("Write the phone number too: it belongs to this name."))
        return values

    def parts_with(self, kept_name: str, kept_phone: str) -> list[Part]:
        """What the form says, with the name and the phone that are kept."""
        values = self.cleaned_data
        if values.get("forget"):
            return [Emergency(), Health()]
        name, phone = values["name"] or kept_name, values["phone"] or kept_phone
        found: list[Part] = [Emergency(name=name, phone=phone, relation=values["relation"] if phone else "")]
        if self.is_self or values["remark"]:
            found.append(Health(remark=values["remark"]))
        return found


class ExceptionForm(forms.Form):
    """Days on which the week does not hold."""

    first = day_field(_("First day"))
    last = day_field(_("Last day"), required=False, help_text=_("Empty: only this one day."))
    is_free = forms.TypedChoiceField(
        label=_("On these days"),
        choices=[("0", _("I cannot come")), ("1", _("I can come the whole day"))],
        coerce=lambda value: value == "1",
    )
    note = forms.CharField(
        label=_("Why"), required=False, max_length=40, help_text=_("Such as exam week, holiday, journey.")
    )

    def exception(self) -> AvailabilityException:
        values = self.cleaned_data
        return AvailabilityException(
            first=values["first"],
            last=values["last"] or values["first"],
            is_free=values["is_free"],
            note=values["note"],
        )


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class ProofField(forms.FileField):
    """Several photos or PDF files; what each of them is, is told by its content when it is stored."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Photos or PDF files of it"),
            required=False,
            max_length=200,
            help_text=_("At most 4 files of 10 MB. Number, name and last day must be readable."),
            widget=SeveralFiles(attrs={"accept": PICTURES}),
        )

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        given = data if isinstance(data, list | tuple) else [data]
        files = [file for one in given if (file := super(ProofField, self).clean(one, initial))]
        if len(files) > PROOFS_MAX:
            raise forms.ValidationError(_("At most 4 files belong to one qualification."))
        if any((file.size or 0) > FILE_BYTES_MAX for file in files):
            raise forms.ValidationError(refusal_text(EvidenceTooLarge(megabytes=FILE_BYTES_MAX // (1024 * 1024))))
        return files


class SubmitForm(forms.Form):
    """A qualification to be checked."""

    kind = forms.TypedChoiceField(label=_("What it is"), coerce=int)
    number = forms.CharField(label=_("Its number"), required=False, max_length=60)
    issued_by = forms.CharField(label=_("Issued by"), required=False, max_length=100)
    issued_on = day_field(_("Issued on"))
    expires_on = day_field(_("Valid until"), required=False, help_text=_("Empty where it does not run out."))
    proofs = ProofField()
    is_seen = forms.BooleanField(label=_("I have seen the original: it counts at once."), required=False)

    def __init__(self, *args: Any, for_another: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", "—"), *((row.pk, name_of(row)) for row in queries.submittable_kinds())]
        if not for_another:
            del self.fields["is_seen"]
            self.fields["proofs"].required = True


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), min_length=2, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class VerifyForm(forms.Form):
    """The proof holds; the last day may be put right."""

    expires_on = day_field(
        _("Valid until"), required=False, help_text=_("Change it only where the paper says otherwise.")
    )


class KindForm(forms.Form):
    """A kind of qualification and what whoever has it has too."""

    code = forms.SlugField(
        label=_("Code"), max_length=40, help_text=_("Small letters, digits and dashes; it never changes.")
    )
    name = forms.CharField(label=_("Name in Chinese"), max_length=60)
    name_en = forms.CharField(label=_("Name in English"), required=False, max_length=80)
    category = forms.ChoiceField(label=_("Kind"), choices=list(CATEGORIES.items()))
    valid_months = forms.IntegerField(
        label=_("Valid for so many months"),
        required=False,
        min_value=1,
        max_value=600,
        help_text=_("Empty where the paper alone says it."),
    )
    includes = forms.MultipleChoiceField(
        label=_("Whoever has it has these too"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, data: Any = None, *, row: QualificationKind | None = None) -> None:
        initial: dict[str, Any] = {}
        if row is not None:
            initial = {name: getattr(row, name) for name in ("code", "name", "name_en", "category")}
            initial |= {"valid_months": row.valid_months, "is_active": row.is_active}
            initial["includes"] = queries.included_codes(row.pk)
        super().__init__(data, initial=initial)
        others = QualificationKind.objects.order_by("category", "pk")
        field = self.fields["includes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(one.code, name_of(one)) for one in others if row is None or one.pk != row.pk]
        self.row = row
        if row is not None:
            del self.fields["code"], self.fields["category"]

    def kind(self) -> NewKind:
        values: Mapping[str, Any] = self.cleaned_data
        return NewKind(
            code=self.row.code if self.row else values["code"],
            name=values["name"],
            name_en=values["name_en"],
            category=Category(self.row.category if self.row else values["category"]),
            valid_months=values["valid_months"],
            includes=tuple(values["includes"]),
        )


class LineForm(forms.Form):
    """A skill or a site of the hospital's lists."""

    code = forms.SlugField(
        label=_("Code"), max_length=40, help_text=_("Small letters, digits and dashes; it never changes.")
    )
    name = forms.CharField(label=_("Name in Chinese"), max_length=40)
    name_en = forms.CharField(label=_("Name in English"), required=False, max_length=60)
    address = forms.CharField(label=_("Address"), required=False, max_length=120)
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, data: Any = None, *, table: str, row: Skill | Site | None = None) -> None:
        names = ("code", "name", "name_en", "is_active", *(("address",) if table == "site" else ()))
        super().__init__(data, initial={name: getattr(row, name) for name in names} if row else None)
        if table != "site":
            del self.fields["address"]
        if row is not None:
            del self.fields["code"]


class PledgeTextForm(forms.Form):
    """New words of the pledge."""

    effective_from = day_field(_("In force from"), help_text=_("Today or later. What was signed before is kept."))
    text = forms.CharField(
        label=_("In Chinese"), min_length=20, max_length=6_000, widget=forms.Textarea(attrs={"rows": 10})
    )
    text_en = forms.CharField(
        label=_("In English"), required=False, max_length=6_000, widget=forms.Textarea(attrs={"rows": 10})
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"effective_from": clock.today()})


class SheetForm(forms.Form):
    """A spreadsheet to be taken in."""

    content = forms.ChoiceField(
        label=_("What is in it"),
        choices=[("profiles", _("Profiles of volunteers")), ("insurance", _("Insurance of volunteers"))],
        widget=forms.RadioSelect,
    )
    file = forms.FileField(
        label=_("Spreadsheet"),
        max_length=200,
        help_text=_("xlsx, xls, ods or csv, at most 20 MB and 5,000 rows."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > SHEET_BYTES_MAX:
            raise forms.ValidationError(_("The file is larger than 20 MB. Split it into smaller files."))
        return file


class FilterForm(forms.Form):
    """The desk's list; whatever does not fit is left out rather than refused."""

    q = forms.CharField(label=_("Name or whole number"), required=False, max_length=64)
    group = forms.ChoiceField(
        label=_("Kind of person"), required=False, choices=[("", _("Everybody")), *GROUPS.items()]
    )
    missing = forms.ChoiceField(label=_("What is missing"), required=False)
    kind = forms.ChoiceField(label=_("Has the qualification"), required=False)
    skill = forms.ChoiceField(label=_("Has the skill"), required=False)
    free = forms.RegexField(label=_("Can come on"), required=False, regex=re.compile(r"^[0-6]-[0-3]$"))

    def __init__(self, data: Any, *, choices: Mapping[str, list[tuple[str, Any]]]) -> None:
        super().__init__(data)
        for name, offered in choices.items():
            options = [("", "—"), *offered]
            if name == "free":
                self.fields[name].widget = forms.Select(choices=options)
                continue
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = options


class ExportForm(forms.Form):
    """How the list leaves the house."""

    form = forms.ChoiceField(label=_("As"), choices=[("xlsx", "xlsx"), ("csv", "csv")])
    is_whole = forms.BooleanField(label=_("Whole numbers: identity, phones, emergency contacts"), required=False)
    reason = forms.CharField(
        label=_("Why whole numbers are needed"),
        required=False,
        max_length=200,
        help_text=_("Only for whole numbers. Your name and this reason are kept in the audit trail."),
    )


class CareForm(forms.Form):
    reason = forms.CharField(label=_("Why you need to see it"), min_length=2, max_length=200)


def contents(files: list[UploadedFile[Any]]) -> list[bytes]:
    return [file.read() for file in files]
