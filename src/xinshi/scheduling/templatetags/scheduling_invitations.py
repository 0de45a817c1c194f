"""Words and figures of invitations and of fairness."""

from __future__ import annotations

from django import template

from xinshi.doors.wording import NOTHING
from xinshi.scheduling.inviting import wording
from xinshi.scheduling.models import Invitation

register = template.Library()


@register.filter
def answer_text(row: Invitation) -> str:
    return wording.answer_text(row)


@register.filter
def answer_tone(row: Invitation) -> str:
    return wording.answer_tone(row)


@register.filter
def refusal_sentence(row: Invitation) -> str:
    return wording.refusal_sentence(row)


@register.filter
def gini(thousandths: int | None) -> str:
    """`0.42`; a dash where there is none."""
    return NOTHING if thousandths is None else f"{thousandths // 10 / 100:.2f}"


@register.filter
def permille(thousandths: int) -> str:
    """`42%`."""
    return f"{thousandths // 10}%"
