"""How evenly places are shared out, and that nothing is said about so few that it is about somebody."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from xinshi.activities.actions import sign_up
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, cast, make_activity
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed
from xinshi.people.models import Person
from xinshi.scheduling.fairness.domain import (
    SMALL,
    Share,
    age_key,
    curve,
    gini_permille,
    held_by_few_percent,
    without_small,
)
from xinshi.scheduling.fairness.queries import fairness
from xinshi.scheduling.suggesting.actions import choose

__all__ = ["cast", "make_activity"]
AMOUNTS = st.lists(st.integers(0, 50), min_size=1, max_size=60)


@pytest.mark.any_database
@given(AMOUNTS)
def test_gini_is_the_mean_difference_of_all_pairs(values: list[int]) -> None:
    """The definition itself: the mean of |a − b| over all pairs, by twice the mean."""
    found = gini_permille(values)
    if not sum(values):
        assert found is None
        return
    pairs = sum(abs(one - other) for one in values for other in values)
    assert found == int(1_000 * Fraction(pairs, 2 * len(values) * sum(values)))
    assert 0 <= found < 1_000


@pytest.mark.any_database
@given(AMOUNTS)
def test_the_curve_rises_below_the_line_of_equality(values: list[int]) -> None:
    points = curve(values)
    assert bool(points) == bool(sum(values))
    assert all(have <= people for people, have in points)
    assert points == sorted(points)
    assert not points or (points[0], points[-1]) == ((0, 0), (1_000, 1_000))


@pytest.mark.any_database
@given(st.lists(st.integers(0, 12), max_size=8))
def test_no_small_group_is_shown_or_can_be_reckoned_back(sizes: list[int]) -> None:
    shares = [Share(str(number), size, size, size, 0) for number, size in enumerate(sizes)]
    shown = without_small(shares)
    assert all(share.people >= SMALL for share in shown)
    hidden = [size for size in sizes if 0 < size < SMALL]
    missing = sum(sizes) - sum(share.people for share in shown)
    assert missing == 0 or (shown == [] and sum(sizes) == sum(hidden) < SMALL)


@pytest.mark.any_database
def test_a_few_who_have_much_are_said_and_ages_have_bands() -> None:
    assert held_by_few_percent([*[1] * 45, *[11] * 5]) == 55
    assert held_by_few_percent([1] * 49) is None
    assert [age_key(years) for years in (17, 18, 74, 75, 120, None)] == [
        "0-17",
        "18-29",
        "60-74",
        "75-200",
        "75-200",
        "",
    ]


def test_counts_places_of_those_who_may_be_asked(cast: Cast, make_activity: MakeActivity) -> None:
    first, second = make_activity(places=20, shifts=2).shift_ids
    staff, students = cast.people(6), cast.people(5)
    Person.objects.filter(pk__in=staff).update(group="staff")
    Person.objects.filter(pk__in=students).update(group="student")
    for person in (*staff, *students[:2]):
        sign_up(actor=SYSTEM, shift_id=first, person_id=person)
    for person in staff[:3]:
        sign_up(actor=SYSTEM, shift_id=second, person_id=person)
    choose(actor=cast.second.actor, is_wanted=False)
    today = clock.today()
    found = fairness(cast.auditor.actor, first=today, last=today + timedelta(days=3))
    by_group = {share.key: (share.people, share.taken, share.with_place) for share in found.groups}
    assert by_group == {"staff": (6, 9, 6), "student": (5, 2, 2), "citizen": (7, 0, 0)}
    assert (found.people, found.with_place, found.taken, found.opted_out) == (18, 8, 11, 1)
    assert found.gini_of_served == gini_permille([2, 2, 2, 1, 1, 1, 1, 1])
    assert fairness(cast.auditor.actor, first=today, last=today).taken == 0
    with pytest.raises(NotAllowed):
        fairness(cast.leader.actor, first=today, last=today)
    page = cast.auditor.client.get(reverse("scheduling:fairness"), headers={"accept-language": "en"}).content.decode()
    assert "Hospital staff" in page
    assert '<svg class="chart-lines" role="img"' in page
    Person.objects.filter(pk__in=students[:3]).update(group="citizen")
    smaller = fairness(cast.auditor.actor, first=today, last=today + timedelta(days=3))
    assert {share.key: share.people for share in smaller.groups} == {"citizen": 10, "together": 8}
    answer = cast.coordinator.client.get("/api/v1/scheduling/fairness").json()
    assert (answer["taken"], answer["gini_of_served"]) == (0, None)
