"""Grants for phones, and judging what they send late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from django.core import signing

from xinshi.attendance.closing.queries import settings_in_force
from xinshi.attendance.codes.actions import place_claim
from xinshi.attendance.codes.arriving import Arrival, arrive
from xinshi.attendance.codes.domain import WINDOW_SECONDS, Choice, CodeUnreadable, code_from, window_start
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.codes.signing import require_true
from xinshi.attendance.offline.domain import GRANT_DAYS, GrantGone, judge
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed

SALT: Final = "attendance.offline"


def new_grant(actor: Actor) -> str:
    """What a phone keeps so that it may send scans of this person later; worth nothing to anybody else."""
    if actor.person_id is None:
        raise NotAllowed
    return signing.dumps([actor.person_id, int(clock.now().timestamp())], salt=SALT)


def _granted_at(actor: Actor, grant: str) -> datetime:
    try:
        person_id, seconds = signing.loads(grant, salt=SALT, max_age=timedelta(days=GRANT_DAYS))
    except (signing.BadSignature, ValueError, TypeError):
        raise GrantGone from None
    if person_id != actor.person_id:
        raise GrantGone
    return datetime.fromtimestamp(seconds, UTC)


def send_late(
    *, actor: Actor, typed: str, claimed_at: datetime, grant: str, choice: Choice = Choice.BY_STATE, device: str = ""
) -> Arrival:
    """A scan of `claimed_at` that was kept without a network: judged, then as any scan, and flagged for review.

    Sending it again changes nothing: a code serves a person once.
    """
    granted_at = _granted_at(actor, grant)
    code = code_from(typed)
    if code.kind == "o":
        raise CodeUnreadable
    require_true(code)
    moment = judge(
        window_start=window_start(code.window),
        window_seconds=WINDOW_SECONDS,
        claimed_at=claimed_at,
        granted_at=granted_at,
        now=clock.now(),
        age_max=timedelta(hours=settings_in_force().offline_hours),
    )
    claim = place_claim(actor, code, way=Trace.Way.OFFLINE, moment=moment)
    return arrive(actor=actor, claim=replace(claim, choice=choice, device=device, asks_position=False))
