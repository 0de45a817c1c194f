"""Publishing a version, answering, filling again, inviting by hand. Locks: the version or invitation, people, shifts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from xinshi.activities.actions import (
    PassedOver,
    TakenPlace,
    answer_offer,
    cancel_sign_up,
    offer_places,
)
from xinshi.activities.models import SignUp
from xinshi.activities.queries.deciding import HOLDING
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.models import Membership, Organization
from xinshi.scheduling.access import require_planner
from xinshi.scheduling.domain import VALUE_PARTS, PlanNotReady
from xinshi.scheduling.inviting.domain import (
    REFILL_MINUTES_DEFAULT,
    InvitationOver,
    NothingToInvite,
    PublishedAlready,
    SuggestionsNotWanted,
    check_terms,
)
from xinshi.scheduling.inviting.writing import not_sent, sent
from xinshi.scheduling.models import Assignment, Invitation, PlanVersion, Publication, TeamRule
from xinshi.scheduling.suggesting.actions import decline_kind
from xinshi.scheduling.suggesting.domain import reasons_of
from xinshi.scheduling.suggesting.queries import declined_pairs, opted_out

BATCH_ROWS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Published:
    """How many were invited, of these given the place outright, had it already, or could not be invited."""

    invited: int
    given: int
    kept: int
    passed_over: int


@transaction.atomic
def publish_version(
    *, actor: Actor, version_id: int, answer_until: datetime, refill_minutes: int = REFILL_MINUTES_DEFAULT
) -> Published:
    """Invite everybody whom a proposal assigns; who has the place already keeps it. Planners only.

    The version that stood is replaced; whoever it invited stays invited, as a plan counts their places as taken, and what
    they give back is filled again. Members of a team whose rule says so are given places of their team.
    """
    require_planner(actor)
    at = clock.now()
    check_terms(at=at, answer_until=answer_until, refill_minutes=refill_minutes)
    version = PlanVersion.objects.select_for_update(no_key=True).filter(pk=version_id).first()
    if version is None:
        raise NotFound
    if version.state in (PlanVersion.State.PUBLISHED, PlanVersion.State.REPLACED):
        raise PublishedAlready
    if version.state != PlanVersion.State.DONE:
        raise PlanNotReady
    rows = list(version.assignments.order_by("shift__starts_at", "shift_id", "-value", "person_id"))
    if not rows:
        raise NothingToInvite
    done = _invite_all(actor, version, rows, answer_until, at)
    Publication.objects.create(
        version=version,
        answer_until=answer_until,
        refill_minutes=refill_minutes,
        invited=done.invited,
        given=done.given,
        kept=done.kept,
        passed_over=done.passed_over,
        published_at=at,
        published_by_ref=actor.reference,
    )
    standing = PlanVersion.objects.filter(period_id=version.period_id, state=PlanVersion.State.PUBLISHED)
    standing.update(state=PlanVersion.State.REPLACED)
    version.state, version.published_at, version.published_by_ref = PlanVersion.State.PUBLISHED, at, actor.reference
    version.save(update_fields=["state", "published_at", "published_by_ref"])
    record(
        actor=actor,
        action="scheduling.publish_plan",
        object_ref=f"plan-version:{version.pk}",
        invited=done.invited,
        given=done.given,
        kept=done.kept,
        passed_over=done.passed_over,
    )
    return done


def _invite_all(
    actor: Actor, version: PlanVersion, rows: Sequence[Assignment], answer_until: datetime, at: datetime
) -> Published:
    pairs = [(row.shift_id, row.person_id) for row in rows]
    held = _held(pairs)
    out, declined = opted_out(), declined_pairs({shift_id for shift_id, _person in pairs})
    unwanted = {(s, p) for s, p in pairs if (s, p) not in held and (p in out or (p, s) in declined)}
    wanted = [pair for pair in pairs if pair not in held and pair not in unwanted]
    done = offer_places(actor=actor, wanted=wanted, answer_until=answer_until, given=_assigned_directly(rows))
    reasons = {
        (row.shift_id, row.person_id): reasons_of({name: getattr(row, name) for name in VALUE_PARTS}, row.fairness)
        for row in rows
    }
    refused = [*done.passed_over, *(PassedOver(s, p, SuggestionsNotWanted()) for s, p in sorted(unwanted))]
    way = Invitation.Way.PLANNED
    made = sent(done.taken, reasons, actor=actor, at=at, way=way, version_id=version.pk)
    made += not_sent(refused, actor=actor, at=at, version_id=version.pk)
    Invitation.objects.bulk_create(made, batch_size=BATCH_ROWS)
    given = sum(place.state == SignUp.State.CONFIRMED for place in done.taken)
    return Published(len(done.taken), given, len(held), len(refused))


def _held(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these (shift, person) have the place already, or are being offered it; under their locks."""
    rows = SignUp.objects.filter(state__in=HOLDING, shift_id__in={shift_id for shift_id, _person in pairs})
    return set(rows.values_list("shift_id", "person_id")) & set(pairs)


def _assigned_directly(rows: Sequence[Assignment]) -> set[tuple[int, int]]:
    """(shift, person) where the shift is of a team that assigns without asking, and the person is a member of it."""
    teams = set(TeamRule.objects.filter(assigns_directly=True).values_list("organization_id", flat=True))
    if not teams:
        return set()
    members = set(
        Membership.objects.filter(organization_id__in=teams, until=None).values_list("organization_id", "person_id")
    )
    shifts = Assignment.objects.filter(pk__in=[row.pk for row in rows], shift__activity__organizer_id__in=teams)
    found = shifts.values_list("shift_id", "person_id", "shift__activity__organizer_id")
    return {(shift_id, person_id) for shift_id, person_id, team in found if (team, person_id) in members}


@transaction.atomic
def answer(*, actor: Actor, invitation_id: int, accept: bool, not_this_kind: bool = False) -> TakenPlace:
    """Say yes or no to an invitation of one's own; a place that was given outright is given back by a no.

    `not_this_kind`: with the no, this kind of service is suggested and planned for oneself no more.
    """
    found = Invitation.objects.select_related("shift__activity").filter(pk=invitation_id).first()
    if found is None or found.person_id != actor.person_id:
        raise NotFound
    if found.signup_id is None:
        raise InvitationOver
    if found.is_given:
        place = _answer_given(actor, found.signup_id, accept=accept)
    else:
        place = answer_offer(actor=actor, signup_id=found.signup_id, accept=accept)
    if not accept and not_this_kind:
        decline_kind(actor=actor, category=found.shift.activity.category)
    return place


def _answer_given(actor: Actor, signup_id: int, *, accept: bool) -> TakenPlace:
    if not accept:
        return cancel_sign_up(actor=actor, signup_id=signup_id)
    row = SignUp.objects.get(pk=signup_id)
    if row.state != SignUp.State.CONFIRMED:
        raise InvitationOver
    return TakenPlace(row.pk, row.shift_id, row.person_id)


@transaction.atomic
def set_team_rule(*, actor: Actor, organization_id: int, assigns_directly: bool) -> None:
    """Say whether a plan may give this team's members places of the team without asking first. Planners only."""
    require_planner(actor)
    if not Organization.objects.filter(pk=organization_id, is_active=True).exists():
        raise NotFound
    values = {"assigns_directly": assigns_directly, "changed_at": clock.now(), "changed_by_ref": actor.reference}
    TeamRule.objects.update_or_create(organization_id=organization_id, defaults=values)
    record(
        actor=actor,
        action="scheduling.set_team_rule",
        object_ref=f"organization:{organization_id}",
        assigns_directly=assigns_directly,
    )
