"""The settings of signing up, as one frozen value: what the hospital says beside what an activity asks for.

Spans are whole minutes. `XINSHI_SIGN_UP_RULES` is a JSON object of what differs from the defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

DAY_MINUTES: Final = 24 * 60
GAP_MINUTES_MAX: Final = 7 * DAY_MINUTES
"""What is asked between two shifts looks no further: somebody's other shifts are read for a week around one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpRules:
    """0 switches a rest, a buffer or a limit off."""

    rest_minutes: int = 11 * 60
    """Between the last shift of a day and the first of another."""
    recovery_minutes: int = DAY_MINUTES
    """After a shift that is hard on people, also on the same day; the plan of a week may ask for more."""
    hard_from_minutes: int = 10 * 60
    """So long a shift is hard; those that touch the night are hard too."""
    travel_minutes: int = 30
    """Between two shifts at different places."""
    night_from_hour: int = 22
    night_until_hour: int = 6
    """By the hospital's clock; minors have no shift that touches the night."""
    pledge_required: int = 0
    """1: every shift needs the signed code of conduct, not only where a role asks for it."""
    shifts_a_week_max: int = 0
    offer_minutes: int = DAY_MINUTES
    """How long a place from the waiting list is offered; never longer than half of the time left before the shift."""
    offer_minutes_min: int = 15
    ask_minutes: int = 4 * 60
    """How long somebody who was asked to stand in may think; as with offers less where the shift is near."""
    asked_at_once: int = 3
    hold_minutes: int = 3 * DAY_MINUTES
    """How long places are held for a group without names, at most until a day before the shift."""
    by_text: int = 1
    """The first reminder, offered places and questions to stand in go by text too; 0: into the inbox alone."""
    first_reminder_minutes: int = DAY_MINUTES
    second_reminder_minutes: int = 120
    no_show_after_minutes: int = DAY_MINUTES
    """After the end of a shift whoever has a place and no record did not come."""

    @classmethod
    def from_mapping(cls, given: Mapping[str, int]) -> SignUpRules:
        """ValueError names what is no such setting, or no whole number from 0 on."""
        known = {field.name for field in fields(cls)}
        wrong = [name for name, value in given.items() if name not in known or type(value) is not int or value < 0]
        if wrong:
            raise ValueError(f"XINSHI_SIGN_UP_RULES: not a setting, or no whole number: {', '.join(sorted(wrong))}")
        rules = cls(**given)
        if rules.offer_minutes_min < 1 or rules.asked_at_once < 1 or rules.night_from_hour <= rules.night_until_hour:
            raise ValueError("XINSHI_SIGN_UP_RULES: an offer lasts, somebody is asked, the night ends in the morning")
        if max(rules.rest_minutes, rules.recovery_minutes, rules.travel_minutes) > GAP_MINUTES_MAX:
            raise ValueError("XINSHI_SIGN_UP_RULES: rest, recovery and the way are at most seven days")
        return rules


DEFAULTS: Final = SignUpRules()
