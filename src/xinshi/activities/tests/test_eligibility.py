"""Who may take a place: each reason with what would help, the law's own, and that list and action agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from xinshi.activities import queries
from xinshi.activities.actions import cancel_sign_up, sign_up
from xinshi.activities.domain import NothingToSetAside
from xinshi.activities.eligibility import Candidate, HeldShift, Kind, Offer, Surroundings, may_wait, refusals
from xinshi.activities.helping import help_address
from xinshi.activities.models import Activity, ActivityRole, Shift, SignUp
from xinshi.activities.reasons import CourseMissing, Help, help_for, may_set_aside
from xinshi.activities.requirements import Requirements
from xinshi.activities.rules import DEFAULTS, SignUpRules
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, tomorrow_at
from xinshi.archive.actions import ensure_kinds, grant_many
from xinshi.archive.domain import INSURANCE, PLEDGE, Category, Facts, Grant, Limits, NewKind
from xinshi.audit.models import AuditEntry
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, NotAllowed
from xinshi.organizations.actions import create_organization, join_many
from xinshi.organizations.models import Organization
from xinshi.people.models import Person

DAY = date(2026, 12, 7)  # A Monday.
NOW = clock.at_local(date(2026, 12, 1), time(8))
KINDS = {
    "nurse": Kind("护士执业证", "licence"),
    "first-aid": Kind("急救证", "certificate"),
    "etiquette": Kind("礼仪课", "course"),
}


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    return clock.at_local(DAY + timedelta(days=days), time(hour, minute))


def offer(**more: object) -> Offer:
    values: dict[str, object] = {
        "shift_id": 1,
        "title": "导医",
        "place": "门诊楼",
        "starts_at": at(9),
        "ends_at": at(11),
        "places": 5,
        "taken": 0,
    }
    return Offer(**values | more)  # type: ignore[arg-type]


def somebody(*, held: tuple[HeldShift, ...] = (), **facts: object) -> Candidate:
    return Candidate(person_id=7, facts=Facts(person_id=7, **facts), passbook_state="active", held=held)  # type: ignore[arg-type]


def held(starts: datetime, ends: datetime, *, place: str = "门诊楼") -> HeldShift:
    return HeldShift(3, 2, "confirmed", "陪伴", place, starts, ends)


def codes(candidate: Candidate, asked: Offer, **around: object) -> list[str]:
    found = refusals(candidate, asked, Surroundings(at=NOW, kinds=KINDS, **around))  # type: ignore[arg-type]
    return [error.code for error in found]


def asks(**more: object) -> Offer:
    return offer(requirements=Requirements(**more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("candidate", "asked", "expected", "helps"),
    [
        (somebody(), offer(), [], None),
        (somebody(), asks(qualifications=("nurse",)), ["licence_missing"], Help.QUALIFICATION),
        (somebody(), asks(qualifications=("etiquette",)), ["course_missing"], Help.COURSE),
        (somebody(qualifications={"first-aid": DAY}), asks(qualifications=("first-aid",)), [], None),
        (
            somebody(qualifications={"first-aid": DAY - timedelta(days=1)}),
            asks(qualifications=("first-aid",)),
            ["qualification_runs_out"],
            Help.QUALIFICATION,
        ),
        (somebody(), offer(is_dangerous=True), ["insurance_missing"], Help.INSURANCE),
        (somebody(qualifications={INSURANCE: DAY}), offer(is_dangerous=True), [], None),
        (somebody(), asks(qualifications=(PLEDGE,)), ["pledge_missing"], Help.PLEDGE),
        (somebody(group="citizen"), asks(groups=("staff",)), ["group_not_asked"], Help.OTHER_SHIFT),
        (somebody(birth_date=date(2008, 12, 8)), asks(age_min=18), ["too_young_for_role"], Help.OTHER_SHIFT),
        (somebody(birth_date=date(2008, 12, 7)), asks(age_min=18), [], None),
        (somebody(birth_date=date(1950, 1, 1)), asks(age_max=70), ["too_old_for_role"], Help.OTHER_SHIFT),
        (
            somebody(birth_date=date(2010, 1, 1)),
            offer(starts_at=at(21), ends_at=at(22, 30)),
            ["no_nights_for_minors"],
            Help.OTHER_TIME,
        ),
        (
            somebody(birth_date=date(2008, 12, 8), qualifications={INSURANCE: DAY}),
            offer(is_dangerous=True),
            ["no_danger_for_minors"],
            Help.OTHER_SHIFT,
        ),
        (
            somebody(birth_date=date(2008, 12, 7), qualifications={INSURANCE: DAY}),
            offer(is_dangerous=True),
            [],
            None,
        ),
        (somebody(birth_date=date(2010, 1, 1)), offer(starts_at=at(20), ends_at=at(22)), [], None),
        (somebody(limits=Limits(may_lift=False)), asks(is_heavy=True), ["no_lifting"], Help.LIMITS),
        (
            somebody(limits=Limits(takes_nights=False)),
            offer(starts_at=at(5), ends_at=at(7)),
            ["nights_not_wanted"],
            Help.LIMITS,
        ),
        (
            somebody(limits=Limits(minutes_a_week_max=180), held=(held(at(9, days=6), at(11, days=6)),)),
            offer(),
            ["week_full"],
            Help.LIMITS,
        ),
        (
            somebody(limits=Limits(minutes_a_week_max=180), held=(held(at(9, days=7), at(11, days=7)),)),
            offer(),
            [],
            None,
        ),
        (
            somebody(limits=Limits(shifts_a_day_max=1), held=(held(at(14), at(16)),)),
            offer(),
            ["own_day_has_shifts"],
            Help.LIMITS,
        ),
        (somebody(held=(held(at(10), at(12)),)), offer(), ["time_conflict"], Help.OWN_SHIFTS),
        (
            somebody(held=(held(at(20, days=-1), at(22, 1, days=-1)),)),
            offer(),
            ["rest_too_short", "recovery_too_short"],
            Help.OTHER_TIME,
        ),
        (somebody(held=(held(at(9, days=-1), at(19, days=-1)),)), offer(), ["recovery_too_short"], Help.OTHER_TIME),
        (somebody(held=(held(at(9, days=-1), at(18, 59, days=-1)),)), offer(), [], None),
        (somebody(held=(held(at(20, days=-2), at(23, days=-2)),)), offer(), [], None),
        (somebody(held=(held(at(3), at(7)),)), offer(starts_at=at(19), ends_at=at(20)), ["recovery_too_short"], None),
        (somebody(held=(held(at(18), at(19)),)), offer(starts_at=at(5), ends_at=at(8)), ["recovery_too_short"], None),
        (somebody(held=(held(at(18), at(23)),)), offer(), [], None),
        (somebody(held=(held(at(20, days=-1), at(22, days=-1)),)), offer(), [], None),
        (
            somebody(held=(held(at(11, 20), at(12), place="血站"),)),
            offer(),
            ["travel_too_short"],
            Help.OTHER_TIME,
        ),
        (somebody(held=(held(at(11, 20), at(12)),)), offer(), [], None),
        (somebody(), offer(taken=5), ["shift_full"], Help.OTHER_SHIFT),
        (somebody(), offer(sign_up_closes_minutes=7 * 24 * 60), ["sign_up_closed"], Help.LEADER),
        (somebody(), offer(is_open=False), ["activity_not_open"], Help.OTHER_SHIFT),
        (somebody(), offer(recruits="team", team_id=4, team_name="朗读队"), ["not_of_team"], Help.OTHER_SHIFT),
        (somebody(), offer(recruits="invited"), ["invited_only"], Help.LEADER),
        (somebody(), offer(starts_at=NOW, ends_at=at(11)), ["shift_started"], Help.LEADER),
    ],
)
def test_says_why_not_and_what_would_help(
    candidate: Candidate, asked: Offer, expected: list[str], helps: Help | None
) -> None:
    assert codes(candidate, asked) == expected
    if helps is not None:
        assert help_for(refusals(candidate, asked, Surroundings(at=NOW, kinds=KINDS))[0]) is helps


def test_who_leads_may_invite_and_add_walk_ups_but_not_against_the_law() -> None:
    late = offer(starts_at=NOW - timedelta(minutes=5), ends_at=NOW + timedelta(hours=1), recruits="invited")
    assert codes(somebody(), late) == ["shift_started", "invited_only"]
    assert codes(somebody(), late, is_led=True) == []
    over = offer(starts_at=NOW - timedelta(hours=2), ends_at=NOW)
    assert codes(somebody(), over, is_led=True) == ["shift_over"]
    assert codes(somebody(), offer(is_dangerous=True), is_led=True) == ["insurance_missing"]


def test_the_law_cannot_be_set_aside() -> None:
    child = somebody(birth_date=date(2012, 1, 1))
    everything = offer(
        is_dangerous=True,
        starts_at=at(21),
        ends_at=at(23),
        requirements=Requirements(qualifications=("nurse", "first-aid"), age_min=18, groups=("staff",)),
    )
    found = refusals(child, everything, Surroundings(at=NOW, kinds=KINDS))
    assert {error.code: may_set_aside(error) for error in found} == {
        "no_nights_for_minors": False,
        "no_danger_for_minors": False,
        "insurance_missing": False,
        "licence_missing": False,
        "qualification_missing": True,
        "group_not_asked": True,
        "too_young_for_role": True,
    }
    assert not may_set_aside(refusals(child, offer(taken=5), Surroundings(at=NOW))[0])


def test_settings_switch_rest_recovery_and_travel_off_and_are_checked() -> None:
    tired = somebody(held=(held(at(20, days=-1), at(23, days=-1)), held(at(11), at(12), place="血站")))
    assert codes(tired, offer()) == ["rest_too_short", "recovery_too_short", "travel_too_short"]
    assert codes(tired, offer(), rules=SignUpRules(rest_minutes=0, recovery_minutes=0, travel_minutes=0)) == []
    worn = somebody(held=(held(at(9, days=-2), at(12, days=-2)),))
    assert codes(worn, offer(), rules=SignUpRules(hard_from_minutes=180, recovery_minutes=3 * 24 * 60)) == [
        "recovery_too_short"
    ]
    assert SignUpRules.from_mapping({}) == DEFAULTS
    for odd in (
        {"rest": 1},
        {"rest_minutes": -1},
        {"asked_at_once": 0},
        {"rest_minutes": True},
        {"recovery_minutes": 10_081},
    ):
        with pytest.raises(ValueError, match="XINSHI_SIGN_UP_RULES"):
            SignUpRules.from_mapping(odd)


def test_one_may_wait_only_where_nothing_else_stands_in_the_way() -> None:
    full, around = offer(taken=5, reserve=2), Surroundings(at=NOW, kinds=KINDS)
    assert may_wait(refusals(somebody(), full, around), full)
    assert not may_wait(refusals(somebody(), offer(taken=5), around), offer(taken=5))
    dangerous = offer(taken=5, reserve=2, is_dangerous=True)
    assert not may_wait(refusals(somebody(), dangerous, around), dangerous)


def test_after_a_hard_shift_one_recovers_until_a_coordinator_says_otherwise(
    cast: Cast, make_activity: MakeActivity
) -> None:
    night = make_activity(starts_at=tomorrow_at(20), hours=3, title="夜间导医").shift_ids[0]
    next_day = make_activity(starts_at=tomorrow_at(14, days=1), title="导医").shift_ids[0]
    sign_up(actor=cast.volunteer.actor, shift_id=night)
    listed = {one.id: one for one in queries.open_shifts(cast.volunteer.actor, tab="others").shifts}
    assert listed[next_day].refusal is not None
    assert listed[next_day].refusal.code == "recovery_too_short"
    page = cast.volunteer.client.get(
        reverse("activities:offers"), {"tab": "others"}, headers={"Accept-Language": "zh-hans"}
    ).text
    assert "休整" in page
    sent = cast.volunteer.client.post(
        f"/api/v1/activities/shifts/{next_day}/sign-ups", content_type="application/json", data="{}"
    )
    assert (sent.status_code, sent.json()["code"]) == (409, "recovery_too_short")
    with pytest.raises(DomainError, match="recovery_too_short"):
        sign_up(actor=cast.leader.actor, shift_id=next_day, person_id=cast.volunteer.person_id)
    assert Shift.objects.get(pk=next_day).taken == 0
    sign_up(
        actor=cast.coordinator.actor,
        shift_id=next_day,
        person_id=cast.volunteer.person_id,
        override_reason="夜班提前结束",
    )
    assert Shift.objects.get(pk=next_day).taken == 1


def test_a_coordinator_sets_a_rule_aside_and_says_why(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    (shift_id,) = made.shift_ids
    who = cast.volunteer.person_id
    ActivityRole.objects.filter(activity_id=made.activity_id).update(requirements={"groups": ["staff"]})
    with pytest.raises(DomainError, match="group_not_asked"):
        sign_up(actor=cast.coordinator.actor, shift_id=shift_id, person_id=who)
    with pytest.raises(NotAllowed):
        sign_up(actor=cast.leader.actor, shift_id=shift_id, person_id=who, override_reason="人手不足")
    place = sign_up(actor=cast.coordinator.actor, shift_id=shift_id, person_id=who, override_reason="人手不足")
    row = SignUp.objects.get(pk=place.signup_id)
    assert (row.is_override, row.reason, row.state) == (True, "人手不足", "confirmed")
    ActivityRole.objects.filter(activity_id=made.activity_id).update(requirements={})
    with pytest.raises(NothingToSetAside):
        sign_up(
            actor=cast.coordinator.actor,
            shift_id=shift_id,
            person_id=cast.second.person_id,
            override_reason="人手不足",
        )
    Activity.objects.filter(pk=made.activity_id).update(is_dangerous=True)
    with pytest.raises(DomainError, match="insurance_missing"):
        sign_up(
            actor=cast.coordinator.actor,
            shift_id=shift_id,
            person_id=cast.second.person_id,
            override_reason="人手不足",
        )
    assert Shift.objects.get(pk=shift_id).taken == 1


def test_a_coupled_activity_gives_every_later_shift_or_none(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(shifts=3, places=1)
    Activity.objects.filter(pk=made.activity_id).update(is_coupled=True)
    first, second, third = made.shift_ids
    sign_up(actor=cast.second.actor, shift_id=third)
    with pytest.raises(DomainError, match="shift_full"):
        sign_up(actor=cast.volunteer.actor, shift_id=first)
    assert [Shift.objects.get(pk=pk).taken for pk in made.shift_ids] == [0, 0, 1]
    Shift.objects.filter(pk=third).update(places=2)
    place = sign_up(actor=cast.volunteer.actor, shift_id=second)
    assert len(place.others) == 1
    assert [Shift.objects.get(pk=pk).taken for pk in made.shift_ids] == [0, 1, 2]


def test_giving_back_a_coupled_shift_gives_the_later_ones_back_with_it(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(shifts=3, places=1)
    Activity.objects.filter(pk=made.activity_id).update(is_coupled=True)
    first, second, _third = made.shift_ids
    place = sign_up(actor=cast.volunteer.actor, shift_id=first)
    of_second, of_third = place.others
    given_back = cancel_sign_up(actor=cast.volunteer.actor, signup_id=of_second)
    assert given_back.others == (of_third,)
    assert [Shift.objects.get(pk=pk).taken for pk in made.shift_ids] == [1, 0, 0]
    states = dict(SignUp.objects.values_list("pk", "state"))
    assert states == {place.signup_id: "confirmed", of_second: "cancelled", of_third: "cancelled"}
    assert AuditEntry.objects.filter(action="activities.cancel_sign_up").count() == 2
    again = sign_up(actor=cast.second.actor, shift_id=second)
    assert len(again.others) == 1
    with pytest.raises(DomainError, match="signup_gone"):
        cancel_sign_up(actor=cast.volunteer.actor, signup_id=of_third)


def test_a_shift_that_was_served_stays_when_a_coupled_one_before_it_is_given_back(
    cast: Cast, make_activity: MakeActivity
) -> None:
    made = make_activity(shifts=2, places=1)
    Activity.objects.filter(pk=made.activity_id).update(is_coupled=True)
    place = sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    SignUp.objects.filter(pk=place.others[0]).update(attended_at=clock.now())
    assert cancel_sign_up(actor=cast.leader.actor, signup_id=place.signup_id).others == ()
    assert SignUp.objects.get(pk=place.others[0]).state == "confirmed"


@pytest.fixture
def varied(cast: Cast, make_activity: MakeActivity) -> list[int]:
    """Shifts and people of every sort: whoever is in this world meets most of the reasons."""
    codes = [(INSURANCE, Category.INSURANCE), ("first-aid", Category.CERTIFICATE), ("nurse", Category.LICENCE)]
    ensure_kinds(actor=SYSTEM, kinds=[NewKind(code=code, name=code, category=category) for code, category in codes])
    team = create_organization(actor=SYSTEM, name="朗读队", kind=Organization.Kind.PARTNER)
    join_many(actor=SYSTEM, memberships=[(cast.second.person_id, team)])
    issued = clock.today() - timedelta(days=10)
    grant_many(
        actor=SYSTEM,
        grants=[
            Grant(person_id=cast.second.person_id, code=code, issued_on=issued, source_ref=f"test:{code}")
            for code, _category in codes[:2]
        ],
    )
    Person.objects.filter(pk=cast.other_leader.person_id).update(
        birth_date=clock.today().replace(year=clock.today().year - 15)
    )
    made = [
        make_activity(places=1, title="单人"),
        make_activity(starts_at=tomorrow_at(10), title="义诊"),
        make_activity(starts_at=tomorrow_at(21), hours=2, title="夜间"),
        make_activity(title="急救", starts_at=tomorrow_at(9, days=1)),
        make_activity(title="团队", starts_at=tomorrow_at(9, days=2)),
        make_activity(title="申请", starts_at=tomorrow_at(9, days=3)),
        make_activity(title="危险", starts_at=tomorrow_at(14, days=3)),
    ]
    roles = ActivityRole.objects.filter(activity_id=made[3].activity_id)
    roles.update(requirements={"qualifications": ["first-aid"], "age_min": 18})
    Activity.objects.filter(pk=made[4].activity_id).update(recruits="team", team_id=team)
    Activity.objects.filter(pk=made[5].activity_id).update(sign_up_way="on_request")
    Activity.objects.filter(pk=made[6].activity_id).update(is_dangerous=True)
    Shift.objects.filter(pk=made[0].shift_ids[0]).update(reserve=2)
    return [shift for activity in made for shift in activity.shift_ids]


@settings(
    max_examples=12,
    phases=[Phase.generate],
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), min_size=3, max_size=14))
def test_the_list_says_what_the_action_does(cast: Cast, varied: list[int], steps: list[tuple[int, int]]) -> None:
    from django.db import transaction  # Each example ends as it began.

    people = [cast.volunteer.actor, cast.second.actor, cast.other_leader.actor, cast.leader.actor]
    with transaction.atomic():
        for person, place in steps:
            actor, shift_id = people[person], varied[place]
            shown = queries.offered_shift(actor, shift_id)
            tabs = {tab: queries.open_shifts(actor, tab=tab).shifts for tab in ("may", "others")}
            listed = {shift.id: tab for tab, shifts in tabs.items() for shift in shifts}
            refused = attempted(partial(sign_up, actor=actor, shift_id=shift_id))
            if not shown.my_state:
                assert (shown.refusal.code if shown.refusal else "") == refused
                assert listed[shift_id] == ("others" if refused else "may")
        transaction.set_rollback(True)


def attempted(verb: Callable[[], object]) -> str:
    """The code of the refusal, empty where there was none."""
    try:
        with transaction.atomic():
            verb()
    except DomainError as refusal:
        return refusal.code
    return ""


def test_a_missing_course_leads_to_who_gives_it() -> None:
    missing = CourseMissing(name="礼仪", qualification="etiquette")
    assert help_address(missing.help, missing) == f"{reverse('training:courses')}?for=etiquette"
    assert help_address(Help.COURSE) == reverse("training:courses")
    assert help_address(Help.OTHER_TIME, missing) == ""
