"""Hours between the demo hospital and 东湖区时间银行: some that came, some that went, one refused, one without an answer."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Final

from xinshi.bank.models import Deposit, Passbook
from xinshi.demo.exchange_partners import HOURS, demo_key
from xinshi.demo.hospital import Hospital
from xinshi.exchange.models import Partner
from xinshi.exchange.partners.actions import note_heard
from xinshi.interbank.identity.actions import make_shared_key, make_tokens
from xinshi.interbank.identity.queries import purpose_of, token_of
from xinshi.interbank.moving.actions import ask_to_bring, ask_transfer, rotate_key
from xinshi.interbank.moving.keys import own_code
from xinshi.interbank.moving.models import OutgoingMessage, Stream, Transfer
from xinshi.interbank.moving.sending import Asked, attempt, store_answer
from xinshi.interbank.moving.taking import take
from xinshi.interbank.moving.trusting import trusted
from xinshi.interbank.protocol import bodies
from xinshi.interbank.protocol.bodies import AnswerState, MessageType, moment_text
from xinshi.interbank.protocol.signing import envelope
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson, give_consent, register_people
from xinshi.people.models import Person, User

CODE: Final = "east-lake"
OTHER_MEMBERS: Final = range(50, 60)
ENTERED_TWICE: Final = 61
"""Index of somebody whom the station wrote down a second time."""
OTHER_DOCUMENT: Final = "99"
NEXT_KEY_DAYS: Final = 21


def move_hours(hospital: Hospital) -> None:
    """What two members did lately with the bank across the lake; the volunteer keeps their 1,110 hours."""
    partner = Partner.objects.get(code=CODE)
    make_shared_key(actor=hospital.actors[Role.ADMINISTRATOR], partner_id=partner.pk)
    member = hospital.actors[Role.VOLUNTEER]
    other = _other_member(hospital, partner)
    _enter_twice(hospital, partner)
    make_tokens(actor=hospital.coordinator, partner_id=partner.pk)
    for minutes, actor, state, code in (
        (3 * HOURS, member, AnswerState.APPLIED, ""),
        (2 * HOURS, other, AnswerState.REFUSED, "no_consent"),
        (HOURS, other, AnswerState.APPLIED, ""),
    ):
        _send(partner, actor, minutes)
        _answer(partner, state, code)
    _bring(
        partner,
        other,
        6 * HOURS,
        worked_on=clock.today() - timedelta(days=20),
        category="0001",
        activity="湖区社区清洁",
    )
    _bring_what_is_known(partner, other)
    _send(partner, member, 90)
    attempt(partner.pk)
    store_answer(partner.pk, _newest(partner), None)
    note_heard(partner_id=partner.pk)
    second = actor_for(User.objects.get(username="administrator2"))
    rotate_key(actor=second, key_id=f"{hospital.today:%Y-%m}", signs_in_days=NEXT_KEY_DAYS)


def _other_member(hospital: Hospital, partner: Partner) -> Actor:
    """Somebody with a few hours who agrees to the exchange as well."""
    ids = [hospital.person_ids[index] for index in OTHER_MEMBERS]
    found = Passbook.objects.filter(
        person_id__in=ids, state=Passbook.State.ACTIVE, verified_minutes__gte=8 * HOURS
    ).first()
    assert found is not None, "somebody has served a day"
    give_consent(actor=hospital.coordinator, person_id=found.person_id, purpose=purpose_of(partner), through="station")
    return Actor(reference=f"person:{found.person_id}", person_id=found.person_id, roles=frozenset({Role.VOLUNTEER}))


def _enter_twice(hospital: Hospital, partner: Partner) -> None:
    """One identity number on two records: the second was entered as another document, with spaces in it."""
    first = Person.objects.get(pk=hospital.person_ids[ENTERED_TWICE])
    number = " ".join((first.id_number[:6], first.id_number[6:14], first.id_number[14:]))
    new = NewPerson(
        name=first.name, sex=first.sex, birth_date=first.birth_date, id_kind=OTHER_DOCUMENT, id_number=number
    )
    for person_id in (first.pk, *register_people(actor=hospital.coordinator, people=[new])):
        give_consent(actor=hospital.coordinator, person_id=person_id, purpose=purpose_of(partner), through="station")


def _send(partner: Partner, actor: Actor, minutes: int) -> None:
    number = Transfer.objects.count()
    ask_transfer(
        actor=actor, partner_id=partner.pk, minutes=minutes, kind=HoursKind.VERIFIED, form_key=f"demo-{number}"
    )


def _newest(partner: Partner) -> Asked:
    row = OutgoingMessage.objects.filter(partner=partner).order_by("-sequence")[0]
    return Asked(MessageType(row.type), row.key, row.message_hash, row.message_hash)


def _answer(partner: Partner, state: AnswerState, code: str) -> None:
    """The other bank's final answer to our newest message."""
    attempt(partner.pk)
    asked = _newest(partner)
    row = OutgoingMessage.objects.get(message_hash=asked.message_hash)
    answer = bodies.Answer(
        sender=CODE,
        receiver=own_code(),
        about=asked.about,
        message_type=asked.type,
        key=asked.key,
        message=asked.message_hash,
        state=state,
        code=code,
        minutes=row.minutes,
        decided_at=moment_text(clock.now()),
        next_sequence=row.sequence + 1,
    )
    store_answer(partner.pk, asked, answer)


def _bring_what_is_known(partner: Partner, actor: Actor) -> None:
    """Hours from the other bank for a day on which this hospital knows of service of the same kind: a person must look."""
    assert actor.person_id is not None, "a member is a person"
    known = Deposit.objects.filter(passbook__person_id=actor.person_id, partner="", reversal=None).order_by(
        "-worked_on"
    )[0]
    _bring(partner, actor, HOURS, worked_on=known.worked_on, category=known.category, activity=known.title)


def _bring(partner: Partner, actor: Actor, minutes: int, *, worked_on: date, category: str, activity: str) -> None:
    """Asked for, granted, and sent here by the other bank."""
    assert actor.person_id is not None, "a member is a person"
    head = Stream.objects.get(partner=partner)
    pk = ask_to_bring(
        actor=actor,
        partner_id=partner.pk,
        minutes=minutes,
        kind=HoursKind.VERIFIED,
        form_key=f"demo-bring-{head.in_next}",
    )
    _answer(partner, AnswerState.APPLIED, "")
    at = clock.now()
    message = bodies.Message(
        type=MessageType.TRANSFER,
        sender=CODE,
        receiver=own_code(),
        sequence=head.in_next,
        previous=head.in_hash,
        sent_at=moment_text(at),
        expires_at=moment_text(at + timedelta(hours=24)),
        key=Transfer.objects.get(pk=pk).key,
        person=token_of(actor.person_id, partner) or "",
        minutes=minutes,
        kind=HoursKind.VERIFIED.value,
        worked_on=worked_on.isoformat(),
        category=category,
        activity=activity,
        evidence=hashlib.sha256(b"lines of the other book").hexdigest(),
    )
    key_id = partner.keys.values_list("key_id", flat=True)[0]
    take(trusted(envelope(message, key_id=key_id, private_key=demo_key(CODE)), bodies.Message))
