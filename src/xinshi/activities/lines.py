"""A shift as a line of the list says it: every word and address, so that the template only sets them out.

A page has sixty of them; a tag that translates or looks an address up sixty times costs more than the reads behind it.
A card says more of a shift (`activities.cards`) and is made of the same parts.
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
from xinshi.doors.wording import time_text
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
    """What one may do about a shift, by a post to `address`; `label` names the shift for who does not see its line."""

    address: str
    text: str
    label: str = ""
    look: str = "btn"
    """`btn primary` for what most people came for, `btn quiet` for the way back."""
    confirm: str = ""
    """Asked before it is done."""


@dataclass(frozen=True, slots=True)
class Link:
    """A page on which something about a shift is done."""

    address: str
    text: str
    label: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
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
    link: Link | None = None
    """In place of a button: a visitor signs in, and what has long risks is signed up for where they stand."""
    risks: str = ""


def lines_by_day(actor: Actor, shifts: Sequence[OfferedShift]) -> list[tuple[object, list[ShiftLine]]]:
    """The shifts, which come by time, under their days."""
    return [(day, [line_of(actor, one) for one in some]) for day, some in groupby(shifts, key=lambda one: one.day)]


def line_of(actor: Actor, shift: OfferedShift) -> ShiftLine:
    """What one person sees of a shift."""
    about = [shift.place, shift.role]
    if shift.places_left > 0:
        about.append(places_left(shift))
    state, tone = own_state(shift.my_state)
    is_refused = shift.refusal is not None and not state
    helped, helped_where = help_of(shift) if is_refused else ("", "")
    may_take = not state and (shift.may_wait or (not is_refused and actor.person_id is not None))
    link = way_to_sign_up(actor, shift, may_take=may_take)
    begins = time_text(shift.starts_at)
    return ShiftLine(
        id=shift.id,
        title=shift.title,
        address=address_of("activities:detail", shift.activity_id),
        when=f"{begins}–{time_text(shift.ends_at)}",
        about=" · ".join(filter(None, about)),
        state=state,
        tone=tone,
        refusal=refusal_text(shift.refusal) if shift.refusal is not None and not state else "",
        help=helped,
        help_address=helped_where,
        button=_take(shift, begins) if may_take and link is None else None,
        link=link,
        risks=risks_of(shift),
    )


def times_of(shift: OfferedShift) -> str:
    """`09:00–11:00`."""
    return f"{time_text(shift.starts_at)}–{time_text(shift.ends_at)}"


def places_left(shift: OfferedShift) -> str:
    return gettext("Places left: %(n)s") % {"n": shift.places_left}


def risks_of(shift: OfferedShift) -> str:
    """What volunteers are told before they sign up, where it fits a line."""
    return gettext("Risks: %(risks)s") % {"risks": shift.risks} if shift.risks and not shift.reads_risks_first else ""


def help_of(shift: OfferedShift) -> tuple[str, str]:
    """What would help somebody who was refused, and where it is done; both empty where waiting is what is left."""
    sentence = "" if shift.may_wait else help_sentence(shift.help, shift.refusal)
    return (gettext(sentence), help_address(shift.help, shift.refusal)) if sentence else ("", "")


def way_to_sign_up(actor: Actor, shift: OfferedShift, *, may_take: bool) -> Link | None:
    """The page on which one signs up, where it is not done on the spot."""
    if actor.user_id is None:
        way = f"{_pattern('account_login')}?next={address_of('activities:detail', shift.activity_id)}"
        return Link(way, gettext("Sign in to sign up")) if shift.refusal is None else None
    if not (may_take and shift.reads_risks_first):
        return None
    names = {"title": shift.title, "time": times_of(shift)}
    label = gettext("Read the risks, then sign up: %(title)s, %(time)s") % names
    return Link(address_of("activities:detail", shift.activity_id), gettext("Read the risks, then sign up"), label)


def own_state(code: str) -> tuple[str, str]:
    """What one has in a shift, said to oneself, and the tone of it; both empty without a sign-up."""
    if code not in OWN_STATES:
        return "", ""
    text, tone = OWN_STATES[code]
    return gettext(text), tone


def _take(shift: OfferedShift, begins: str) -> Button:
    return wait_button(shift, begins, gettext("Wait")) if shift.may_wait else sign_up_button(shift, begins)


def wait_button(shift: OfferedShift, begins: str, text: str) -> Button:
    label = gettext("Wait for a place: %(title)s, %(time)s") % {"title": shift.title, "time": begins}
    return Button(address_of("activities:wait", shift.id), text, label)


def sign_up_button(shift: OfferedShift, begins: str) -> Button:
    text = gettext("Ask for a place") if shift.is_on_request else gettext("Sign up")
    label = gettext("Sign up: %(title)s, %(time)s") % {"title": shift.title, "time": begins}
    return Button(address_of("activities:sign_up", shift.id), text, label, look="btn primary")


def address_of(name: str, number: int) -> str:
    """The address of one row's page, which is looked up once for all rows."""
    return _pattern(name, ANY_NUMBER).replace(str(ANY_NUMBER), str(number))


@lru_cache(maxsize=32)
def _pattern(name: str, *numbers: int) -> str:
    return reverse(name, args=numbers)
