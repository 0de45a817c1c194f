"""Each rule by which raw minutes become credited ones, on the real way of a deposit; the source of each stands with it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from xinshi.bank.accounts import donation_accounts
from xinshi.bank.actions import NewDeposit, deposit_many, reverse_deposit
from xinshi.bank.crediting import Reason, coefficient_percent, rounded, why_from_text, why_text
from xinshi.bank.models import Deposit, Passbook
from xinshi.bank.rules import Coefficient, Rounding
from xinshi.bank.tests.conftest import SYSTEM, Cast, LetHold, PutIn, Somebody
from xinshi.kernel.codes import HoursKind
from xinshi.ledger.queries import balance
from xinshi.ledger.verification import verify
from xinshi.people.models import Person

pytestmark = pytest.mark.usefixtures("bank_checks")
DAY = date(2026, 3, 5)


def posted(who: Somebody) -> int:
    return balance(who.passbook.account_id).posted


def donation_minutes(who: Somebody) -> int:
    return balance(donation_accounts([who.person_id])[who.person_id]).posted


def stored(deposit_id: int) -> tuple[int, int, int, str]:
    row = Deposit.objects.get(pk=deposit_id)
    return row.raw_minutes, row.credited_minutes, row.donation_minutes, row.why


def test_by_default_one_hour_of_service_is_one_hour_in_the_bank(cast: Cast, put_in: PutIn) -> None:
    """Everywhere (norms, time-bank practice)."""
    assert stored(put_in(cast.volunteer, 125)) == (125, 125, 0, "")
    assert posted(cast.volunteer) == 125


def test_a_coefficient_by_service_type_leaves_the_raw_hours_beside_it(
    cast: Cast, put_in: PutIn, let_hold: LetHold
) -> None:
    """DB3205/T 1001-2020: a coefficient by type of service, the raw hours kept."""
    let_hold(coefficients=(Coefficient(percent=150, category="0004"), Coefficient(percent=50, category="0013")))
    assert stored(put_in(cast.volunteer, 60)) == (60, 90, 0, "coefficient=150")
    assert stored(put_in(cast.volunteer, 60, category="0013")) == (60, 30, 0, "coefficient=50")
    assert stored(put_in(cast.volunteer, 60, category="0001")) == (60, 60, 0, "")
    assert (posted(cast.volunteer), cast.volunteer.passbook.certified_minutes) == (180, 180)
    report = verify()
    assert report.ok, report.first_difference


@pytest.mark.parametrize(
    ("category", "skills", "percent"),
    [
        ("0004", (), 120),
        ("0001", (), 100),
        ("0001", ("急救",), 200),
        ("0004", ("急救",), 110),
        ("0004", ("手语", "急救"), 130),
        ("0001", ("手语", "急救"), 200),
    ],
)
def test_the_most_specific_coefficient_counts_and_of_several_the_highest(
    category: str, skills: tuple[str, ...], percent: int
) -> None:
    """DB3205/T 1001-2020; by qualification too, as the issue asks."""
    rows = (
        Coefficient(percent=120, category="0004"),
        Coefficient(percent=200, skill="急救"),
        Coefficient(percent=150, skill="手语"),
        Coefficient(percent=110, category="0004", skill="急救"),
        Coefficient(percent=130, category="0004", skill="手语"),
    )
    assert coefficient_percent(rows, category=category, skills=skills) == percent


def test_a_coefficient_by_qualification_reads_the_archive(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    """The issue: coefficients by category and qualification."""
    Person.objects.filter(pk=cast.volunteer.person_id).update(skills=["急救"])
    let_hold(coefficients=(Coefficient(percent=200, skill="急救"),))
    put_in(cast.volunteer, 60)
    put_in(cast.second, 60)
    assert (posted(cast.volunteer), posted(cast.second)) == (120, 60)


@pytest.mark.parametrize(("rounding", "credited"), [(Rounding.DOWN, 30), (Rounding.NEAREST, 60), (Rounding.UP, 60)])
def test_credited_minutes_are_rounded_to_whole_units(
    cast: Cast, put_in: PutIn, let_hold: LetHold, rounding: Rounding, credited: int
) -> None:
    """Time-bank practice: half hours; halves go up where it is the nearest."""
    let_hold(rounding=rounding, rounding_minutes=30)
    assert stored(put_in(cast.volunteer, 45)) == (45, credited, 0, "rounding=30")


@given(
    raw=st.integers(1, 10_000),
    percent=st.integers(1, 1_000),
    rounding=st.sampled_from(Rounding),
    unit=st.sampled_from([1, 5, 6, 10, 15, 30, 60]),
)
def test_rounding_is_exact_and_goes_less_than_a_unit_astray(
    raw: int, percent: int, rounding: Rounding, unit: int
) -> None:
    exact = Fraction(raw * percent, 100)
    found = rounded(raw, percent, rounding=rounding, unit_minutes=unit)
    assert found % unit == 0
    low, high = {
        Rounding.DOWN: (exact - unit, exact),
        Rounding.NEAREST: (exact - Fraction(unit, 2), exact + Fraction(unit, 2)),
        Rounding.UP: (exact, exact + unit),
    }[rounding]
    assert low <= found <= high


def test_no_more_than_the_cap_is_credited_for_one_day(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    """上海长宁, 海林: at most 2 h a day; what was served beyond still counts for stars."""
    let_hold(day_cap_minutes=120)
    first = put_in(cast.volunteer, 90)
    assert stored(put_in(cast.volunteer, 90)) == (90, 30, 0, "day_cap=120")
    nothing = put_in(cast.volunteer, 60)
    assert stored(nothing) == (60, 0, 0, "day_cap=120")
    assert Deposit.objects.get(pk=nothing).transfer_id is None
    assert stored(put_in(cast.volunteer, 60, worked_on=date(2026, 3, 6))) == (60, 60, 0, "")
    assert stored(put_in(cast.second, 60)) == (60, 60, 0, "")
    assert (posted(cast.volunteer), cast.volunteer.passbook.certified_minutes) == (180, 300)
    reverse_deposit(actor=SYSTEM, deposit_id=first, reason="误记")
    reverse_deposit(actor=SYSTEM, deposit_id=nothing, reason="误记")
    assert stored(put_in(cast.volunteer, 200)) == (200, 90, 0, "day_cap=120")
    assert (posted(cast.volunteer), cast.volunteer.passbook.certified_minutes) == (180, 350)
    report = verify()
    assert report.ok, report.first_difference


def test_the_cap_of_a_day_holds_inside_one_batch(cast: Cast, let_hold: LetHold) -> None:
    """上海长宁, 海林, when many records are approved at once."""
    let_hold(day_cap_minutes=120)
    batch = [
        NewDeposit(
            person_id=cast.volunteer.person_id,
            kind=HoursKind.VERIFIED,
            category="0004",
            title="门诊导医",
            organizer="门诊部",
            raw_minutes=50,
            worked_on=DAY,
            source_ref=f"service-record:{number}",
        )
        for number in range(4)
    ]
    assert [result.minutes for result in deposit_many(actor=SYSTEM, deposits=batch)] == [50, 50, 20, 0]
    again = deposit_many(actor=SYSTEM, deposits=batch)
    assert [(result.minutes, result.is_new) for result in again] == [(50, False), (50, False), (20, False), (0, False)]


def test_no_more_than_the_cap_is_credited_for_one_activity(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    """Time-bank practice: a cap per activity, over all its shifts (上海长宁, 海林)."""
    let_hold(activity_cap_minutes=180)
    put_in(cast.volunteer, 120, activity_ref="activity:7")
    other_day = put_in(cast.volunteer, 120, activity_ref="activity:7", worked_on=date(2026, 3, 6))
    assert stored(other_day) == (120, 60, 0, "activity_cap=180")
    assert stored(put_in(cast.volunteer, 120, activity_ref="activity:8")) == (120, 120, 0, "")
    assert stored(put_in(cast.volunteer, 240)) == (240, 180, 0, "activity_cap=180")


def test_what_goes_beyond_the_most_one_may_hold_can_only_be_donated(
    cast: Cast, put_in: PutIn, let_hold: LetHold
) -> None:
    """南京: 1,500 h, 上海长宁: 600 h; the excess can only be donated."""
    let_hold(holding_cap_minutes=100)
    put_in(cast.volunteer, 60)
    split = put_in(cast.volunteer, 60)
    assert stored(split) == (60, 60, 20, "holding_cap=100")
    whole = put_in(cast.volunteer, 30)
    assert stored(whole) == (30, 30, 30, "holding_cap=100")
    assert (posted(cast.volunteer), donation_minutes(cast.volunteer)) == (100, 50)
    assert cast.volunteer.passbook.certified_minutes == 150
    report = verify()
    assert report.ok, report.first_difference
    reverse_deposit(actor=SYSTEM, deposit_id=split, reason="误记")
    assert (posted(cast.volunteer), donation_minutes(cast.volunteer)) == (60, 30)
    reverse_deposit(actor=SYSTEM, deposit_id=whole, reason="误记")
    assert (posted(cast.volunteer), donation_minutes(cast.volunteer)) == (60, 0)
    report = verify()
    assert report.ok, report.first_difference


def test_the_rules_are_those_of_the_day_of_service(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    """However late a record is approved, the version of its day decides, and the deposit names it."""
    number = let_hold(since=date(2026, 3, 6), coefficients=(Coefficient(percent=200, category="0004"),))
    before, after = put_in(cast.volunteer, 60), put_in(cast.volunteer, 60, worked_on=date(2026, 3, 6))
    assert [stored(pk)[1] for pk in (before, after)] == [60, 120]
    versions = [Deposit.objects.get(pk=pk).policy_version.number for pk in (before, after)]
    assert versions == [1, number]


def test_a_partners_hours_come_at_par_but_under_the_cap_on_holding(
    cast: Cast, put_in: PutIn, let_hold: LetHold
) -> None:
    """通存通兑: hours are interchanged at par; no file of a partner names kind of service or, often, the day."""
    let_hold(coefficients=(Coefficient(percent=200, category="0004"),), day_cap_minutes=60, holding_cap_minutes=150)
    assert stored(put_in(cast.volunteer, 100, partner="zhiyuanhui")) == (100, 100, 0, "")
    assert stored(put_in(cast.volunteer, 40)) == (40, 60, 10, "coefficient=200 day_cap=60 holding_cap=150")
    assert stored(put_in(cast.volunteer, 30, partner="zhiyuanhui")) == (30, 30, 30, "holding_cap=150")


def test_stars_count_raw_hours_whatever_is_credited(cast: Cast, put_in: PutIn, let_hold: LetHold) -> None:
    """The norms: raw certified minutes are what stars count and what 志愿汇 and the ministry get."""
    let_hold(coefficients=(Coefficient(percent=1, category="0004"),), rounding_minutes=60)
    put_in(cast.volunteer, 100)
    put_in(cast.volunteer, 50, kind=HoursKind.HONORARY)
    passbook = cast.volunteer.passbook
    assert (passbook.certified_minutes, passbook.verified_minutes, posted(cast.volunteer)) == (150, 100, 0)


def test_verify_finds_verified_hours_that_are_not_what_was_deposited(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    Passbook.objects.filter(pk=cast.volunteer.passbook.pk).update(verified_minutes=89)
    pk = cast.volunteer.passbook.pk
    assert (
        verify().first_difference
        == f"lifetime verified hours: passbook {pk}: verified 89 minutes, its deposits make 90"
    )


def test_why_is_written_and_read_alike() -> None:
    why = ((Reason.COEFFICIENT, 150), (Reason.DAY_CAP, 120))
    assert why_from_text(why_text(why)) == why
    assert why_from_text("") == ()


def test_without_rules_a_batch_asks_nothing_more_of_the_database(cast: Cast) -> None:
    """Two thousand approvals must not pay for rules that nobody set."""

    def statements(batch_of: int) -> int:
        batch = [
            NewDeposit(
                person_id=cast.volunteer.person_id,
                kind=HoursKind.VERIFIED,
                category="0004",
                title="门诊导医",
                organizer="门诊部",
                raw_minutes=50,
                worked_on=DAY,
                source_ref=f"row:{batch_of}:{number}",
            )
            for number in range(batch_of)
        ]
        with CaptureQueriesContext(connection) as queries:
            deposit_many(actor=SYSTEM, deposits=batch)
        asked = " ".join(query["sql"] for query in queries).lower()
        assert '"person"."skills"' not in asked
        assert 'sum("deposit"."credited_minutes")' not in asked
        assert 'insert into "ledger_hold"' not in asked
        return len(queries)

    statements(1)
    assert statements(100) <= statements(2) + 2
