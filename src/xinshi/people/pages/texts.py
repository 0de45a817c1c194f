"""Which texts go to a phone, as pages show it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise

from xinshi.kernel.actor import Actor
from xinshi.people import actions
from xinshi.people.queries import unwanted_texts
from xinshi.people.wording import TEXTS


@dataclass(frozen=True, slots=True)
class TextLine:
    purpose: str
    title: str | Promise
    meaning: str | Promise
    is_wanted: bool


def text_lines(person_id: int) -> list[TextLine]:
    unwanted = unwanted_texts(person_id)
    return [TextLine(purpose, *words, is_wanted=purpose not in unwanted) for purpose, words in TEXTS.items()]


def choose(request: HttpRequest, *, actor: Actor, person_id: int) -> None:
    """What the form of `_texts.html` says."""
    wanted = request.POST.get("wanted") == "yes"
    actions.choose_text(actor=actor, person_id=person_id, purpose=request.POST.get("purpose", ""), wanted=wanted)
