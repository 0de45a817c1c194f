"""Stars: by themselves, at the policy's thresholds, once, and only upwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from xinshi.bank.actions import deposit_many, open_passbooks, propose_policy, put_policy_in_force, reverse_deposit
from xinshi.bank.domain import NewDeposit
from xinshi.bank.models import Passbook
from xinshi.bank.queries import policy_in_force, progress_of
from xinshi.bank.rules import Rules
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import NotAllowed
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message
from xinshi.people.actions import NewPerson, register_people
from xinshi.recognition import actions, queries
from xinshi.recognition.models import StarPromotion

SYSTEM = Actor.system("tests")
COORDINATOR = Actor(reference="user:1", user_id=1, roles=frozenset({Role.COORDINATOR}))


@pytest.fixture
def people(db: None) -> list[int]:
    ids = register_people(
        actor=SYSTEM, people=[NewPerson(name="林小雨", is_public=True), NewPerson(name="周文"), NewPerson(name="陈静")]
    )
    open_passbooks(actor=SYSTEM, person_ids=ids, opened_through="station")
    return ids


def deposit(person_id: int, hours: int, source: int, *, kind: HoursKind = HoursKind.VERIFIED) -> int:
    new = NewDeposit(
        person_id=person_id,
        kind=kind,
        category="0004",
        title="门诊导医",
        organizer="门诊部",
        raw_minutes=hours * 60,
        worked_on=date(2026, 3, 5),
        source_ref=f"service-record:{source}",
    )
    return deposit_many(actor=SYSTEM, deposits=[new])[0].deposit_id


def level(person_id: int) -> int:
    return Passbook.objects.get(person_id=person_id).star_level


@pytest.mark.parametrize(("hours", "stars"), [(99, 0), (100, 1), (299, 1), (300, 2), (1_500, 5), (9_000, 5)])
def test_hours_raise_stars_at_the_policys_thresholds(
    people: list[int], drain_outbox: Callable[[], int], hours: int, stars: int
) -> None:
    deposit(people[0], hours, 1)
    assert level(people[0]) == 0
    drain_outbox()
    assert level(people[0]) == stars
    promotions = StarPromotion.objects.filter(person_id=people[0]).order_by("level")
    assert [row.level for row in promotions] == list(range(1, stars + 1))
    assert Message.objects.filter(recipient_ref=f"person:{people[0]}", key__startswith="star-").count() == bool(stars)
    assert verify().ok


def test_hearing_of_a_deposit_twice_promotes_once(people: list[int], drain_outbox: Callable[[], int]) -> None:
    deposit(people[0], 120, 1)
    drain_outbox()
    before = StarPromotion.objects.count(), Message.objects.count()
    assert actions.promote(actor=SYSTEM, passbook_ids=[Passbook.objects.get(person_id=people[0]).pk]) == 0
    assert (StarPromotion.objects.count(), Message.objects.count()) == before


def test_a_reversal_takes_no_star_away(people: list[int], drain_outbox: Callable[[], int]) -> None:
    wrong = deposit(people[0], 120, 1)
    drain_outbox()
    reverse_deposit(actor=COORDINATOR, deposit_id=wrong, reason="wrong person")
    drain_outbox()
    assert level(people[0]) == 1
    deposit(people[0], 110, 2)
    drain_outbox()
    assert (level(people[0]), StarPromotion.objects.count()) == (1, 1)


def test_a_milder_policy_promotes_whoever_reaches_it_now(people: list[int], drain_outbox: Callable[[], int]) -> None:
    for source, (person, hours) in enumerate(zip(people, (10, 20, 50), strict=True)):
        deposit(person, hours, source + 1)
    drain_outbox()
    assert [level(person) for person in people] == [0, 0, 0]
    number = propose_policy(
        actor=SYSTEM,
        rules=Rules(star_thresholds_minutes=tuple([h * 60 for h in (20, 50, 150, 500, 1_000)]), approval_levels=1),
    )
    put_policy_in_force(actor=SYSTEM, number=number, effective_from=clock.today())
    drain_outbox()
    assert [level(person) for person in people] == [0, 1, 2]
    assert set(StarPromotion.objects.values_list("policy_number", flat=True)) == {number}


def test_nobody_promotes_by_hand(people: list[int]) -> None:
    deposit(people[0], 120, 1)
    for action in (
        lambda: actions.promote(actor=COORDINATOR, passbook_ids=[1]),
        lambda: actions.promote_all(actor=COORDINATOR),
    ):
        with pytest.raises(NotAllowed):
            action()
    assert level(people[0]) == 0


def test_the_honour_roll_names_only_who_agreed(
    people: list[int], drain_outbox: Callable[[], int], client: Client
) -> None:
    deposit(people[0], 120, 1)
    deposit(people[1], 400, 2)
    drain_outbox()
    assert [(row.name, row.level) for row in queries.honour_roll().people] == [("林小雨", 1)]
    assert [(row.level, row.people) for row in queries.figures()] == [(5, 0), (4, 0), (3, 0), (2, 1), (1, 1)]
    page = client.get("/recognition/honour-roll/").content.decode()
    assert "林小雨" in page
    assert "周文" not in page
    assert "林小雨" not in client.get("/recognition/honour-roll/", {"stars": "2"}).content.decode()
    assert client.get("/recognition/honour-roll/", {"stars": "9", "page": "zero"}).status_code == 200


def put_in_force(**rules: object) -> None:
    number = propose_policy(actor=SYSTEM, rules=Rules(**rules))  # type: ignore[arg-type]
    put_policy_in_force(actor=SYSTEM, number=number, effective_from=clock.today())


def test_a_star_asks_for_its_share_of_verified_hours(people: list[int], client: Client) -> None:
    """民函〔2012〕340号: stars may add a quality condition; here a share of 信用时数. The first unmet one ends the climb."""
    put_in_force(star_verified_percent=(50, 80, 0, 0, 0))
    deposit(people[0], 200, 1, kind=HoursKind.HONORARY)
    assert actions.promote_all(actor=SYSTEM) == 0
    deposit(people[0], 199, 2)
    assert actions.promote_all(actor=SYSTEM) == 0
    deposit(people[0], 1, 3)
    assert actions.promote_all(actor=SYSTEM) == 1
    assert level(people[0]) == 1
    progress = progress_of(Passbook.objects.get(person_id=people[0]), policy_in_force())
    assert (progress.verified_percent, progress.next_verified_percent, progress.lacks_quality) == (50, 80, True)
    deposit(people[0], 600, 4)
    assert actions.promote(actor=SYSTEM, passbook_ids=[Passbook.objects.get(person_id=people[0]).pk]) == 1
    assert level(people[0]) == 4
    assert "80 %" in client.get("/recognition/honour-roll/").content.decode()


def test_closed_passbooks_rise_no_more(people: list[int]) -> None:
    deposit(people[0], 200, 1)
    Passbook.objects.filter(person_id=people[0]).update(state=Passbook.State.CLOSED)
    assert actions.promote_all(actor=SYSTEM) == 0
