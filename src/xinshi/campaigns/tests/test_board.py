"""The board: exact numbers, the same queries whatever the number of sites, one snapshot for all who look."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from xinshi.activities.actions import sign_up
from xinshi.attendance.actions import check_in
from xinshi.campaigns import actions
from xinshi.campaigns.domain import NewSite, Standing, standing
from xinshi.campaigns.queries.board import board
from xinshi.campaigns.queries.report import report
from xinshi.campaigns.queries.sheets import sheet
from xinshi.campaigns.tests.conftest import Cast, MakeSurge, Surge, recruits
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound
from xinshi.people.actions import NewPerson


def test_a_post_stands_by_its_least_and_its_places() -> None:
    assert standing(taken=4, places=4, minimum=2) == Standing.FULL
    assert standing(taken=2, places=4, minimum=2) == Standing.SOME_MISSING
    assert standing(taken=1, places=4, minimum=2) == Standing.TOO_FEW


def test_the_board_counts_places_people_and_presence(cast: Cast, open_surge: Surge) -> None:
    [one, two] = recruits(cast, open_surge, 2)
    post = open_surge.posts()[0]
    assert post.shift is not None
    for person_id in (one, two):
        sign_up(actor=cast.coordinator.actor, shift_id=post.shift.pk, person_id=person_id)
    with time_machine.travel(post.shift.starts_at + timedelta(minutes=5), tick=False):
        cache.clear()
        check_in(actor=cast.leader.actor, signup_ids=[post.shift.signups.get(person_id=one).pk])
        _, found = board(cast.leader.actor, open_surge.row.pk)
    assert (found.places, found.taken, found.missing, found.present, found.recruits) == (16, 2, 14, 1, 2)
    assert [window.is_soon for window in found.windows] == [True, False]
    row = next(row for row in found.rows if row.name == "东站")
    cell = row.cells[0]
    assert cell is not None
    assert (cell.taken, cell.places, cell.missing, cell.present) == (2, 4, 2, 1)
    assert cell.standing == Standing.TOO_FEW  # The other role has nobody yet.
    assert found.rows[0].name == "西站"  # More is missing there soon.
    assert {(line.site, line.role, line.missing) for line in found.soon} == {
        ("东站", "分诊", 2),
        ("西站", "登记", 2),
        ("西站", "分诊", 2),
    }


def test_what_is_over_is_missing_no_more(cast: Cast, open_surge: Surge) -> None:
    first = open_surge.posts()[0].shift
    assert first is not None
    with time_machine.travel(first.ends_at + timedelta(minutes=1), tick=False):
        cache.clear()
        _, found = board(cast.leader.actor, open_surge.row.pk)
        page = cast.leader.client.get(f"/campaigns/{open_surge.row.pk}/board/").content.decode()
    assert [window.is_over for window in found.windows] == [False, True]
    assert [(cell.missing, cell.is_over) for row in found.rows for cell in row.cells if cell] == [
        (4, False),
        (0, True),
    ] * 2
    assert (found.places, found.missing) == (16, 8)
    assert page.count('class="post-cell over"') == 2


def test_the_board_costs_the_same_for_many_sites_and_nothing_while_fresh(cast: Cast, make_surge: MakeSurge) -> None:
    counts = []
    for code, sites in (("few", 1), ("many", 20)):
        one = make_surge(code=code)
        actions.add_sites(
            actor=cast.coordinator.actor,
            campaign_id=one.row.pk,
            sites=[NewSite(name=f"点位{n}", place="街道", leader_id=cast.leader.person_id) for n in range(sites)],
        )
        needs = [one.need(site=site) for site in one.row.sites.all()]
        actions.set_posts(actor=cast.coordinator.actor, campaign_id=one.row.pk, needs=needs)
        actions.publish_posts(actor=cast.coordinator.actor, campaign_id=one.row.pk)
        actor = cast.coordinator.actor
        with CaptureQueriesContext(connection) as queries:
            board(actor, one.row.pk)
        with CaptureQueriesContext(connection) as again:
            board(actor, one.row.pk)
        counts.append((len(queries), len(again)))
    assert counts[0] == counts[1]
    assert counts[0][0] <= 6
    assert counts[0][1] == 1


def test_a_leader_sees_only_campaigns_with_a_site_of_theirs(cast: Cast, open_surge: Surge) -> None:
    assert board(cast.other_leader.actor, open_surge.row.pk)[0] == open_surge.row
    for somebody in (cast.volunteer, cast.clerk):
        with pytest.raises(NotFound):
            board(somebody.actor, open_surge.row.pk)


def test_a_sheet_is_for_who_leads_the_site_and_masks_phones(cast: Cast, open_surge: Surge) -> None:
    post = next(post for post in open_surge.posts() if post.site_id == open_surge.east.pk)
    assert post.shift_id is not None
    joined = actions.enter_at_station(
        actor=cast.coordinator.actor,
        campaign_id=open_surge.row.pk,
        person=NewPerson(name="何奶奶", birth_date=clock.today() - timedelta(days=365 * 70), phone="13912345678"),
        was_taught=False,
        shift_id=post.shift_id,
    )
    assert joined.is_new
    key = (open_surge.east.pk, post.day, post.window_id)
    found = sheet(cast.leader.actor, *key)
    assert [(person.name, person.phone) for person in found.roles[0].people] == [("何奶奶", "139****5678")]
    assert found.roles[0].missing == 1
    whole = sheet(cast.leader.actor, *key, with_phones=True)
    assert whole.roles[0].people[0].phone == "13912345678"
    with pytest.raises(NotFound):
        sheet(cast.other_leader.actor, *key)


def test_notes_go_from_one_shift_to_the_next(cast: Cast, open_surge: Surge) -> None:
    post = next(post for post in open_surge.posts() if post.site_id == open_surge.east.pk)
    for text in ("体温枪没电", "排队到门外"):
        actions.write_note(
            actor=cast.leader.actor, site_id=post.site_id, day=post.day, window_id=post.window_id, notes=text
        )
    found = sheet(cast.leader.actor, post.site_id, post.day, post.window_id)
    assert [(line.note.notes, line.by) for line in found.notes] == [("排队到门外", "陈静"), ("体温枪没电", "陈静")]
    with pytest.raises(NotFound):
        actions.write_note(
            actor=cast.other_leader.actor, site_id=post.site_id, day=post.day, window_id=post.window_id, notes="越权"
        )


def test_the_report_sums_by_site(cast: Cast, open_surge: Surge) -> None:
    [one, two] = recruits(cast, open_surge, 2)
    east = [post for post in open_surge.posts() if post.site_id == open_surge.east.pk]
    for person_id, post in ((one, east[0]), (two, east[1]), (one, east[4])):
        assert post.shift_id is not None
        sign_up(actor=cast.coordinator.actor, shift_id=post.shift_id, person_id=person_id)
    found = report(cast.coordinator.actor, open_surge.row.pk)
    assert [(line.name, line.posts, line.places, line.taken) for line in found.lines] == [
        ("东站", 8, 16, 3),
        ("西站", 8, 16, 0),
    ]
    assert (found.total.places, found.total.taken, found.recruits) == (32, 3, 2)
    assert found.by_way == [("list", 2)]
