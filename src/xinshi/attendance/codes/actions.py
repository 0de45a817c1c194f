"""From what was scanned or typed to a claim: the code of a place, six digits, somebody's own code."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from xinshi.activities.models import SignUp
from xinshi.activities.queries import led_shift
from xinshi.attendance.codes.arriving import Arrival, Claim, arrive
from xinshi.attendance.codes.domain import (
    DIGIT_SPAN,
    DIGIT_TRIES_MAX,
    DIGITS,
    TOLERANCE,
    Choice,
    Code,
    CodeUnreadable,
    DigitsWrong,
    TooManyTries,
    code_from,
    window_of,
)
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.codes.nearby import places, question
from xinshi.attendance.codes.signing import digits_of, require_current, window_of_digits
from xinshi.attendance.kiosk.models import Kiosk
from xinshi.attendance.sites.domain import Position
from xinshi.doors.prepared import Answer, Question
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed
from xinshi.messages.limits import allow

KIOSKS_MAX = 200


@dataclass(frozen=True, slots=True)
class Look:
    """The answer to `question_about` a code, and when it was asked."""

    moment: datetime
    answer: Answer


def arrive_by_code(
    *,
    actor: Actor,
    code: Code,
    choice: Choice = Choice.BY_STATE,
    device: str = "",
    position: Position | None = None,
    seen_at: datetime | None = None,
    look: Look | None = None,
) -> Arrival:
    """The actor scanned the code of a place. `seen_at`: when this browser came with it, where signing in took longer.

    `look`: what was read of the actor's places by this code just now.
    """
    if code.kind == "o":
        raise CodeUnreadable
    now = look.moment if look is not None else clock.now()
    require_current(code, seen_at or now)
    claim = place_claim(actor, code, way=Trace.Way.QR, moment=now)
    near = places(look.answer, now) if look is not None else None
    return arrive(actor=actor, claim=replace(claim, choice=choice, device=device, position=position), near=near)


def question_about(code: Code, moment: datetime) -> Question:
    """What a scan of this code of a place asks about who scans."""
    return question(moment=moment, code_key=code.key, activity_id=_activity(code))


def _activity(code: Code) -> int | None:
    """None for a kiosk's: it takes whoever has a place somewhere."""
    return code.number if code.kind == "a" else None


def place_claim(actor: Actor, code: Code, *, way: Trace.Way, moment: datetime) -> Claim:
    """What a true code of a place claims for the actor; NotAllowed for who has no person in the archive."""
    if actor.person_id is None:
        raise NotAllowed
    return Claim(
        person_id=actor.person_id,
        code_key=code.key,
        way=way,
        moment=moment,
        activity_id=_activity(code),
    )


def arrive_by_digits(
    *,
    actor: Actor,
    typed: str,
    choice: Choice = Choice.BY_STATE,
    device: str = "",
    position: Position | None = None,
) -> Arrival:
    """The actor typed the six digits beside the code; TooManyTries after ten in ten minutes, counted before comparing."""
    if actor.person_id is None:
        raise NotAllowed
    if not allow(f"attendance:digits:{actor.reference}", times_max=DIGIT_TRIES_MAX, span=DIGIT_SPAN):
        raise TooManyTries
    now = clock.now()
    digits = "".join(sign for sign in typed if sign.isascii() and sign.isdigit())
    for scope in _scopes_near(actor.person_id, now):
        window = window_of_digits(scope, digits, now) if len(digits) == DIGITS else None
        if window is not None:
            code = Code(kind=scope[0], number=int(scope[1:]), window=window, mark="")
            claim = place_claim(actor, code, way=Trace.Way.QR, moment=now)
            return arrive(actor=actor, claim=replace(claim, choice=choice, device=device, position=position))
    raise DigitsWrong


def _scopes_near(person_id: int, now: datetime) -> list[str]:
    """Whose digits the person could read now: the activities of their day, and the kiosks."""
    signups = SignUp.objects.filter(
        person_id=person_id,
        state=SignUp.State.CONFIRMED,
        shift__starts_at__lt=now + timedelta(days=1),
        shift__ends_at__gt=now - timedelta(days=1),
    )
    activities = set(signups.values_list("shift__activity_id", flat=True))
    kiosks = Kiosk.objects.filter(revoked_at=None).exclude(digest="").order_by("pk").values_list("pk", flat=True)
    return [*(f"a{pk}" for pk in sorted(activities)), *(f"k{pk}" for pk in kiosks[:KIOSKS_MAX])]


def receive_own_code(*, actor: Actor, shift_id: int, typed: str, choice: Choice = Choice.BY_STATE) -> Arrival:
    """Who leads scanned somebody's own code, or typed its digits; NotFound unless they lead the shift."""
    shift = led_shift(actor, shift_id)
    now = clock.now()
    digits = typed.replace(" ", "")
    if len(digits) == DIGITS and digits.isascii() and digits.isdigit():
        code = _own_code_by_digits(shift.pk, digits, now)
    else:
        code = _own_code(typed, now)
    claim = Claim(
        person_id=code.number,
        code_key=f"{code.key}:{shift.pk}",
        way=Trace.Way.OWN_CODE,
        moment=now,
        shift_id=shift.pk,
        choice=choice,
        asks_position=False,
    )
    return arrive(actor=actor, claim=claim)


def _own_code(typed: str, now: datetime) -> Code:
    code = code_from(typed)
    if code.kind != "o":
        raise CodeUnreadable
    require_current(code, now)
    return code


def _own_code_by_digits(shift_id: int, digits: str, now: datetime) -> Code:
    """Whose of the shift's people these digits are; DigitsWrong where they are nobody's, or two people's by chance."""
    people: Iterable[int] = SignUp.objects.filter(shift_id=shift_id, state=SignUp.State.CONFIRMED).values_list(
        "person_id", flat=True
    )
    window = window_of(now)
    found = [
        Code(kind="o", number=person_id, window=candidate, mark="")
        for person_id in people
        for candidate in range(window - TOLERANCE, window + TOLERANCE + 1)
        if hmac.compare_digest(digits_of(f"o{person_id}", candidate), digits)
    ]
    if len({code.number for code in found}) != 1:
        raise DigitsWrong
    return found[0]
