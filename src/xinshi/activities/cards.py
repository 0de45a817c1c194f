"""A shift as a card says it: on its activity's page, and alone as the answer to what one did about it.

Every word and address, as in `activities.lines`, so that the template only sets them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext

from xinshi.activities.lines import (
    Button,
    Link,
    ShiftLine,
    address_of,
    help_of,
    own_state,
    places_left,
    risks_of,
    sign_up_button,
    times_of,
    wait_button,
    way_to_sign_up,
)
from xinshi.activities.queries import OfferedShift
from xinshi.doors.pages import refusal_text
from xinshi.doors.wording import day_text, hours_text, moment_text, time_text
from xinshi.kernel.actor import Actor
from xinshi.people.wording import category_label

ON_PAGE: Final = "activity"
ROLE_ON_PAGE: Final = "role"
ON_PAGES: Final = (ON_PAGE, ROLE_ON_PAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftCard(ShiftLine):
    """On its activity's page the day or the role stands for the title, and the risks are told above."""

    more: str
    kind: str = ""
    """What a post from here says, so that the answer is the same card: see `card_of`."""
    said: str = ""
    refused: str = ""
    """The answer to what one just did."""
    asks_note: bool = False
    """Who asks for a place may say something with it."""
    answer: Link | None = None
    """To whom a place is offered: where they answer, and until when."""
    group_address: str = ""
    """Where somebody signs up for several people."""
    calendar_address: str = ""
    lists: tuple[Link, ...] = ()
    """Of people, for who leads."""


def card_of(
    actor: Actor, shift: OfferedShift, *, kind: str, may_lead: bool = False, said: str = "", refused: str = ""
) -> ShiftCard:
    """`kind`: ON_PAGE, or ROLE_ON_PAGE where an activity has several; anything else elsewhere."""
    state, tone = own_state(shift.my_state) if shift.my_state else _places(shift)
    hours = hours_text(shift.minutes)
    is_on_page = kind in ON_PAGES
    if is_on_page:
        taken = gettext("%(taken)s of %(places)s places taken") % {"taken": shift.taken, "places": shift.places}
        title = (shift.role if kind == ROLE_ON_PAGE else "") or day_text(shift.starts_at)
        address, about, more, risks = "", hours, taken, ""
    else:
        address = address_of("activities:detail", shift.activity_id)
        title, about, risks = shift.title, shift.place, risks_of(shift)
        more = f"{hours} · {category_label(shift.category)}"
    return ShiftCard(
        id=shift.id,
        title=title,
        address=address,
        when=times_of(shift),
        about=about,
        state=state,
        tone=tone,
        more=more,
        kind=kind if is_on_page else "",
        risks=risks,
        said=said,
        refused=refused,
        calendar_address=address_of("activities:shift_file", shift.id) if shift.my_signup_id else "",
        lists=_lists(shift) if may_lead else (),
        **_part(actor, shift, is_on_page=is_on_page, is_refused=bool(refused)),
    )


def _places(shift: OfferedShift) -> tuple[str, str]:
    if shift.is_over:
        return gettext("Over"), ""
    return (places_left(shift), "info") if shift.places_left > 0 else (gettext("Full"), "")


def _part(actor: Actor, shift: OfferedShift, *, is_on_page: bool, is_refused: bool) -> dict[str, Any]:
    """What one may do about it, or why nothing."""
    if not shift.takes_sign_ups and not shift.my_signup_id:
        return {}
    if actor.user_id is None:
        return {"link": way_to_sign_up(actor, shift, may_take=False)}
    if shift.my_signup_id:
        return _own_part(shift, shift.my_signup_id)
    begins = time_text(shift.starts_at)
    if shift.refusal is not None:
        why = "" if is_refused else refusal_text(shift.refusal)
        if shift.may_wait:
            return {"refusal": why, "button": wait_button(shift, begins, gettext("Join the waiting list"))}
        sentence, where = help_of(shift)
        return {"refusal": why, "help": sentence, "help_address": where}
    if actor.person_id is None:
        return {}
    if not is_on_page:
        link = way_to_sign_up(actor, shift, may_take=True)
        return {"link": link, "button": sign_up_button(shift, begins) if link is None else None}
    is_for_several = shift.places_left > 1 and not shift.is_on_request
    return {
        "button": sign_up_button(shift, begins),
        "asks_note": shift.is_on_request,
        "group_address": address_of("activities:group", shift.id) if is_for_several else "",
    }


def _own_part(shift: OfferedShift, signup_id: int) -> dict[str, Any]:
    """What one may do about a sign-up of one's own."""
    if shift.my_state == "offered":
        until = gettext("Say yes until %(until)s.") % {"until": moment_text(shift.offered_until)}
        return {"answer": Link(address_of("activities:answer_offer", signup_id), until)}
    is_confirmed = shift.my_state == "confirmed"
    if shift.may_cancel:
        address = address_of("activities:cancel_sign_up", signup_id)
        if is_confirmed:
            label = gettext("Cancel my place in %(title)s") % {"title": shift.title}
            text, confirm = gettext("Cancel my place"), gettext("Give your place back?")
            return {"button": Button(address, text, label, look="btn quiet", confirm=confirm)}
        text = gettext("Wait no longer") if shift.my_state == "waiting" else gettext("Take my request back")
        return {"button": Button(address, text, look="btn quiet")}
    if is_confirmed and shift.takes_sign_ups:
        return {"link": Link(address_of("activities:own_sign_up", signup_id), gettext("I cannot come"))}
    return {}


def _lists(shift: OfferedShift) -> tuple[Link, ...]:
    names = {"day": day_text(shift.starts_at), "time": time_text(shift.starts_at)}
    return (
        Link(
            address_of("attendance:shift", shift.id),
            gettext("Leader's list"),
            gettext("Leader's list: %(day)s, %(time)s") % names,
            icon="clipboard-list",
        ),
        Link(
            address_of("activities:people", shift.id),
            gettext("Sign-ups"),
            gettext("Sign-ups: %(day)s, %(time)s") % names,
            icon="users-round",
        ),
    )
