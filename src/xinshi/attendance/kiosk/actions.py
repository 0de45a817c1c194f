"""Kiosks made, enrolled and revoked; PINs set and tried."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.db.models import F

from xinshi.activities.access import require_planner
from xinshi.activities.models import SignUp
from xinshi.attendance.kiosk.domain import (
    FAILURE_SPAN,
    FAILURES_MAX,
    LOCKED_FOR,
    PIN_DIGITS,
    SAME_TAIL_MAX,
    SETUP_GOOD_FOR,
    TAIL_DIGITS,
    TRIES_MAX,
    KioskBusy,
    KioskNameTaken,
    NotAKiosk,
    NumberNotClear,
    PinLocked,
    PinNotGood,
    PinWrong,
    SetupCodeWrong,
    is_easy,
)
from xinshi.attendance.kiosk.models import Kiosk, Pin
from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.kernel.ids import new_short_code, normalized_code
from xinshi.messages.limits import allow
from xinshi.people.models import Person
from xinshi.vault.cipher import blind_index

TAIL_CONTEXT: Final = "kiosk.phone_tail"
SEEN_PRECISION: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SetupCode:
    """Shown once; whoever types it on a device within half an hour makes it the kiosk."""

    kiosk_id: int
    code: str


@transaction.atomic
def create_kiosk(*, actor: Actor, name: str, place: str, site_id: int | None = None) -> SetupCode:
    """A kiosk that waits for its device; planners only."""
    require_planner(actor)
    code, now = new_short_code(), clock.now()
    try:
        with transaction.atomic():
            row = Kiosk.objects.create(
                name=name,
                place=place,
                site_id=site_id,
                setup_digest=_digest(code),
                setup_until=now + SETUP_GOOD_FOR,
                created_at=now,
                created_by_ref=actor.reference,
            )
    except IntegrityError:
        raise KioskNameTaken from None
    record(actor=actor, action="attendance.create_kiosk", object_ref=f"kiosk:{row.pk}")
    return SetupCode(row.pk, code)


@transaction.atomic
def renew_setup_code(*, actor: Actor, kiosk_id: int) -> SetupCode:
    """Another set-up code, for another device or the same one anew; the old device serves until the new one is enrolled."""
    require_planner(actor)
    code = new_short_code()
    changed = Kiosk.objects.filter(pk=kiosk_id, revoked_at=None).update(
        setup_digest=_digest(code), setup_until=clock.now() + SETUP_GOOD_FOR
    )
    if not changed:
        raise NotFound
    record(actor=actor, action="attendance.renew_kiosk_code", object_ref=f"kiosk:{kiosk_id}")
    return SetupCode(kiosk_id, code)


@transaction.atomic
def enrol(*, typed: str) -> tuple[int, str]:
    """Make a device the kiosk whose set-up code was typed there: its id and the device's token, which is stored nowhere."""
    now, token = clock.now(), secrets.token_urlsafe(32)
    row = (
        Kiosk.objects.select_for_update()
        .filter(setup_digest=_digest(normalized_code(typed)), setup_until__gt=now, revoked_at=None)
        .first()
    )
    if row is None:
        raise SetupCodeWrong
    Kiosk.objects.filter(pk=row.pk).update(
        digest=_digest(token), setup_digest="", setup_until=None, enrolled_at=now, last_seen_at=now
    )
    record(actor=kiosk_actor(row.pk), action="attendance.enrol_kiosk", object_ref=f"kiosk:{row.pk}")
    return row.pk, token


@transaction.atomic
def revoke_kiosk(*, actor: Actor, kiosk_id: int) -> None:
    """The device is no kiosk from its next request on; planners only."""
    require_planner(actor)
    changed = Kiosk.objects.filter(pk=kiosk_id, revoked_at=None).update(
        revoked_at=clock.now(), digest="", setup_digest="", setup_until=None
    )
    if not changed:
        raise NotFound
    record(actor=actor, action="attendance.revoke_kiosk", object_ref=f"kiosk:{kiosk_id}")


def kiosk_of(token: str) -> Kiosk:
    """The kiosk of a device's token; NotAKiosk for a revoked or unknown one."""
    row = Kiosk.objects.filter(digest=_digest(token), revoked_at=None).first() if token else None
    if row is None:
        raise NotAKiosk
    now = clock.now()
    if row.last_seen_at is None or now - row.last_seen_at > SEEN_PRECISION:
        Kiosk.objects.filter(pk=row.pk).update(last_seen_at=now)
    return row


def kiosk_actor(kiosk_id: int) -> Actor:
    """A kiosk acts in its own name; it has no role."""
    return Actor(reference=f"kiosk:{kiosk_id}")


@transaction.atomic
def set_pin(*, actor: Actor, pin: str) -> None:
    """Set or change one's own PIN; PinNotGood for what is guessed first."""
    if actor.person_id is None:
        raise NotAllowed
    person = Person.objects.get(pk=actor.person_id)
    birthday = f"{person.birth_date:%y%m%d}" if person.birth_date else ""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()) or is_easy(pin, birthday=birthday):
        raise PinNotGood
    Pin.objects.update_or_create(
        person_id=actor.person_id,
        defaults={
            "digest": make_password(pin),
            "phone_tail_index": _tail_index(str(person.phone)[-TAIL_DIGITS:]) if person.phone else "",
            "set_at": clock.now(),
            "tries": 0,
            "locked_until": None,
        },
    )
    record(actor=actor, action="attendance.set_pin", object_ref=f"person:{actor.person_id}")


def enter(*, kiosk: Kiosk, number: str, pin: str) -> int:
    """The person whose volunteer number (or last four digits of the phone) and PIN were typed at a kiosk.

    PinLocked after five tries, whatever was typed at the same moment: each try is counted by one conditional update before
    anything is compared. Who has no PIN, or no such number, gets the same answer after the same work.
    """
    candidates = _candidates(number)
    tried, right = False, []
    for person_id in candidates:
        digest = _count_try(person_id)
        if digest is None:
            continue
        tried = True
        if check_password(pin, digest):
            right.append(person_id)
    if len(right) == 1:
        Pin.objects.filter(person_id=right[0]).update(tries=0, locked_until=None)
        return right[0]
    if not candidates:
        make_password(pin)  # As slow as a real check.
    if not allow(f"kiosk:failed:{kiosk.pk}", times_max=FAILURES_MAX, span=FAILURE_SPAN):
        raise KioskBusy
    if len(right) > 1:
        raise NumberNotClear
    raise PinWrong if tried or not candidates else PinLocked


def _candidates(number: str) -> list[int]:
    """Who may be meant, of those who have a PIN. Last digits of a phone find only who has a shift around today."""
    typed = "".join(sign for sign in number if sign.isascii() and sign.isalnum())
    if len(typed) == TAIL_DIGITS and typed.isdigit():
        now = clock.now()
        expected = SignUp.objects.filter(
            state=SignUp.State.CONFIRMED,
            shift__starts_at__lt=now + timedelta(days=1),
            shift__ends_at__gt=now - timedelta(days=1),
        ).values("person_id")
        found = Pin.objects.filter(phone_tail_index=_tail_index(typed), person_id__in=expected).order_by("pk")
        return list(found.values_list("person_id", flat=True)[:SAME_TAIL_MAX])
    if not typed:
        return []
    return list(Pin.objects.filter(person__volunteer_number=typed).values_list("person_id", flat=True))


def _count_try(person_id: int) -> str | None:
    """The digest to compare with, once one more try is counted; None where the PIN is locked."""
    now = clock.now()
    row = Pin.objects.filter(person_id=person_id)
    row.filter(locked_until__lte=now).update(tries=0, locked_until=None)
    if not row.filter(tries__lt=TRIES_MAX).update(tries=F("tries") + 1):
        return None
    row.filter(tries=TRIES_MAX, locked_until=None).update(locked_until=now + LOCKED_FOR)
    return row.values_list("digest", flat=True).get()


def _tail_index(digits: str) -> str:
    return blind_index(digits, context=TAIL_CONTEXT)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
