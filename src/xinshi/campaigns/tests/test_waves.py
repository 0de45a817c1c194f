"""Waves and partners' quotas, and the counters of a site."""

from __future__ import annotations

from datetime import time as clock_time
from datetime import timedelta
from unittest.mock import patch

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from xinshi.activities.models import Shift, SignUp
from xinshi.attendance.outcomes.domain import DOSES, TESTS
from xinshi.attendance.outcomes.models import OutcomeReport
from xinshi.campaigns import actions
from xinshi.campaigns.actions.joining import TAKING
from xinshi.campaigns.domain import (
    NewSite,
    NewWave,
    NotInvitedYet,
    QuotaBelowUsed,
    QuotaUsed,
    WaveNotOpen,
    WaveState,
    wave_for,
)
from xinshi.campaigns.models import CampaignWave, Recruit
from xinshi.campaigns.queries.board import board
from xinshi.campaigns.queries.outcomes import in_words
from xinshi.campaigns.queries.report import report
from xinshi.campaigns.queries.waves import partner_waves
from xinshi.campaigns.tests.conftest import Cast, Surge, all_at_once, recruits
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.messages.models import Message
from xinshi.organizations.models import Membership, Organization

NOW = clock.at_local(clock.today(), clock_time(12))


def somebody(person_id: int) -> Actor:
    return Actor(reference=f"person:{person_id}", person_id=person_id, roles=frozenset({Role.VOLUNTEER}))


def university(name: str = "示范大学") -> Organization:
    return Organization.objects.create(name=name, kind="university", created_at=clock.now())


def set_wave(
    cast: Cast, surge: Surge, partner: Organization | None, *, hours: int = -1, places: int | None = None
) -> int:
    wave = NewWave(
        opens_at=clock.now() + timedelta(hours=hours), organization_id=partner.pk if partner else None, places=places
    )
    return actions.set_wave(actor=cast.coordinator.actor, campaign_id=surge.row.pk, wave=wave)


def take(surge: Surge, person_id: int, post: int = 0) -> int:
    shift_id = surge.posts()[post].shift_id
    assert shift_id is not None
    return actions.take_shift(actor=somebody(person_id), campaign=surge.fresh(), shift_id=shift_id)


def test_a_wave_opens_to_its_partner_first(cast: Cast, open_surge: Surge) -> None:
    partner = university()
    [member, other] = recruits(cast, open_surge, 2)
    Membership.objects.create(person_id=member, organization=partner, since=clock.today())
    set_wave(cast, open_surge, partner)
    with pytest.raises(NotInvitedYet):
        take(open_surge, other)
    assert not SignUp.objects.exists()
    assert Shift.objects.filter(taken__gt=0).count() == 0
    take(open_surge, member)
    set_wave(cast, open_surge, None, hours=2)
    with pytest.raises(WaveNotOpen):
        take(open_surge, other)
    with time_machine.travel(clock.now() + timedelta(hours=3)):
        take(open_surge, other)
    assert list(CampaignWave.objects.order_by("pk").values_list("used", flat=True)) == [1, 1]


def test_a_quota_counts_people_and_not_their_further_shifts(cast: Cast, open_surge: Surge) -> None:
    partner = university()
    ids = recruits(cast, open_surge, 3)
    Recruit.objects.filter(person_id__in=ids).update(organization=partner)
    wave_id = set_wave(cast, open_surge, partner, places=2)
    take(open_surge, ids[0], post=0)
    take(open_surge, ids[0], post=8)
    take(open_surge, ids[1], post=1)
    with pytest.raises(QuotaUsed):
        take(open_surge, ids[2], post=2)
    assert SignUp.objects.filter(person_id=ids[2]).count() == 0
    assert CampaignWave.objects.get(pk=wave_id).used == 2
    with pytest.raises(QuotaBelowUsed):
        set_wave(cast, open_surge, partner, places=1)
    set_wave(cast, open_surge, partner, places=3)
    take(open_surge, ids[2], post=2)
    assert Recruit.objects.filter(wave_id=wave_id).count() == 3


def test_waves_are_set_by_managers_and_seen_by_the_partners_keeper(cast: Cast, open_surge: Surge) -> None:
    partner, other = university(), university("另一所大学")
    with pytest.raises(NotAllowed):
        actions.set_wave(actor=cast.leader.actor, campaign_id=open_surge.row.pk, wave=NewWave(opens_at=clock.now()))
    wave_id = set_wave(cast, open_surge, partner, places=9)
    set_wave(cast, open_surge, other, places=5)
    Membership.objects.create(
        person_id=cast.second.person_id, organization=partner, since=clock.today(), is_leader=True
    )
    set_wave(cast, open_surge, partner, places=9)
    assert Message.objects.filter(recipient_ref=cast.second.reference).count() == 1
    [line] = partner_waves(cast.second.actor)
    assert (line.wave.pk, line.left, line.joined) == (wave_id, 9, 0)
    assert partner_waves(cast.volunteer.actor) == []
    word = CampaignWave.objects.get(pk=wave_id).word
    client = cast.volunteer.client
    client.get(f"/campaigns/join/flu/?from={word}")
    client.post("/campaigns/join/flu/")
    assert Recruit.objects.get(person_id=cast.volunteer.person_id).organization == partner
    page = cast.second.client.get("/campaigns/partners/").content.decode()
    assert word in page
    assert "另一所大学" not in page
    cast.coordinator.client.post(f"/campaigns/waves/{wave_id}/end/")
    assert partner_waves(cast.second.actor) == []


@given(
    waves=st.lists(
        st.tuples(st.integers(-3, 3), st.one_of(st.none(), st.integers(1, 3)), st.integers(0, 3)), max_size=4
    )
)
def test_a_wave_that_is_chosen_is_open_and_has_places(waves: list[tuple[int, int | None, int]]) -> None:
    states = [
        WaveState(number, NOW + timedelta(hours=hours), places, min(used, places) if places else used)
        for number, (hours, places, used) in enumerate(waves)
    ]
    may = [one for one in states if one.opens_at <= NOW and (one.places is None or one.used < one.places)]
    try:
        chosen = wave_for(states, has_waves=bool(states), at=NOW)
    except (NotInvitedYet, WaveNotOpen, QuotaUsed):
        assert not may
    else:
        assert chosen is None if not states else chosen in may


@pytest.mark.django_db(transaction=True)
def test_a_quota_is_not_oversold_by_many_at_once(cast: Cast, surge: Surge) -> None:
    needs = [surge.need(site=site, role=role, places=10) for site in (surge.east, surge.west) for role in (0, 1)]
    actions.set_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk, needs=needs)
    actions.publish_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk)
    partner = university()
    ids = recruits(cast, surge, 16)
    Recruit.objects.filter(person_id__in=ids).update(organization=partner)
    wave_id = set_wave(cast, surge, partner, places=5)
    jobs = [lambda pk=pk, n=n: take(surge, pk, post=n % 4) for n, pk in enumerate(ids)]  # type: ignore[misc]
    answers = all_at_once(jobs, threads=8)
    assert sum(isinstance(answer, int) for answer in answers) == 5
    assert sum(isinstance(answer, QuotaUsed) for answer in answers) == 11
    assert (CampaignWave.objects.get(pk=wave_id).used, SignUp.objects.count()) == (5, 5)


def test_two_first_places_at_once_count_once_on_the_quota(cast: Cast, open_surge: Surge) -> None:
    partner = university()
    [person_id] = recruits(cast, open_surge, 1)
    Recruit.objects.filter(person_id=person_id).update(organization=partner)
    wave_id = set_wave(cast, open_surge, partner, places=5)
    as_both_read_it = TAKING.rows(campaign=open_surge.row.pk, person=person_id, shift=open_surge.posts()[0].shift_id)
    with patch.object(TAKING, "rows", return_value=as_both_read_it):
        take(open_surge, person_id, post=0)
        take(open_surge, person_id, post=8)
    assert SignUp.objects.filter(person_id=person_id).count() == 2
    assert CampaignWave.objects.get(pk=wave_id).used == 1


def test_counters_stand_on_board_and_report_and_the_latest_counts(cast: Cast, open_surge: Surge) -> None:
    day, east, west = open_surge.first, open_surge.east.pk, open_surge.west.pk
    with time_machine.travel(clock.at_local(day, clock_time(15))):
        count = actions.count_outcomes
        count(actor=cast.leader.actor, site_id=east, day=day, amounts={DOSES: 100, TESTS: 7})
        assert count(actor=cast.leader.actor, site_id=east, day=day, amounts={DOSES: 160, TESTS: 7}) == 1
        count(actor=cast.other_leader.actor, site_id=west, day=day, amounts={DOSES: 40})
        with pytest.raises(NotFound):
            count(actor=cast.other_leader.actor, site_id=east, day=day, amounts={DOSES: 1})
        _, found = board(cast.leader.actor, open_surge.row.pk)
        sums = report(cast.coordinator.actor, open_surge.row.pk)
    assert [amount for _, amount in in_words(found.outcomes)] == [200, 7]
    assert [list(line.outcomes.values()) for line in sums.lines] == [[160, 7], [40]]
    assert [amount for _, amount in sums.kinds] == [200, 7]
    assert OutcomeReport.objects.count() == 4


def test_a_leader_counts_on_a_phone(cast: Cast, open_surge: Surge) -> None:
    address = f"/campaigns/sites/{open_surge.east.pk}/count/{open_surge.first.isoformat()}/"
    early = cast.leader.client.post(address, {"doses": "10"})
    assert early.status_code == 200
    assert not OutcomeReport.objects.exists()
    with time_machine.travel(clock.at_local(open_surge.first, clock_time(15))):
        assert cast.leader.client.post(address, {"doses": "10", "tests": "", "people": "9"}).status_code == 302
        assert cast.other_leader.client.post(address, {"doses": "99"}).status_code == 404
    assert sorted(OutcomeReport.objects.values_list("amount", flat=True)) == [9, 10]


def test_a_new_leader_of_a_site_leads_what_is_published_there(cast: Cast, open_surge: Surge) -> None:
    site = NewSite(name="东站", place="东湖路 1 号", leader_id=cast.other_leader.person_id)
    changed = actions.change_site(actor=cast.coordinator.actor, site_id=open_surge.east.pk, site=site)
    assert changed == ["contact", "contact_phone", "leader_id"]
    leaders = Shift.objects.filter(campaign_post__site=open_surge.east).values_list(
        "activity__person_in_charge_id", flat=True
    )
    assert set(leaders) == {cast.other_leader.person_id}
