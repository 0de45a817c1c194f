"""What managers type: a campaign, its sites, the matrix, a call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinshi.activities import queries as activities
from xinshi.activities.forms import NOT_CHOSEN, category_choices
from xinshi.activities.requirements import Requirements
from xinshi.archive.models import QualificationKind
from xinshi.campaigns.domain import Need, NewCampaign, NewRole, NewSite, days_between
from xinshi.campaigns.models import Campaign, CampaignRole, CampaignSite
from xinshi.campaigns.queries.planning import Matrix

WINDOW: Final = re.compile(r"\s*(\d{1,2})[:：](\d{2})\s*[-–—~～至到]\s*(\d{1,2})[:：](\d{2})\s*")
CELL: Final = re.compile(r"\s*(\d{1,4})\s*(?:[/／]\s*(\d{1,4})\s*)?")
PARTS: Final = re.compile(r"[|｜]")
SITE_PARTS: Final = re.compile(r"[|｜,，\t]")
LINES_MAX: Final = 200


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()][:LINES_MAX]


def _date() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class CampaignForm(forms.Form):
    """A campaign; roles and windows are typed one a line, because a surge is planned from a list."""

    name = forms.CharField(label=_("Name of the campaign"), max_length=40)
    code = forms.CharField(
        label=_("Short address"),
        max_length=20,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]{2,19}$", _("3 to 20 small letters, digits and dashes."))],
        help_text=_("It stands on the poster, for phones that cannot scan: small letters, digits and dashes."),
    )
    purpose = forms.CharField(label=_("What it is for"), max_length=1_000, widget=_area(3))
    category = forms.ChoiceField(label=_("Service category"), choices=lambda: [NOT_CHOSEN, *category_choices()])
    organizer = forms.ChoiceField(label=_("Organiser"))
    person_in_charge = forms.ChoiceField(label=_("Person in charge"))
    starts_on = forms.DateField(label=_("First day"), widget=_date())
    ends_on = forms.DateField(label=_("Last day"), widget=_date())
    target_people = forms.IntegerField(label=_("People to be recruited"), min_value=1, max_value=100_000)
    roles = forms.CharField(
        label=_("Roles, one a line"),
        max_length=4_000,
        widget=_area(4),
        help_text=_("Name | what they do | codes of qualifications, if any: 分诊引导 | 引导与测温 | first-aid"),
    )
    windows = forms.CharField(
        label=_("Time windows of every day, one a line"),
        max_length=200,
        widget=_area(3),
        help_text=_("Such as 08:00-12:00"),
    )
    bring = forms.CharField(label=_("What to bring and wear"), required=False, max_length=500, widget=_area(2))
    risks = forms.CharField(
        label=_("Risks that volunteers are told"), required=False, max_length=1_000, widget=_area(2)
    )
    lesson = forms.ChoiceField(
        label=_("Lesson"), required=False, help_text=_("A course of about ten minutes that everybody passes first.")
    )
    age_min = forms.IntegerField(label=_("Least age in years"), min_value=14, max_value=60, initial=18)
    asks_identity = forms.BooleanField(label=_("The number of a document is needed to join"), required=False)
    is_dangerous = forms.BooleanField(label=_("Volunteers need accident insurance"), required=False)
    insurer = forms.CharField(label=_("Insurer and policy of the campaign"), required=False, max_length=100)
    insurance_until = forms.DateField(label=_("The policy covers everybody until"), required=False, widget=_date())
    activation_places = forms.IntegerField(
        label=_("Accounts that may be active at once"),
        min_value=0,
        max_value=100_000,
        initial=0,
        help_text=_(
            "Without the station's look at a document, for so many newcomers. 0: every account is checked first."
        ),
    )
    activation_reason = forms.CharField(label=_("Why they may"), required=False, max_length=300, widget=_area(2))

    def __init__(self, *args: Any, current: Campaign | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organizers, leaders = activities.organizers(), activities.possible_leaders()
        if current is not None:
            del self.fields["code"]
            organizers = _with(organizers, (current.organizer_id, current.organizer.name))
            leaders = _with(leaders, (current.person_in_charge_id, current.person_in_charge.name))
        self.current_code = current.code if current else ""
        _offer(self, "organizer", organizers)
        _offer(self, "person_in_charge", leaders)
        kinds = (
            QualificationKind.objects.filter(is_active=True).order_by("name").values_list("code", "name", "category")
        )
        self.kinds = {code for code, _name, _category in kinds}
        field = self.fields["lesson"]
        assert isinstance(field, forms.ChoiceField), "only choices are offered"
        field.choices = [("", _("No lesson")), *((code, name) for code, name, sort in kinds if sort == "course")]

    def clean_roles(self) -> tuple[NewRole, ...]:
        return tuple(self._role(line) for line in _lines(self.cleaned_data["roles"]))

    def _role(self, line: str) -> NewRole:
        name, description, codes, *_more = [*(part.strip() for part in PARTS.split(line)), "", ""]
        wanted = tuple(code for code in re.split(r"[\s,，、]+", codes) if code)
        unknown = [code for code in wanted if code not in self.kinds]
        if unknown:
            raise forms.ValidationError(
                _("There is no qualification with the code “%(code)s”."), params={"code": unknown[0]}
            )
        if not 1 <= len(name) <= 40 or len(description) > 500:
            raise forms.ValidationError(_("A role has a name of at most 40 signs and a description of at most 500."))
        return NewRole(name=name, description=description, requirements=Requirements(qualifications=wanted))

    def clean_windows(self) -> tuple[tuple[time, time], ...]:
        return tuple(_window(line) for line in _lines(self.cleaned_data["windows"]))

    def campaign(self) -> NewCampaign:
        """The valid input as the actions take it."""
        data = self.cleaned_data
        plain = (
            "name purpose category starts_on ends_on target_people roles windows bring risks age_min asks_identity "
            "is_dangerous insurer insurance_until activation_places activation_reason"
        )
        return NewCampaign(
            code=self.current_code or data["code"],
            organizer_id=int(data["organizer"]),
            person_in_charge_id=int(data["person_in_charge"]),
            lesson_code=data["lesson"],
            **{name: data[name] for name in plain.split()},
        )


def campaign_initial(campaign: Campaign, roles: Sequence[CampaignRole], windows: Sequence[Any]) -> dict[str, Any]:
    """A campaign as the form shows it."""
    names = (
        "name purpose category starts_on ends_on target_people bring risks age_min asks_identity is_dangerous insurer "
        "insurance_until activation_places activation_reason"
    )
    return {name: getattr(campaign, name) for name in names.split()} | {
        "organizer": campaign.organizer_id,
        "person_in_charge": campaign.person_in_charge_id,
        "lesson": campaign.lesson_code,
        "roles": "\n".join(_role_line(role) for role in roles),
        "windows": "\n".join(f"{one.starts:%H:%M}-{one.ends:%H:%M}" for one in windows),
    }


def _role_line(role: CampaignRole) -> str:
    codes = " ".join(Requirements.from_stored(role.requirements).qualifications)
    return " | ".join(part for part in (role.name, role.description or ("" if not codes else "-"), codes) if part)


def _window(line: str) -> tuple[time, time]:
    found = WINDOW.fullmatch(line)
    try:
        if found is None:
            raise ValueError(line)
        start_hour, start_minute, end_hour, end_minute = (int(part) for part in found.groups())
        return time(start_hour, start_minute), time(end_hour, end_minute)
    except ValueError:
        raise forms.ValidationError(
            _("“%(line)s” is no time window. Write one a line, such as 08:00-12:00."), params={"line": line[:40]}
        ) from None


def _with(offered: list[tuple[int, str]], current: tuple[int, str]) -> list[tuple[int, str]]:
    return offered if any(pk == current[0] for pk, _name in offered) else [current, *offered]


def _offer(form: forms.Form, name: str, choices: Sequence[tuple[int, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField), "only choices are offered"
    field.choices = [NOT_CHOSEN, *((str(pk), text) for pk, text in choices)]


class SiteForm(forms.Form):
    name = forms.CharField(label=_("Name of the site"), max_length=30)
    place = forms.CharField(label=_("Address, and how to find it"), max_length=120)
    leader = forms.ChoiceField(label=_("Leader of the site"), help_text=_("They see the site's people and counters."))
    contact = forms.CharField(label=_("Contact"), required=False, max_length=40)
    contact_phone = forms.CharField(label=_("Phone of the contact"), required=False, max_length=20)
    latitude = forms.DecimalField(label=_("Latitude"), required=False, max_digits=9, decimal_places=6)
    longitude = forms.DecimalField(label=_("Longitude"), required=False, max_digits=9, decimal_places=6)

    def __init__(self, *args: Any, current: CampaignSite | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leaders = activities.possible_leaders()
        if current is not None:
            leaders = _with(leaders, (current.leader_id, current.leader.name))
        _offer(self, "leader", leaders)

    def site(self) -> NewSite:
        data = dict(self.cleaned_data)
        return NewSite(leader_id=int(data.pop("leader")), **data)


class SitesForm(forms.Form):
    """Many sites at once, from a list."""

    leader = forms.ChoiceField(label=_("Leader of these sites"), help_text=_("It can be changed site by site later."))
    lines = forms.CharField(
        label=_("Sites, one a line"),
        max_length=20_000,
        widget=_area(8),
        help_text=_("Name, address, contact, phone – as copied from a spreadsheet. The last two may be left out."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "leader", activities.possible_leaders())

    def clean_lines(self) -> list[list[str]]:
        rows = [[part.strip() for part in SITE_PARTS.split(line)] for line in _lines(self.cleaned_data["lines"])]
        for number, row in enumerate(rows, start=1):
            if len(row) < 2 or not row[0] or not row[1]:
                raise forms.ValidationError(
                    _("Line %(number)s needs a name and an address."), params={"number": number}
                )
        return rows

    def sites(self) -> list[NewSite]:
        leader = int(self.cleaned_data["leader"])
        return [
            NewSite(
                name=row[0], place=row[1], leader_id=leader, contact=(*row, "", "")[2], contact_phone=(*row, "", "")[3]
            )
            for row in self.cleaned_data["lines"]
        ]


class FillForm(forms.Form):
    """The same need for many sites, days and windows at once."""

    sites = forms.TypedMultipleChoiceField(label=_("Campaign sites"), coerce=int, widget=forms.CheckboxSelectMultiple)
    first = forms.DateField(label=_("From"), widget=_date())
    last = forms.DateField(label=_("To"), widget=_date())
    windows = forms.TypedMultipleChoiceField(label=_("Time windows"), coerce=int, widget=forms.CheckboxSelectMultiple)
    role = forms.TypedChoiceField(label=_("Role"), coerce=int)
    places = forms.IntegerField(label=_("Places"), min_value=0, max_value=5_000)
    minimum = forms.IntegerField(label=_("At least"), min_value=0, max_value=5_000, initial=1)

    def __init__(self, *args: Any, campaign: Campaign, sites: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update({"first": campaign.starts_on, "last": campaign.ends_on})
        self.campaign_days = (campaign.starts_on, campaign.ends_on)
        windows = campaign.windows.order_by("starts", "ends")
        for name, choices in (
            ("sites", [(pk, text) for pk, text in sites]),
            ("windows", [(one.pk, f"{one.starts:%H:%M}–{one.ends:%H:%M}") for one in windows]),
            ("role", list(campaign.roles.order_by("pk").values_list("pk", "name"))),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField | forms.TypedMultipleChoiceField), "only choices are offered"
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and not self.campaign_days[0] <= first <= last <= self.campaign_days[1]:
            self.add_error("last", _("Choose days of the campaign, the last not before the first."))
        if data.get("places") and (data.get("minimum") or 0) > data["places"]:
            self.add_error("minimum", _("At least so many must come, and no more than the places."))
        return data

    def needs(self) -> list[Need]:
        data = self.cleaned_data
        return [
            Need(
                site_id=site,
                day=day,
                window_id=window,
                role_id=data["role"],
                places=data["places"],
                minimum=data["minimum"] if data["places"] else 0,
            )
            for site in data["sites"]
            for day in days_between(data["first"], data["last"])
            for window in data["windows"]
        ]


def cell_name(window_id: int, role_id: int, day: date) -> str:
    return f"n-{window_id}-{role_id}-{day:%Y%m%d}"


def typed_needs(matrix: Matrix, typed: Mapping[str, str]) -> tuple[list[Need], dict[str, str]]:
    """The needs that differ from the matrix as `places` or `places/at least`, and what is wrong by the field's name."""
    needs: list[Need] = []
    wrong: dict[str, str] = {}
    for row in matrix.rows:
        for day, post in row.posts:
            name = cell_name(row.window.pk, row.role.pk, day)
            text = typed.get(name)
            if text is None or text.strip() == cell_text(post.places if post else 0, post.minimum if post else 0):
                continue
            found = CELL.fullmatch(text or "0") if text.strip() else CELL.fullmatch("0")
            if found is None:
                wrong[name] = gettext("Write a number, or places/at least such as 6/4.")
                continue
            places = int(found[1])
            minimum = int(found[2]) if found[2] else min(places, 1)
            if minimum > places:
                wrong[name] = gettext("At least so many must come, and no more than the places.")
                continue
            needs.append(
                Need(
                    site_id=matrix.site.pk,
                    day=day,
                    window_id=row.window.pk,
                    role_id=row.role.pk,
                    places=places,
                    minimum=minimum,
                )
            )
    return needs, wrong


def cell_text(places: int, minimum: int) -> str:
    """`6/4`, or `6` where one is enough; empty for nobody."""
    if not places:
        return ""
    return str(places) if minimum == min(places, 1) else f"{places}/{minimum}"


class CloseSiteForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is closed"),
        max_length=300,
        widget=_area(2),
        help_text=_("Everybody who had a place there reads it."),
    )


class CallForm(forms.Form):
    """A call for the posts that were ticked."""

    people_max = forms.IntegerField(
        label=_("Write to at most"), min_value=1, max_value=2_000, initial=60, help_text=_("People, altogether.")
    )
    batch_per_place = forms.IntegerField(
        label=_("People for each empty place in one batch"), min_value=1, max_value=10, initial=3
    )
    wait_minutes = forms.IntegerField(label=_("Minutes until the next batch"), min_value=1, max_value=1_440, initial=10)
