"""Forms of this room: what volunteers choose and clerks type, and what is managed."""

from __future__ import annotations

from xinshi.benefits.forms.choosing import CancelForm, CodeForm, RelativeForm, ReserveForm, WaitForm, new_key
from xinshi.benefits.forms.managing import BenefitForm, MonthForm, PlacesForm, Section, SlotsForm, initial_of

__all__ = [
    "BenefitForm",
    "CancelForm",
    "CodeForm",
    "MonthForm",
    "PlacesForm",
    "RelativeForm",
    "ReserveForm",
    "Section",
    "SlotsForm",
    "WaitForm",
    "initial_of",
    "new_key",
]
