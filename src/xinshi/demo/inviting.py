"""A plan that was published: invitations of which some were accepted, declined and given back, and who was asked then."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Final

from xinshi.activities.actions import cancel_sign_up, create_activity
from xinshi.activities.domain import NewActivity, NewShift
from xinshi.demo.hospital import LEADER, Hospital
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError
from xinshi.scheduling.actions import NewPeriod, add, create_period, plan_waiting, remove, want_plan
from xinshi.scheduling.inviting.actions import answer, publish_version
from xinshi.scheduling.inviting.filling import fill_again
from xinshi.scheduling.models import Assignment, Invitation, PlanVersion
from xinshi.scheduling.running import in_this_process

NAME: Final = "门诊大厅导诊与陪检"
TITLE: Final = "门诊大厅导诊与陪检"
HOURS: Final = ((time(8, 30), time(10, 30)), (time(14), time(16)))
PLACES: Final = 5
ANSWERS: Final = ("yes", "yes", "no", "yes", "back", "no")
"""What the first of those invited say, in turn; whoever is left has not answered yet."""


def publish_a_plan(hospital: Hospital, system: Actor) -> None:
    """Everything through the actions of planning and inviting; the volunteer of the demo is invited too."""
    day = hospital.today + timedelta(days=2)
    made = create_activity(
        actor=hospital.coordinator,
        activity=NewActivity(
            title=TITLE,
            category="0004",
            place="本部院区 门诊大厅",
            organizer_id=hospital.organizations["志愿服务站"],
            person_in_charge_id=hospital.person_ids[LEADER],
            shifts=tuple(
                NewShift(starts_at=clock.at_local(day, starts), ends_at=clock.at_local(day, ends), places=PLACES)
                for starts, ends in HOURS
            ),
            state="published",
        ),
    )
    period = NewPeriod(name=NAME, first_day=day, last_day=day, activity_ids=(made.activity_id,))
    period_id = create_period(actor=hospital.coordinator, period=period)
    version_id = want_plan(actor=hospital.coordinator, period_id=period_id)
    plan_waiting(actor=system, solve=in_this_process)
    assert PlanVersion.objects.get(pk=version_id).state == PlanVersion.State.DONE, "the plan was made"
    _count_on_the_volunteer(hospital, version_id, made.shift_ids[0])
    publish_version(actor=hospital.coordinator, version_id=version_id, answer_until=clock.now() + timedelta(hours=20))
    _let_people_answer(hospital, version_id)
    fill_again(actor=system)


def _count_on_the_volunteer(hospital: Hospital, version_id: int, shift_id: int) -> None:
    """The coordinator puts them into the plan by hand, unless they are in it or hold something at that time."""
    person_id = hospital.actors[Role.VOLUNTEER].person_id
    assert person_id is not None, "the volunteer is a person"
    rows = Assignment.objects.filter(version_id=version_id, shift_id=shift_id).order_by("value", "pk")
    if rows.filter(person_id=person_id).exists():
        return
    last = rows.first()
    if last is not None:
        remove(actor=hospital.coordinator, assignment_id=last.pk)
    try:
        add(actor=hospital.coordinator, version_id=version_id, shift_id=shift_id, person_id=person_id)
    except DomainError:
        return


def _let_people_answer(hospital: Hospital, version_id: int) -> None:
    own = hospital.actors[Role.VOLUNTEER].person_id
    assert own is not None, "the volunteer is a person"
    rows = Invitation.objects.filter(version_id=version_id, signup__isnull=False).exclude(person_id=own).order_by("pk")
    for row, said in zip(rows, ANSWERS, strict=False):
        actor = Actor(reference=f"person:{row.person_id}", person_id=row.person_id, roles=frozenset({Role.VOLUNTEER}))
        place = answer(actor=actor, invitation_id=row.pk, accept=said != "no")
        if said == "back":
            cancel_sign_up(actor=actor, signup_id=place.signup_id)
