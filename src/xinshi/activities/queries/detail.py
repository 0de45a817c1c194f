"""One activity with its shifts as one person sees them: a page that many open at once when places are offered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from xinshi.activities import access
from xinshi.activities.eligibility import Kind
from xinshi.activities.models import Activity, ActivityRole, Programme
from xinshi.activities.queries.listing import listed_of_activity
from xinshi.activities.queries.offers import OfferedShift, as_seen
from xinshi.activities.requirements import Requirements
from xinshi.doors.prepared import PreparedRead, known_row
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.models import Organization
from xinshi.people.models import Person


@dataclass(frozen=True, slots=True)
class ActivityDetail:
    activity: Activity
    """With the names of its programme, organiser, team and person in charge, and no more of them."""
    shifts: list[OfferedShift]
    may_plan: bool
    may_lead: bool
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    """What is known already of the qualifications that its roles ask for."""

    @property
    def may_open_lists(self) -> bool:
        """Lists of people: for who leads, of an activity that is held."""
        return self.may_lead and self.activity.state in (Activity.State.PUBLISHED, Activity.State.FINISHED)

    @property
    def own_states(self) -> frozenset[str]:
        """The states of the actor's sign-ups in it that are not over; empty for who takes no part."""
        return frozenset(shift.my_state for shift in self.shifts if shift.my_state)


@dataclass(frozen=True, slots=True)
class RoleOfActivity:
    id: int
    name: str
    description: str
    asks: Requirements


def activity_detail(actor: Actor, activity_id: int) -> ActivityDetail:
    """One activity with its shifts as the actor sees them; NotFound for what they may not see."""
    activity = _visible(actor, activity_id)
    seen, _candidate, kinds = as_seen(actor, listed_of_activity(activity_id))
    return ActivityDetail(
        activity=activity,
        shifts=[one.shown() for one in seen],
        kinds=kinds,
        may_plan=access.is_planner(actor),
        may_lead=access.leads(actor, activity.person_in_charge_id),
    )


COLUMNS: Final = tuple(column.attname for column in Activity._meta.concrete_fields)
NAMES: Final = ("programme__name", "organizer__name", "team__name", "person_in_charge__name")
ONE_ACTIVITY: Final = PreparedRead(
    lambda activity: Activity.objects.filter(pk=activity).values_list(*COLUMNS, *NAMES), activity=int
)
ROLES: Final = PreparedRead(
    lambda activity: (
        ActivityRole.objects.filter(activity_id=activity)
        .order_by("pk")
        .values_list("pk", "name", "description", "requirements")
    ),
    activity=int,
)


def roles_of(activity_id: int) -> list[RoleOfActivity]:
    """The roles of an activity that was read for somebody, in the order in which they were made."""
    return [
        RoleOfActivity(pk, name, description, Requirements.from_stored(asks))
        for pk, name, description, asks in ROLES.rows(activity=activity_id)
    ]


def _visible(actor: Actor, activity_id: int) -> Activity:
    """Read whoever asks, and kept from whom may not see it."""
    for row in ONE_ACTIVITY.rows(activity=activity_id):
        columns: dict[str, Any] = dict(zip(COLUMNS, row, strict=False))
        programme, organizer, team, person_in_charge = row[len(COLUMNS) :]
        activity = known_row(
            Activity,
            columns,
            programme=known_row(Programme, {"id": columns["programme_id"], "name": programme})
            if programme is not None
            else None,
            organizer=known_row(Organization, {"id": columns["organizer_id"], "name": organizer}),
            team=known_row(Organization, {"id": columns["team_id"], "name": team}) if team is not None else None,
            person_in_charge=known_row(Person, {"id": columns["person_in_charge_id"], "name": person_in_charge}),
        )
        if access.may_see(
            actor,
            state=activity.state,
            published_at=activity.published_at,
            person_in_charge_id=activity.person_in_charge_id,
        ):
            return activity
    raise NotFound
