"""A scan by a program or a phone with a token: who scans and where they may come in is asked in one trip."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from xinshi.activities.actions import create_activity, sign_up_many
from xinshi.activities.domain import NewActivity, NewShift
from xinshi.activities.tests.conftest import SYSTEM, Cast, Somebody
from xinshi.attendance.codes.actions import question_about
from xinshi.attendance.codes.domain import code_from
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.codes.signing import new_code
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.tests.conftest import MoveTo, Service, at
from xinshi.kernel import clock
from xinshi.people.actions import NewUser, create_users, issue_token
from xinshi.people.actions.tokens import LAST_USE_PRECISION, actor_and_answer, actor_of_token
from xinshi.people.models import ApiToken, User

CODES = "/api/v1/attendance/codes"
FOR_EACH_SCAN = {"sqlite": (8, 2), "postgresql": (2, 1)}
"""Statements of a first scan and of the same again, with the token's: on SQLite they cost no trips."""


def scan(token: str, code: object, **more: object) -> HttpResponse:
    return Client().post(
        CODES, {"code": code, **more}, content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )


def said(answer: HttpResponse) -> tuple[int, Any]:
    body = json.loads(answer.content)
    return answer.status_code, body.get("outcome") or body["code"]


@pytest.fixture
def token(cast: Cast) -> str:
    return issue_token(actor=cast.volunteer.actor, name="phone")


def code_of(activity_id: int, *, kind: str = "a") -> str:
    return new_code(f"{kind}{activity_id}", clock.now())


def test_a_scan_comes_in_and_the_same_again_is_known(cast: Cast, service: Service, token: str) -> None:
    shift = service.shift([cast.volunteer.person_id])
    code = code_of(shift.activity_id)
    scan(token, "nothing")  # Whatever is read once per process.
    answers, counts = [], []
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            answers.append(scan(token, code).json())
        framed = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")
        counts.append(sum(not query["sql"].startswith(framed) for query in seen))
    record = ServiceRecord.objects.get()
    assert record.checked_in_by_ref == cast.volunteer.actor.reference
    assert answers[0] == {
        "outcome": "in",
        "record_id": record.pk,
        "shift_id": shift.shift_id,
        "title": record.shift.activity.title,
        "at": answers[0]["at"],
        "credited_minutes": None,
        "was_known": False,
    }
    assert answers[1] == answers[0] | {"was_known": True}
    assert tuple(counts) == FOR_EACH_SCAN[connection.vendor]


def test_of_several_places_the_one_whose_hour_it_is_counts(
    cast: Cast, service: Service, token: str, frozen: MoveTo
) -> None:
    made = create_activity(
        actor=SYSTEM,
        activity=NewActivity(
            title="讲座",
            category="0004",
            place="一楼",
            organizer_id=cast.department.pk,
            person_in_charge_id=cast.leader.person_id,
            state="published",
            shifts=tuple(NewShift(starts_at=at(hour), ends_at=at(hour + 1), places=2) for hour in (10, 8)),
        ),
    )
    late, early = made.shift_ids
    sign_up_many(actor=SYSTEM, signups=[(shift, cast.volunteer.person_id) for shift in made.shift_ids])
    for hour, expected in ((8, early), (10, late)):
        frozen(at(hour))
        answer = scan(token, code_of(made.activity_id), choice="in").json()
        assert (answer["shift_id"], answer["was_known"]) == (expected, False)
        frozen(at(hour, 59))
        assert scan(token, code_of(made.activity_id), choice="out").json()["shift_id"] == expected


def test_no_token_that_is_not_in_force_scans(cast: Cast, service: Service, token: str) -> None:
    shift = service.shift([cast.volunteer.person_id])
    code = code_of(shift.activity_id)
    assert said(scan("xinshi_of_nobody", code)) == (401, "not_signed_in")
    User.objects.filter(pk=cast.volunteer.actor.user_id).update(is_active=False)
    assert said(scan(token, code)) == (401, "not_signed_in")
    User.objects.filter(pk=cast.volunteer.actor.user_id).update(is_active=True)
    ApiToken.objects.update(revoked_at=clock.now())
    assert said(scan(token, code)) == (401, "not_signed_in")
    assert (ServiceRecord.objects.count(), Trace.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("code", "status", "word"),
    [
        ("nothing", 422, "code_unreadable"),
        ("", 422, "invalid"),
        (None, 422, "invalid"),
        (7, 422, "invalid"),
        ({"a": 1}, 422, "invalid"),
        ("a{0}-00000001-" + "a" * 20, 422, "code_unreadable"),
    ],
)
def test_what_is_no_code_is_refused_by_the_same_words(
    cast: Cast, service: Service, token: str, code: object, status: int, word: str
) -> None:
    shift = service.shift([cast.volunteer.person_id])
    typed = code.format(shift.activity_id) if isinstance(code, str) else code
    by_session = cast.volunteer.client.post(CODES, {"code": typed}, content_type="application/json")
    by_token = scan(token, typed)
    assert by_token.json() == by_session.json()
    assert said(by_token) == (status, word)
    assert said(scan("xinshi_of_nobody", typed)) == (401, "not_signed_in")


def test_a_forged_or_old_code_is_judged_however_it_was_looked_up(
    cast: Cast, service: Service, token: str, frozen: MoveTo
) -> None:
    shift = service.shift([cast.volunteer.person_id])
    code = code_of(shift.activity_id)
    forged = code[:-1] + ("b" if code[-1] == "a" else "a")
    assert said(scan(token, forged))[0] == 409 or said(scan(token, forged))[0] == 422
    frozen(clock.now() + timedelta(minutes=5))
    assert said(scan(token, code))[1] == "code_too_old"
    assert said(scan(token, code_of(cast.volunteer.person_id, kind="o"))) == (422, "code_unreadable")
    assert (ServiceRecord.objects.count(), Trace.objects.count()) == (0, 0)


def test_a_session_speaks_where_the_token_does_not(cast: Cast, service: Service) -> None:
    shift = service.shift([cast.volunteer.person_id])
    answer = cast.volunteer.client.post(
        CODES,
        {"code": code_of(shift.activity_id)},
        content_type="application/json",
        headers={"Authorization": "Bearer xinshi_of_nobody"},
    )
    assert said(answer) == (200, "in")


def test_who_has_no_place_or_no_person_is_told_so(cast: Cast, service: Service) -> None:
    shift = service.shift([cast.volunteer.person_id])
    other = issue_token(actor=cast.second.actor, name="phone")
    assert said(scan(other, code_of(shift.activity_id)))[1] == "no_shift_here"
    without = issue_token(actor=cast.coordinator.actor, name="script")
    by_session = cast.coordinator.client.post(
        CODES, {"code": code_of(shift.activity_id)}, content_type="application/json"
    )
    assert said(scan(without, code_of(shift.activity_id))) == said(by_session)


def test_both_ways_know_the_same_caller(cast: Cast, service: Service) -> None:
    shift = service.shift([cast.volunteer.person_id])
    question = question_about(code_from(code_of(shift.activity_id)), clock.now())
    [nobody] = create_users(
        actor=cast.administrator.actor,
        users=[NewUser(username="without-roles", password=None, person_id=None, roles=frozenset())],
    )
    everybody = [one.actor for one in vars(cast).values() if isinstance(one, Somebody)]
    tokens = [issue_token(actor=actor, name="any") for actor in everybody]
    assert len(tokens) > 3
    for token, actor in zip(tokens, everybody, strict=True):
        found, answer = actor_and_answer(token, question)
        assert found == actor_of_token(token) == actor
        assert answer is None or len(answer) == (actor.person_id == cast.volunteer.person_id)
    assert nobody


def test_the_last_use_is_kept(cast: Cast, service: Service, token: str, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    scan(token, code_of(shift.activity_id))
    first = ApiToken.objects.get().last_used_at
    assert first == clock.now()
    frozen(clock.now() + LAST_USE_PRECISION + timedelta(seconds=1))
    scan(token, code_of(shift.activity_id))
    assert ApiToken.objects.get().last_used_at == clock.now() != first
