"""What would become of one account until a day comes: every settlement on the way and the day's own, in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final

from xinshi.bank.replay import Holding, Lot, Settled, settle
from xinshi.bank.timeline import Timeline
from xinshi.kernel import clock

LAST_DUTY: Final = time(23)
"""The worker settles every hour; a day that is over was settled once more at this hour."""
ONE_DAY: Final = timedelta(days=1)


def copy_of(holding: Holding) -> Holding:
    """The same account, to be worked on."""
    return replace(holding, lots=[Lot(lot.worked_on, lot.seq, lot.kind, lot.key, lot.minutes) for lot in holding.lots])


def run_until(holding: Holding, policies: Timeline, *, day: date, now: datetime) -> Settled:
    """Settle `holding` from today up to and with `day` as the worker will if nothing else is booked; it is changed.

    Only days on which something can happen are worked through: minutes run out, a hold is given back, a version begins.
    """
    expired = donation = 0
    for on in _days(holding, policies, today=clock.local_day(now), day=day):
        done = settle(
            holding,
            rule=policies.expiry_rule(on),
            holding_cap_minutes=policies.on(on).rules.holding_cap_minutes,
            on=on,
            at=max(now, clock.at_local(on, time.min if on == day else LAST_DUTY)),
        )
        expired += done.expired_minutes
        donation += done.donation_minutes
    return Settled(expired, donation)


def _days(holding: Holding, policies: Timeline, *, today: date, day: date) -> list[date]:
    if day <= today:
        return [day]
    found = {today, day}
    for hold in holding.reserved:
        found |= {clock.local_day(hold.expires_at), clock.local_day(hold.expires_at) + ONE_DAY}
    begins = {policy.effective_from for policy in policies.policies}
    found |= begins
    services = {lot.worked_on for lot in holding.lots}
    for first in {today, *begins}:
        rule = policies.expiry_rule(first)
        if rule is not None:
            found |= {rule.expires_on(worked_on) + ONE_DAY for worked_on in services}
    return sorted(on for on in found if today <= on <= day)
