"""Consents as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from xinshi.people.domain import SERVICE
from xinshi.people.purposes import partner_purposes
from xinshi.people.queries import consents
from xinshi.people.wording import PURPOSES, partner_purpose_words


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One purpose in words; the consent to service itself ends with the account, not by a button."""

    purpose: str
    title: str | Promise
    meaning: str | Promise
    given_at: datetime | None
    may_change: bool


def consent_lines(person_id: int) -> list[ConsentLine]:
    words = {**PURPOSES, **{purpose: partner_purpose_words(name) for purpose, name in partner_purposes().items()}}
    return [
        ConsentLine(
            purpose=status.purpose,
            title=words[status.purpose][0],
            meaning=words[status.purpose][1],
            given_at=status.given_at,
            may_change=status.purpose != SERVICE or status.given_at is None,
        )
        for status in consents(person_id)
    ]
