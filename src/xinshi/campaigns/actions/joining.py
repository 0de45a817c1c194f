"""The short path of newcomers: phone and code, the pledge, a place; and the same written down at the station."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from xinshi.activities.actions import sign_up
from xinshi.archive.actions import ensure_kinds, grant_many
from xinshi.archive.domain import INSURANCE, PLEDGE, Category, Grant, NewKind
from xinshi.archive.queries import facts
from xinshi.audit.actions import record, record_many
from xinshi.bank.actions import open_passbooks
from xinshi.bank.ages import GUARDIAN_BY_LAW_BELOW_YEARS
from xinshi.bank.models import Passbook
from xinshi.bank.queries import passbooks_by_person, policy_in_force
from xinshi.bank.registration.registering import IdentityNotFree
from xinshi.bank.roster.domain import with_what_the_number_tells
from xinshi.campaigns.access import require_manager
from xinshi.campaigns.actions.locking import lock_campaign
from xinshi.campaigns.domain import (
    CampaignNotOpen,
    HasSignIn,
    QuotaUsed,
    StepMissing,
    Through,
    check_age,
)
from xinshi.campaigns.models import Campaign, CampaignPost, CampaignWave, Recruit
from xinshi.campaigns.queries.path import JOINED_COLUMNS, joined_of, recruit_rows
from xinshi.campaigns.queries.path import Joined as JoinedRow
from xinshi.campaigns.queries.waves import wave_for_person
from xinshi.doors.prepared import PreparedRead, run
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound, gettext_noop
from xinshi.messages.codes import check_code, proved_phone, send_code, spend_proof
from xinshi.messages.models import OneTimeCode
from xinshi.people.actions import NewPerson, PersonKnown, create_user, register_people
from xinshi.people.basic_data import PHONE_FORMAT
from xinshi.people.domain import MOBILE_PHONE, masked_phone
from xinshi.people.models import Person, User, phone_index
from xinshi.people.queries import find_by_id_numbers, free_user_name

PURPOSE = "campaign"
BATCH_ROWS = 1_000
KINDS = (
    NewKind(code=PLEDGE, name="志愿服务承诺", name_en="Volunteer's pledge", category=Category.PLEDGE),
    NewKind(code=INSURANCE, name="志愿服务意外保险", name_en="Accident insurance", category=Category.INSURANCE),
)


@dataclass(frozen=True, slots=True)
class Joined:
    """Who joined; `user_id` signs in, None where somebody is written down without a sign-in."""

    person_id: int
    user_id: int | None
    is_active: bool
    is_new: bool


def ask_for_code(*, campaign: Campaign, phone: str, born: date, address: str) -> int:
    """Send a code to the phone of whoever wants to help, once it is clear that they may; the code's id.

    NotOfAge and GuardianFirst come before anything is kept or sent.
    """
    _require_open(campaign)
    today = clock.today()
    if born > today:
        raise Invalid(
            field="birth_date", reason=gettext_noop("Nobody can be born on this day. Write a day such as 1990-05-21.")
        )
    check_age(born, age_min=campaign.age_min, guardian_below=_guardian_below(), today=today)
    if not MOBILE_PHONE.fullmatch(phone):
        raise Invalid(field="phone", reason=PHONE_FORMAT)
    return send_code(phone=phone, shown_to=masked_phone(phone), purpose=PURPOSE, address=address)


def join_by_phone(
    *,
    campaign: Campaign,
    code_id: int,
    typed: str,
    born: date,
    name: str,
    id_kind: str = "",
    id_number: str = "",
    organization_id: int | None = None,
) -> Joined:
    """Prove the phone and join: an account with the least data, or on with what one had begun on another day.

    CodeWrong, CodeGone; HasSignIn where this phone signs the same person in with a password; IdentityNotFree.
    """
    if _unproved(code_id):
        check_code(code_id=code_id, purpose=PURPOSE, typed=typed)
    phone = proved_phone(code_id=code_id, purpose=PURPOSE)
    person = NewPerson(
        name=name.strip(), birth_date=born, phone=phone, id_kind=id_kind if id_number else "", id_number=id_number
    )
    if person.id_number:
        person = with_what_the_number_tells(person)
        if person.birth_date is not None:
            check_age(
                person.birth_date, age_min=campaign.age_min, guardian_below=_guardian_below(), today=clock.today()
            )
    elif campaign.asks_identity:
        raise Invalid(field="id_number", reason=gettext_noop("This campaign needs the number of your document."))
    return _join_by_phone(campaign.pk, code_id, person, organization_id)


@transaction.atomic
def _join_by_phone(campaign_id: int, code_id: int, person: NewPerson, organization_id: int | None) -> Joined:
    actor = Actor.system(f"campaign:{campaign_id}")
    campaign = lock_campaign(campaign_id)
    _require_open(campaign)
    spend_proof(code_id=code_id, purpose=PURPOSE)
    known = _known(person)
    if known is not None:
        return _go_on(actor, campaign, known, organization_id)
    if person.id_number and find_by_id_numbers([person.id_number]):
        raise IdentityNotFree(field="id_number")
    try:
        [person_id] = register_people(actor=actor, people=[person], given_through=Through.PHONE)
    except PersonKnown:
        raise IdentityNotFree(field="id_number") from None
    user_id = create_user(
        actor=actor, username=free_user_name(), password=None, person_id=person_id, roles=frozenset({Role.VOLUNTEER})
    )
    activates = _may_activate(campaign)
    open_passbooks(actor=actor, person_ids=[person_id], opened_through="campaign", is_checked=activates)
    _recruit(actor, campaign, person_id, Through.PHONE, was_activated=activates, organization_id=organization_id)
    return Joined(person_id, user_id, is_active=activates, is_new=True)


def _known(person: NewPerson) -> Person | None:
    """Who proved the same phone before, with the same name and birthday."""
    rows = Person.objects.filter(
        phone_index=phone_index(person.phone), name=person.name, birth_date=person.birth_date, erased_at=None
    )
    return rows.filter(merged_into=None).order_by("pk").first()


def _go_on(actor: Actor, campaign: Campaign, person: Person, organization_id: int | None) -> Joined:
    """Somebody comes back: by the phone alone only to an account that the short path opened and nothing else guards."""
    user = User.objects.filter(person=person).first()
    is_mere_volunteer = user is not None and not user.role_grants.exclude(role=Role.VOLUNTEER.value).exists()
    if user is not None and (not is_mere_volunteer or user.has_usable_password() or not user.is_active):
        raise HasSignIn
    if user is None:
        if not Recruit.objects.filter(person=person).exists():
            raise HasSignIn
        user_id = create_user(
            actor=actor,
            username=free_user_name(),
            password=None,
            person_id=person.pk,
            roles=frozenset({Role.VOLUNTEER}),
        )
    else:
        user_id = user.pk
    open_passbooks(actor=actor, person_ids=[person.pk], opened_through="campaign", is_checked=False)
    _recruit(actor, campaign, person.pk, Through.PHONE, organization_id=organization_id)
    record(actor=actor, action="campaigns.sign_in_by_code", object_ref=f"user:{user_id}", campaign=campaign.pk)
    return Joined(person.pk, user_id, is_active=_is_active(person.pk), is_new=False)


@transaction.atomic
def join(*, actor: Actor, campaign: Campaign, organization_id: int | None = None) -> bool:
    """A volunteer with an account joins; False where they had joined already."""
    if actor.person_id is None:
        raise NotAllowed
    _require_open(campaign)
    born = Person.objects.values_list("birth_date", flat=True).get(pk=actor.person_id)
    if born is not None:
        check_age(born, age_min=campaign.age_min, guardian_below=0, today=clock.today())
    return _recruit(actor, campaign, actor.person_id, Through.ACCOUNT, organization_id=organization_id)


@transaction.atomic
def pledge(*, actor: Actor, campaign: Campaign) -> None:
    """Sign the code of conduct; with it comes the campaign's insurance. Repeating changes nothing."""
    if actor.person_id is None:
        raise NotAllowed
    _require_open(campaign)
    _pledged(Actor.system(f"campaign:{campaign.pk}"), campaign, [actor.person_id], through=actor.reference)


def _pledged(system: Actor, campaign: Campaign, people: Sequence[int], *, through: str) -> None:
    at, today = clock.now(), clock.today()
    new = Recruit.objects.filter(campaign=campaign, person_id__in=people)
    if new.count() != len(set(people)):
        raise StepMissing
    ensure_kinds(actor=system, kinds=KINDS)
    grants = [
        Grant(
            person_id=person_id, code=PLEDGE, issued_on=today, source_ref=f"campaign-pledge:{campaign.pk}:{person_id}"
        )
        for person_id in people
    ]
    if campaign.insurance_until is not None and campaign.insurance_until >= today:
        grants += [
            Grant(
                person_id=person_id,
                code=INSURANCE,
                issued_on=today,
                expires_on=campaign.insurance_until,
                issued_by=campaign.insurer,
                source_ref=f"campaign-insurance:{campaign.pk}:{person_id}:{campaign.insurance_until.isoformat()}",
            )
            for person_id in people
        ]
    grant_many(actor=system, grants=grants)
    first = list(new.filter(pledged_at=None).values_list("person_id", flat=True))
    new.filter(pledged_at=None).update(pledged_at=at)
    record_many(
        actor=system,
        action="campaigns.pledge",
        objects=[(f"person:{person_id}", {"campaign": campaign.pk, "by": through}) for person_id in first],
    )


def _taking(campaign: int, person: int, shift: int) -> QuerySet[Recruit, tuple[Any, ...]]:
    post = CampaignPost.objects.filter(shift_id=shift, site__campaign_id=OuterRef("campaign_id"))
    rows = recruit_rows(campaign, person).annotate(is_of_campaign=Exists(post))
    return rows.values_list(*JOINED_COLUMNS, "is_of_campaign")


TAKING: Final = PreparedRead(_taking, campaign=int, person=int, shift=int)


def take_shift(*, actor: Actor, campaign: Campaign, shift_id: int) -> int:
    """Take a place in one of the campaign's shifts, once all steps before it are done; the sign-up's id.

    StepMissing, and every refusal of `activities.sign_up`. The campaign's row is not locked: thousands do this at once.
    """
    if actor.person_id is None:
        raise NotAllowed
    found = TAKING.rows(campaign=campaign.pk, person=actor.person_id, shift=shift_id)
    if not (found[0][-1] if found else _is_of(campaign, shift_id)):
        raise NotFound
    _require_open(campaign)
    if not found or not _has_learned(campaign, actor.person_id):
        raise StepMissing
    joined = joined_of(found[0][:-1])
    with transaction.atomic():
        taken = sign_up(actor=actor, shift_id=shift_id)
        if not joined.has_first_place:
            _count_on_wave(campaign, joined)
    return taken.signup_id


def _is_of(campaign: Campaign, shift_id: int) -> bool:
    return CampaignPost.objects.filter(shift_id=shift_id, site__campaign=campaign).exists()


FIRST_PLACE: Final = "UPDATE campaign_recruit SET placed_at = %s, wave_id = %s WHERE id = %s AND placed_at IS NULL"


def _count_on_wave(campaign: Campaign, joined: JoinedRow) -> None:
    """Somebody's first place counts on the quota of the wave that lets them in; the person's row is locked.

    One conditional UPDATE decides who has the last place of a quota, as it does for a shift.
    """
    wave = wave_for_person(campaign, joined)
    _rows, is_first = run(FIRST_PLACE, [clock.now(), wave.wave_id if wave else None, joined.recruit_id])
    if wave is not None and is_first:
        free = CampaignWave.objects.filter(Q(places=None) | Q(used__lt=F("places")), pk=wave.wave_id, is_active=True)
        if not free.update(used=F("used") + 1):
            raise QuotaUsed


def _has_learned(campaign: Campaign, person_id: int) -> bool:
    """Pledged, and the lesson passed where there is one."""
    found, today = facts([person_id]).get(person_id), clock.today()
    if found is None or not found.has(PLEDGE, today):
        return False
    return not campaign.lesson_code or found.has(campaign.lesson_code, today)


@transaction.atomic
def enter_at_station(
    *, actor: Actor, campaign_id: int, person: NewPerson, was_taught: bool, shift_id: int | None = None
) -> Joined:
    """Write down somebody without a phone, or whose document the station sees: joined, pledged on paper, perhaps taught.

    IdentityNotFree where the document is in the archive already: such a person joins with their own account.
    """
    require_manager(actor)
    campaign = lock_campaign(campaign_id)
    _require_open(campaign)
    person = with_what_the_number_tells(replace(person, name=person.name.strip()))
    if person.birth_date is None:
        raise Invalid(field="birth_date", reason=gettext_noop("The date of birth tells whether somebody may help."))
    check_age(person.birth_date, age_min=campaign.age_min, guardian_below=0, today=clock.today())
    if person.id_number and find_by_id_numbers([person.id_number]):
        raise IdentityNotFree(field="id_number")
    [person_id] = register_people(actor=actor, people=[person], given_through="station")
    open_passbooks(actor=actor, person_ids=[person_id], opened_through="campaign")
    _recruit(actor, campaign, person_id, Through.STATION)
    _pledged(actor, campaign, [person_id], through=actor.reference)
    if was_taught and campaign.lesson_code:
        grant_many(
            actor=actor,
            grants=[
                Grant(
                    person_id=person_id,
                    code=campaign.lesson_code,
                    issued_on=clock.today(),
                    expires_on=campaign.ends_on,
                    source_ref=f"campaign-lesson:{campaign.pk}:{person_id}",
                )
            ],
        )
    if shift_id is not None:
        if not _is_of(campaign, shift_id):
            raise NotFound
        sign_up(actor=actor, shift_id=shift_id, person_id=person_id)
        Recruit.objects.filter(campaign=campaign, person_id=person_id).update(placed_at=clock.now())
    return Joined(person_id, None, is_active=_is_active(person_id), is_new=True)


@transaction.atomic
def recruit_many(*, actor: Actor, campaign_id: int, person_ids: Sequence[int], has_pledged: bool = False) -> int:
    """Volunteers who are known already join by a list; who joined before is passed over. Returns how many are new."""
    require_manager(actor)
    campaign = lock_campaign(campaign_id)
    wanted = list(dict.fromkeys(person_ids))
    if Person.objects.filter(pk__in=wanted, erased_at=None).count() != len(wanted):
        raise NotFound
    known = set(Recruit.objects.filter(campaign=campaign, person_id__in=wanted).values_list("person_id", flat=True))
    new, at = [person_id for person_id in wanted if person_id not in known], clock.now()
    Recruit.objects.bulk_create(
        [
            Recruit(
                campaign=campaign,
                person_id=person_id,
                joined_at=at,
                through=Through.LIST,
                entered_by_ref=actor.reference,
            )
            for person_id in new
        ],
        batch_size=BATCH_ROWS,
    )
    record_many(
        actor=actor,
        action="campaigns.join",
        objects=[(f"person:{person_id}", {"campaign": campaign.pk, "through": "list"}) for person_id in new],
    )
    if has_pledged and new:
        _pledged(actor, campaign, new, through=actor.reference)
    return len(new)


def _recruit(
    actor: Actor,
    campaign: Campaign,
    person_id: int,
    through: Through,
    *,
    was_activated: bool = False,
    organization_id: int | None = None,
) -> bool:
    _, is_new = Recruit.objects.get_or_create(
        campaign=campaign,
        person_id=person_id,
        defaults={
            "joined_at": clock.now(),
            "through": through.value,
            "entered_by_ref": actor.reference,
            "was_activated": was_activated,
            "organization_id": organization_id,
        },
    )
    if not is_new:
        if organization_id is not None:
            come = Recruit.objects.filter(campaign=campaign, person_id=person_id, organization=None, placed_at=None)
            come.update(organization_id=organization_id)
        return False
    record(
        actor=actor,
        action="campaigns.join",
        object_ref=f"person:{person_id}",
        campaign=campaign.pk,
        through=through.value,
        **({"was_activated": True, "reason": campaign.activation_reason} if was_activated else {}),
    )
    return True


def _may_activate(campaign: Campaign) -> bool:
    """Within the campaign's limit; its row is locked, so two newcomers do not count themselves as the last."""
    if not campaign.activation_places:
        return False
    return Recruit.objects.filter(campaign=campaign, was_activated=True).count() < campaign.activation_places


def _require_open(campaign: Campaign) -> None:
    if campaign.state != Campaign.State.OPEN or clock.today() > campaign.ends_on:
        raise CampaignNotOpen


def _guardian_below() -> int:
    return max(GUARDIAN_BY_LAW_BELOW_YEARS, policy_in_force().rules.guardian_below_years)


def _unproved(code_id: int) -> bool:
    return OneTimeCode.objects.filter(pk=code_id, purpose=PURPOSE, proved_at=None).exists()


def _is_active(person_id: int) -> bool:
    card = passbooks_by_person([person_id]).get(person_id)
    return card is not None and card.state == Passbook.State.ACTIVE
