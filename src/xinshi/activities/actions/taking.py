"""A place for oneself as one statement, on PostgreSQL: the person's lock, the place, the sign-up, audit line and event.

What `signing_up` writes in four statements and a transaction is written by `activities_take` (activities/sql/), which the
tests hold to the same rows. It looks again, under the lock, whether what the caller decided on still holds (ADR 0015).
"""

from __future__ import annotations

from typing import Final

from django.db import connection

from xinshi.activities.eligibility import Candidate, Offer, Surroundings, places_max
from xinshi.activities.events import SignedUp
from xinshi.activities.queries.deciding import window_of
from xinshi.doors.prepared import run
from xinshi.doors.rows import array_text
from xinshi.kernel.actor import Actor
from xinshi.outbox.actions import listeners_of

STATEMENT: Final = f"SELECT activities_take({', '.join(['%s'] * 16)})"


def takes_in_one_statement(offer: Offer) -> bool:
    """Whether `take` can write it at all: PostgreSQL has the function, which knows neither waves, quotas nor teams."""
    return connection.vendor == "postgresql" and not offer.waves and not offer.quotas and offer.recruits == "everybody"


def take(actor: Actor, candidate: Candidate, offer: Offer, around: Surroundings, *, note: str) -> int | None:
    """The new sign-up's id; None, and nothing written, where something changed since the caller looked."""
    assert takes_in_one_statement(offer), "the function looks at what decides"
    assert not candidate.needs_guardian, "it does not look at a guardian's consent"
    after, before = window_of([offer])
    held = candidate.held
    ((signup_id,),), _changed = run(
        STATEMENT,
        [
            candidate.person_id,
            offer.shift_id,
            offer.starts_at,
            offer.ends_at,
            places_max(candidate, offer, around) - 1,
            after,
            before,
            _array([*candidate.qualification_ids]),
            _array([one.signup_id for one in held]),
            _array([one.state for one in held]),
            _array([one.starts_at.isoformat() for one in held]),
            _array([one.ends_at.isoformat() for one in held]),
            around.at,
            actor.reference,
            note,
            array_text(listeners_of(SignedUp)),
        ],
    )
    return signup_id if signup_id is None else int(signup_id)


def _array(values: list[int] | list[str]) -> str | None:
    """As PostgreSQL puts rows together: no row is no array."""
    return array_text(values) if values else None
