"""The exchange's codes as words and tones."""

from __future__ import annotations

from typing import Final

from django import template

from xinshi.bank.models import Deposit
from xinshi.exchange.domain import tenths_text
from xinshi.exchange.models import ImportLine

register = template.Library()
TONES: Final = {
    "credited": "good",
    "no_sign_out": "",
    "held_back": "warn",
    "discarded": "",
    "already_known": "info",
    "unmatched": "bad",
    "rejected": "bad",
    "not_ours": "",
}


@register.filter
def line_state(state: str) -> str:
    return str(ImportLine.State(state).label)


@register.filter
def line_tone(state: str) -> str:
    return TONES[state]


@register.filter
def line_hours_kind(kind: str) -> str:
    return str(Deposit.Kind(kind).label)


@register.filter
def tenths(figure: int) -> str:
    """Tenths of an hour as 志愿汇 writes them: `14.5`."""
    return tenths_text(figure)
