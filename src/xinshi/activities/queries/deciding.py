"""What decides on sign-up, read for one person and many shifts or one shift and many people: a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from xinshi.activities.eligibility import (
    Candidate,
    HeldShift,
    Kind,
    Offer,
    Surroundings,
    refusals,
)
from xinshi.activities.models import Quota, Shift, SignUp, Wave
from xinshi.activities.requirements import NO_REQUIREMENTS, Requirements
from xinshi.activities.rules import SignUpRules
from xinshi.activities.waves.domain import SELDOM_DAYS, Audience, NewWave, QuotaState
from xinshi.archive.domain import Facts
from xinshi.archive.models import QualificationKind
from xinshi.archive.queries import OWN_COLUMNS, own_facts, own_rows
from xinshi.archive.queries import facts as archive_facts
from xinshi.bank.ages import is_minor, needs_guardian
from xinshi.bank.queries import passbook_states, policy_in_force
from xinshi.doors.prepared import PreparedRead
from xinshi.doors.wording import is_chinese
from xinshi.kernel import clock
from xinshi.organizations.models import Membership
from xinshi.people.queries import with_guardians_consent

WINDOW: Final = timedelta(days=8)
"""So far around a shift other shifts of somebody matter: their week, and rest."""
HOLDING: Final = (SignUp.State.CONFIRMED, SignUp.State.OFFERED)
ACTIVE: Final = (SignUp.State.REQUESTED, SignUp.State.WAITING, *HOLDING)
WAITERS_LOOKED_AT: Final = 50
PEOPLE_AT_ONCE: Final = 500


def sign_up_rules() -> SignUpRules:
    """The hospital's settings of signing up."""
    return _rules(tuple(sorted(settings.SIGN_UP_RULES.items())))


@lru_cache(maxsize=8)
def _rules(given: tuple[tuple[str, int], ...]) -> SignUpRules:
    return SignUpRules.from_mapping(dict(given))


def deciding_rows(rows: QuerySet[Shift]) -> QuerySet[Shift]:
    """Shifts with all that `offers_for` needs of them; what is rare is marked, so that it is only then asked for."""
    waiting = SignUp.objects.filter(shift_id=OuterRef("pk"), state=SignUp.State.WAITING)
    return rows.select_related("activity__team", "role").annotate(
        has_waves=Exists(Wave.objects.filter(activity_id=OuterRef("activity_id"))),
        has_quotas=Exists(Quota.objects.filter(shift_id=OuterRef("pk"), is_active=True)),
        has_waiters=Exists(waiting),
    )


def offers_for(shifts: Sequence[Shift], *, look_at_line: bool = True) -> dict[int, Offer]:
    """The shifts of `deciding_rows` as values: no query, but for waves, quotas, or people who wait before a free place."""
    waves = waves_of({shift.activity_id for shift in shifts if shift.has_waves})  # type: ignore[attr-defined]
    quotas = quotas_of({shift.pk for shift in shifts if shift.has_quotas})  # type: ignore[attr-defined]
    found = {}
    for shift in shifts:
        activity = shift.activity
        found[shift.pk] = Offer(
            shift_id=shift.pk,
            title=activity.title,
            place=activity.place,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            places=shift.places,
            taken=shift.taken,
            reserve=shift.reserve,
            is_open=shift.is_open,
            requirements=requirements_of(shift.role.requirements),
            recruits=activity.recruits,
            team_id=activity.team_id,
            team_name=activity.team.name if activity.team else "",
            is_dangerous=activity.is_dangerous,
            sign_up_closes_minutes=activity.sign_up_closes_minutes,
            waves=waves.get(shift.activity_id, ()),
            quotas=tuple(quotas.get(shift.pk, ())),
        )
    lines = [shift.pk for shift in shifts if shift.has_waiters]  # type: ignore[attr-defined]
    return with_lines(found, lines) if look_at_line else found


def requirements_of(stored: Mapping[str, Any]) -> Requirements:
    return Requirements.from_stored(stored) if stored else NO_REQUIREMENTS


def with_lines(found: dict[int, Offer], with_waiters: Sequence[int]) -> dict[int, Offer]:
    """Marks shifts with a free place before which somebody waits who could take it."""
    lines = [shift_id for shift_id in with_waiters if found[shift_id].taken < found[shift_id].places]
    ready = {row.shift_id for row in ready_waiters(lines, found)} if lines else set()
    return {pk: replace(offer, has_waiting=True) if pk in ready else offer for pk, offer in found.items()}


def waves_of(activity_ids: Collection[int]) -> dict[int, tuple[NewWave, ...]]:
    if not activity_ids:
        return {}
    found: dict[int, list[NewWave]] = defaultdict(list)
    for row in Wave.objects.filter(activity_id__in=activity_ids):
        found[row.activity_id].append(
            NewWave(
                opens_at=row.opens_at,
                audience=Audience(row.audience),
                below_shifts=row.below_shifts,
                organization_id=row.organization_id,
                places=row.places,
            )
        )
    return {activity_id: tuple(waves) for activity_id, waves in found.items()}


def quotas_of(shift_ids: Collection[int]) -> dict[int, list[QuotaState]]:
    """The quotas of these shifts and how many of their places are taken."""
    if not shift_ids:
        return {}
    used = Count("signups", filter=Q(signups__state__in=HOLDING))
    found: dict[int, list[QuotaState]] = defaultdict(list)
    rows = Quota.objects.filter(shift_id__in=shift_ids, is_active=True).annotate(used=used).order_by("pk")
    for pk, shift_id, organization_id, places, kept_until, taken in rows.values_list(
        "pk", "shift_id", "organization_id", "places", "kept_until", "used"
    ):
        found[shift_id].append(
            QuotaState(id=pk, organization_id=organization_id, places=places, used=taken, kept_until=kept_until)
        )
    return dict(found)


ALL_KINDS: Final = PreparedRead(lambda: QualificationKind.objects.values_list("code", "name", "name_en", "category"))
"""A hospital has some dozens, and shifts ask for any of them."""


def kinds_for(offers: Iterable[Offer]) -> dict[str, Kind]:
    """Names in the reader's language, and categories, of what these shifts ask for; no query where they ask for nothing."""
    return kinds_of({code for offer in offers for code in offer.requirements.qualifications})


def kinds_of(codes: Collection[str]) -> dict[str, Kind]:
    """The same of these qualifications; no query for none."""
    if not codes:
        return {}
    in_chinese = is_chinese()
    return {
        code: Kind(name if in_chinese else english or name, category)
        for code, name, english, category in ALL_KINDS.rows()
        if code in codes
    }


def candidates(person_ids: Collection[int], offers: Collection[Offer]) -> dict[int, Candidate]:
    """These people as the shifts decide on them; who is not in the archive is left out."""
    facts, passbooks, qualifications = _accounts(set(person_ids))
    if not facts or not offers:
        return {}
    held = held_shifts(facts, offers)
    memberships = _memberships(facts) if any(_asks_membership(offer) for offer in offers) else {}
    recent, served = _service_of(facts, offers)
    wards = _wards(facts.values())
    agreed = with_guardians_consent(wards, on=clock.today()) if wards else set()
    return {
        person_id: Candidate(
            person_id=person_id,
            facts=known,
            passbook_state=passbooks.get(person_id),
            needs_guardian=person_id in wards,
            has_guardians_consent=person_id in agreed,
            memberships=frozenset(memberships.get(person_id, ())),
            held=tuple(held.get(person_id, ())),
            recent_shifts=recent.get(person_id, 0),
            has_served=person_id in served,
            qualification_ids=qualifications,
        )
        for person_id, known in facts.items()
    }


WHO: Final = PreparedRead(
    lambda person: own_rows(person).values_list(*OWN_COLUMNS, "verified__pk", "passbook__state"), person=int
)
"""One person in the archive, with their qualifications and the state of their passbook: at every sign-up one asks."""


def _accounts(person_ids: Collection[int]) -> tuple[dict[int, Facts], Mapping[int, str], tuple[int, ...]]:
    """What the archive knows of these people, and the states of their passbooks.

    Of one person by one query, and with the ids of what they have verified.
    """
    if len(person_ids) != 1:
        facts = archive_facts(person_ids)
        return facts, passbook_states(facts) if facts else {}, ()
    rows = WHO.rows(person=next(iter(person_ids)))
    own = own_facts(rows)
    if own is None:
        return {}, {}, ()
    *_, qualification, state = rows[0]
    qualifications = tuple(sorted(row[-2] for row in rows)) if qualification else ()
    return {own.person_id: own}, {own.person_id: state} if state else {}, qualifications


def _held_rows(person_ids: Sequence[int], after: datetime, before: datetime) -> QuerySet[SignUp, tuple[Any, ...]]:
    rows = SignUp.objects.filter(
        person_id__in=person_ids, state__in=ACTIVE, shift__starts_at__lt=before, shift__starts_at__gt=after
    )
    return rows.order_by("shift__starts_at", "pk").values_list(
        "person_id",
        "pk",
        "shift_id",
        "state",
        "shift__activity__title",
        "shift__activity__place",
        "shift__starts_at",
        "shift__ends_at",
        "attended_at",
        "offered_until",
    )


HELD_BY_ONE: Final = PreparedRead(
    lambda person, after, before: _held_rows([person], after, before), person=int, after=datetime, before=datetime
)


def window_of(offers: Collection[Offer]) -> tuple[datetime, datetime]:
    """After when and before when a shift begins that matters to these."""
    return min(offer.starts_at for offer in offers) - WINDOW, max(offer.ends_at for offer in offers) + WINDOW


def held_shifts(person_ids: Collection[int], offers: Collection[Offer]) -> dict[int, list[HeldShift]]:
    """The sign-ups of these people around these shifts, by time."""
    after, before = window_of(offers)
    people = list(person_ids)
    if len(people) == 1:
        rows: Iterable[tuple[Any, ...]] = HELD_BY_ONE.rows(person=people[0], after=after, before=before)
    else:
        rows = _held_rows(people, after, before)
    found: dict[int, list[HeldShift]] = defaultdict(list)
    for person_id, signup_id, shift_id, state, title, place, starts_at, ends_at, attended_at, until in rows:
        held = HeldShift(
            signup_id,
            shift_id,
            state,
            title,
            place,
            starts_at,
            ends_at,
            holds=state in HOLDING,
            has_come=attended_at is not None,
            offered_until=until,
        )
        found[person_id].append(held)
    return dict(found)


def _asks_membership(offer: Offer) -> bool:
    return bool(offer.quotas) or offer.recruits == "team" or any(wave.organization_id for wave in offer.waves)


def _memberships(person_ids: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = Membership.objects.filter(person_id__in=list(person_ids), until=None)
    for person_id, organization_id in rows.values_list("person_id", "organization_id"):
        found[person_id].append(organization_id)
    return found


def _service_of(person_ids: Collection[int], offers: Collection[Offer]) -> tuple[dict[int, int], set[int]]:
    """How many shifts these people had in the last 30 days, and who has ever served, where waves ask that."""
    audiences = {wave.audience for offer in offers for wave in offer.waves}
    recent: dict[int, int] = {}
    served: set[int] = set()
    people, at = list(person_ids), clock.now()
    if Audience.SELDOM in audiences:
        rows = SignUp.objects.filter(
            person_id__in=people,
            state__in=HOLDING,
            shift__starts_at__gt=at - timedelta(days=SELDOM_DAYS),
            shift__starts_at__lte=at,
        )
        recent = dict(rows.order_by().values_list("person_id").annotate(number=Count("pk")))
    if Audience.NEWCOMERS in audiences:
        rows = SignUp.objects.filter(person_id__in=people, state=SignUp.State.CONFIRMED, attended_at__isnull=False)
        served = set(rows.order_by().values_list("person_id", flat=True).distinct())
    return recent, served


def _wards(found: Iterable[Facts]) -> set[int]:
    """Which of these people are minors who need a guardian's consent; the policy is asked only where there are minors."""
    today = clock.today()
    minors = [facts for facts in found if is_minor(facts.birth_date, today=today)]
    if not minors:
        return set()
    rules = policy_in_force().rules
    return {facts.person_id for facts in minors if needs_guardian(facts.birth_date, rules, today=today)}


def ready_waiters(shift_ids: Collection[int], offers: Mapping[int, Offer]) -> list[SignUp]:
    """Who waits for these shifts, in order, and could take a place at this moment; at most the first 50 of each list."""
    rows = SignUp.objects.filter(shift_id__in=shift_ids, state=SignUp.State.WAITING).order_by("signed_up_at", "pk")
    waiting = list(rows[: WAITERS_LOOKED_AT * len(shift_ids)])
    if not waiting:
        return []
    wanted = [offers[shift_id] for shift_id in shift_ids]
    people = candidates({row.person_id for row in waiting}, wanted)
    around = Surroundings(at=clock.now(), rules=sign_up_rules(), kinds=kinds_for(wanted))
    return [
        row
        for row in waiting
        if row.person_id in people and not refusals(_out_of_line(people[row.person_id]), offers[row.shift_id], around)
    ]


def _out_of_line(candidate: Candidate) -> Candidate:
    """Waiting for it is no reason against taking it."""
    return replace(candidate, held=tuple(held for held in candidate.held if held.state != SignUp.State.WAITING))


def surroundings(offers: Iterable[Offer], *, at: datetime | None = None, is_led: bool = False) -> Surroundings:
    return Surroundings(at=at or clock.now(), rules=sign_up_rules(), kinds=kinds_for(offers), is_led=is_led)
