"""What people may consent to: the house's own purposes, and one per partner that higher rooms name.

A partner's purpose is `exchange:CODE`: separate consent for each third party (个人信息保护法, article 23).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from xinshi.people.domain import PURPOSES


@dataclass(frozen=True, slots=True)
class PartnerPurpose:
    """A purpose beyond the house's own, and the partner that it names."""

    purpose: str
    partner_name: str


Provider = Callable[[], list[PartnerPurpose]]
_PROVIDERS: Final[dict[str, Provider]] = {}


def register_purposes(name: str, provider: Provider) -> None:
    """Have people asked about further purposes; called once when the house starts."""
    _PROVIDERS[name] = provider


def partner_purposes() -> dict[str, str]:
    """{purpose: name of the partner}, without the house's own purposes."""
    found = {one.purpose: one.partner_name for provider in _PROVIDERS.values() for one in provider()}
    return {purpose: name for purpose, name in found.items() if purpose not in PURPOSES}


def is_purpose(text: str) -> bool:
    return text in PURPOSES or text in partner_purposes()
