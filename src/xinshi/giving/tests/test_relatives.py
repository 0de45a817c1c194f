"""Who is whose relative: asked and accepted, registered at the station, ended by either."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from xinshi.audit.models import AuditEntry
from xinshi.bank.actions import change_passbook_state
from xinshi.bank.models import Passbook
from xinshi.bank.rules import Rules
from xinshi.giving import actions, domain, queries
from xinshi.giving.domain import INVERSE, Relation
from xinshi.giving.models import Relative
from xinshi.giving.tests.conftest import SYSTEM, Cast, Somebody, befriend, put_rules, refused
from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message

pytestmark = pytest.mark.django_db


def ask(one: Somebody, other: Somebody, *, number: str = "", name: str = "") -> int:
    return actions.ask_relative(
        actor=one.actor,
        passbook_number=number or other.number,
        name=name or other.name,
        relation=Relation.PARENT,
    )


def register(cast: Cast, by: Somebody, *, reason: str = "出示户口本") -> int:
    return actions.register_relatives(
        actor=by.actor,
        passbook_number=cast.volunteer.number,
        name=cast.volunteer.name,
        other_passbook_number=cast.second.number,
        other_name=cast.second.name,
        relation=Relation.CHILD,
        reason=reason,
    )


def test_one_asks_and_the_other_accepts_each_seeing_the_relation_from_their_side(cast: Cast) -> None:
    asked = ask(cast.volunteer, cast.second)
    mine, theirs = queries.relatives(cast.volunteer.actor)[0], queries.relatives(cast.second.actor)[0]
    assert (mine.name, mine.relation, mine.is_mine_to_answer) == ("王芳", "parent", False)
    assert (theirs.name, theirs.relation, theirs.is_mine_to_answer) == ("李明", "child", True)
    actions.answer_relative(actor=cast.second.actor, relative_id=asked, accept=True)
    assert queries.relatives(cast.second.actor)[0].is_accepted
    assert Message.objects.filter(object_ref=f"relative:{asked}").count() == 2


def test_messages_and_the_trail_name_nobody(cast: Cast) -> None:
    register(cast, cast.coordinator)
    befriend(cast.volunteer, cast.stranger)
    told = " ".join(f"{row.text} {row.parameters}" for row in Message.objects.all())
    trail = " ".join(str(row.detail) for row in AuditEntry.objects.filter(action__startswith="giving."))
    for secret in ("李明", "王芳", "赵强", "户口本", "spouse", "child"):
        assert secret not in told + trail


@pytest.mark.parametrize(
    ("number", "name"), [("", "王方"), ("86000000000", ""), ("", "李明"), ("\0", "\0"), ("８６", "")]
)
def test_number_and_name_must_both_be_right_and_either_mistake_says_the_same(
    cast: Cast, number: str, name: str
) -> None:
    refusal = refused(domain.MemberUnknown, lambda: ask(cast.volunteer, cast.second, number=number, name=name))
    assert refusal.parameters == {}


def test_a_name_written_with_a_space_is_the_same_name(cast: Cast) -> None:
    ask(cast.volunteer, cast.second, name="王　芳", number=f" {cast.second.number} ")


def test_nobody_is_their_own_relative(cast: Cast) -> None:
    refused(domain.OwnRelative, lambda: ask(cast.volunteer, cast.volunteer))


def test_two_people_are_registered_once_whoever_asks(cast: Cast) -> None:
    befriend(cast.volunteer, cast.second)
    refused(domain.RelativeKnown, lambda: ask(cast.second, cast.volunteer))
    refused(domain.RelativeKnown, lambda: register(cast, cast.coordinator))


def test_the_database_refuses_the_same_two_in_the_other_order_and_somebody_with_themselves(cast: Cast) -> None:
    befriend(cast.volunteer, cast.second)
    one, other, at = cast.volunteer.person_id, cast.second.person_id, clock.now()
    for asker, asked in ((other, one), (one, one)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Relative.objects.create(
                asker_id=asker, other_id=asked, relation="spouse", asked_at=at, asked_by_ref="user:1"
            )


def test_only_who_was_asked_answers_and_only_once(cast: Cast) -> None:
    asked = ask(cast.volunteer, cast.second)
    for somebody in (cast.volunteer, cast.stranger, cast.coordinator):
        refused(
            NotFound,
            lambda who=somebody: actions.answer_relative(actor=who.actor, relative_id=asked, accept=True),
        )
    actions.answer_relative(actor=cast.second.actor, relative_id=asked, accept=True)
    refused(
        domain.RelativeNotOpen,
        lambda: actions.answer_relative(actor=cast.second.actor, relative_id=asked, accept=False),
    )


def test_who_was_declined_does_not_ask_again_for_thirty_days_but_may_be_asked(cast: Cast) -> None:
    asked = ask(cast.volunteer, cast.second)
    actions.answer_relative(actor=cast.second.actor, relative_id=asked, accept=False)
    refusal = refused(domain.DeclinedBefore, lambda: ask(cast.volunteer, cast.second))
    assert refusal.parameters == {"day": clock.today() + timedelta(days=30)}
    with time_machine.travel(clock.now() + timedelta(days=30), tick=False):
        again = ask(cast.volunteer, cast.second)
    actions.end_relative(actor=cast.volunteer.actor, relative_id=again)
    ask(cast.second, cast.volunteer)


def test_either_side_ends_it_even_when_gifts_are_switched_off(cast: Cast) -> None:
    first = befriend(cast.volunteer, cast.second)
    second = befriend(cast.volunteer, cast.stranger)
    put_rules(Rules())
    actions.end_relative(actor=cast.volunteer.actor, relative_id=first)
    actions.end_relative(actor=cast.stranger.actor, relative_id=second)
    assert queries.relatives(cast.volunteer.actor) == []
    refused(domain.RelativeNotOpen, lambda: actions.end_relative(actor=cast.volunteer.actor, relative_id=first))
    refused(NotFound, lambda: actions.end_relative(actor=cast.coordinator.actor, relative_id=second))


def test_the_station_registers_two_people_with_a_reason_and_both_are_told(cast: Cast) -> None:
    made = register(cast, cast.coordinator)
    row = Relative.objects.get(pk=made)
    assert (row.state, row.is_from_station, row.reason) == ("accepted", True, "出示户口本")
    told = Message.objects.filter(object_ref=f"relative:{made}").values_list("recipient_ref", flat=True)
    assert set(told) == {f"person:{cast.volunteer.person_id}", f"person:{cast.second.person_id}"}
    assert queries.relatives(cast.second.actor)[0].relation == "parent"


def test_the_station_gives_a_reason_and_registers_no_relative_of_its_own(cast: Cast) -> None:
    refused(Invalid, lambda: register(cast, cast.coordinator, reason=" "))
    refused(NotAllowed, lambda: register(cast, cast.stranger))
    refused(NotAllowed, lambda: register(cast, cast.auditor))
    own = {
        "actor": cast.coordinator.actor,
        "passbook_number": cast.coordinator.number,
        "name": cast.coordinator.name,
        "other_passbook_number": cast.second.number,
        "other_name": cast.second.name,
        "relation": Relation.SPOUSE,
        "reason": "本人",
    }
    refused(domain.OwnRegistration, lambda: actions.register_relatives(**own))
    same = own | {"passbook_number": cast.second.number, "name": cast.second.name}
    refused(domain.SamePerson, lambda: actions.register_relatives(**same))


def test_why_the_station_registered_them_is_sealed_in_the_database(cast: Cast) -> None:
    from django.db import connection

    register(cast, cast.coordinator)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM relative")
        (stored,) = cursor.fetchone()
    assert stored
    assert "户口本" not in stored


def test_nobody_gathers_more_relatives_than_a_family_has(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "RELATIVES_MAX", 1)
    ask(cast.volunteer, cast.second)
    refused(domain.TooManyRelatives, lambda: ask(cast.volunteer, cast.stranger))
    asked = ask(cast.stranger, cast.second)
    actions.answer_relative(actor=cast.second.actor, relative_id=asked, accept=True)
    first = Relative.objects.get(asker_id=cast.volunteer.person_id)
    refused(
        domain.TooManyRelatives,
        lambda: actions.answer_relative(actor=cast.second.actor, relative_id=first.pk, accept=True),
    )


def test_who_asks_has_an_active_passbook_and_nobody_asks_a_closed_one(cast: Cast) -> None:
    change_passbook_state(actor=SYSTEM, passbook_id=cast.second.passbook.pk, state=Passbook.State.CLOSED, reason="迁居")
    refused(domain.MemberUnknown, lambda: ask(cast.volunteer, cast.second))
    change_passbook_state(
        actor=SYSTEM, passbook_id=cast.volunteer.passbook.pk, state=Passbook.State.FROZEN, reason="核对"
    )
    refused(domain.OwnPassbookNotActive, lambda: ask(cast.volunteer, cast.stranger))


def test_with_gifts_off_nobody_is_asked_registered_or_accepted_and_no_is_still_a_no(cast: Cast) -> None:
    asked = ask(cast.volunteer, cast.second)
    put_rules(Rules(donations=True))
    refused(domain.GiftsOff, lambda: ask(cast.volunteer, cast.stranger))
    refused(domain.GiftsOff, lambda: register(cast, cast.coordinator))
    refused(domain.GiftsOff, lambda: actions.answer_relative(actor=cast.second.actor, relative_id=asked, accept=True))
    actions.answer_relative(actor=cast.second.actor, relative_id=asked, accept=False)
    assert Relative.objects.get().state == "declined"


def test_the_inverse_of_the_inverse_is_the_relation() -> None:
    assert all(INVERSE[INVERSE[relation]] is relation for relation in Relation)
    assert set(INVERSE) == set(Relation) == {Relation(value) for value in Relative.RelationChoice.values}
