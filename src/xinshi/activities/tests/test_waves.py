"""Waves and quotas: for whom an activity is open, and how many of whose members have a place."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from xinshi.activities.actions import TakenPlace, cancel_sign_up, sign_up
from xinshi.activities.models import Quota, Shift, SignUp, Wave
from xinshi.activities.reasons import KeptForOthers, QuotaFull, WaveFull, WaveNotForYou, WaveNotOpen, WavePlacesTaken
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, all_at_once, tomorrow_at
from xinshi.activities.waves.actions import set_quotas, set_waves
from xinshi.activities.waves.domain import Audience, NewQuota, NewWave, QuotaBelowUsed, admits, opening
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from xinshi.organizations.actions import create_organization, join_many
from xinshi.organizations.models import Organization


def acting(person_id: int) -> Actor:
    return Actor(f"user:{person_id}", person_id, person_id, frozenset({Role.VOLUNTEER}))


def team_of(cast: Cast, name: str, number: int) -> tuple[int, list[Actor]]:
    team = create_organization(actor=SYSTEM, name=name, kind=Organization.Kind.PARTNER)
    people = cast.people(number)
    join_many(actor=SYSTEM, memberships=[(person, team) for person in people])
    return team, [acting(person) for person in people]


def refused(error: type[DomainError], shift_id: int, actor: Actor) -> DomainError:
    before = (Shift.objects.get(pk=shift_id).taken, SignUp.objects.count())
    with pytest.raises(error) as caught:
        sign_up(actor=actor, shift_id=shift_id)
    assert (Shift.objects.get(pk=shift_id).taken, SignUp.objects.count()) == before
    return caught.value


def test_opens_for_newcomers_first_and_for_everybody_later(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(places=4, starts_at=tomorrow_at(9, days=5))
    (shift_id,) = made.shift_ids
    (past,) = make_activity(starts_at=tomorrow_at(9, days=-60), state="finished").shift_ids
    SignUp.objects.create(
        shift_id=past,
        person_id=cast.volunteer.person_id,
        signed_up_at=clock.now(),
        signed_up_by_ref="tests",
        attended_at=clock.now(),
    )
    later = clock.now() + timedelta(days=2)
    waves = [
        NewWave(opens_at=clock.now(), audience=Audience.NEWCOMERS, places=1),
        NewWave(opens_at=later),
    ]
    with pytest.raises(NotAllowed):
        set_waves(actor=cast.leader.actor, activity_id=made.activity_id, waves=waves)
    set_waves(actor=cast.coordinator.actor, activity_id=made.activity_id, waves=waves)
    assert refused(WaveNotOpen, shift_id, cast.volunteer.actor).parameters == {"moment": later}
    sign_up(actor=cast.second.actor, shift_id=shift_id)
    (other,) = cast.people(1)
    assert refused(WavePlacesTaken, shift_id, acting(other)).parameters == {"moment": later}
    with time_machine.travel(later + timedelta(minutes=1), tick=False):
        sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    set_waves(actor=cast.coordinator.actor, activity_id=made.activity_id, waves=waves[:1])
    assert Wave.objects.count() == 1
    (outsider,) = cast.people(1)
    refused(WaveFull, shift_id, acting(outsider))
    cancel_sign_up(
        actor=cast.volunteer.actor,
        signup_id=SignUp.objects.get(person_id=cast.volunteer.person_id, shift_id=shift_id).pk,
    )
    refused(WaveNotForYou, shift_id, cast.volunteer.actor)
    sign_up(actor=cast.leader.actor, shift_id=shift_id, person_id=cast.volunteer.person_id)


def as_shown(answer: Any) -> dict[str, str]:
    """What a browser would send if nothing of the page of waves were touched."""
    sent: dict[str, str] = {}
    for forms in (answer.context["waves"], answer.context["quotas"]):
        sent |= {
            f"{forms.management_form.add_prefix(name)}": str(value)
            for name, value in forms.management_form.initial.items()
        }
        for form in forms:
            sent |= {form.add_prefix(name): str(form[name].value() or "") for name in form.fields if name != "DELETE"}
    return sent


def test_lines_that_nobody_filled_in_are_no_waves(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(places=4, starts_at=tomorrow_at(9, days=5))
    address, client = f"/activities/{made.activity_id}/waves/", cast.coordinator.client
    untouched = as_shown(client.get(address))
    assert untouched["wave-1-audience"] == "everybody"
    opens = {"wave-0-opens_at": "2030-01-01T09:00", "wave-0-audience": "newcomers"}
    for _again in range(2):
        assert client.post(address, untouched | opens).status_code == 302
        assert list(Wave.objects.values_list("audience", flat=True)) == ["newcomers"]
        untouched = as_shown(client.get(address))
    assert untouched["wave-TOTAL_FORMS"] == "3"
    assert not Quota.objects.exists()


def test_who_came_often_lately_waits_for_the_next_wave(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(places=4)
    for day in (2, 4):
        (past,) = make_activity(starts_at=tomorrow_at(9, days=-1 - day), state="finished").shift_ids
        SignUp.objects.create(
            shift_id=past, person_id=cast.volunteer.person_id, signed_up_at=clock.now(), signed_up_by_ref="tests"
        )
    wave = NewWave(opens_at=clock.now(), audience=Audience.SELDOM, below_shifts=2)
    set_waves(actor=cast.coordinator.actor, activity_id=made.activity_id, waves=[wave])
    refused(WaveNotForYou, made.shift_ids[0], cast.volunteer.actor)
    sign_up(actor=cast.second.actor, shift_id=made.shift_ids[0])


def test_a_quota_is_a_limit_and_keeps_places_for_a_while(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(places=4, starts_at=tomorrow_at(9, days=5))
    (shift_id,) = made.shift_ids
    team, members = team_of(cast, "东湖志愿服务队", 3)
    until = clock.now() + timedelta(days=2)
    quota = NewQuota(organization_id=team, places=2, kept_until=until)
    set_quotas(actor=cast.coordinator.actor, activity_id=made.activity_id, quotas=[quota])
    sign_up(actor=cast.volunteer.actor, shift_id=shift_id)
    sign_up(actor=cast.second.actor, shift_id=shift_id)
    (outsider,) = cast.people(1)
    refused(KeptForOthers, shift_id, acting(outsider))
    place = sign_up(actor=members[0], shift_id=shift_id)
    assert SignUp.objects.get(pk=place.signup_id).quota == Quota.objects.get()
    lower = NewQuota(organization_id=team, places=0)
    with pytest.raises(QuotaBelowUsed):
        set_quotas(actor=cast.coordinator.actor, activity_id=made.activity_id, quotas=[lower])
    with time_machine.travel(until + timedelta(minutes=1), tick=False):
        sign_up(actor=acting(outsider), shift_id=shift_id)
    cancel_sign_up(actor=cast.volunteer.actor, signup_id=SignUp.objects.get(person_id=cast.volunteer.person_id).pk)
    lower = NewQuota(organization_id=team, places=1)
    set_quotas(actor=cast.coordinator.actor, activity_id=made.activity_id, quotas=[lower])
    refused(QuotaFull, shift_id, members[1])
    set_quotas(actor=cast.coordinator.actor, activity_id=made.activity_id, quotas=[])
    sign_up(actor=members[1], shift_id=shift_id)
    assert Shift.objects.get(pk=shift_id).taken == 4


def test_bad_waves_and_quotas_change_nothing(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity()
    for wave in (
        NewWave(opens_at=clock.now(), audience=Audience.SELDOM),
        NewWave(opens_at=clock.now(), audience=Audience.MEMBERS),
        NewWave(opens_at=clock.now(), places=0),
    ):
        with pytest.raises(Invalid):
            set_waves(actor=cast.coordinator.actor, activity_id=made.activity_id, waves=[wave])
    elsewhere = NewQuota(organization_id=cast.department.pk, places=1, shift_id=2**40)
    stranger = NewWave(opens_at=clock.now(), audience=Audience.MEMBERS, organization_id=2**40)
    with pytest.raises(NotFound):
        set_quotas(actor=cast.coordinator.actor, activity_id=made.activity_id, quotas=[elsewhere])
    with pytest.raises(NotFound):
        set_waves(actor=cast.coordinator.actor, activity_id=made.activity_id, waves=[stranger])
    assert (Wave.objects.count(), Quota.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_quota_is_never_exceeded_in_a_rush(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(places=12)
    team, members = team_of(cast, "西山志愿服务队", 8)
    others = [acting(person) for person in cast.people(12)]
    quota = NewQuota(organization_id=team, places=3, kept_until=clock.now() + timedelta(hours=8))
    set_quotas(actor=cast.coordinator.actor, activity_id=made.activity_id, quotas=[quota])
    crowd = [actor for pair in zip(members, others, strict=False) for actor in pair] + others[8:]
    jobs = [partial(sign_up, actor=actor, shift_id=made.shift_ids[0]) for actor in crowd]
    results = all_at_once(jobs, threads=6)
    assert sum(isinstance(result, TakenPlace) for result in results) == 12
    assert SignUp.objects.filter(quota__isnull=False).count() == 3
    assert SignUp.objects.filter(quota=None).count() == 9


NOON = tomorrow_at(12)
moments = st.integers(-5, 5).map(lambda hours: NOON + timedelta(hours=hours))
waves = st.builds(
    lambda at, who, places: NewWave(
        opens_at=at,
        audience=who,
        below_shifts=2 if who is Audience.SELDOM else None,
        organization_id=1 if who is Audience.MEMBERS else None,
        places=places,
    ),
    moments,
    st.sampled_from(Audience),
    st.none() | st.integers(1, 5),
)


@settings(max_examples=60)
@given(st.lists(waves, min_size=1, max_size=6), moments, st.booleans(), st.integers(0, 3), st.booleans())
def test_what_is_open_stays_open_and_never_shrinks(
    found: list[NewWave], at: object, is_member: bool, recent: int, has_served: bool
) -> None:
    assert isinstance(at, type(tomorrow_at(1)))
    memberships = {1} if is_member else set()
    asked = {"memberships": memberships, "recent_shifts": recent, "has_served": has_served}
    now, later = opening(found, at=at, **asked), opening(found, at=at + timedelta(hours=3), **asked)  # type: ignore[arg-type]
    assert not now.is_open or later.is_open
    if now.is_open and now.places_max is None:
        assert later.places_max is None
    elif now.is_open and later.places_max is not None:
        assert now.places_max is not None
        assert later.places_max >= now.places_max
    mine = [wave for wave in found if admits(wave, memberships, recent, has_served=has_served)]
    assert now.is_open == any(wave.opens_at <= at for wave in mine)
    if now.opens_at is not None:
        assert now.opens_at > at
