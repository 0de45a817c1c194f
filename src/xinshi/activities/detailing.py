"""How an activity's page shows roles and shifts: what each role asks for in words, shifts grouped by their time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext

from xinshi.activities.cards import ON_PAGE, ROLE_ON_PAGE, ShiftCard, card_of
from xinshi.activities.eligibility import Kind
from xinshi.activities.lines import times_of
from xinshi.activities.models import Activity, SignUp
from xinshi.activities.queries import ActivityDetail, OfferedShift, roles_of
from xinshi.activities.queries.deciding import kinds_of
from xinshi.activities.requirements import Requirements
from xinshi.doors.wording import day_text
from xinshi.kernel.actor import Actor
from xinshi.people.wording import GROUPS


@dataclass(frozen=True, slots=True)
class RoleOnPage:
    label: str
    description: str
    asked: list[str]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The shifts of one stretch of time, one a role, with its day and times; all shifts where there is one role."""

    title: str
    cards: list[ShiftCard]


@dataclass(frozen=True, slots=True)
class PlanOnPage:
    roles: list[RoleOnPage]
    stretches: list[Stretch]
    is_untouched: bool
    """Nobody has ever signed up, so a publication can be taken back; only known to planners."""

    @property
    def shows_roles(self) -> bool:
        return len(self.roles) > 1 or any(role.description or role.asked for role in self.roles)

    @property
    def shows_stretches(self) -> bool:
        return len(self.roles) > 1


def plan_on_page(actor: Actor, found: ActivityDetail) -> PlanOnPage:
    """At most three queries, whatever the number of shifts, roles and people."""
    roles = roles_of(found.activity.pk)
    codes = {code for role in roles for code in role.asks.qualifications}
    kinds = found.kinds if codes <= found.kinds.keys() else kinds_of(codes)
    kind = ROLE_ON_PAGE if len(roles) > 1 else ON_PAGE
    shifts = sorted(found.shifts, key=lambda shift: (shift.starts_at, shift.ends_at, shift.id))
    grouped = groupby(shifts, key=lambda shift: (shift.starts_at, shift.ends_at) if kind == ROLE_ON_PAGE else ())
    return PlanOnPage(
        roles=[
            RoleOnPage(
                label=role.name or gettext("What volunteers do"),
                description=role.description,
                asked=asked_for(role.asks, kinds),
            )
            for role in roles
        ],
        stretches=[_stretch(actor, found, list(part), kind=kind) for _times, part in grouped],
        is_untouched=_is_untouched(found),
    )


def _is_untouched(found: ActivityDetail) -> bool:
    if not found.may_plan or found.activity.state != Activity.State.PUBLISHED:
        return False
    if any(shift.taken for shift in found.shifts):
        return False
    return not SignUp.objects.filter(shift__activity=found.activity).exists()


def _stretch(actor: Actor, found: ActivityDetail, shifts: Sequence[OfferedShift], *, kind: str) -> Stretch:
    cards = [card_of(actor, shift, kind=kind, may_lead=found.may_open_lists) for shift in shifts]
    return Stretch(f"{day_text(shifts[0].starts_at)} {times_of(shifts[0])}", cards)


def asked_for(asked: Requirements, kinds: Mapping[str, Kind]) -> list[str]:
    """What a role asks for, a line each."""
    lines = [kinds[code].name if code in kinds else code for code in asked.qualifications]
    if asked.groups:
        words = " / ".join(str(GROUPS.get(code, code)) for code in asked.groups)
        lines.append(gettext("Only for: %(groups)s") % {"groups": words})
    if asked.age_min is not None and asked.age_max is not None:
        lines.append(gettext("From %(low)s to %(high)s years old") % {"low": asked.age_min, "high": asked.age_max})
    elif asked.age_min is not None:
        lines.append(gettext("From %(low)s years old") % {"low": asked.age_min})
    elif asked.age_max is not None:
        lines.append(gettext("Up to %(high)s years old") % {"high": asked.age_max})
    if asked.is_heavy:
        lines.append(gettext("You lift and carry"))
    return lines
