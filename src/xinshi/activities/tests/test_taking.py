"""A place for oneself as one statement: the same rows as the long way, and nothing on what no longer holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from xinshi.activities.actions import cancel_sign_up, sign_up, sign_up_many, signing_up
from xinshi.activities.actions.taking import take, takes_in_one_statement
from xinshi.activities.domain import PassbookNotActive, ShiftFull, TimeConflict
from xinshi.activities.events import SignedUp
from xinshi.activities.models import Shift, SignUp
from xinshi.activities.queries.deciding import candidates, surroundings
from xinshi.activities.queries.listing import TakenPlace, listed_offer
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, Somebody, all_at_once, tomorrow_at
from xinshi.activities.waves.domain import NewWave, QuotaState
from xinshi.archive.models import Qualification, QualificationKind
from xinshi.audit.models import AuditEntry
from xinshi.bank.models import Passbook
from xinshi.kernel import clock
from xinshi.outbox import actions as outbox
from xinshi.outbox.models import Delivery, StoredEvent
from xinshi.people.models import Person

FRAME = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="the function is PostgreSQL's")


def written() -> tuple[int, ...]:
    taken = sum(Shift.objects.values_list("taken", flat=True))
    return (taken, *(model.objects.count() for model in (SignUp, AuditEntry, StoredEvent, Delivery)))


def rows_of(place: TakenPlace) -> list[dict[str, Any]]:
    """Everything that a sign-up writes, but for ids, moments and the person."""
    signup = SignUp.objects.filter(pk=place.signup_id).values().get()
    line = AuditEntry.objects.filter(object_ref=f"signup:{place.signup_id}").values().get()
    told_of = SignedUp(signup_id=place.signup_id, shift_id=place.shift_id, person_id=place.person_id)
    event = StoredEvent.objects.filter(payload=told_of.to_json()).values().get()
    told = [dict(row) for row in Delivery.objects.filter(event_id=event["id"]).order_by("listener").values()]
    assert line["detail"] == {"shift": place.shift_id, "person": place.person_id}
    assert line["actor_ref"] == signup["signed_up_by_ref"]
    assert {line["at"], event["published_at"], *(one["due_at"] for one in told)} == {signup["signed_up_at"]}
    own = {"id", "person_id", "signed_up_at", "signed_up_by_ref", "object_ref", "detail", "actor_ref", "at"}
    own |= {"published_at", "payload", "event_id", "due_at"}
    return [{key: value for key, value in row.items() if key not in own} for row in (signup, line, event, *told)]


def test_one_statement_writes_the_rows_of_the_long_way(
    cast: Cast, make_activity: MakeActivity, monkeypatch: pytest.MonkeyPatch
) -> None:
    listeners = dict.fromkeys(["rooms.hear", "rooms.hear_too"], lambda _: None)
    monkeypatch.setitem(outbox._LISTENERS, SignedUp.name, listeners)
    (shift_id,) = make_activity().shift_ids
    note = '带"轮椅"\\,\n来'
    with time_machine.travel(clock.now(), tick=False):
        short = sign_up(actor=cast.volunteer.actor, shift_id=shift_id, note=note)
        monkeypatch.setattr(signing_up, "take", lambda *_, **__: None)
        long = sign_up(actor=cast.second.actor, shift_id=shift_id, note=note)
    assert rows_of(short) == rows_of(long)
    assert [row["listener"] for row in rows_of(short)[3:]] == ["rooms.hear", "rooms.hear_too"]
    assert short.seen is not None
    assert long.seen is not None
    assert (short.state, short.others, short.seen[0].taken, long.seen[0].taken) == ("confirmed", (), 0, 1)
    assert Shift.objects.get(pk=shift_id).taken == 2


def test_a_sign_up_is_four_statements(cast: Cast, make_activity: MakeActivity) -> None:
    first, second = make_activity(shifts=2).shift_ids
    actor = cast.volunteer.actor
    sign_up(actor=actor, shift_id=first)
    with CaptureQueriesContext(connection) as seen:
        sign_up(actor=actor, shift_id=second)
    statements = sum(not query["sql"].startswith(FRAME) for query in seen)
    assert statements == (4 if connection.vendor == "postgresql" else 8)
    assert len(seen) == 4 or connection.vendor != "postgresql"  # No transaction either.


def _cancelled(cast: Cast, place: int, shift_id: int) -> None:
    cancel_sign_up(actor=cast.volunteer.actor, signup_id=place)


def _offered(cast: Cast, place: int, shift_id: int) -> None:
    until = clock.now() + timedelta(hours=1)
    SignUp.objects.filter(pk=place).update(state=SignUp.State.OFFERED, offered_until=until)


def _one_more(cast: Cast, place: int, shift_id: int) -> None:
    at = Shift.objects.get(pk=shift_id).starts_at - timedelta(minutes=30)
    shift = Shift.objects.exclude(pk=shift_id).filter(signups=None).get()
    Shift.objects.filter(pk=shift.pk).update(starts_at=at, ends_at=at + timedelta(hours=1))
    sign_up_many(actor=SYSTEM, signups=[(shift.pk, cast.volunteer.person_id)])


def _other_shift_moved(cast: Cast, place: int, shift_id: int) -> None:
    ends_at = Shift.objects.get(signups=place).ends_at
    Shift.objects.filter(signups=place).update(ends_at=ends_at + timedelta(minutes=1))


def _moved(cast: Cast, place: int, shift_id: int) -> None:
    ends_at = Shift.objects.get(pk=shift_id).ends_at
    Shift.objects.filter(pk=shift_id).update(ends_at=ends_at + timedelta(minutes=1))


def _closed(cast: Cast, place: int, shift_id: int) -> None:
    Shift.objects.filter(pk=shift_id).update(is_open=False)


def _full(cast: Cast, place: int, shift_id: int) -> None:
    sign_up_many(actor=SYSTEM, signups=[(shift_id, person) for person in cast.people(2)])


def _smaller(cast: Cast, place: int, shift_id: int) -> None:
    sign_up_many(actor=SYSTEM, signups=[(shift_id, person) for person in cast.people(1)])
    Shift.objects.filter(pk=shift_id).update(places=1)


def _frozen(cast: Cast, place: int, shift_id: int) -> None:
    Passbook.objects.filter(person_id=cast.volunteer.person_id).update(state="frozen")


def _erased(cast: Cast, place: int, shift_id: int) -> None:
    Person.objects.filter(pk=cast.volunteer.person_id).update(erased_at=clock.now())


def _revoked(cast: Cast, place: int, shift_id: int) -> None:
    Qualification.objects.filter(person_id=cast.volunteer.person_id).update(state="revoked", reason="伪造")


def _verified(cast: Cast, place: int, shift_id: int) -> None:
    verify(cast.volunteer, "etiquette")


def verify(who: Somebody, code: str) -> None:
    kind = QualificationKind.objects.create(code=code, name=code, category="course")
    at, by = clock.now(), "user:1"
    Qualification.objects.create(
        person_id=who.person_id,
        kind=kind,
        state="verified",
        source_ref=f"course:{code}",
        issued_on=clock.today(),
        submitted_at=at,
        submitted_by_ref=by,
        decided_at=at,
        decided_by_ref=by,
    )


CHANGES = [
    _cancelled,
    _offered,
    _one_more,
    _other_shift_moved,
    _moved,
    _closed,
    _full,
    _smaller,
    _frozen,
    _erased,
    _revoked,
    _verified,
]


@on_postgresql
@pytest.mark.parametrize("meanwhile", [None, *CHANGES])
def test_nothing_is_written_on_what_changed_since_the_look(
    cast: Cast, make_activity: MakeActivity, meanwhile: Callable[[Cast, int, int], None] | None
) -> None:
    """The statement itself, called with what was true a moment ago."""
    who = cast.volunteer
    make_activity(title="讲座", starts_at=tomorrow_at(15))
    (held,) = make_activity(title="义诊", starts_at=tomorrow_at(12)).shift_ids
    (shift_id,) = make_activity().shift_ids
    place = sign_up(actor=who.actor, shift_id=held).signup_id
    verify(who, "first-aid")
    found = listed_offer(shift_id)
    assert found is not None
    offer, around = found[0], surroundings([found[0]])
    candidate = candidates([who.person_id], [offer])[who.person_id]
    if meanwhile:
        meanwhile(cast, place, shift_id)
    before = written()
    signup_id = take(who.actor, candidate, offer, around, note="")
    assert (signup_id is None) is (meanwhile is not None)
    assert (written() == before) is (meanwhile is not None)


@on_postgresql
@pytest.mark.parametrize(
    ("meanwhile", "refusal"), [(_frozen, PassbookNotActive), (_full, ShiftFull), (_one_more, TimeConflict)]
)
def test_who_finds_it_changed_is_decided_on_anew(
    cast: Cast,
    make_activity: MakeActivity,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[Cast, int, int], None],
    refusal: type[Exception],
) -> None:
    (shift_id,) = make_activity().shift_ids
    make_activity(title="讲座", starts_at=tomorrow_at(15))
    states: list[tuple[int, ...]] = []

    def late(*arguments: Any, **named: Any) -> int | None:
        meanwhile(cast, 0, shift_id)
        states.append(written())
        return take(*arguments, **named)

    monkeypatch.setattr(signing_up, "take", late)
    with pytest.raises(refusal):
        sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    assert states == [written()]


@on_postgresql
def test_who_can_still_come_after_a_change_comes(
    cast: Cast, make_activity: MakeActivity, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shift_id,) = make_activity().shift_ids

    def late(*arguments: Any, **named: Any) -> int | None:
        _moved(cast, 0, shift_id)
        return take(*arguments, **named)

    monkeypatch.setattr(signing_up, "take", late)
    sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    assert written()[:2] == (1, 1)


def test_what_the_function_does_not_know_goes_the_long_way(cast: Cast, make_activity: MakeActivity) -> None:
    (shift_id,) = make_activity().shift_ids
    found = listed_offer(shift_id)
    assert found is not None
    offer = found[0]
    wave = NewWave(opens_at=clock.now())
    quota = QuotaState(id=1, organization_id=1, places=1, used=0, kept_until=clock.now())
    assert takes_in_one_statement(offer) is (connection.vendor == "postgresql")
    for other in (replace(offer, waves=(wave,)), replace(offer, quotas=(quota,)), replace(offer, recruits="team")):
        assert not takes_in_one_statement(other)


@pytest.mark.django_db(transaction=True)
def test_one_person_at_two_shifts_at_once_is_given_one(cast: Cast, make_activity: MakeActivity) -> None:
    """Both looks come before both statements; the second looks again under the person's lock."""
    (first,) = make_activity(starts_at=tomorrow_at(9)).shift_ids
    (second,) = make_activity(starts_at=tomorrow_at(10)).shift_ids
    people = [cast.volunteer, cast.second]
    jobs = [
        lambda who=who, shift=shift: sign_up(actor=who.actor, shift_id=shift)
        for who in people
        for shift in (first, second)
    ]
    outcomes = all_at_once(jobs, threads=4)
    for mine in (outcomes[:2], outcomes[2:]):
        assert sorted(type(one).__name__ for one in mine) == ["TakenPlace", "TimeConflict"]
    assert written()[:2] == (2, 2)
