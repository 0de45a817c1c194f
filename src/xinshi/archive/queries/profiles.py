"""Profiles as people and the station see them, and how complete they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from xinshi.archive import access
from xinshi.archive.availability import AvailabilityException, bit_of
from xinshi.archive.completeness import Completeness, Item, completeness
from xinshi.archive.domain import PLEDGE, Limits
from xinshi.archive.models import Profile, Qualification
from xinshi.archive.queries import lists
from xinshi.archive.queries.qualifications import with_pledge
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.domain import masked_name, masked_phone
from xinshi.people.models import Person
from xinshi.people.queries import search as search_people

PAGE_SIZE: Final = 30


@dataclass(frozen=True, slots=True)
class ProfileView:
    """Somebody's profile with the emergency contact masked. `health_remark` is empty but for oneself and keepers."""

    person: Person
    profession: str
    professional_title: str
    employer: str
    languages: list[str]
    skills: list[tuple[str, int]]
    """Names in the reader's language with their levels."""
    levels: dict[str, int]
    interests: list[str]
    weekly: int | None
    exceptions: list[AvailabilityException]
    """Those that are not over, in order."""
    limits: Limits
    limits_said: bool
    site_codes: list[str] | None
    sites: list[str]
    emergency_name: str
    """Whole for oneself, masked for others."""
    masked_emergency_name: str
    masked_emergency_phone: str
    emergency_relation: str
    has_health_remark: bool
    health_remark: str
    completeness: Completeness


def coming_exceptions(row: Profile) -> list[AvailabilityException]:
    """Those that are not over, in order."""
    said = [AvailabilityException.from_stored(one) for one in row.exceptions]
    return [one for one in sorted(said) if one.last >= clock.today()]


def profile_view(actor: Actor, person_id: int) -> ProfileView:
    """Five queries; oneself, or anybody for who keeps or audits the archive; NotFound otherwise."""
    access.require_own_or_reader(actor, person_id)
    person = Person.objects.select_related("profile").filter(pk=person_id).first()
    if person is None:
        raise NotFound
    row = _profile(person)
    is_self = access.is_self(actor, person_id)
    sees_remark = is_self
    skills = {one.code: lists.name_of(one) for one in lists.skills(keep=row.skills)} if row.skills else {}
    sites = {one.code: lists.name_of(one) for one in lists.sites(keep=row.sites or ())} if row.sites else {}
    today = clock.today()
    pledged = with_pledge([person_id], on=today)
    return ProfileView(
        person=person,
        profession=row.profession,
        professional_title=row.professional_title,
        employer=row.employer,
        languages=list(row.languages),
        skills=[(skills.get(code, code), level) for code, level in row.skills.items()],
        levels=dict(row.skills),
        interests=list(person.service_categories),
        weekly=row.weekly,
        exceptions=coming_exceptions(row),
        limits=limits_of(row),
        limits_said=row.limits_said_at is not None,
        site_codes=row.sites,
        sites=[sites.get(code, code) for code in row.sites or ()],
        emergency_name=row.emergency_name if is_self else masked_name(row.emergency_name),
        masked_emergency_name=masked_name(row.emergency_name),
        masked_emergency_phone=masked_phone(row.emergency_phone),
        emergency_relation=row.emergency_relation,
        has_health_remark=bool(row.health_remark),
        health_remark=row.health_remark if sees_remark else "",
        completeness=completeness(_filled(person, row, has_pledge=person_id in pledged)),
    )


def limits_of(row: Profile) -> Limits:
    return Limits(
        minutes_a_week_max=row.minutes_a_week_max,
        shifts_a_week_max=row.shifts_a_week_max,
        shifts_a_day_max=row.shifts_a_day_max,
        takes_nights=row.takes_nights,
        may_lift=row.may_lift,
    )


def _profile(person: Person) -> Profile:
    """The person's row, or an empty one where there is none."""
    found: Profile | None = getattr(person, "profile", None)
    return found or Profile(person_id=person.pk)


def _filled(person: Person, row: Profile, *, has_pledge: bool) -> set[Item]:
    done = {
        Item.BASIC: bool(person.phone and person.birth_date and person.area),
        Item.WORK: bool(row.profession),
        Item.LANGUAGES: bool(row.languages),
        Item.INTERESTS: bool(person.service_categories),
        Item.SKILLS: bool(row.skills),
        Item.TIMES: row.weekly is not None,
        Item.LIMITS: row.limits_said_at is not None,
        Item.SITES: bool(row.sites),
        Item.EMERGENCY: bool(row.emergency_phone),
        Item.PLEDGE: has_pledge,
    }
    return {item for item, is_done in done.items() if is_done}


@dataclass(frozen=True, slots=True)
class ArchiveLine:
    """Somebody in the desk's list."""

    person_id: int
    name: str
    group: str
    masked_phone: str
    profession: str
    employer: str
    completeness: Completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the desk's list is narrowed by; empty and None narrow nothing. `free`: a (weekday, quarter)."""

    term: str = ""
    group: str = ""
    missing: Item | None = None
    skill: str = ""
    kind_code: str = ""
    free: tuple[int, int] | None = None


def matching(actor: Actor, wanted: Wanted) -> QuerySet[Person]:
    """The people whom the desk looks for, newest first."""
    access.require_reader(actor)
    people = search_people(actor, term=wanted.term, groups=[wanted.group] if wanted.group else [])
    if wanted.missing is not None:
        people = people.filter(_lacks(wanted.missing, clock.today()))
    if wanted.skill:
        people = people.filter(profile__skills__has_key=wanted.skill)
    if wanted.kind_code:
        people = people.filter(_has_kind(wanted.kind_code, clock.today()))
    if wanted.free is not None:
        bit = bit_of(*wanted.free)
        people = people.annotate(quarter=F("profile__weekly").bitand(bit)).filter(quarter=bit)
    return people.order_by("-pk")


def lines(actor: Actor, people: Sequence[Person]) -> list[ArchiveLine]:
    """What the list shows of these people: two queries."""
    access.require_reader(actor)
    rows = Profile.objects.in_bulk([person.pk for person in people])
    pledged = with_pledge([person.pk for person in people], on=clock.today())
    return [_line(person, rows.get(person.pk), has_pledge=person.pk in pledged) for person in people]


def _line(person: Person, row: Profile | None, *, has_pledge: bool) -> ArchiveLine:
    shown = row or Profile(person_id=person.pk)
    return ArchiveLine(
        person_id=person.pk,
        name=person.name,
        group=person.group,
        masked_phone=masked_phone(person.phone),
        profession=shown.profession,
        employer=shown.employer,
        completeness=completeness(_filled(person, shown, has_pledge=has_pledge)),
    )


def _lacks(item: Item, today: date) -> Q | Exists:
    """The condition on a person that this item of their archive is not filled: the same as `_filled` says of one."""
    empty_list: list[Any] = []
    no_profile = Q(profile=None)
    conditions: dict[Item, Any] = {
        Item.BASIC: Q(phone="") | Q(birth_date=None) | Q(area=""),
        Item.WORK: no_profile | Q(profile__profession=""),
        Item.LANGUAGES: no_profile | Q(profile__languages=empty_list),
        Item.INTERESTS: Q(service_categories=empty_list),
        Item.SKILLS: no_profile | Q(profile__skills={}),
        Item.TIMES: no_profile | Q(profile__weekly=None),
        Item.LIMITS: no_profile | Q(profile__limits_said_at=None),
        Item.SITES: no_profile | Q(profile__sites__isnull=True),
        Item.EMERGENCY: no_profile | Q(profile__emergency_phone=""),
        Item.PLEDGE: ~_has_kind(PLEDGE, today),
    }
    condition: Q | Exists = conditions[item]
    return condition


def _has_kind(code: str, today: date) -> Exists:
    held = Qualification.objects.filter(
        person=OuterRef("pk"), kind__code=code, state=Qualification.State.VERIFIED
    ).filter(Q(expires_on=None) | Q(expires_on__gte=today))
    return Exists(held)
