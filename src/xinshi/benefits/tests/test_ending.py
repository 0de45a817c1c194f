"""How vouchers end: redeemed, cancelled, run out; each once, with the hours where they belong."""

from __future__ import annotations

import pytest

from xinshi.audit.models import AuditEntry
from xinshi.benefits.actions import call_off_slot, cancel, expire_overdue, fulfil
from xinshi.benefits.domain import (
    NotItsDay,
    OwnVoucher,
    ReasonMissing,
    TooLateToCancel,
    VoucherCancelled,
    VoucherRanOut,
    VoucherUsed,
)
from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.benefits.tests.conftest import SYSTEM, Cast, make, overdue, take
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, NotAllowed, NotFound
from xinshi.ledger.actions import expire_holds
from xinshi.ledger.models import Hold, Transfer
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent

pytestmark = pytest.mark.django_db


def unchanged(error: type[DomainError], voucher_id: int, verb: object, **how: object) -> None:
    """`verb` is refused, and voucher, hold, stock and book stay as they are."""

    def footprint() -> object:
        voucher = Voucher.objects.filter(pk=voucher_id).values().get()
        return voucher, list(Hold.objects.values()), Transfer.objects.count(), list(Slot.objects.values("taken"))

    before = footprint()
    with pytest.raises(error):
        verb(voucher_id=voucher_id, **how)
    assert footprint() == before


def test_redeeming_books_the_hours_once(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    voucher_id = take(cast.volunteer, make(hours=10, places=(1,), in_days=0)).voucher_id
    transfer = Transfer.objects.get(pk=fulfil(actor=cast.clerk.actor, voucher_id=voucher_id))
    voucher = Voucher.objects.get()
    assert (voucher.state, voucher.ended_by_ref) == ("fulfilled", cast.clerk.actor.reference)
    assert (transfer.minutes, transfer.key, transfer.kind) == (600, f"voucher:{voucher_id}:capture", "redemption")
    assert (cast.volunteer.balance.posted, cast.volunteer.balance.held) == (900, 0)
    assert StoredEvent.objects.filter(name="benefits.fulfilled").count() == 1
    unchanged(VoucherUsed, voucher_id, fulfil, actor=cast.clerk.actor)
    unchanged(VoucherUsed, voucher_id, cancel, actor=cast.volunteer.actor)
    assert verify().ok, verify().first_difference


def test_redeeming_never_lowers_lifetime_hours(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    fulfil(actor=cast.clerk.actor, voucher_id=take(cast.volunteer, make()).voucher_id)
    assert cast.volunteer.user.person is not None
    assert cast.volunteer.user.person.passbook.certified_minutes == 1500


def test_nobody_but_clerks_redeems_and_nobody_their_own(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    cast.give(cast.clerk, hours=25)
    made = make()
    voucher_id, own = take(cast.volunteer, made).voucher_id, take(cast.clerk, made).voucher_id
    for somebody in (cast.volunteer, cast.second, cast.coordinator, cast.auditor):
        unchanged(NotAllowed, voucher_id, fulfil, actor=somebody.actor)
    unchanged(OwnVoucher, own, fulfil, actor=cast.clerk.actor)
    fulfil(actor=cast.administrator.actor, voucher_id=own)
    assert Voucher.objects.get(pk=own).state == "fulfilled"


def test_refuses_to_redeem_on_another_day(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    voucher_id = take(cast.volunteer, make(places=(1,), in_days=1)).voucher_id
    unchanged(NotItsDay, voucher_id, fulfil, actor=cast.clerk.actor)


def test_cancelling_gives_hours_and_place_back(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=10, places=(1,), in_days=1)
    voucher_id = take(cast.volunteer, made).voucher_id
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    assert Voucher.objects.get().state == "cancelled"
    assert Hold.objects.get().state == "released"
    assert (cast.volunteer.balance.available, Slot.objects.get().taken) == (600, 0)
    assert Transfer.objects.exclude(kind__startswith="deposit").count() == 0
    assert StoredEvent.objects.filter(name="benefits.cancelled").count() == 1
    unchanged(VoucherCancelled, voucher_id, cancel, actor=cast.volunteer.actor)
    unchanged(VoucherCancelled, voucher_id, fulfil, actor=cast.clerk.actor)
    assert take(cast.volunteer, made).is_new
    assert verify().ok, verify().first_difference


def test_a_piece_goes_back_to_the_stock(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=10, stock=1)
    cancel(actor=cast.volunteer.actor, voucher_id=take(cast.volunteer, made).voucher_id)
    assert Benefit.objects.get().taken == 0
    assert take(cast.volunteer, made).is_new


def test_refuses_to_cancel_ones_own_on_the_day_itself(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    voucher_id = take(cast.volunteer, make(places=(1,), in_days=0)).voucher_id
    unchanged(TooLateToCancel, voucher_id, cancel, actor=cast.volunteer.actor)


def test_a_clerk_cancels_with_a_reason_that_the_volunteer_reads(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    voucher_id = take(cast.volunteer, make(places=(1,), in_days=0)).voucher_id
    unchanged(ReasonMissing, voucher_id, cancel, actor=cast.clerk.actor, reason="  ")
    cancel(actor=cast.clerk.actor, voucher_id=voucher_id, reason="医生生病")
    assert Voucher.objects.get().reason == "医生生病"
    told = Message.objects.get(key=f"voucher:{voucher_id}:cancelled")
    assert told.parameters["reason"] == "医生生病"
    assert AuditEntry.objects.get(action="benefits.cancel").detail["reason"] == "医生生病"


def test_somebody_elses_voucher_is_not_there(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    voucher_id = take(cast.volunteer, make()).voucher_id
    for somebody in (cast.second, cast.coordinator, cast.auditor):
        unchanged(NotFound, voucher_id, cancel, actor=somebody.actor, reason="x")
    with pytest.raises(NotFound):
        cancel(actor=cast.volunteer.actor, voucher_id=voucher_id + 1)


def test_what_ran_out_gives_hours_and_place_back_and_tells(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=20)
    made = make(hours=10, stock=2)
    old, young = (take(cast.volunteer, made).voucher_id for _ in range(2))
    overdue(old)
    unchanged(VoucherRanOut, old, fulfil, actor=cast.clerk.actor)
    unchanged(VoucherRanOut, old, cancel, actor=cast.volunteer.actor)
    assert [expire_overdue(actor=SYSTEM) for _ in range(2)] == [1, 0]
    assert dict(Voucher.objects.values_list("pk", "state")) == {old: "expired", young: "reserved"}
    assert (cast.volunteer.balance.held, Benefit.objects.get().taken) == (600, 1)
    assert Message.objects.filter(key=f"voucher:{old}:expired").count() == 1
    assert StoredEvent.objects.filter(name="benefits.expired").count() == 1
    assert verify().ok, verify().first_difference


def test_hours_that_the_ledger_gave_back_first_come_back_once(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=10, stock=1)
    voucher_id = take(cast.volunteer, made).voucher_id
    overdue(voucher_id)
    assert expire_holds() == 1
    assert verify().ok, verify().first_difference
    assert expire_overdue(actor=SYSTEM) == 1
    assert (Hold.objects.get().state, cast.volunteer.balance.available) == ("expired", 600)
    assert Benefit.objects.get().taken == 0
    assert verify().ok, verify().first_difference


def test_overdue_hours_can_be_spent_before_the_worker_comes_by(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=10, stock=2)
    overdue(take(cast.volunteer, made).voucher_id)
    assert take(cast.volunteer, made).is_new
    assert verify().ok, verify().first_difference


def test_only_the_system_lets_vouchers_run_out(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        expire_overdue(actor=cast.administrator.actor)


def test_calling_a_day_off_cancels_every_open_voucher_and_closes_it(cast: Cast) -> None:
    people = cast.volunteers(3, hours=10)
    made = make(hours=10, places=(5, 5), in_days=0)
    vouchers = [take(who, made).voucher_id for who in people]
    cast.give(cast.volunteer, hours=10)
    elsewhere = take(cast.volunteer, made, slot=made.slots[1]).voucher_id
    fulfil(actor=cast.clerk.actor, voucher_id=vouchers[0])
    assert call_off_slot(actor=cast.coordinator.actor, slot_id=made.slots[0], reason="医生生病") == 2
    states = dict(Voucher.objects.values_list("pk", "state"))
    assert states == {
        vouchers[0]: "fulfilled",
        vouchers[1]: "cancelled",
        vouchers[2]: "cancelled",
        elsewhere: "reserved",
    }
    slot = Slot.objects.get(pk=made.slots[0])
    assert (slot.taken, slot.places) == (1, 1)
    assert Message.objects.filter(key__endswith=":cancelled", parameters__reason="医生生病").count() == 2
    assert AuditEntry.objects.get(action="benefits.call_off_slot").detail["vouchers"] == 2
    assert call_off_slot(actor=cast.coordinator.actor, slot_id=made.slots[0], reason="医生生病") == 0
    assert verify().ok, verify().first_difference


def test_only_managers_call_a_day_off_and_they_say_why(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(places=(1,))
    voucher_id = take(cast.volunteer, made).voucher_id

    def verb(*, voucher_id: int, somebody: Actor, reason: str, slot: int = made.slots[0]) -> None:
        call_off_slot(actor=somebody, slot_id=slot, reason=reason)

    for somebody in (cast.volunteer, cast.clerk, cast.auditor):
        unchanged(NotAllowed, voucher_id, verb, somebody=somebody.actor, reason="x")
    unchanged(ReasonMissing, voucher_id, verb, somebody=cast.coordinator.actor, reason=" ")
    unchanged(NotFound, voucher_id, verb, somebody=cast.coordinator.actor, reason="x", slot=999)
