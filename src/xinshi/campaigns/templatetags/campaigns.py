"""Words and shapes for the pages of campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from xinshi.campaigns.domain import CallState, Standing, Step, Through
from xinshi.campaigns.forms.planning import cell_name, cell_text
from xinshi.campaigns.models import Campaign, CampaignPost
from xinshi.campaigns.queries.outcomes import Amount
from xinshi.campaigns.queries.outcomes import in_words as names_and_sums
from xinshi.campaigns.queries.path import OfferedPost
from xinshi.campaigns.queries.planning import MatrixRow
from xinshi.campaigns.wording import CALL_STATES, CALL_TONES, STANDINGS, STATE_TONES, STEPS, WAYS
from xinshi.doors.pages import refusal_text
from xinshi.doors.wording import is_chinese, month_text, weekday_text
from xinshi.kernel.errors import DomainError

register = template.Library()
CARDS_KEPT: Final = 4_096


@register.filter
def why(refusal: DomainError) -> str:
    """A refusal as a sentence."""
    return refusal_text(refusal)


@register.filter
def standing_word(standing: Standing) -> str:
    return str(STANDINGS[standing])


@register.filter
def campaign_state(code: str) -> str:
    return str(Campaign.State(code).label)


@register.filter
def campaign_tone(code: str) -> str:
    return STATE_TONES.get(code, "")


@register.filter
def call_state(code: str) -> str:
    return str(CALL_STATES[CallState(code)])


@register.filter
def call_tone(code: str) -> str:
    return CALL_TONES.get(code, "")


@register.filter
def way_name(code: str) -> str:
    return str(WAYS[Through(code)])


@register.filter
def short_day(day: date) -> str:
    """`11月26日 周四`, `Thu 26 Nov`: narrow enough for the head of a column."""
    if is_chinese():
        return f"{day.month}月{day.day}日 {weekday_text(day)}"
    return f"{weekday_text(day)} {day.day} {month_text(day)}"


@register.simple_tag
def field_of(row: MatrixRow, day: date) -> str:
    return cell_name(row.window.pk, row.role.pk, day)


@register.simple_tag
def need_of(post: CampaignPost | None) -> str:
    return cell_text(post.places, post.minimum) if post else ""


@register.simple_tag
def path_steps(step: Step, lesson_code: str) -> list[tuple[str, str]]:
    """The steps by name, each with `done`, `now` or empty."""
    shown = [one for one in STEPS if one != Step.LESSON or lesson_code]
    order = [Step.JOIN, Step.PLEDGE, Step.LESSON, Step.STATION, Step.SHIFT, Step.DONE]
    here = order.index(step)
    found = []
    for one in shown:
        place = order.index(one)
        mark = "now" if one == step or (step == Step.STATION and one == Step.SHIFT) else ""
        found.append((str(STEPS[one]), "done" if place < here and not mark else mark))
    return found


@dataclass(frozen=True, slots=True)
class Card:
    """All that the card of a post on offer says, so that who reads the same is shown the same text."""

    language: str
    shift_id: int
    activity_id: int
    starts_at: datetime
    ends_at: datetime
    site: str
    place: str
    role: str
    description: str
    places_left: int
    is_own: bool
    is_not_yet: bool
    refusal: str


@register.simple_tag
def post_cards(posts: list[OfferedPost], not_yet: str) -> SafeString:
    """Posts on offer with what the reader can do about each: the button takes it, in a form around the list."""
    language = get_language() or ""
    return format_html_join("", "{}", ((_drawn(_card(one, language, is_not_yet=bool(not_yet))),) for one in posts))


def _card(one: OfferedPost, language: str, *, is_not_yet: bool) -> Card:
    shift = one.shift
    return Card(
        language=language,
        shift_id=shift.id,
        activity_id=shift.activity_id,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        site=one.site,
        place=one.place,
        role=one.role,
        description=one.description,
        places_left=shift.places_left,
        is_own=shift.my_signup_id is not None,
        is_not_yet=is_not_yet,
        refusal=refusal_text(shift.refusal) if shift.refusal else "",
    )


@lru_cache(maxsize=CARDS_KEPT)
def _drawn(card: Card) -> SafeString:
    """Drawn once for all who read the same: in a rush thousands look at the same forty cards."""
    return render_to_string("campaigns/path/_card.html", {"card": card})


@register.filter
def typed_in(typed: Mapping[str, str], name: str) -> str:
    """What somebody typed into a cell that could not be saved."""
    return typed.get(name, "")


@register.filter
def amount_of(amounts: Mapping[str, int], label: str) -> int:
    return amounts.get(label, 0)


@register.filter
def in_words(amounts: list[Amount]) -> list[tuple[str, int]]:
    """Sums by the measure's name in the reader's language."""
    return names_and_sums(amounts)
