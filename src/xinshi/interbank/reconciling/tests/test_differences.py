"""A difference has an owner, a deadline and an end; accepting theirs books what follows, once, by proper verbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from xinshi.bank.actions import NewDeposit, deposit_many
from xinshi.bank.models import Deposit, DepositReversal, Passbook
from xinshi.exchange.models import Partner
from xinshi.exchange.tests.conftest import NOW, SYSTEM, Bank, Cast, Somebody
from xinshi.interbank.reconciling import lists
from xinshi.interbank.reconciling.actions import (
    DifferenceEnded,
    PeriodTooLong,
    add_note,
    compare_by_file,
    compare_by_interface,
    end_difference,
    set_due_day,
    take_over,
)
from xinshi.interbank.reconciling.booking import (
    BookedBefore,
    NothingToReverse,
    OwnHours,
    SaidDifferently,
    StillOpenHere,
)
from xinshi.interbank.reconciling.domain import State, Stream
from xinshi.interbank.reconciling.lists import Behind
from xinshi.interbank.reconciling.models import Comparison, Difference
from xinshi.interbank.reconciling.queries import overdue_count
from xinshi.interbank.reconciling.tending import compare_daily, warn_of_overdue
from xinshi.interbank.reconciling.tests.conftest import FROM, UNTIL, Books, entry, listed
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.ledger.actions import post, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.ledger.models import Balance, Transfer
from xinshi.messages.models import Message


def compared(river: Partner, actor: Any = SYSTEM) -> Comparison:
    return Comparison.objects.get(
        pk=compare_by_interface(actor=actor, partner_id=river.pk, from_day=FROM, to_day=UNTIL)
    )


def only() -> Difference:
    return Difference.objects.get()


def balance(who: Somebody) -> int:
    return Balance.objects.get(pk=Passbook.objects.get(person_id=who.person_id).account_id).posted


def clearing(river: Partner) -> int:
    account = system_account(AccountKind.CLEARING, f"partner:{river.code}")
    rows = Transfer.objects.values_list("debit_id", "credit_id", "minutes")
    return sum((credit == account) * minutes - (debit == account) * minutes for debit, credit, minutes in rows)


def came_in(who: Somebody, river: Partner, minutes: int = 120) -> int:
    new = NewDeposit(
        person_id=who.person_id,
        kind=HoursKind.VERIFIED,
        category="0004",
        title="江北导医",
        organizer="江北医院",
        raw_minutes=minutes,
        worked_on=date(2026, 11, 16),
        source_ref="interbank:ta",
    )
    return deposit_many(actor=SYSTEM, deposits=[new], partner=river.code)[0].deposit_id


def went_out(who: Somebody, river: Partner, minutes: int = 120) -> int:
    transfer = NewTransfer(
        key="interbank:tb",
        debit_id=Passbook.objects.get(person_id=who.person_id).account_id,
        credit_id=system_account(AccountKind.CLEARING, f"partner:{river.code}"),
        minutes=minutes,
        kind="interbank_out",
        worked_on=date(2026, 11, 16),
    )
    return post(transfer=transfer, actor_ref="tests").id


def test_four_lists_owner_and_deadline(cast: Cast, river: Partner, books: Books) -> None:
    books.ours = [entry("a"), entry("b"), entry("c", stream=Stream.OUT)]
    books.theirs = [entry("a"), entry("c", stream=Stream.OUT, minutes=60), entry("d")]
    found = compared(river)
    assert (found.matched_count, found.matched_minutes) == (1, 120)
    assert (found.only_here, found.only_there, found.differs, found.still_open) == (1, 1, 1, 0)
    rows = {row.key[1]: row for row in Difference.objects.all()}
    assert {key: (row.place, row.owed_minutes) for key, row in rows.items()} == {
        "b": ("only_here", -120),
        "c": ("differs", -60),
        "d": ("only_there", 120),
    }
    assert {row.owner_ref for row in rows.values()} == {cast.coordinator.actor.reference}
    assert {row.due_on for row in rows.values()} == {date(2026, 11, 27)}


def test_the_same_lists_again_find_nothing_new_and_later_agreement_ends_it(
    cast: Cast, river: Partner, books: Books
) -> None:
    books.ours = [entry("a")]
    compared(river)
    again = compared(river)
    assert only().last_seen_in_id == again.pk
    assert only().ending == ""
    books.theirs = [entry("a")]
    agreed = compared(river)
    found = only()
    assert (found.ending, found.ending_reason) == ("agreed", f"comparison:{agreed.pk}")


def test_what_came_while_the_partner_was_asked_is_no_difference(cast: Cast, river: Partner, books: Books) -> None:
    books.ours = [entry("a"), entry("b", stream=Stream.OUT, state=State.OPEN), entry("d")]
    plain = lists._LISTS[0]

    def asked(partner: Partner, since: date, until: date) -> Sequence[Mapping[str, Any]]:
        drawn = listed([entry("a")])
        books.ours = [entry("a"), entry("b", stream=Stream.OUT), entry("c"), entry("d")]
        return drawn

    lists._LISTS[0] = replace(plain, theirs=asked)
    found = compared(river)
    assert (found.matched_count, found.still_open, found.only_here) == (1, 2, 1)
    assert only().key == entry("d").key
    again = compared(river)
    assert (again.still_open, again.only_here) == (0, 3), "what is still not there when it is asked again, is one"


def test_a_settled_difference_stays_settled_when_it_is_found_again(cast: Cast, river: Partner, books: Books) -> None:
    books.ours = [entry("a")]
    compared(river)
    end_difference(actor=cast.coordinator.actor, difference_id=only().pk, ending="ours", reason="对方补记")
    compared(river)
    assert only().ending == "ours"


def test_from_a_file_it_works_the_same_and_the_period_is_bounded(cast: Cast, river: Partner, books: Books) -> None:
    books.ours = [entry("a")]
    data = b"[]"
    number = compare_by_file(
        actor=cast.coordinator.actor,
        partner_id=river.pk,
        data=data,
        file_name="list.json",
        from_day=FROM,
        to_day=UNTIL,
    )
    assert (Comparison.objects.get(pk=number).only_here, Comparison.objects.get().source) == (1, "file")
    for since, until in ((UNTIL, FROM), (UNTIL - timedelta(days=31), UNTIL), (FROM, UNTIL + timedelta(days=1))):
        with pytest.raises(PeriodTooLong):
            compare_by_interface(actor=SYSTEM, partner_id=river.pk, from_day=since, to_day=until)
    assert Comparison.objects.count() == 1


def test_theirs_refused_takes_back_what_came_in(cast: Cast, river: Partner, books: Books) -> None:
    deposit_id = came_in(cast.li, river)
    books.ours = [entry("a")]
    books.theirs = [entry("a", state=State.REFUSED)]
    books.behind = {("in", entry("a").key): Behind(person_id=cast.li.person_id, deposit_id=deposit_id)}
    compared(river)
    booked = end_difference(
        actor=cast.coordinator.actor, difference_id=only().pk, ending="theirs", reason="江北确认未转出"
    )
    assert booked == f"deposit:{deposit_id}"
    assert (balance(cast.li), clearing(river), cast.li.certified) == (0, 0, 0)
    assert DepositReversal.objects.get().reason == "江北确认未转出"
    with pytest.raises(DifferenceEnded):
        end_difference(actor=cast.coordinator.actor, difference_id=only().pk, ending="theirs", reason="再来一次")


def test_theirs_differing_figure_replaces_ours(cast: Cast, river: Partner, books: Books) -> None:
    deposit_id = came_in(cast.li, river)
    books.ours = [entry("a")]
    books.theirs = [entry("a", minutes=90)]
    books.behind = {("in", entry("a").key): Behind(person_id=cast.li.person_id, deposit_id=deposit_id, category="0004")}
    compared(river)
    end_difference(actor=cast.coordinator.actor, difference_id=only().pk, ending="theirs", reason="以江北为准")
    assert (balance(cast.li), clearing(river), cast.li.certified) == (90, -90, 90)
    assert only().booking_ref == f"deposit:{Deposit.objects.order_by('-pk')[0].pk}"


def test_theirs_only_there_is_booked_to_the_passbook_that_is_named(cast: Cast, river: Partner, books: Books) -> None:
    books.theirs = [entry("d")]
    compared(river)
    number = Passbook.objects.get(person_id=cast.wang.person_id).number
    for typed in ("", "123", number[:-1]):
        with pytest.raises(Invalid) as refusal:
            end_difference(
                actor=cast.coordinator.actor,
                difference_id=only().pk,
                ending="theirs",
                reason="江北来函",
                passbook_number=typed,
            )
        assert refusal.value.parameters["field"] == "passbook_number"
    assert (Deposit.objects.count(), only().ending) == (0, "")
    end_difference(
        actor=cast.coordinator.actor,
        difference_id=only().pk,
        ending="theirs",
        reason="江北来函",
        passbook_number=number,
    )
    assert (balance(cast.wang), clearing(river)) == (120, -120)


@pytest.mark.parametrize(("minutes_there", "left"), [(0, 240), (60, 180)])
def test_what_did_not_arrive_there_is_given_back(
    cast: Cast, river: Partner, books: Books, minutes_there: int, left: int
) -> None:
    Bank().served(cast.li, 240)
    transfer_id = went_out(cast.li, river)
    books.ours = [entry("b", stream=Stream.OUT)]
    books.theirs = [entry("b", stream=Stream.OUT, minutes=minutes_there)] if minutes_there else []
    books.behind = {("out", entry("b").key): Behind(person_id=cast.li.person_id, transfer_id=transfer_id)}
    compared(river)
    end_difference(actor=cast.coordinator.actor, difference_id=only().pk, ending="theirs", reason="江北没有收到")
    assert (balance(cast.li), clearing(river)) == (left, minutes_there)


def test_what_arrived_there_unbooked_leaves_now(cast: Cast, river: Partner, books: Books) -> None:
    Bank().served(cast.li, 240)
    books.ours = [entry("b", stream=Stream.OUT, state=State.REFUSED)]
    books.theirs = [entry("b", stream=Stream.OUT)]
    books.behind = {("out", entry("b").key): Behind(person_id=cast.li.person_id)}
    compared(river)
    end_difference(actor=cast.coordinator.actor, difference_id=only().pk, ending="theirs", reason="江北已入账")
    assert (balance(cast.li), clearing(river)) == (120, 120)
    assert Transfer.objects.get(kind="interbank_correction").key == f"interbank-correction:{only().pk}"


def test_one_message_is_booked_once_by_what_was_said_of_it_last(cast: Cast, river: Partner, books: Books) -> None:
    """Every difference counts what is owed for the whole message: two that were accepted would have counted it twice."""
    found = []
    for minutes in (60, 90):
        books.theirs = [entry("d", minutes=minutes)]
        compared(river)
        found.append(Difference.objects.latest("pk").pk)
    number = Passbook.objects.get(person_id=cast.wang.person_id).number

    def end(difference_id: int, ending: str = "theirs") -> None:
        end_difference(
            actor=cast.coordinator.actor,
            difference_id=difference_id,
            ending=ending,
            reason="江北来函",
            passbook_number=number,
        )

    address = reverse("interbank:difference", args=[found[1]])
    older = cast.auditor.client.get(reverse("interbank:difference", args=[found[0]])).text
    assert f'<a href="{address}">Look at what it says</a>' in older
    with pytest.raises(SaidDifferently):
        end(found[0])
    assert not Deposit.objects.exists()
    end(found[1])
    books.theirs = [entry("d", minutes=100)]
    compared(river)
    with pytest.raises(SaidDifferently):
        end(found[0])
    with pytest.raises(BookedBefore):
        end(Difference.objects.latest("pk").pk)
    assert (balance(cast.wang), clearing(river), Deposit.objects.count()) == (90, -90, 1)
    end(found[0], "outside")
    assert Difference.objects.get(pk=found[0]).ending == "outside"


def test_refusals_book_nothing(cast: Cast, river: Partner, books: Books) -> None:
    old = entry("a", state=State.OPEN)
    books.ours = [old, entry("b", stream=Stream.OUT), entry("c")]
    books.theirs = [entry("a"), entry("b", stream=Stream.OUT, state=State.REFUSED), entry("c", state=State.REFUSED)]
    books.behind = {
        ("out", entry("b").key): Behind(person_id=cast.li.person_id),
        ("in", entry("c").key): Behind(person_id=cast.coordinator.person_id),
    }
    compared(river)
    rows = {row.key[1]: row.pk for row in Difference.objects.all()}
    actor = cast.coordinator.actor
    for key, refusal in (("a", StillOpenHere), ("b", NothingToReverse), ("c", OwnHours)):
        with pytest.raises(refusal):
            end_difference(actor=actor, difference_id=rows[key], ending="theirs", reason="试")
    for ending, reason in (("agreed", "x"), ("", "x"), ("ours", "  ")):
        with pytest.raises(Invalid):
            end_difference(actor=actor, difference_id=rows["a"], ending=ending, reason=reason)
    for who in (cast.li, cast.auditor):
        with pytest.raises(NotAllowed):
            end_difference(actor=who.actor, difference_id=rows["a"], ending="ours", reason="x")
    with pytest.raises(NotFound):
        end_difference(actor=actor, difference_id=10**9, ending="ours", reason="x")
    assert set(Difference.objects.values_list("ending", flat=True)) == {""}
    assert not Transfer.objects.exists()


def test_owner_notes_deadline_and_the_overdue(cast: Cast, river: Partner, books: Books) -> None:
    books.ours = [entry("a")]
    compared(river)
    actor, number = cast.administrator.actor, only().pk
    take_over(actor=actor, difference_id=number)
    add_note(actor=actor, difference_id=number, text="电话联系江北王老师")
    with pytest.raises(Invalid):
        add_note(actor=actor, difference_id=number, text=" ")
    with pytest.raises(Invalid):
        set_due_day(actor=actor, difference_id=number, due_on=NOW.date() - timedelta(days=1), reason="迟")
    set_due_day(actor=actor, difference_id=number, due_on=NOW.date(), reason="今天答复")
    found = only()
    assert (found.owner_ref, found.due_on, found.notes.count()) == (actor.reference, NOW.date(), 2)
    assert (warn_of_overdue(actor=SYSTEM), overdue_count(cast.auditor.actor)) == (0, 0)
    with time_machine.travel(NOW + timedelta(days=1)):
        assert overdue_count(cast.auditor.actor) == 1
        assert (warn_of_overdue(actor=SYSTEM), warn_of_overdue(actor=SYSTEM)) == (1, 0)
    told = Message.objects.get(object_ref=f"difference:{number}")
    assert told.recipient_ref == f"person:{cast.administrator.person_id}"


def test_the_worker_compares_once_a_day_and_passes_over_who_does_not_answer(
    cast: Cast, river: Partner, books: Books
) -> None:
    Partner.objects.filter(pk=river.pk).update(address="https://river.example")
    books.ours = [entry("a")]
    assert compare_daily(actor=SYSTEM) == 1
    assert compare_daily(actor=SYSTEM) == 0
    with time_machine.travel(NOW + timedelta(days=1)):
        books.theirs = [entry("bad", minutes=0)]
        assert compare_daily(actor=SYSTEM) == 0
    assert Comparison.objects.count() == 1
