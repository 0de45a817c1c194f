"""Pure rules of waves and quotas: for whom an activity is open now, and how far."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

WAVES_MAX: Final = 12
QUOTAS_MAX: Final = 200
SELDOM_DAYS: Final = 30
BELOW_SHIFTS_MAX: Final = 60


class Audience(StrEnum):
    EVERYBODY = "everybody"
    SELDOM = "seldom"
    NEWCOMERS = "newcomers"
    MEMBERS = "members"


class QuotaBelowUsed(DomainError):
    code = "quota_below_used"
    message = gettext_noop("%(used)s places of this quota are taken already. Cancel sign-ups before you lower it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWave:
    """From `opens_at` the activity is open to an audience, up to `places` of each shift (None: all of them)."""

    opens_at: datetime
    audience: Audience = Audience.EVERYBODY
    below_shifts: int | None = None
    organization_id: int | None = None
    places: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuota:
    """So many places of a shift for an organisation's members; `shift_id` None: of every shift of the activity."""

    organization_id: int
    places: int
    kept_until: datetime | None = None
    shift_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaState:
    """A quota and how many of its places are taken."""

    id: int
    organization_id: int
    places: int
    used: int
    kept_until: datetime | None

    def kept(self, at: datetime) -> int:
        """Places that nobody else may take now."""
        if self.kept_until is None or self.kept_until <= at:
            return 0
        return max(0, self.places - self.used)


@dataclass(frozen=True, slots=True)
class Opening:
    """What waves say to one person: open now up to `places_max` of a shift (None: all); or from when on, if ever."""

    is_open: bool
    places_max: int | None
    opens_at: datetime | None
    """When the next wave opens that admits this person, or opens further for them."""


OPEN: Final = Opening(is_open=True, places_max=None, opens_at=None)


def opening(
    waves: Sequence[NewWave],
    *,
    memberships: Collection[int],
    recent_shifts: int,
    has_served: bool,
    at: datetime,
) -> Opening:
    """What the waves of an activity say to whoever is like that."""
    if not waves:
        return OPEN
    found = sorted(waves, key=lambda wave: wave.opens_at)
    mine = [wave for wave in found if admits(wave, memberships, recent_shifts, has_served=has_served)]
    caps = [wave.places for wave in mine if wave.opens_at <= at]
    coming = [wave for wave in mine if wave.opens_at > at]
    if not caps:
        return Opening(is_open=False, places_max=0, opens_at=coming[0].opens_at if coming else None)
    if None in caps:
        return OPEN
    cap = max(places for places in caps if places is not None)
    further = next((wave.opens_at for wave in coming if wave.places is None or wave.places > cap), None)
    return Opening(is_open=True, places_max=cap, opens_at=further)


def admits(wave: NewWave, memberships: Collection[int], recent_shifts: int, *, has_served: bool) -> bool:
    if wave.audience is Audience.SELDOM:
        return recent_shifts < (wave.below_shifts or 1)
    if wave.audience is Audience.NEWCOMERS:
        return not has_served
    if wave.audience is Audience.MEMBERS:
        return wave.organization_id in memberships
    return True


def chosen_quota(quotas: Sequence[QuotaState], memberships: Collection[int]) -> tuple[QuotaState | None, bool]:
    """On which quota a place would count, and whether it has room: (None, True) for who belongs to none with a quota."""
    mine = [quota for quota in quotas if quota.organization_id in memberships]
    if not mine:
        return None, True
    free = [quota for quota in mine if quota.used < quota.places]
    best = min(free or mine, key=lambda quota: (-(quota.places - quota.used), quota.id))
    return best, bool(free)


def kept_for_others(quotas: Sequence[QuotaState], own: QuotaState | None, at: datetime) -> int:
    """Places of a shift that are kept for the members of other organisations."""
    return sum(quota.kept(at) for quota in quotas if quota is not own)


def check_waves(waves: Sequence[NewWave]) -> None:
    """Invalid for too many, or for a wave that does not say what its audience needs."""
    if len(waves) > WAVES_MAX:
        raise Invalid(field=gettext_noop("Waves"), reason=gettext_noop("An activity has at most 12 waves."))
    for wave in waves:
        if (wave.audience is Audience.SELDOM) != (wave.below_shifts is not None) or not (
            wave.below_shifts is None or 1 <= wave.below_shifts <= BELOW_SHIFTS_MAX
        ):
            raise Invalid(
                field=gettext_noop("Fewer shifts than"), reason=gettext_noop("Say below how many shifts, from 1 to 60.")
            )
        if (wave.audience is Audience.MEMBERS) != (wave.organization_id is not None):
            raise Invalid(field=gettext_noop("Organisation"), reason=gettext_noop("Choose one of the list."))
        if wave.places is not None and wave.places < 1:
            raise Invalid(field=gettext_noop("Places"), reason=gettext_noop("At least one place."))


def check_quotas(quotas: Sequence[NewQuota]) -> None:
    keys = [(quota.shift_id, quota.organization_id) for quota in quotas]
    if len(quotas) > QUOTAS_MAX or len(set(keys)) != len(keys) or any(quota.places < 0 for quota in quotas):
        raise Invalid(
            field=gettext_noop("Quotas"),
            reason=gettext_noop("Each organisation once, at most 200 in all, and no fewer than 0 places."),
        )
