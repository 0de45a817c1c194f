"""Which rules hold on which day: every version that was ever put in force, in order, as one pure value."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from xinshi.bank.rules import Policy

MONTHS_PER_YEAR: Final = 12


@lru_cache(maxsize=32_768)  # Whoever looks through the book asks about every line, and many are of one day.
def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it is shorter; never decreasing in `day`."""
    years, month = divmod(day.month - 1 + months, MONTHS_PER_YEAR)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class ExpiryRule:
    """Until when minutes can be spent: `months` after the service, but for nobody earlier than `not_before`."""

    months: int
    not_before: date

    def expires_on(self, worked_on: date) -> date:
        """The last day on which minutes of a service can be spent; never decreasing in `worked_on`."""
        return max(months_after(worked_on, self.months), self.not_before)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The versions put in force, ascending by day of effect, then number; at least one."""

    policies: tuple[Policy, ...]

    def on(self, day: date) -> Policy:
        """The policy that holds on a day; the first one for days before there was any."""
        found = self.policies[0]
        for policy in self.policies:
            if policy.effective_from > day:
                break
            found = policy
        return found

    def with_policy(self, policy: Policy) -> Timeline:
        """The same history with one version more, as if it had been put in force."""
        others = [known for known in self.policies if known.id != policy.id]
        return replace(
            self, policies=tuple(sorted([*others, policy], key=lambda one: (one.effective_from, one.number)))
        )

    def expiry_rule(self, day: date) -> ExpiryRule | None:
        """How long minutes last by the policy of `day`; None where it lets nothing expire.

        The grace runs from the day since which minutes expire by these very terms: a later version that only says the
        same again does not prolong it.
        """
        current = self.on(day)
        months, grace = current.rules.expiry_months, current.rules.expiry_grace_days
        if months is None:
            return None
        since = current.effective_from
        for policy in reversed(self.policies[: self.policies.index(current)]):
            if (policy.rules.expiry_months, policy.rules.expiry_grace_days) != (months, grace):
                break
            since = policy.effective_from
        return ExpiryRule(months, since + timedelta(days=grace))
