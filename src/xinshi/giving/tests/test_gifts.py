"""Hours that go to a relative: once per form, within the yearly cap, never the lifetime hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from xinshi.audit.models import AuditEntry
from xinshi.bank.actions import change_passbook_state
from xinshi.bank.models import Passbook
from xinshi.bank.rules import Rules
from xinshi.giving import actions, domain, queries
from xinshi.giving.models import Gift, TakenBack
from xinshi.giving.tests.conftest import SYSTEM, Cast, befriend, give_hours, put_rules, refused
from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.ledger.actions import hold, system_account
from xinshi.ledger.domain import AccountKind, InsufficientMinutes
from xinshi.ledger.models import Transfer
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def relative(cast: Cast) -> int:
    """李 has ten hours, 王 none; they are relatives."""
    give_hours(cast.volunteer, minutes=600)
    return befriend(cast.volunteer, cast.second)


def give(cast: Cast, relative: int, minutes: int = 150, *, key: str = "form", note: str = "") -> domain.Given:
    return actions.give(actor=cast.volunteer.actor, relative_id=relative, minutes=minutes, key=key, note=note)


def test_a_gift_moves_minutes_from_passbook_to_passbook_and_no_lifetime_hours(cast: Cast, relative: int) -> None:
    made = give(cast, relative, note="生日快乐")
    assert (cast.volunteer.balance.posted, cast.second.balance.posted) == (450, 150)
    assert (cast.volunteer.passbook.certified_minutes, cast.second.passbook.certified_minutes) == (600, 0)
    transfer = Transfer.objects.get(key=f"gift:{made.id}")
    assert (transfer.kind, transfer.minutes, transfer.worked_on) == ("gift", 150, date(2026, 3, 5))
    seen = queries.gift(cast.second.actor, made.id)
    assert (seen.giver, seen.note, seen.is_given) == ("李明", "生日快乐", False)
    told = Message.objects.get(object_ref=f"gift:{made.id}")
    assert (told.recipient_ref, told.parameters) == (f"person:{cast.second.person_id}", {"hours": "2.5"})
    assert StoredEvent.objects.filter(name="giving.gift_given").count() == 1
    assert AuditEntry.objects.get(action="giving.give").detail["minutes"] == 150
    assert verify().ok, verify().first_difference


def test_a_form_sent_twice_gives_once_and_one_form_is_for_one_gift(cast: Cast, relative: int) -> None:
    first, again = give(cast, relative), give(cast, relative)
    assert (first.id, first.is_new, again.is_new) == (again.id, True, False)
    assert cast.second.balance.posted == 150
    refused(domain.FormUsed, lambda: give(cast, relative, 151))


@pytest.mark.parametrize("minutes", [0, -60, 10_000 * 60 + 1])
def test_a_gift_is_a_sensible_number_of_hours(cast: Cast, relative: int, minutes: int) -> None:
    refused(Invalid, lambda: give(cast, relative, minutes))


def test_more_than_the_balance_or_what_is_reserved_cannot_be_given(cast: Cast, relative: int) -> None:
    refused(InsufficientMinutes, lambda: give(cast, relative, 601))
    hold(
        key="voucher:1",
        account_id=cast.volunteer.passbook.account_id,
        to_id=system_account(AccountKind.REDEMPTION),
        minutes=500,
        kind="redemption",
        expires_at=clock.now() + timedelta(days=1),
        actor_ref="user:1",
    )
    refused(InsufficientMinutes, lambda: give(cast, relative, 101))
    give(cast, relative, 100)
    assert cast.volunteer.balance.available == 0


def test_hours_go_to_accepted_relatives_only_and_only_ones_own(cast: Cast, relative: int) -> None:
    asked = actions.ask_relative(
        actor=cast.volunteer.actor,
        passbook_number=cast.stranger.number,
        name="赵强",
        relation=domain.Relation.OTHER,
    )
    refused(domain.NotRelatives, lambda: give(cast, asked))
    refused(NotFound, lambda: actions.give(actor=cast.stranger.actor, relative_id=relative, minutes=60, key="x"))
    refused(NotAllowed, lambda: actions.give(actor=SYSTEM, relative_id=relative, minutes=60, key="x"))
    actions.end_relative(actor=cast.second.actor, relative_id=relative)
    refused(domain.NotRelatives, lambda: give(cast, relative))


@pytest.mark.parametrize(
    ("who", "refusal"), [("volunteer", domain.OwnPassbookNotActive), ("second", domain.ReceiverNotActive)]
)
def test_both_passbooks_are_active(cast: Cast, relative: int, who: str, refusal: type) -> None:
    passbook = getattr(cast, who).passbook
    change_passbook_state(actor=SYSTEM, passbook_id=passbook.pk, state=Passbook.State.FROZEN, reason="核对")
    refused(refusal, lambda: give(cast, relative))


def test_the_cap_counts_what_was_given_in_the_calendar_year_of_the_hospital(cast: Cast, relative: int) -> None:
    put_rules(Rules(gifts=True, gift_year_cap_minutes=300))
    give(cast, relative, 200, key="one")
    refusal = refused(domain.GiftYearCap, lambda: give(cast, relative, 101, key="two"))
    assert refusal.parameters == {"cap_hours": "5", "given_hours": "3.33", "left_hours": "1.67"}
    give(cast, relative, 100, key="three")
    refused(domain.GiftYearCap, lambda: give(cast, relative, 1, key="four"))
    new_year = datetime(clock.today().year, 12, 31, 16, 0, tzinfo=UTC)
    with time_machine.travel(new_year - timedelta(seconds=1), tick=False):
        refused(domain.GiftYearCap, lambda: give(cast, relative, 1, key="five"))
    with time_machine.travel(new_year, tick=False):
        give(cast, relative, 300, key="six")


def test_what_was_taken_back_counts_no_longer_against_the_cap(cast: Cast, relative: int) -> None:
    put_rules(Rules(gifts=True, gift_year_cap_minutes=300))
    first = give(cast, relative, 300, key="one")
    actions.reverse_gift(actor=cast.coordinator.actor, gift_id=first.id, reason="点错了人")
    give(cast, relative, 300, key="two")


def test_a_gift_is_no_way_around_the_most_that_one_may_hold(cast: Cast, relative: int) -> None:
    put_rules(Rules(gifts=True, holding_cap_minutes=620))
    give(cast, relative, 100, key="one")
    give_hours(cast.second, minutes=500)
    refused(domain.ReceiverHoldsTooMuch, lambda: give(cast, relative, 21, key="two"))
    give(cast, relative, 20, key="three")
    assert cast.second.balance.posted == 620


def test_a_gift_makes_no_minutes_younger_than_the_service_they_come_from(cast: Cast) -> None:
    for day, minutes in ((date(2026, 5, 1), 100), (date(2025, 1, 1), 100), (date(2026, 3, 5), 100)):
        give_hours(cast.volunteer, minutes=minutes, worked_on=day)
    relative = befriend(cast.volunteer, cast.second)
    days = []
    for number, minutes in enumerate((60, 41, 99, 100)):
        made = give(cast, relative, minutes, key=f"k{number}")
        days.append(Transfer.objects.get(key=f"gift:{made.id}").worked_on)
    assert days == [date(2025, 1, 1), date(2026, 3, 5), date(2026, 3, 5), date(2026, 5, 1)]
    actions.give(actor=cast.second.actor, relative_id=relative, minutes=60, key="back")
    assert Transfer.objects.order_by("-pk").first().worked_on == date(2025, 1, 1)


def test_with_gifts_off_nothing_is_given(cast: Cast, relative: int) -> None:
    put_rules(Rules(donations=True))
    refused(domain.GiftsOff, lambda: give(cast, relative))


def test_a_gift_is_taken_back_by_a_reversal_once_and_both_are_told(cast: Cast, relative: int) -> None:
    made = give(cast, relative, 150)
    put_rules(Rules())
    actions.reverse_gift(actor=cast.coordinator.actor, gift_id=made.id, reason="点错了人")
    assert (cast.volunteer.balance.posted, cast.second.balance.posted) == (600, 0)
    assert (Gift.objects.count(), TakenBack.objects.get().reason) == (1, "点错了人")
    assert Message.objects.filter(key__contains=f"gift:{made.id}:back").count() == 2
    refused(
        domain.TakenBackBefore,
        lambda: actions.reverse_gift(actor=cast.coordinator.actor, gift_id=made.id, reason="再来"),
    )
    assert verify().ok, verify().first_difference


def test_what_has_gone_on_is_not_taken_back(cast: Cast, relative: int) -> None:
    made = give(cast, relative, 150)
    actions.donate(actor=cast.second.actor, minutes=1, key="d")
    refused(domain.GoneOn, lambda: actions.reverse_gift(actor=cast.coordinator.actor, gift_id=made.id, reason="误转"))


def test_nobody_takes_back_their_own_gift_and_others_may_not_at_all(cast: Cast) -> None:
    give_hours(cast.coordinator, minutes=60)
    relative = befriend(cast.coordinator, cast.second)
    made = actions.give(actor=cast.coordinator.actor, relative_id=relative, minutes=60, key="k")
    take = lambda who, why="误转": actions.reverse_gift(actor=who.actor, gift_id=made.id, reason=why)  # noqa: E731
    refused(domain.OwnGiving, lambda: take(cast.coordinator))
    for somebody in (cast.volunteer, cast.auditor, cast.clerk):
        refused(NotAllowed, lambda who=somebody: take(who))
    refused(Invalid, lambda: take(cast.colleague, " "))
    take(cast.colleague)


def test_a_note_is_for_the_two_and_a_gift_for_those_who_keep_the_bank(cast: Cast, relative: int) -> None:
    made = give(cast, relative, note="生日快乐")
    assert queries.gift(cast.coordinator.actor, made.id).note == ""
    assert queries.gift(cast.auditor.actor, made.id).note == ""
    assert queries.gift(cast.volunteer.actor, made.id).note == "生日快乐"
    for somebody in (cast.stranger, cast.clerk):
        with pytest.raises(NotFound):
            queries.gift(somebody.actor, made.id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM gift")
        assert "生日" not in cursor.fetchone()[0]


@pytest.mark.parametrize("statement", ["UPDATE gift SET minutes = 1", "DELETE FROM gift"])
def test_the_database_changes_no_gift(cast: Cast, relative: int, statement: str) -> None:
    give(cast, relative)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
