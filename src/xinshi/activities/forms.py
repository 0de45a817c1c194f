"""What coordinators type about activities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from xinshi.activities import queries
from xinshi.activities.domain import NewActivity, NewRole, NewShift
from xinshi.activities.models import Activity
from xinshi.kernel.codes import SERVICE_CATEGORIES, HoursKind
from xinshi.people.wording import category_label

NOT_CHOSEN = ("", "–")
"""Nothing is chosen until somebody does, so that no activity has the first category of the list by mistake."""


RULE_FIELDS = (
    "recruits",
    "team",
    "sign_up_way",
    "sign_up_closes",
    "cancel_closes",
    "allowance_yuan",
    "is_coupled",
    "is_dangerous",
    "is_off_duty",
    "is_compulsory",
    "rewards_donations",
)


@dataclass(frozen=True, slots=True)
class FormPart:
    """Some of a form's fields, to be shown under a heading of their own by `form_fields`."""

    visible_fields: list[forms.BoundField]
    hidden_fields: tuple[forms.BoundField, ...] = ()


CLOSING_HOURS = (0, 1, 2, 12, 24, 48, 72, 168)


def closing_choices(minutes: int) -> list[tuple[str, str]]:
    """How long before a shift something ends, with what is stored now where it is none of these."""
    known = sorted({*(hours * 60 for hours in CLOSING_HOURS), minutes})
    return [(str(one), closing_text(one)) for one in known]


def closing_text(minutes: int) -> str:
    if not minutes:
        return gettext("When the shift begins")
    if minutes % 60:
        return ngettext("%(n)s minute before", "%(n)s minutes before", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours % 24:
        return ngettext("%(n)s hour before", "%(n)s hours before", hours) % {"n": hours}
    return ngettext("%(n)s day before", "%(n)s days before", hours // 24) % {"n": hours // 24}


def category_choices() -> list[tuple[str, str]]:
    return [(code, category_label(code)) for code, _english, _chinese in SERVICE_CATEGORIES]


def _with(offered: list[tuple[int, str]], current: tuple[int, str]) -> list[tuple[int, str]]:
    return offered if any(pk == current[0] for pk, _name in offered) else [current, *offered]


def _choices(offered: list[tuple[int, str]]) -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in offered]


class ActivityForm(forms.Form):
    """Everything of an activity but its shifts."""

    title = forms.CharField(label=_("Title"), max_length=80)
    programme = forms.ChoiceField(label=_("Programme"), required=False)
    category = forms.ChoiceField(label=_("Service category"), choices=lambda: [NOT_CHOSEN, *category_choices()])
    place = forms.CharField(label=_("Place"), max_length=120)
    organizer = forms.ChoiceField(label=_("Organiser"))
    person_in_charge = forms.ChoiceField(label=_("Person in charge"))
    hours_kind = forms.ChoiceField(
        label=_("Kind of hours"),
        choices=Activity.Hours.choices,
        help_text=_("Verified hours need a check-in and a check-out; honorary hours are entered afterwards."),
    )
    description = forms.CharField(
        label=_("What volunteers do"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    risks = forms.CharField(
        label=_("Risks that volunteers are told"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The law asks to tell possible risks when volunteers are recruited."),
    )

    recruits = forms.ChoiceField(
        label=_("Who is invited"),
        required=False,
        choices=Activity.Recruits.choices,
        initial=Activity.Recruits.EVERYBODY,
    )
    team = forms.ChoiceField(
        label=_("Team"), required=False, help_text=_("Whose members are invited, where it is one team or organisation.")
    )
    sign_up_way = forms.ChoiceField(
        label=_("Way of sign-up"),
        required=False,
        choices=Activity.SignUpWay.choices,
        initial=Activity.SignUpWay.AT_ONCE,
    )
    is_coupled = forms.BooleanField(
        label=_("All shifts of a role belong together"),
        required=False,
        help_text=_("Whoever takes one shift takes the later ones of the same role with it: a course, a camp."),
    )
    sign_up_closes = forms.ChoiceField(label=_("Sign-up closes"), required=False)
    cancel_closes = forms.ChoiceField(
        label=_("Places can be given back until"),
        required=False,
        help_text=_("Afterwards only to a stand-in, or by the person in charge."),
    )
    is_dangerous = forms.BooleanField(
        label=_("The service may be dangerous"),
        required=False,
        help_text=_("Only people with accident insurance on the day can sign up, and the risks must be written down."),
    )
    allowance_yuan = forms.IntegerField(
        label=_("Allowance for fares and meals, yuan a day"),
        required=False,
        min_value=0,
        max_value=1_000_000,
        initial=0,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    is_off_duty = forms.BooleanField(
        label=_("I declare: invited staff serve outside their working time, and it is no part of their duties"),
        required=False,
        help_text=_("Needed where a role is for the hospital's own staff only."),
    )
    is_compulsory = forms.BooleanField(label=_("Taking part is an order of the institution"), required=False)
    rewards_donations = forms.BooleanField(
        label=_("Hours are promised for donating blood, money or goods"), required=False
    )

    def __init__(
        self, *args: Any, current: Activity | None = None, in_charge: tuple[int, str] | None = None, **kwargs: Any
    ) -> None:
        """`current` is the activity being changed: what it has now can be kept, though it is not offered any more.

        `in_charge` is somebody who can be chosen besides those who lead activities: who asked for it.
        """
        super().__init__(*args, **kwargs)
        programmes = [(row.pk, row.name) for row in queries.programmes()]
        organizers, leaders = queries.organizers(), queries.possible_leaders()
        if in_charge is not None:
            leaders = _with(leaders, in_charge)
        if current is not None:
            organizers = _with(organizers, (current.organizer_id, current.organizer.name))
            leaders = _with(leaders, (current.person_in_charge_id, current.person_in_charge.name))
            if current.programme is not None:
                programmes = _with(programmes, (current.programme.pk, current.programme.name))
        self._offer("programme", [NOT_CHOSEN, *_choices(programmes)])
        self._offer("organizer", [NOT_CHOSEN, *_choices(organizers)])
        self._offer("person_in_charge", [NOT_CHOSEN, *_choices(leaders)])
        teams = queries.organizers()
        if current is not None and current.team is not None:
            teams = _with(teams, (current.team.pk, current.team.name))
        self._offer("team", [NOT_CHOSEN, *_choices(teams)])
        for name in ("sign_up_closes", "cancel_closes"):
            minutes = getattr(current, f"{name}_minutes", 0)
            self._offer(name, closing_choices(minutes))

    def basics(self) -> FormPart:
        """What an activity is."""
        return FormPart([self[name] for name in self.fields if name not in RULE_FIELDS])

    def rules(self) -> FormPart:
        """Who may come, until when one may sign up, and what the law asks."""
        return FormPart([self[name] for name in RULE_FIELDS])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("recruits") == Activity.Recruits.TEAM and not data.get("team"):
            self.add_error("team", gettext("Choose whose members are invited."))
        return data

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField), "only choices are offered"
        field.choices = choices

    def activity(self, roles: tuple[NewRole, ...], shifts: tuple[NewShift, ...]) -> NewActivity:
        """The valid input as the actions take it."""
        data = self.cleaned_data
        return NewActivity(
            title=data["title"],
            category=data["category"],
            place=data["place"],
            organizer_id=int(data["organizer"]),
            person_in_charge_id=int(data["person_in_charge"]),
            programme_id=int(data["programme"]) if data["programme"] else None,
            description=data["description"],
            risks=data["risks"],
            hours_kind=HoursKind(data["hours_kind"]),
            recruits=data["recruits"] or "everybody",
            team_id=int(data["team"]) if data["team"] else None,
            sign_up_way=data["sign_up_way"] or "at_once",
            is_coupled=data["is_coupled"],
            is_dangerous=data["is_dangerous"],
            sign_up_closes_minutes=int(data["sign_up_closes"] or 0),
            cancel_closes_minutes=int(data["cancel_closes"] or 0),
            allowance_yuan=data["allowance_yuan"] or 0,
            is_off_duty=data["is_off_duty"],
            is_compulsory=data["is_compulsory"],
            rewards_donations=data["rewards_donations"],
            roles=roles,
            shifts=shifts,
        )


class OfferFilter(forms.Form):
    """What the list of shifts is narrowed to."""

    day = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    category = forms.ChoiceField(
        label=_("Service category"), required=False, choices=lambda: [("", _("All")), *category_choices()]
    )

    def chosen(self) -> tuple[date | None, str]:
        """(day, category); what was not readable narrows nothing."""
        self.is_valid()
        return self.cleaned_data.get("day"), self.cleaned_data.get("category", "")


class DeskFilterForm(forms.Form):
    """What the desk's table is narrowed to."""

    search = forms.CharField(
        label=_("Search"), required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"})
    )
    when = forms.ChoiceField(
        label=_("When"),
        required=False,
        choices=[("coming", _("Coming")), ("past", _("Past")), ("all", _("All"))],
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=lambda: [("", _("All")), *Activity.State.choices]
    )
    category = forms.ChoiceField(
        label=_("Service category"), required=False, choices=lambda: [("", _("All")), *category_choices()]
    )

    def wanted(self, *, page: int, only_led: bool = False) -> queries.DeskFilter:
        """The filter; what was not readable narrows nothing."""
        self.is_valid()
        data = self.cleaned_data
        return queries.DeskFilter(
            state=data.get("state", ""),
            when=data.get("when") or "coming",
            search=data.get("search", ""),
            category=data.get("category", ""),
            only_led=only_led,
            page=page,
        )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody who signed up will read it."),
    )


def initial_of(activity: Activity) -> dict[str, object]:
    """An activity as the form shows it."""
    return {
        "title": activity.title,
        "programme": str(activity.programme_id or ""),
        "category": activity.category,
        "place": activity.place,
        "organizer": str(activity.organizer_id),
        "person_in_charge": str(activity.person_in_charge_id),
        "hours_kind": activity.hours_kind,
        "description": activity.description,
        "risks": activity.risks,
        "recruits": activity.recruits,
        "team": str(activity.team_id or ""),
        "sign_up_way": activity.sign_up_way,
        "is_coupled": activity.is_coupled,
        "sign_up_closes": str(activity.sign_up_closes_minutes),
        "cancel_closes": str(activity.cancel_closes_minutes),
        "is_dangerous": activity.is_dangerous,
        "allowance_yuan": activity.allowance_yuan,
        "is_off_duty": activity.is_off_duty,
    }


def initial_of_new(activity: NewActivity) -> dict[str, object]:
    """What is to become an activity, as the form shows it."""
    return {
        "title": activity.title,
        "programme": str(activity.programme_id or ""),
        "category": activity.category,
        "place": activity.place,
        "organizer": str(activity.organizer_id),
        "person_in_charge": str(activity.person_in_charge_id),
        "hours_kind": activity.hours_kind.value,
        "description": activity.description,
        "risks": activity.risks,
    }
