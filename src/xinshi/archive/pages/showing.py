"""What pages of a profile show, for oneself and at the station alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.forms import Form
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinshi.archive import forms, queries, wording
from xinshi.archive.availability import QUARTERS, has_quarter
from xinshi.archive.completeness import Item
from xinshi.archive.domain import Limits
from xinshi.archive.queries import ProfileView
from xinshi.doors.pages import PageRequest
from xinshi.kernel.errors import NotFound
from xinshi.kernel.minutes import hours_figure


@dataclass(frozen=True, slots=True)
class Step:
    """One short page of the archive: its title, why it is asked, and what of the archive it fills."""

    name: str
    title: str | Promise
    hint: str | Promise
    items: tuple[Item, ...]


STEPS: Final = {
    step.name: step
    for step in (
        Step("profession", _("Profession and languages"), _("So that you are asked for what only you can do."),
             (Item.WORK, Item.LANGUAGES)),
        Step("skills", _("Skills and interests"), _("Choose a level for each skill that you have; leave the others."),
             (Item.SKILLS, Item.INTERESTS)),
        Step("times", _("When you can come"), _("Your usual week. Holidays and exam weeks are added below it."),
             (Item.TIMES,)),
        Step("limits", _("Your limits"), _("Nobody is planned beyond what you say here."), (Item.LIMITS,)),
        Step("sites", _("Where you can come"), _("Choose nothing if every place is fine or you do not know yet."),
             (Item.SITES,)),
        Step("emergency", _("In an emergency"), _("Kept sealed. Shown only to who leads your service, when it is needed."),
             (Item.EMERGENCY,)),
    )
}  # fmt: skip


def step_of(name: str) -> Step:
    if name not in STEPS:
        raise NotFound
    return STEPS[name]


def form_for(step: Step, data: Any, *, view: ProfileView, is_self: bool) -> Form:
    makers: dict[str, Callable[[], Form]] = {
        "profession": lambda: forms.WorkForm(data, view=view),
        "skills": lambda: forms.SkillsForm(data, view=view),
        "times": lambda: forms.TimesForm(data, view=view),
        "limits": lambda: forms.LimitsForm(data, view=view),
        "sites": lambda: forms.SitesForm(data, view=view),
        "emergency": lambda: forms.EmergencyForm(data, view=view, is_self=is_self),
    }
    return makers[step.name]()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person's pages are: one's own addresses, or the station's."""

    person_id: int
    is_self: bool

    def address(self, name: str, *arguments: object) -> str:
        if self.is_self:
            return reverse(f"archive:own_{name}", args=arguments)
        return reverse(f"archive:person_{name}", args=(self.person_id, *arguments))

    @property
    def home(self) -> str:
        return reverse("archive:own") if self.is_self else reverse("archive:person", args=(self.person_id,))


def place_of(request: PageRequest, person_id: int | None) -> Place:
    """One's own pages where no person is named."""
    if person_id is not None:
        return Place(person_id, is_self=False)
    if request.actor.person_id is None:
        raise NotFound
    return Place(request.actor.person_id, is_self=True)


def next_step(view: ProfileView, after: str) -> Step | None:
    """The next step, in order from `after`, that fills something which is missing."""
    names = list(STEPS)
    start = names.index(after) + 1
    for name in (*names[start:], *names[: start - 1]):
        if any(item in view.completeness.missing for item in STEPS[name].items):
            return STEPS[name]
    return None


def missing_links(view: ProfileView, place: Place) -> list[tuple[str | Promise, str]]:
    """What is missing, in words, with where to fill it."""
    found = []
    for item in view.completeness.missing:
        step = next((step.name for step in STEPS.values() if item in step.items), "")
        if step:
            address = place.address("step", step)
        elif item is Item.PLEDGE:
            address = reverse("archive:pledge") if place.is_self else ""
        else:
            address = reverse("people:contact") if place.is_self else reverse("people:edit", args=(place.person_id,))
        found.append((wording.ITEMS[item], address))
    return found


def grid(weekly: int | None) -> list[tuple[str | Promise, list[tuple[int, str | Promise, bool]]]]:
    """The week for a page: per weekday its quarters as (bit, name, chosen)."""
    return [
        (
            name,
            [
                (weekday * QUARTERS + quarter, words, has_quarter(weekly or 0, weekday, quarter))
                for quarter, words in wording.QUARTERS.items()
            ],
        )
        for weekday, name in enumerate(wording.WEEKDAYS)
    ]


def columns() -> list[tuple[str | Promise, str]]:
    """The grid's columns: name and hours."""
    return [(words, wording.QUARTER_HOURS[quarter]) for quarter, words in wording.QUARTERS.items()]  # type: ignore[index]  # keys are quarters


def limit_lines(limits: Limits) -> list[tuple[str | Promise, str | Promise]]:
    no_limit, yes, no = _("No limit"), _("Possible"), _("Not possible")
    minutes = limits.minutes_a_week_max
    return [
        (_("At most so many hours in a week"), hours_figure(minutes) if minutes is not None else no_limit),
        (_("At most so many shifts in a week"), _figure(limits.shifts_a_week_max) or no_limit),
        (_("At most so many shifts on one day"), _figure(limits.shifts_a_day_max) or no_limit),
        (_("Nights"), yes if limits.takes_nights else no),
        (_("Lifting and carrying"), yes if limits.may_lift else no),
    ]


def _figure(number: int | None) -> str:
    return "" if number is None else str(number)


def archive_context(request: PageRequest, place: Place) -> dict[str, object]:
    """Everything that the page of one archive shows."""
    view = queries.profile_view(request.actor, place.person_id)
    return {
        "place": place,
        "view": view,
        "missing": missing_links(view, place),
        "qualifications": [
            (card, *wording.STANDINGS[card.standing]) for card in queries.of_person(request.actor, place.person_id)
        ],
        "skills": [(name, wording.LEVELS[level]) for name, level in view.skills],
        "limits": limit_lines(view.limits),
        "grid": grid(view.weekly),
        "columns": columns(),
        "relation": wording.RELATIONS.get(view.emergency_relation, ""),
        "steps": [(step, place.address("step", step.name)) for step in STEPS.values()],
        "addresses": {
            **{step: place.address("step", step) for step in STEPS},
            "submit": place.address("submit"),
            "history": reverse("web:own_history") if place.is_self else reverse("web:history", args=(place.person_id,)),
        },
    }
