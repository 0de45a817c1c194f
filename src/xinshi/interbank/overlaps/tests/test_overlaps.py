"""One service, counted once: what two sources tell of one person and day waits for somebody who knows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from xinshi.bank.actions import NewDeposit, deposit_many
from xinshi.bank.models import Deposit, DepositReversal, Passbook
from xinshi.exchange.models import Partner
from xinshi.exchange.tests.conftest import SYSTEM, Bank, Cast, Somebody
from xinshi.interbank.overlaps import actions
from xinshi.interbank.overlaps.actions import (
    OverlapDecided,
    OwnOverlap,
    accept_overlap,
    discard_overlap,
    hold_back_overlaps,
)
from xinshi.interbank.overlaps.domain import Service, Why, doubt, service_fingerprint
from xinshi.interbank.overlaps.models import OverlapReview
from xinshi.kernel.codes import HoursKind
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.ledger.actions import post, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.ledger.models import Balance
from xinshi.people.models import Person

DAY = date(2026, 11, 16)
NINE = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
Drain = Callable[..., int]


def told(source: str = "river", minutes: int = 120, **more: object) -> Service:
    return Service(ref=f"deposit:{source}", source=source, day=DAY, minutes=minutes, **more)  # type: ignore[arg-type]


@pytest.mark.any_database
def test_a_fingerprint_is_the_same_however_the_organiser_is_written() -> None:
    made = service_fingerprint("a" * 64, DAY, NINE, NINE + timedelta(hours=2), "江北医院 门诊部")
    same = service_fingerprint(
        "a" * 64, DAY, NINE + timedelta(seconds=30), NINE + timedelta(hours=2), "江北医院·门诊部"
    )
    assert made == same
    for other in (
        service_fingerprint("b" * 64, DAY, NINE, NINE + timedelta(hours=2), "江北医院门诊部"),
        service_fingerprint("a" * 64, DAY, NINE, NINE + timedelta(hours=3), "江北医院门诊部"),
        service_fingerprint("a" * 64, DAY, NINE, NINE + timedelta(hours=2), "江南医院门诊部"),
    ):
        assert other != made


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("new", "known", "why"),
    [
        (told(fingerprint="f"), told("own", 60, fingerprint="f"), Why.SAME_SERVICE),
        (told(), told("own"), Why.SAME_MINUTES),
        (told(category="0004"), told("own", 60, category="0004"), Why.SAME_KIND_OF_SERVICE),
        (told(category="0099"), told("own", 60, category="0099"), None),
        (told(minutes=400), told("own", 330), Why.TOO_MUCH),
        (told(minutes=400), told("own", 320), None),
        (told(), told("river", 120), None),
        (told(starts_at=NINE, ends_at=NINE + timedelta(hours=2)),
         told("own", starts_at=NINE + timedelta(hours=2), ends_at=NINE + timedelta(hours=4)), None),
        (told(starts_at=NINE, ends_at=NINE + timedelta(hours=2)),
         told("own", 60, starts_at=NINE + timedelta(minutes=119), ends_at=NINE + timedelta(hours=4)), Why.SAME_TIME),
    ],
)  # fmt: skip
def test_what_makes_two_records_doubtful(new: Service, known: Service, why: Why | None) -> None:
    found = doubt(new, [known])
    assert (found[0] if found else None) == why


services = st.builds(
    Service,
    ref=st.sampled_from("abcdef"),
    source=st.sampled_from(["own", "river", "lake"]),
    day=st.sampled_from([DAY, DAY + timedelta(days=1)]),
    minutes=st.integers(1, 900),
    category=st.sampled_from(["", "0004", "0099"]),
)


@pytest.mark.any_database
@settings(max_examples=80)
@given(new=services, known=st.lists(services, max_size=6))
def test_service_of_another_day_or_the_same_source_is_never_doubted(new: Service, known: list[Service]) -> None:
    found = doubt(new, known)
    harmless = [one for one in known if one.source == new.source or one.day != new.day or one.ref == new.ref]
    assert doubt(new, harmless) is None
    if found:
        assert found[1].source != new.source
        assert found[1].day == new.day


def from_river(
    who: Somebody, river: Partner, *, minutes: int = 120, day: date = DAY, source: str = "interbank:t1"
) -> int:
    new = NewDeposit(
        person_id=who.person_id,
        kind=HoursKind.VERIFIED,
        category="0099",
        title="江北导医",
        organizer="江北医院",
        raw_minutes=minutes,
        worked_on=day,
        source_ref=source,
    )
    return deposit_many(actor=SYSTEM, deposits=[new], partner=river.code)[0].deposit_id


def at_home(who: Somebody, *, day: date = DAY, source: str = "own:1") -> NewDeposit:
    """Two hours of service at this hospital."""
    return NewDeposit(
        person_id=who.person_id,
        kind=HoursKind.VERIFIED,
        category="0004",
        title="门诊导医",
        organizer="门诊部",
        raw_minutes=120,
        worked_on=day,
        source_ref=source,
    )


def available(who: Somebody) -> int:
    row = Balance.objects.get(pk=Passbook.objects.get(person_id=who.person_id).account_id)
    return row.posted - row.held


def test_a_banks_hours_on_a_day_of_own_service_cannot_be_spent_until_somebody_decides(
    cast: Cast, river: Partner, drain_outbox: Drain
) -> None:
    Bank().served(cast.li, 120, day=DAY)
    deposit_id = from_river(cast.li, river)
    drain_outbox()
    review = OverlapReview.objects.get()
    assert (review.deposit_id, review.why, review.held_minutes, review.state) == (
        deposit_id, "same_minutes", 120, "waiting",
    )  # fmt: skip
    assert available(cast.li) == 120
    assert hold_back_overlaps(actor=SYSTEM, deposit_ids=[deposit_id]) == 0
    actor = cast.coordinator.actor
    for reason, who, refusal in (
        ("", actor, Invalid),
        ("x", cast.li.actor, NotAllowed),
        ("x", cast.auditor.actor, NotAllowed),
    ):
        with pytest.raises(refusal):
            accept_overlap(actor=who, review_id=review.pk, reason=reason)
    with pytest.raises(NotFound):
        accept_overlap(actor=actor, review_id=10**9, reason="x")
    assert available(cast.li) == 120
    accept_overlap(actor=actor, review_id=review.pk, reason="上午江北，下午本院")
    assert available(cast.li) == 240
    with pytest.raises(OverlapDecided):
        discard_overlap(actor=actor, review_id=review.pk, reason="改主意")
    assert not DepositReversal.objects.exists()


def test_own_service_told_after_the_banks_waits_too_and_is_taken_back_when_it_is_one(
    cast: Cast, river: Partner, drain_outbox: Drain
) -> None:
    from_river(cast.li, river)
    own = Bank().served(cast.li, 120, day=DAY)
    drain_outbox()
    review = OverlapReview.objects.get()
    assert review.deposit_id == own
    discard_overlap(actor=cast.coordinator.actor, review_id=review.pk, reason="江北与本院登记同一次服务")
    assert (available(cast.li), cast.li.certified) == (120, 120)
    assert DepositReversal.objects.get().deposit_id == own


def test_other_days_other_people_and_hours_here_alone_are_not_held_back(
    cast: Cast, river: Partner, drain_outbox: Drain
) -> None:
    bank = Bank()
    bank.served(cast.li, 120, day=DAY)
    bank.served(cast.li, 120, day=DAY)
    from_river(cast.li, river, day=DAY + timedelta(days=1))
    from_river(cast.wang, river, source="interbank:t2")
    drain_outbox()
    assert not OverlapReview.objects.exists()


def test_hours_that_were_spent_already_are_reviewed_without_a_hold_and_nobody_decides_on_their_own(
    cast: Cast, river: Partner
) -> None:
    Bank().served(cast.coordinator, 120, day=DAY)
    deposit_id = from_river(cast.coordinator, river)
    passbook = Passbook.objects.get(person_id=cast.coordinator.person_id)
    spend = NewTransfer(
        key="spent", debit_id=passbook.account_id, credit_id=system_account(AccountKind.REDEMPTION), minutes=200,
        kind="redemption", worked_on=DAY,
    )  # fmt: skip
    post(transfer=spend, actor_ref="tests")
    assert hold_back_overlaps(actor=SYSTEM, deposit_ids=[deposit_id]) == 1
    review = OverlapReview.objects.get()
    assert (review.hold_id, review.held_minutes) == (None, 0)
    with pytest.raises(OwnOverlap):
        accept_overlap(actor=cast.coordinator.actor, review_id=review.pk, reason="x")
    assert Deposit.objects.count() == 2


def test_none_of_many_deposits_at_once_is_passed_over(
    cast: Cast, river: Partner, drain_outbox: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE_MAX", 2)
    days = [DAY - timedelta(days=number) for number in range(5)]
    ids = [from_river(cast.li, river, day=day, source=f"interbank:t{day}") for day in days]
    drain_outbox()
    assert not OverlapReview.objects.exists()
    own = [at_home(cast.li, day=day, source=f"own:{day}") for day in days]
    made = deposit_many(actor=SYSTEM, deposits=own)
    drain_outbox()
    found = dict(OverlapReview.objects.values_list("deposit_id", "other_ref"))
    assert found == {new.deposit_id: f"deposit:{old}" for new, old in zip(made, ids, strict=True)}


def test_hours_that_were_passed_over_when_they_came_in_are_found_later(
    cast: Cast, river: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE_MAX", 2)
    days = [DAY - timedelta(days=number) for number in range(5)]
    for day in days:
        from_river(cast.li, river, day=day, source=f"interbank:t{day}")
    own = [at_home(cast.li, day=day, source=f"own:{day}") for day in days]
    own.append(at_home(cast.li, day=DAY - timedelta(days=9), source="own:alone"))
    made = [one.deposit_id for one in deposit_many(actor=SYSTEM, deposits=own)]
    assert not OverlapReview.objects.exists()
    call_command("find_overlaps")
    assert sorted(OverlapReview.objects.values_list("deposit_id", flat=True)) == made[:5]
    held = Balance.objects.get(pk=Passbook.objects.get(person_id=cast.li.person_id).account_id).held
    assert held == 5 * 120
    call_command("find_overlaps")
    assert OverlapReview.objects.count() == 5


def test_days_without_a_banks_hours_cost_nothing_more_each(
    cast: Cast, river: Partner, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    many = [at_home(cast.li, day=DAY - timedelta(days=back), source=f"own:{back}") for back in range(20)]
    ids = [one.deposit_id for one in deposit_many(actor=SYSTEM, deposits=many)]
    with django_assert_num_queries(5):
        assert hold_back_overlaps(actor=SYSTEM, deposit_ids=ids) == 0


def test_a_banks_hours_under_the_record_that_was_merged_are_seen(
    cast: Cast, river: Partner, drain_outbox: Drain
) -> None:
    from_river(cast.wang, river)
    Person.objects.filter(pk=cast.wang.person_id).update(merged_into=cast.li.person_id)
    [made] = deposit_many(actor=SYSTEM, deposits=[at_home(cast.li)])
    drain_outbox()
    assert OverlapReview.objects.get().deposit_id == made.deposit_id
