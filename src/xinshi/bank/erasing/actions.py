"""Writes of erasing: a copy taken, asked, accepted by one, done by another. What was erased is never brought back."""

from __future__ import annotations

from typing import IO, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext, override

from xinshi.audit.actions import record
from xinshi.bank.access import require_corrector
from xinshi.bank.erasing.domain import ErasureKnown, ErasureNotOpen, NotAcceptedYet, NotTheirs
from xinshi.bank.erasing.models import OPEN_STATES, ErasureRequest
from xinshi.bank.erasing.queries import copy_file, erasing_obstacles
from xinshi.bank.erasing.registry import rooms
from xinshi.bank.models import Passbook
from xinshi.bank.obstacles import ObstaclesInTheWay
from xinshi.bank.registration.deciding import NOTICE, NOTICE_USEFUL_FOR
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound, gettext_noop
from xinshi.kernel.ids import new_short_code
from xinshi.messages.actions import NewMessage, send_many
from xinshi.messages.gateways import is_ready
from xinshi.messages.texting import TEXT_LANGUAGE, send_text
from xinshi.people import personal as people
from xinshi.people.domain import EMPTIED, masked_phone
from xinshi.people.models import Person
from xinshi.people.queries import people_of

State = ErasureRequest.State
REFUSED: Final = gettext_noop("Your data was not deleted: %(reason)s")
DONE: Final = gettext_noop("As you asked, the hospital has deleted your personal data. Thank you for your service.")


@transaction.atomic
def take_copy(*, actor: Actor) -> IO[bytes]:
    """A zip of everything the hospital holds about the actor, whole; that it was taken is on record."""
    person = Person.objects.filter(pk=actor.person_id or 0, erased_at=None).first()
    if person is None:
        raise NotFound
    record(actor=actor, action="bank.take_copy", object_ref=f"person:{person.pk}")
    return copy_file(person)


@transaction.atomic
def ask_to_be_erased(*, actor: Actor) -> int:
    """People ask that their personal data be deleted; two others decide, once what is open is settled."""
    if actor.person_id is None:
        raise NotFound
    return _ask(actor, actor.person_id, "")


@transaction.atomic
def enter_erasure(*, actor: Actor, person_id: int, note: str) -> int:
    """The station writes the wish down for somebody; `note`: what they signed, and where the paper is."""
    require_corrector(actor)
    if actor.person_id == person_id:
        raise NotTheirs
    assert note.strip(), "a form asks what was signed"
    return _ask(actor, person_id, note.strip()[:300])


def _ask(actor: Actor, person_id: int, note: str) -> int:
    if not Person.objects.filter(pk=person_id, erased_at=None, merged_into=None).exists():
        raise NotFound
    try:
        with transaction.atomic():
            row = ErasureRequest.objects.create(
                person_id=person_id, asked_at=clock.now(), asked_by_ref=actor.reference, note=note
            )
    except IntegrityError:
        raise ErasureKnown from None
    record(actor=actor, action="bank.ask_erasure", object_ref=f"person:{person_id}", request=row.pk)
    return row.pk


@transaction.atomic
def withdraw_erasure(*, actor: Actor) -> None:
    """People take their own request back; nothing is deleted."""
    rows = ErasureRequest.objects.select_for_update(no_key=True)
    row = rows.filter(person_id=actor.person_id or 0, state__in=OPEN_STATES).first()
    if row is None:
        raise NotFound
    _decide(row, actor, State.WITHDRAWN)
    record(actor=actor, action="bank.withdraw_erasure", object_ref=f"person:{row.person_id}", request=row.pk)


@transaction.atomic
def accept_erasure(*, actor: Actor, erasure_id: int) -> None:
    """The first of the two: nothing is open, so another may delete. ObstaclesInTheWay names what must be settled."""
    row = _locked(actor, erasure_id)
    if row.state != State.ASKED:
        raise ErasureNotOpen
    _require_settled(row)
    ErasureRequest.objects.filter(pk=row.pk).update(
        state=State.ACCEPTED,
        accepted_by_ref=actor.reference,
        accepted_by_person_id=actor.person_id,
        accepted_at=clock.now(),
    )
    record(actor=actor, action="bank.accept_erasure", object_ref=f"person:{row.person_id}", request=row.pk)


@transaction.atomic
def refuse_erasure(*, actor: Actor, erasure_id: int, reason: str) -> None:
    """It cannot be done now; the person is told why and may ask again."""
    row = _locked(actor, erasure_id)
    assert reason.strip(), "a form asks for the reason"
    row.answer = reason.strip()[:300]
    _decide(row, actor, State.REFUSED)
    record(actor=actor, action="bank.refuse_erasure", object_ref=f"person:{row.person_id}", request=row.pk)
    message = NewMessage(
        recipient_ref=f"person:{row.person_id}",
        text=REFUSED,
        parameters={"reason": row.answer},
        object_ref=f"erasure:{row.pk}",
        key=f"erasure:{row.pk}:refused",
    )
    send_many([message])


@transaction.atomic
def erase_person(*, actor: Actor, erasure_id: int) -> str:
    """The second of the two deletes, for ever; returns the pseudonym that stays.

    NotTheirs for who accepted it, by whichever sign-in, and for the person. ObstaclesInTheWay where something was opened
    meanwhile. Every room empties its part in this transaction; files go once it commits.
    """
    row = _locked(actor, erasure_id)
    if row.state != State.ACCEPTED:
        raise NotAcceptedYet
    if actor.reference == row.accepted_by_ref or (
        actor.person_id is not None and actor.person_id == row.accepted_by_person_id
    ):
        raise NotTheirs
    ids = people_of(row.person_id)
    list(Passbook.objects.select_for_update(no_key=True).filter(person_id__in=ids).order_by("person_id"))
    person = Person.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").in_bulk()[row.person_id]
    _require_settled(row)
    pseudonym = new_short_code()
    _tell(person)
    for room in rooms().values():
        if room.forget is not None:
            room.forget(actor=actor, person_ids=ids)
    people.forget(actor=actor, person_ids=ids, pseudonym=pseudonym)
    ErasureRequest.objects.filter(person_id__in=ids).exclude(answer="").update(answer=EMPTIED)
    row.note, row.pseudonym = "", pseudonym
    _decide(row, actor, State.DONE)
    for person_id in ids:
        record(actor=actor, action="bank.erase_person", object_ref=f"person:{person_id}", request=row.pk)
    return pseudonym


def _locked(actor: Actor, erasure_id: int) -> ErasureRequest:
    """A request that waits, for who may decide on it."""
    require_corrector(actor)
    row = ErasureRequest.objects.select_for_update(no_key=True).filter(pk=erasure_id).first()
    if row is None:
        raise NotFound
    if row.state not in OPEN_STATES:
        raise ErasureNotOpen
    if actor.person_id is not None and actor.person_id == row.person_id:
        raise NotTheirs
    return row


def _require_settled(row: ErasureRequest) -> None:
    obstacles = erasing_obstacles(row.person_id)
    if obstacles:
        raise ObstaclesInTheWay(obstacles=" ".join(str(one) for one in obstacles))


def _decide(row: ErasureRequest, actor: Actor, state: ErasureRequest.State) -> None:
    row.state, row.decided_by_ref, row.decided_at = state, actor.reference, clock.now()
    row.save(update_fields=["state", "decided_by_ref", "decided_at", "answer", "note", "pseudonym"])


def _tell(person: Person) -> None:
    """A last text, as the inbox goes too; the phone on it is emptied once it is sent."""
    if not person.phone or not is_ready():
        return
    with override(TEXT_LANGUAGE):
        words = gettext(DONE)
    send_text(
        to=person.phone,
        shown_to=masked_phone(person.phone),
        text=words,
        purpose=NOTICE,
        useful_for=NOTICE_USEFUL_FOR,
    )
