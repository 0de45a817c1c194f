"""A shift as a line of the list says it: every word and address, so that the template only sets them out.

A page has sixty of them; a tag that translates or looks an address up sixty times costs more than the reads behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext

from xinshi.activities.helping import help_address, help_sentence
from xinshi.activities.queries import OfferedShift
from xinshi.doors.pages import refusal_text
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop

OWN_STATES: Final = {
    "confirmed": (gettext_noop("You have a place"), "good"),
    "offered": (gettext_noop("A place is offered to you"), "warn"),
    "waiting": (gettext_noop("You are on the waiting list"), "info"),
    "requested": (gettext_noop("You asked for a place"), "info"),
}
ANY_NUMBER: Final = 2_000_000_011
"""Stands in an address where a shift's number goes."""


@dataclass(frozen=True, slots=True)
class Button:
    """What one may do about a shift; `label` names the shift for who does not see the line."""

    address: str
    text: str
    label: str
    is_primary: bool


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """Texts are in the reader's language; what is empty is not shown."""

    id: int
    title: str
    address: str
    when: str
    about: str
    state: str = ""
    tone: str = ""
    refusal: str = ""
    help: str = ""
    help_address: str = ""
    button: Button | None = None
    risks: str = ""
    read_first: str = ""
    """Words of the way to the page with the risks, where they are too long for a line and one signs up there."""
    sign_in: str = ""
    """For a visitor: where to sign in, and back."""


def lines_by_day(actor: Actor, shifts: Sequence[OfferedShift]) -> list[tuple[object, list[ShiftLine]]]:
    """The shifts, which come by time, under their days."""
    return [(day, [line_of(actor, one) for one in some]) for day, some in groupby(shifts, key=lambda one: one.day)]


def line_of(actor: Actor, shift: OfferedShift) -> ShiftLine:
    """What one person sees of a shift."""
    begins, ends = (f"{moment.astimezone(clock.HOSPITAL_ZONE):%H:%M}" for moment in (shift.starts_at, shift.ends_at))
    about = [shift.place, shift.role]
    if shift.places_left > 0:
        about.append(gettext("Places left: %(n)s") % {"n": shift.places_left})
    state, tone = own_state(shift.my_state)
    is_refused = shift.refusal is not None and not state
    sentence = help_sentence(shift.help, shift.refusal) if is_refused and not shift.may_wait else ""
    address = _address("activities:detail", shift.activity_id)
    is_visitor = actor.user_id is None
    may_take = not is_visitor and not state and (shift.may_wait or (not is_refused and actor.person_id is not None))
    reads_first = may_take and shift.reads_risks_first
    return ShiftLine(
        id=shift.id,
        title=shift.title,
        address=address,
        when=f"{begins}–{ends}",
        about=" · ".join(filter(None, about)),
        state=state,
        tone=tone,
        refusal=refusal_text(shift.refusal) if shift.refusal is not None and not state else "",
        help=gettext(sentence) if sentence else "",
        help_address=help_address(shift.help, shift.refusal) if sentence else "",
        button=_button(shift, begins) if may_take and not reads_first else None,
        risks=gettext("Risks: %(risks)s") % {"risks": shift.risks}
        if shift.risks and not shift.reads_risks_first
        else "",
        read_first=gettext("Read the risks, then sign up") if reads_first else "",
        sign_in=f"{reverse('account_login')}?next={address}" if is_visitor and shift.refusal is None else "",
    )


def own_state(code: str) -> tuple[str, str]:
    """What one has in a shift, said to oneself, and the tone of it; both empty without a sign-up."""
    if code not in OWN_STATES:
        return "", ""
    text, tone = OWN_STATES[code]
    return gettext(text), tone


def _button(shift: OfferedShift, begins: str) -> Button:
    names = {"title": shift.title, "time": begins}
    if shift.may_wait:
        label = gettext("Wait for a place: %(title)s, %(time)s") % names
        return Button(_address("activities:wait", shift.id), gettext("Wait"), label, is_primary=False)
    text = gettext("Ask for a place") if shift.is_on_request else gettext("Sign up")
    label = gettext("Sign up: %(title)s, %(time)s") % names
    return Button(_address("activities:sign_up", shift.id), text, label, is_primary=True)


def _address(name: str, number: int) -> str:
    return _pattern(name).replace(str(ANY_NUMBER), str(number))


@lru_cache(maxsize=16)
def _pattern(name: str) -> str:
    return reverse(name, args=[ANY_NUMBER])
