"""Rows of nobody: matched by a person, laid aside, or flowing on once their person is known."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from xinshi.bank.actions import open_passbooks
from xinshi.bank.models import Deposit
from xinshi.exchange.actions import lines_not_ours, look_again, match_lines
from xinshi.exchange.actions.deciding import LineNotWaiting
from xinshi.exchange.models import ImportLine
from xinshi.exchange.tests.conftest import SYSTEM, Cast, detail, held, outcome, summary, take, written
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.ledger.verification import verify
from xinshi.outbox.actions import deliver_due
from xinshi.outbox.models import Delivery
from xinshi.people.actions import NewPerson, change_person, give_consent, register_people, withdraw_consent
from xinshi.people.domain import ZHIYUANHUI
from xinshi.people.models import Person

OTHER = "7" * 18


def waiting() -> list[int]:
    return list(ImportLine.objects.filter(state="unmatched").order_by("pk").values_list("pk", flat=True))


def states() -> list[str]:
    return list(ImportLine.objects.order_by("pk").values_list("state", flat=True))


@pytest.fixture
def of_nobody(cast: Cast) -> list[int]:
    """Two segments and an undated row of somebody whose number nobody has."""
    times = ("2026-10-08 09:00", "2026-10-08 11:00"), ("2026-10-08 10:00", "2026-10-08 12:00")
    take(detail(*(["义诊", "王方", OTHER, start, end, "2"] for start, end in times)))
    take(summary(["王方", OTHER, "3"]))
    return waiting()


def test_matched_rows_are_judged_as_in_an_import(cast: Cast, of_nobody: list[int]) -> None:
    found = match_lines(actor=cast.coordinator.actor, line_ids=of_nobody, person_id=cast.wang.person_id)
    assert found == {"credited": 2, "held_back": 1, "minutes": 300}
    assert (states(), cast.wang.certified) == (["credited", "held_back", "credited"], 300)
    assert ImportLine.objects.get(pk=held()[0]).code == "overlaps"
    with pytest.raises(LineNotWaiting):
        match_lines(actor=SYSTEM, line_ids=of_nobody, person_id=cast.wang.person_id)
    assert (Deposit.objects.count(), verify().ok) == (2, True)


def test_the_files_imported_again_credit_nothing_of_what_was_matched(cast: Cast, of_nobody: list[int]) -> None:
    match_lines(actor=SYSTEM, line_ids=of_nobody, person_id=cast.wang.person_id)
    assert outcome(take(summary(["王方", OTHER, "3"]))) == {"already_known": 1}
    assert Deposit.objects.count() == 2


def test_a_remembered_number_lets_the_next_file_find_the_person(cast: Cast) -> None:
    [newcomer] = register_people(actor=SYSTEM, people=[NewPerson(name="王方")])
    open_passbooks(actor=SYSTEM, person_ids=[newcomer], opened_through="station")
    take(summary(["王方", OTHER, "3"], ["王方", OTHER, "5"]))
    [first, _] = waiting()
    match_lines(actor=cast.coordinator.actor, line_ids=[first], person_id=newcomer, remember_number=True)
    assert Person.objects.get(pk=newcomer).volunteer_number == OTHER
    deliver_due()
    assert (waiting(), Deposit.objects.count()) == ([], 2)
    assert outcome(take(summary(["王方", OTHER, "1"]))) == {"credited": 1, "minutes": 60}


def test_rows_flow_on_once_when_their_person_opens_a_passbook(cast: Cast, of_nobody: list[int]) -> None:
    [newcomer] = register_people(actor=SYSTEM, people=[NewPerson(name="王方", volunteer_number=OTHER)])
    deliver_due()
    assert Deposit.objects.count() == 0
    open_passbooks(actor=SYSTEM, person_ids=[newcomer], opened_through="station")
    deliver_due()
    assert (states(), Deposit.objects.count()) == (["credited", "held_back", "credited"], 2)
    look_again(actor=SYSTEM, person_ids=[newcomer])
    deliver_due()
    assert (Deposit.objects.count(), verify().ok) == (2, True)


def test_rows_flow_on_when_somebody_gets_the_number(cast: Cast, of_nobody: list[int]) -> None:
    [newcomer] = register_people(actor=SYSTEM, people=[NewPerson(name="王方")])
    open_passbooks(actor=SYSTEM, person_ids=[newcomer], opened_through="station")
    deliver_due()
    assert (len(waiting()), Delivery.objects.exclude(state="done").count()) == (3, 0)
    change_person(actor=SYSTEM, person_id=newcomer, data=NewPerson(name="王方", volunteer_number=OTHER))
    deliver_due()
    assert (waiting(), Deposit.objects.count()) == ([], 2)


def test_consent_is_asked_as_before_until_it_is_given_again(cast: Cast, of_nobody: list[int]) -> None:
    for change in (give_consent, withdraw_consent):
        change(actor=SYSTEM, person_id=cast.wang.person_id, purpose=ZHIYUANHUI)
    found = match_lines(actor=SYSTEM, line_ids=of_nobody, person_id=cast.wang.person_id)
    assert (found, Deposit.objects.count()) == ({"unmatched": 3, "minutes": 0}, 0)
    assert set(ImportLine.objects.values_list("code", flat=True)) == {"consent_withdrawn"}
    give_consent(actor=SYSTEM, person_id=cast.wang.person_id, purpose=ZHIYUANHUI)
    assert look_again(actor=SYSTEM, person_ids=[cast.wang.person_id])["unmatched"] == 3
    assert Deposit.objects.count() == 0


def test_rows_flow_on_when_their_person_agrees_again(cast: Cast) -> None:
    for change in (give_consent, withdraw_consent):
        change(actor=SYSTEM, person_id=cast.wang.person_id, purpose=ZHIYUANHUI)
    take(summary([cast.wang.name, cast.wang.number, "3"]))
    deliver_due()
    assert (len(waiting()), Deposit.objects.count()) == (1, 0)
    give_consent(actor=SYSTEM, person_id=cast.wang.person_id, purpose=ZHIYUANHUI)
    deliver_due()
    assert (waiting(), Deposit.objects.count()) == ([], 1)


def test_nobody_matches_rows_to_themselves_and_is_credited(cast: Cast, of_nobody: list[int]) -> None:
    keeper = cast.coordinator
    match_lines(actor=keeper.actor, line_ids=of_nobody[2:], person_id=keeper.person_id)
    assert (ImportLine.objects.get(pk=of_nobody[2]).code, Deposit.objects.count()) == ("own_hours", 0)


def test_rows_that_are_not_ours_say_why_and_come_back_no_more(cast: Cast, of_nobody: list[int]) -> None:
    with pytest.raises(Invalid):
        lines_not_ours(actor=SYSTEM, line_ids=of_nobody, reason=" ")
    assert len(waiting()) == 3
    assert lines_not_ours(actor=cast.coordinator.actor, line_ids=of_nobody[2:], reason="三院的志愿者") == 1
    line = ImportLine.objects.get(pk=of_nobody[2])
    assert (line.state, line.decision_reason, line.decided_by_ref) == (
        "not_ours",
        "三院的志愿者",
        cast.coordinator.actor.reference,
    )
    assert outcome(take(summary(["王方", OTHER, "3"]))) == {"already_known": 1}


def test_only_keepers_match_and_unknown_lines_are_not_found(cast: Cast, of_nobody: list[int]) -> None:
    before = written()
    for role in ("li", "auditor"):
        with pytest.raises(NotAllowed):
            match_lines(actor=getattr(cast, role).actor, line_ids=of_nobody, person_id=cast.wang.person_id)
    for lines, person in (([10**9], cast.wang.person_id), (of_nobody, 10**9), ([], cast.wang.person_id)):
        with pytest.raises(NotFound):
            match_lines(actor=SYSTEM, line_ids=lines, person_id=person)
    assert (written(), len(waiting())) == (before, 3)


def test_a_person_is_looked_for_and_chosen_on_the_page(cast: Cast, of_nobody: list[int]) -> None:
    data = NewPerson(name=cast.wang.name, volunteer_number=cast.wang.number, phone="13800001234")
    change_person(actor=SYSTEM, person_id=cast.wang.person_id, data=data)
    client, address = cast.coordinator.client, reverse("exchange:inbox")
    radio = f'name="person" value="{cast.wang.person_id}"'
    spellings = [f"{cast.wang.name}{tail}" for tail in (" 1234", "1234", "\u3000１２３４", "  1234")]
    for who in (cast.wang.number, "13800001234", *spellings, cast.wang.name):
        assert radio in client.get(address, {"who": who}).content.decode(), who
    for who in (f"{cast.wang.name} 9999", f"{cast.wang.name}9999", "13800009999", "\0"):
        assert radio not in client.get(address, {"who": who}).content.decode(), who
    text = client.get(address, {"who": cast.wang.name}).content.decode()
    assert text.index(radio) < text.index("<table"), "whom one looked for is in sight, not below a hundred rows"
    assert "look for the person above first" in client.get(address).content.decode()
    assert "13800001234" not in client.get(address, {"who": cast.wang.name}).content.decode().replace('value="', "")
    assert OTHER not in client.get(address, {"q": "没有"}).content.decode()
    assert cast.auditor.client.post(reverse("exchange:inbox_match")).status_code == 403
    client.post(reverse("exchange:inbox_match"), {"line": of_nobody})
    assert len(waiting()) == 3
    done = client.post(
        reverse("exchange:inbox_match"), {"line": of_nobody[2:], "person": cast.wang.person_id}, follow=True
    )
    assert "Rows credited: 1, 3 hours in all." in done.content.decode()
    nothing = client.post(reverse("exchange:inbox_not_ours"), {"q": "赵", "who": "李"})
    assert nothing.headers["Location"] == f"{reverse('exchange:inbox')}?{urlencode({'q': '赵', 'who': '李'})}"
    done = client.post(reverse("exchange:inbox_not_ours"), {"line": of_nobody[:1], "reason": "三院"}, follow=True)
    assert "Rows laid aside as not ours: 1." in done.content.decode()
    done = client.post(reverse("exchange:inbox_look_again"), follow=True)
    assert "Rows that still wait: 1." in done.content.decode()
