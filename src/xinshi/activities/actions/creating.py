"""Creating programmes and activities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import transaction

from xinshi.activities.access import require_planner
from xinshi.activities.domain import ACTIVITIES_AT_ONCE_MAX, CreatedActivity, NewActivity, NewRole, check_activity
from xinshi.activities.events import ActivityPublished
from xinshi.activities.models import Activity, ActivityRole, Programme, Shift
from xinshi.activities.recordable import is_only_for_staff, publishable, recordable
from xinshi.audit.actions import record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, gettext_noop
from xinshi.organizations.models import Organization
from xinshi.outbox.actions import publish_many
from xinshi.people.models import Person

BATCH_ROWS = 1_000


@transaction.atomic
def create_activity(*, actor: Actor, activity: NewActivity) -> CreatedActivity:
    """An activity with its shifts; a draft unless `activity.state` says otherwise."""
    return create_activities_many(actor=actor, activities=[activity])[0]


@transaction.atomic
def create_activities_many(*, actor: Actor, activities: Sequence[NewActivity]) -> list[CreatedActivity]:
    """All activities or none, in the order given; a fixed number of statements per thousand rows."""
    require_planner(actor)
    assert len(activities) <= ACTIVITIES_AT_ONCE_MAX, f"at most {ACTIVITIES_AT_ONCE_MAX} activities at once"
    for activity in activities:
        check_activity(activity)
        if activity.state != Activity.State.FINISHED:
            require_recordable(activity)
    require_known(activities)
    staff_teams = staff_organizations(activities)
    for activity in activities:
        if activity.state == Activity.State.PUBLISHED:
            require_publishable(activity, staff_teams)
    at = clock.now()
    rows = Activity.objects.bulk_create(
        [
            Activity(
                title=new.title.strip(),
                programme_id=new.programme_id,
                category=new.category,
                description=new.description,
                risks=new.risks,
                place=new.place.strip(),
                organizer_id=new.organizer_id,
                person_in_charge_id=new.person_in_charge_id,
                hours_kind=new.hours_kind.value,
                recruits=new.recruits,
                team_id=new.team_id,
                sign_up_way=new.sign_up_way,
                is_coupled=new.is_coupled,
                is_dangerous=new.is_dangerous,
                sign_up_closes_minutes=new.sign_up_closes_minutes,
                cancel_closes_minutes=new.cancel_closes_minutes,
                allowance_yuan=new.allowance_yuan,
                is_off_duty=new.is_off_duty,
                state=new.state,
                created_by_ref=actor.reference,
                created_at=at,
                published_at=None if new.state == Activity.State.DRAFT else at,
            )
            for new in activities
        ],
        batch_size=BATCH_ROWS,
    )
    created = _create_shifts(rows, activities)
    record_many(
        actor=actor,
        action="activities.create",
        objects=[(f"activity:{row.pk}", {"state": row.state, "category": row.category}) for row in rows],
    )
    publish_many(ActivityPublished(activity_id=row.pk) for row in rows if row.state == Activity.State.PUBLISHED)
    return created


@transaction.atomic
def ensure_programmes(*, actor: Actor, names: Iterable[str]) -> dict[str, int]:
    """The programme ids by name; missing programmes are created."""
    require_planner(actor)
    wanted = list(dict.fromkeys(names))
    known = dict(Programme.objects.filter(name__in=wanted).values_list("name", "pk"))
    missing = [Programme(name=name) for name in wanted if name not in known]
    created = Programme.objects.bulk_create(missing)
    record_many(
        actor=actor, action="activities.create_programme", objects=[(f"programme:{row.pk}", {}) for row in created]
    )
    return known | {row.name: row.pk for row in created}


def create_roles(rows: Sequence[Activity], roles: Sequence[Iterable[NewRole]]) -> dict[tuple[int, str], int]:
    """Roles for each of these activities; their ids by (activity id, name)."""
    made = ActivityRole.objects.bulk_create(
        [
            ActivityRole(
                activity=row,
                name=role.name.strip(),
                description=role.description.strip(),
                requirements=role.requirements.as_stored(),
            )
            for row, wanted in zip(rows, roles, strict=True)
            for role in wanted
        ],
        batch_size=BATCH_ROWS,
    )
    return {(role.activity_id, role.name): role.pk for role in made}


def _create_shifts(rows: Sequence[Activity], activities: Sequence[NewActivity]) -> list[CreatedActivity]:
    roles = create_roles(rows, [new.roles for new in activities])
    shifts = Shift.objects.bulk_create(
        [
            Shift(
                activity=row,
                starts_at=shift.starts_at,
                ends_at=shift.ends_at,
                role_id=roles[row.pk, shift.role],
                minimum=shift.minimum,
                places=shift.places,
                reserve=shift.reserve,
                is_open=row.state == Activity.State.PUBLISHED,
            )
            for row, new in zip(rows, activities, strict=True)
            for shift in new.shifts
        ],
        batch_size=BATCH_ROWS,
    )
    ids_by_activity: dict[int, list[int]] = {row.pk: [] for row in rows}
    for made in shifts:
        ids_by_activity[made.activity_id].append(made.pk)
    return [CreatedActivity(activity_id=row.pk, shift_ids=tuple(ids_by_activity[row.pk])) for row in rows]


def require_recordable(activity: NewActivity) -> None:
    """The hook that says at planning time what the norms forbid to record as service."""
    refusal = recordable(activity, allowance_yuan_max=settings.ALLOWANCE_YUAN_MAX)
    if refusal is not None:
        raise refusal


def staff_organizations(activities: Sequence[NewActivity]) -> set[int]:
    """Of the teams whose members are invited, those whose members are the hospital's own staff."""
    teams = {activity.team_id for activity in activities if activity.team_id is not None}
    if not teams:
        return set()
    kinds = (Organization.Kind.HOSPITAL, Organization.Kind.DEPARTMENT)
    return set(Organization.objects.filter(pk__in=teams, kind__in=kinds).values_list("pk", flat=True))


def require_publishable(activity: NewActivity, staff_teams: set[int]) -> None:
    """Risks are told where they must be, and staff are not invited to what is their duty."""
    is_for_staff = any(is_only_for_staff(role.requirements) for role in activity.roles)
    is_for_staff |= activity.recruits == Activity.Recruits.TEAM and activity.team_id in staff_teams
    refusal = publishable(activity, is_for_staff=is_for_staff)
    if refusal is not None:
        raise refusal


def require_known(activities: Sequence[NewActivity]) -> None:
    """Organisers, people in charge and programmes exist; Invalid names the field that does not."""
    organizers = {activity.organizer_id for activity in activities}
    people = {activity.person_in_charge_id for activity in activities}
    teams = {activity.team_id for activity in activities if activity.team_id is not None}
    programmes = {activity.programme_id for activity in activities if activity.programme_id is not None}
    unknown = gettext_noop("Choose one of the list.")
    if Organization.objects.filter(pk__in=organizers).count() != len(organizers):
        raise Invalid(field=gettext_noop("Organiser"), reason=unknown)
    if Person.objects.filter(pk__in=people, erased_at=None).count() != len(people):
        raise Invalid(field=gettext_noop("Person in charge"), reason=unknown)
    if teams and Organization.objects.filter(pk__in=teams).count() != len(teams):
        raise Invalid(field=gettext_noop("Team"), reason=unknown)
    if programmes and Programme.objects.filter(pk__in=programmes).count() != len(programmes):
        raise Invalid(field=gettext_noop("Programme"), reason=unknown)
    assert all(activity.state in ("draft", "published", "finished") for activity in activities), (
        "nothing begins cancelled"
    )
