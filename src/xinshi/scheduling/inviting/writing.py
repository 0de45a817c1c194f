"""The rows of invitations, and until when whoever is asked next may think."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from xinshi.activities.actions import PassedOver, TakenPlace
from xinshi.activities.actions.holding import deadline
from xinshi.activities.models import Shift
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError
from xinshi.scheduling.inviting.domain import ANSWER_MINUTES_MIN
from xinshi.scheduling.models import Invitation
from xinshi.scheduling.suggesting.domain import Reason, stored


def next_until(shift: Shift, *, at: datetime, minutes: int) -> datetime:
    """Less than `minutes` where the shift is near: at most half of the time that is left, at least a quarter of an hour."""
    return deadline(at, shift.starts_at, minutes=minutes, minutes_min=ANSWER_MINUTES_MIN)


def sent(
    places: Iterable[TakenPlace],
    reasons: Mapping[tuple[int, int], Sequence[Reason]],
    *,
    actor: Actor,
    at: datetime,
    way: Invitation.Way,
    version_id: int | None = None,
    instead_of: Invitation | None = None,
) -> list[Invitation]:
    """Rows, not saved, for places that were offered or given; `reasons` by (shift, person)."""
    return [
        Invitation(
            version_id=version_id,
            shift_id=place.shift_id,
            person_id=place.person_id,
            signup_id=place.signup_id,
            way=way,
            is_given=place.state == "confirmed",
            reasons=stored(reasons.get((place.shift_id, place.person_id), ())),
            instead_of=instead_of,
            invited_at=at,
            invited_by_ref=actor.reference,
        )
        for place in places
    ]


def not_sent(rows: Iterable[PassedOver], *, actor: Actor, at: datetime, version_id: int) -> list[Invitation]:
    """Rows, not saved, for planned places that could not be offered, with why."""
    return [
        Invitation(
            version_id=version_id,
            shift_id=row.shift_id,
            person_id=row.person_id,
            way=Invitation.Way.PLANNED,
            refusal=row.reason.code,
            refusal_words=_words(row.reason),
            invited_at=at,
            invited_by_ref=actor.reference,
        )
        for row in rows
    ]


def _words(reason: DomainError) -> dict[str, Any]:
    """The sentence and what it names, as JSON; moments as the refusal's page will read them again."""
    parameters = {
        name: {"moment": value.isoformat()}
        if isinstance(value, datetime)
        else {"day": value.isoformat()}
        if isinstance(value, date)
        else value
        for name, value in reason.parameters.items()
    }
    return {"text": str(reason.message), "parameters": parameters}
