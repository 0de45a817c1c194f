"""Invitations as their people see them, and as planners and auditors do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries import PERSON_UNSEEN
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.organizations.models import Organization
from xinshi.people.models import Person
from xinshi.scheduling.access import is_planner, require_planner, require_reader, version_of
from xinshi.scheduling.inviting.choosing import ranked
from xinshi.scheduling.models import Invitation, PlanVersion, Publication, TeamRule
from xinshi.scheduling.suggesting.domain import Reason
from xinshi.scheduling.suggesting.wording import to_oneself, to_planners

OWN_MAX: Final = 50
ROWS_MAX: Final = 200
PROPOSED: Final = 8
DROPPED_WITHIN: Final = timedelta(days=2)
"""Places that came back within so long are shown as drop-outs."""
SOON: Final = timedelta(days=3)
"""Shifts that begin so soon need somebody at once."""
TEAMS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class OwnInvitation:
    """An invitation as whoever is invited sees it."""

    id: int
    signup_id: int
    shift_id: int
    activity_id: int
    title: str
    role: str
    place: str
    category: str
    starts_at: datetime
    ends_at: datetime
    state: str
    """offered: an answer is awaited; confirmed: the place is theirs."""
    is_given: bool
    answer_until: datetime | None
    reasons: tuple[str, ...]
    risks: str


def own_invitations(actor: Actor) -> list[OwnInvitation]:
    """What the actor is invited to and has not begun: what waits for an answer first, then what is theirs."""
    rows = (
        Invitation.objects.filter(
            person_id=actor.person_id or 0,
            signup__state__in=[SignUp.State.OFFERED, SignUp.State.CONFIRMED],
            shift__starts_at__gt=clock.now(),
        )
        .select_related("shift__activity", "shift__role", "signup")
        .order_by("-signup__state", "shift__starts_at", "pk")
    )
    return [_own(row) for row in rows[:OWN_MAX]]


def _own(row: Invitation) -> OwnInvitation:
    signup, shift = row.signup, row.shift
    assert signup is not None, "only what was sent is read"
    reasons = [Reason.from_stored(one) for one in row.reasons]
    return OwnInvitation(
        id=row.pk,
        signup_id=signup.pk,
        shift_id=shift.pk,
        activity_id=shift.activity_id,
        title=shift.activity.title,
        role=shift.role.name,
        place=shift.activity.place,
        category=shift.activity.category,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        state=signup.state,
        is_given=row.is_given,
        answer_until=signup.offered_until,
        reasons=tuple(to_oneself(reasons, category=shift.activity.category, starts_at=shift.starts_at)),
        risks=shift.activity.risks.strip(),
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """Invitations of one period by what came of them; each counts once."""

    waiting: int
    accepted: int
    declined: int
    given_back: int
    not_sent: int

    @property
    def all(self) -> int:
        return self.waiting + self.accepted + self.declined + self.given_back + self.not_sent


@dataclass(frozen=True, slots=True)
class VersionInvitations:
    """What came of a published version: figures, who has not answered, who said no and what happened then."""

    version: PlanVersion
    publication: Publication
    tally: Tally
    unanswered: list[Invitation]
    settled: list[Invitation]
    empty: list[Shift]
    """Coming shifts of the period's invitations that still have free places."""
    may_plan: bool


WAITING: Final = Q(signup__state="offered")
ACCEPTED: Final = Q(signup__state__in=["confirmed", "no_show"])
DECLINED: Final = Q(signup__state="declined")
GIVEN_BACK: Final = Q(signup__state="cancelled")


def tally_of(rows: QuerySet[Invitation]) -> Tally:
    found = rows.aggregate(
        waiting=Count("pk", filter=WAITING),
        accepted=Count("pk", filter=ACCEPTED),
        declined=Count("pk", filter=DECLINED),
        given_back=Count("pk", filter=GIVEN_BACK),
        not_sent=Count("pk", filter=Q(signup=None)),
    )
    return Tally(**found)


def version_invitations(actor: Actor, version_id: int) -> VersionInvitations:
    """A published version and everybody invited in its period so far; NotFound for one that was never published."""
    version = version_of(actor, version_id)
    publication = Publication.objects.filter(version=version).first()
    if publication is None:
        raise NotFound
    rows = _of_period(version)
    shown = _with_names(rows)
    open_shifts = Shift.objects.filter(pk__in=rows.values("shift_id"), starts_at__gt=clock.now(), is_open=True)
    return VersionInvitations(
        version=version,
        publication=publication,
        tally=tally_of(rows),
        unanswered=list(shown.filter(WAITING).order_by("signup__offered_until", "pk")[:ROWS_MAX]),
        settled=list(shown.filter(DECLINED | GIVEN_BACK | Q(signup=None)).order_by("-pk")[:ROWS_MAX]),
        empty=list(_empty(open_shifts)[:ROWS_MAX]),
        may_plan=is_planner(actor),
    )


def _of_period(version: PlanVersion) -> QuerySet[Invitation]:
    """Whoever was invited by this version or an earlier one of its period: they stay invited."""
    return Invitation.objects.filter(version__period_id=version.period_id)


def _with_names(rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
    found = rows.select_related("person", "signup", "shift__activity", "shift__role", "version")
    return found.defer(*PERSON_UNSEEN)


def _empty(rows: QuerySet[Shift]) -> QuerySet[Shift]:
    empty = rows.filter(taken__lt=F("places")).select_related("activity", "role")
    return empty.order_by("starts_at", "pk")


@dataclass(frozen=True, slots=True)
class InvitationsDesk:
    """What planners look at: published versions, drop-outs of the next days, places that nobody is left for."""

    published: list[tuple[PlanVersion, Tally]]
    dropped: list[Shift]
    left_empty: list[Shift]
    unanswered: list[Invitation]
    may_plan: bool


def invitations_desk(actor: Actor) -> InvitationsDesk:
    require_reader(actor)
    versions = PlanVersion.objects.filter(state=PlanVersion.State.PUBLISHED, period__last_day__gte=clock.today())
    published = list(versions.select_related("period").order_by("period__first_day", "pk")[:20])
    return InvitationsDesk(
        published=[
            (version, tally_of(Invitation.objects.filter(version__period_id=version.period_id)))
            for version in published
        ],
        dropped=list(dropped_shifts()[:ROWS_MAX]),
        left_empty=list(left_empty()[:ROWS_MAX]),
        unanswered=list(_with_names(unanswered()).order_by("signup__offered_until", "pk")[:ROWS_MAX]),
        may_plan=is_planner(actor),
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """What the desk says: shifts with drop-outs, shifts for which nobody is left, invitations that run out within a day."""

    dropped: int
    left_empty: int
    due: int


def counts() -> Counts:
    """For the desk of planners; three queries."""
    soon = clock.now() + timedelta(days=1)
    return Counts(
        dropped=dropped_shifts().count(),
        left_empty=left_empty().count(),
        due=unanswered().filter(signup__offered_until__lte=soon).count(),
    )


def unanswered() -> QuerySet[Invitation]:
    """Invitations to coming shifts that wait for an answer."""
    return Invitation.objects.filter(WAITING, shift__starts_at__gt=clock.now())


def left_empty() -> QuerySet[Shift]:
    """Coming shifts with a free place for which nobody was left to invite; they stand open for sign-up."""
    nobody = Invitation.objects.filter(shift=OuterRef("pk"), outcome=Invitation.Outcome.OPEN)
    return _empty(Shift.objects.filter(Exists(nobody), starts_at__gt=clock.now(), is_open=True))


def dropped_shifts() -> QuerySet[Shift]:
    """Shifts of the next days in which somebody gave a place back lately and it is still free."""
    at = clock.now()
    back = SignUp.objects.filter(
        shift=OuterRef("pk"), state=SignUp.State.CANCELLED, cancelled_at__gt=at - DROPPED_WITHIN
    )
    return _empty(Shift.objects.filter(Exists(back), starts_at__gt=at, starts_at__lt=at + SOON, is_open=True))


@dataclass(frozen=True, slots=True)
class Proposed:
    """Somebody who could come at once, and why they."""

    person_id: int
    name: str
    value: int
    recent: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refill:
    """A shift with free places, who dropped out, who is being asked, and who could come instead."""

    shift: Shift
    dropped: list[SignUp]
    asked: list[Invitation]
    proposed: list[Proposed]
    version: PlanVersion | None
    """The standing plan of its period, from which one can plan again."""

    @property
    def free(self) -> int:
        return self.shift.places - self.shift.taken


def refill_of(actor: Actor, shift_id: int) -> Refill:
    """Who could fill a place of this shift at once, ranked; NotFound where there is no such shift. Planners only."""
    require_planner(actor)
    at = clock.now()
    shift = Shift.objects.select_related("activity", "role").filter(pk=shift_id).first()
    if shift is None:
        raise NotFound
    may_fill = shift.is_open and shift.starts_at > at and shift.taken < shift.places
    found = ranked(shift_id, at=at, limit=PROPOSED) if may_fill else []
    names = dict(Person.objects.filter(pk__in=[one.person_id for one in found]).values_list("pk", "name"))
    category = shift.activity.category
    dropped = SignUp.objects.filter(shift=shift, state=SignUp.State.CANCELLED, cancelled_at__gt=at - DROPPED_WITHIN)
    asked = Invitation.objects.filter(WAITING, shift=shift)
    versions = PlanVersion.objects.filter(state=PlanVersion.State.PUBLISHED, lines__shift=shift)
    return Refill(
        shift=shift,
        dropped=list(dropped.select_related("person").defer(*PERSON_UNSEEN).order_by("-cancelled_at", "pk")[:ROWS_MAX]),
        asked=list(_with_names(asked).order_by("pk")[:ROWS_MAX]),
        proposed=[
            Proposed(
                person_id=one.person_id,
                name=names[one.person_id],
                value=one.fit.value,
                recent=one.recent,
                reasons=tuple(to_planners(one.fit.reasons, category=category, starts_at=shift.starts_at)),
            )
            for one in found
        ],
        version=versions.select_related("period").order_by("-pk").first(),
    )


def team_rules(actor: Actor) -> list[tuple[Organization, bool]]:
    """The hospital's departments and teams, and whether plans assign their members directly. Planners only."""
    require_planner(actor)
    direct = set(TeamRule.objects.filter(assigns_directly=True).values_list("organization_id", flat=True))
    rows = Organization.objects.filter(is_active=True).order_by("kind", "name")[:TEAMS_MAX]
    return [(row, row.pk in direct) for row in rows]


def refusal_parameters(words: dict[str, Any]) -> dict[str, Any]:
    """What a stored refusal names, moments and days as such again."""
    return {name: _value(value) for name, value in words.get("parameters", {}).items()}


def _value(value: Any) -> Any:
    if isinstance(value, dict) and "moment" in value:
        return datetime.fromisoformat(value["moment"])
    if isinstance(value, dict) and "day" in value:
        return date.fromisoformat(value["day"])
    return value
