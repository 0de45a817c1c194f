"""The pages: a newcomer's whole path, the desk's planning, the board that renews itself, sheets and papers."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from xinshi.activities.actions import sign_up
from xinshi.activities.models import Shift, SignUp
from xinshi.audit.models import AuditEntry
from xinshi.campaigns.models import Campaign, CampaignPost, Recruit
from xinshi.campaigns.queries import path as path_queries
from xinshi.campaigns.tests.conftest import PHONE, Cast, Surge, last_code, new_campaign, recruits
from xinshi.people.domain import id_check_sign

FRAMING = re.compile(r"BEGIN|COMMIT|(RELEASE )?SAVEPOINT")


def at(name: str, *arguments: object) -> str:
    return reverse(f"campaigns:{name}", args=arguments)


def test_a_newcomer_goes_from_the_poster_to_a_place(browser: Client, open_surge: Surge) -> None:
    start = browser.get(at("path", "flu"))
    assert "Join: it takes five minutes" in start.content.decode()
    asked = browser.post(at("path_phone", "flu"), {"birth_date": "1990-05-21", "phone": PHONE})
    assert asked["Location"] == at("path_who", "flu")
    wrong = browser.post(at("path_who", "flu"), {"code": "12", "name": "赵新", "has_consented": "on"})
    assert "This is not the code" in wrong.content.decode()
    joined = browser.post(at("path_who", "flu"), {"code": last_code(), "name": "赵新", "has_consented": "on"})
    assert joined["Location"] == at("path_next", "flu")
    assert browser.get(at("path_next", "flu"))["Location"] == at("path_pledge", "flu")
    unread = browser.post(at("path_pledge", "flu"), {})
    assert "without it nobody serves" in unread.content.decode()
    assert browser.post(at("path_pledge", "flu"), {"has_pledged": "on"})["Location"] == at("path_shifts", "flu")
    choice = browser.get(at("path_shifts", "flu")).content.decode()
    assert choice.count("Take this place:") == 8
    shift_id = open_surge.posts()[0].shift_id
    taken = browser.post(at("path_shifts", "flu"), {"shift": shift_id})
    assert taken["Location"] == at("path_done", "flu")
    done = browser.get(at("path_done", "flu")).content.decode()
    assert "身份证、深色长裤" in done
    assert "东湖路 1 号" in done
    assert SignUp.objects.get(shift_id=shift_id).person.name == "赵新"
    assert Recruit.objects.count() == 1


def test_the_path_asks_few_questions_of_the_database(cast: Cast, open_surge: Surge) -> None:
    client, asked = cast.volunteer.client, {}
    client.post(at("path", "flu"))
    client.post(at("path_pledge", "flu"), {"has_pledged": "on"})
    shift_id = open_surge.posts()[0].shift_id
    for name, typed in (
        ("path", None),
        ("path_shifts", None),
        ("path_shifts", {"shift": shift_id}),
        ("path_done", None),
    ):
        with CaptureQueriesContext(connection) as queries:
            client.post(at(name, "flu"), typed) if typed else client.get(at(name, "flu"))
        asked[name, typed is not None] = len([one for one in queries if not FRAMING.match(one["sql"])])
    assert asked == {
        ("path", False): 6,
        ("path_shifts", False): 13,
        ("path_shifts", True): 13 if connection.vendor == "postgresql" else 17,
        ("path_done", False): 7,
    }


def test_the_cards_say_how_it_stands_for_each_reader(cast: Cast, open_surge: Surge) -> None:
    """Cards are drawn once for all who read the same: not for those who read something else."""
    clients = [cast.volunteer.client, cast.second.client]
    for client in clients:
        client.post(at("path", "flu"))
        client.post(at("path_pledge", "flu"), {"has_pledged": "on"})
    address, first = at("path_shifts", "flu"), open_surge.posts()[0]

    def cards(client: Client, language: str = "en") -> list[str]:
        page = client.get(address, headers={"Accept-Language": language}).content.decode()
        return re.findall(r'<li class="card">.*?</li>', page, re.DOTALL)

    before = [cards(client) for client in clients]
    assert before[0] == before[1]
    assert [card.count("Places left: 2") for card in before[0]] == [1] * 8
    clients[0].post(address, {"shift": first.shift_id})
    mine, others = cards(clients[0]), cards(clients[1])
    assert sum("You have a place" in card for card in mine) == 1
    assert not any("You have a place" in card for card in others)
    [changed] = [card for card in others if card not in before[0]]
    assert "Places left: 1" in changed
    assert f'name="shift" value="{first.shift_id}"' in changed
    assert "报这个岗：" in cards(clients[1], "zh-Hans")[0]
    Shift.objects.filter(pk=first.shift_id).update(taken=2)
    last = cards(clients[1])[-1]
    assert f'value="{first.shift_id}"' not in last
    assert "See this day, or wait for a place" in last


def test_a_days_list_is_cut_where_more_places_are_free_than_it_shows(
    cast: Cast, open_surge: Surge, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = cast.volunteer.client
    client.post(at("path", "flu"))
    client.post(at("path_pledge", "flu"), {"has_pledged": "on"})
    of_day = [post.shift_id for post in open_surge.posts()[:8]]
    assert not client.get(at("path_shifts", "flu")).context["choice"].is_cut
    monkeypatch.setattr(path_queries, "OFFERED_MAX", 7)
    for read in (path_queries.POSTS, path_queries.POSTS_OF_SITE):
        monkeypatch.setattr(read, "_compiled", {})
    assert client.get(at("path_shifts", "flu")).context["choice"].is_cut
    Shift.objects.filter(pk__in=of_day[:2]).update(taken=2)
    choice = client.get(at("path_shifts", "flu")).context["choice"]
    assert not choice.is_cut
    assert [one.shift.places_left for one in choice.posts] == [2] * 6 + [0]
    assert choice.days == ((open_surge.first, True), (open_surge.first + timedelta(days=1), True))
    of_site = client.get(at("path_shifts", "flu"), {"site": open_surge.west.pk}).context["choice"]
    assert {one.site for one in of_site.posts} == {"西站"}


def test_a_minor_reads_why_and_what_would_help(browser: Client, open_surge: Surge) -> None:
    answer = browser.post(at("path_phone", "flu"), {"birth_date": "2015-05-21", "phone": PHONE}).content.decode()
    assert "at least 18 years old" in answer
    assert open_surge.row.recruits.count() == 0


def test_the_path_leads_on_from_wherever_one_comes(cast: Cast, open_surge: Surge) -> None:
    client = cast.volunteer.client
    assert client.get(at("path_shifts", "flu"))["Location"] == at("path", "flu")
    assert client.get(at("path_pledge", "flu"))["Location"] == at("path", "flu")
    assert client.post(at("path", "flu"))["Location"] == at("path_pledge", "flu")
    assert client.get(at("path_shifts", "flu"))["Location"] == at("path_pledge", "flu")
    assert client.get(at("path_done", "flu"))["Location"] == at("path_pledge", "flu")


def test_a_draft_has_no_public_page(browser: Client, surge: Surge) -> None:
    assert browser.get(at("path", "flu")).status_code == 404
    assert browser.get(at("poster", "flu")).status_code == 404
    assert browser.get(at("path", "nothing")).status_code == 404


def test_the_poster_is_a_pdf_for_everybody(browser: Client, open_surge: Surge) -> None:
    answer = browser.get(at("poster", "flu"))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_a_campaign_is_planned_at_the_desk(cast: Cast) -> None:
    client = cast.coordinator.client
    plan = new_campaign(cast)
    typed = {
        "name": plan.name,
        "code": "flu",
        "purpose": plan.purpose,
        "category": "0004",
        "organizer": plan.organizer_id,
        "person_in_charge": plan.person_in_charge_id,
        "starts_on": plan.starts_on.isoformat(),
        "ends_on": plan.ends_on.isoformat(),
        "target_people": "50",
        "roles": "登记 | 核对身份\n分诊",
        "windows": "08:00-12:00\n13：00—17：00",
        "age_min": "18",
        "activation_places": "0",
    }
    assert (
        "no time window"
        in client.post(at("create"), typed | {"windows": "morning"}, headers={"Accept-Language": "en"}).content.decode()
    )
    answer = client.post(at("create"), typed)
    campaign = Campaign.objects.get()
    assert answer["Location"] == at("campaign", campaign.pk)
    sites = "东站，东湖路 1 号，陈静，13800000001\n西站,西山路 2 号"
    client.post(at("add_site", campaign.pk), {"leader": cast.leader.person_id, "lines": sites})
    assert list(campaign.sites.order_by("pk").values_list("name", "contact")) == [("东站", "陈静"), ("西站", "")]
    fill = {
        "sites": list(campaign.sites.values_list("pk", flat=True)),
        "first": plan.starts_on.isoformat(),
        "last": plan.ends_on.isoformat(),
        "windows": list(campaign.windows.values_list("pk", flat=True)),
        "role": campaign.roles.order_by("pk")[0].pk,
        "places": "4",
        "minimum": "2",
    }
    client.post(at("fill", campaign.pk), fill)
    assert CampaignPost.objects.filter(places=4, minimum=2, shift=None).count() == 8
    client.post(at("publish", campaign.pk))
    assert Shift.objects.filter(is_open=True).count() == 8


def test_single_cells_are_typed_and_wrong_ones_keep_everything(cast: Cast, open_surge: Surge) -> None:
    client = cast.coordinator.client
    post = next(post for post in open_surge.posts() if post.site_id == open_surge.east.pk)
    name = f"n-{post.window_id}-{post.role_id}-{post.day:%Y%m%d}"
    other = f"n-{post.window_id}-{post.role_id}-{open_surge.row.ends_on:%Y%m%d}"
    wrong = client.post(at("matrix", open_surge.east.pk), {name: "6/4", other: "2/5"})
    assert 'value="6/4"' in wrong.content.decode()
    post.refresh_from_db()
    assert post.places == 2
    client.post(at("matrix", open_surge.east.pk), {name: "6/4", other: ""})
    post.refresh_from_db()
    assert (post.places, post.minimum) == (6, 4)
    assert post.shift is not None
    assert (post.shift.places, post.shift.minimum) == (6, 4)
    gone = CampaignPost.objects.get(
        site=open_surge.east, day=open_surge.row.ends_on, window=post.window, role=post.role
    )
    assert gone.places == 0
    assert gone.shift is not None
    assert not gone.shift.is_open


def test_the_board_answers_nothing_until_something_changes(cast: Cast, open_surge: Surge) -> None:
    client = cast.leader.client
    whole = client.get(at("board", open_surge.row.pk))
    version = whole.context["board"].version
    part = at("board_part", open_surge.row.pk)
    assert client.get(part, {"seen": version}).status_code == 204
    post = open_surge.posts()[0]
    assert post.shift_id is not None
    [person] = recruits(cast, open_surge, 1)
    sign_up(actor=cast.coordinator.actor, shift_id=post.shift_id, person_id=person)
    cache.clear()
    fresh = client.get(part, {"seen": version})
    assert fresh.status_code == 200
    assert "1/4" in fresh.content.decode()
    assert client.get(at("wall", open_surge.row.pk)).status_code == 200


def test_calls_are_made_from_the_list_of_empty_posts(cast: Cast, open_surge: Surge) -> None:
    recruits(cast, open_surge, 5)
    client = cast.coordinator.client
    page = client.get(at("calls", open_surge.row.pk))
    assert page.context["days"] == [open_surge.first, open_surge.row.ends_on]
    assert {post.day for post in page.context["posts"]} == {open_surge.first}
    assert len(page.context["posts"]) == 8
    later = client.get(at("calls", open_surge.row.pk), {"day": open_surge.row.ends_on.isoformat()})
    assert {post.day for post in later.context["posts"]} == {open_surge.row.ends_on}
    typed = {"people_max": "3", "batch_per_place": "3", "wait_minutes": "10"}
    none = client.post(at("calls", open_surge.row.pk), typed, headers={"Accept-Language": "en"})
    assert "Tick at least one empty post." in none.content.decode()
    client.post(at("calls", open_surge.row.pk), typed | {"post": [open_surge.posts()[0].pk]})
    [call] = open_surge.row.calls.all()
    assert call.called.count() == 3
    client.post(at("stop_call", call.pk))
    call.refresh_from_db()
    assert call.state == "stopped"


def test_whole_phones_on_a_sheet_leave_a_line(cast: Cast, open_surge: Surge) -> None:
    post = next(post for post in open_surge.posts() if post.site_id == open_surge.east.pk)
    address = at("sheet", open_surge.east.pk, post.day.isoformat(), post.window_id)
    client = cast.leader.client
    assert client.get(address).status_code == 200
    assert AuditEntry.objects.filter(action="campaigns.show_phones").count() == 0
    assert client.get(f"{address}?phones=1").status_code == 200
    assert AuditEntry.objects.filter(action="campaigns.show_phones").count() == 1
    paper = client.get(f"{address}paper/")
    assert paper.content.startswith(b"%PDF")
    assert cast.other_leader.client.get(address).status_code == 404
    client.post(address, {"notes": "口罩剩两盒"})
    assert "口罩剩两盒" in client.get(at("site", open_surge.east.pk)).content.decode()


@pytest.mark.parametrize("name", ["campaign", "board", "calls", "report", "fill", "edit", "add_site", "station"])
def test_desk_pages_take_few_queries(
    cast: Cast, open_surge: Surge, name: str, django_assert_max_num_queries: object
) -> None:
    client = cast.coordinator.client
    client.get(at("list"))
    with django_assert_max_num_queries(20):  # type: ignore[operator]  # a fixture of pytest-django
        assert client.get(at(name, open_surge.row.pk)).status_code == 200


def test_the_report_leaves_as_a_spreadsheet(cast: Cast, open_surge: Surge) -> None:
    answer = cast.auditor.client.get(at("report_file", open_surge.row.pk))
    assert answer.content.startswith(b"PK")
    assert cast.volunteer.client.get(at("report_file", open_surge.row.pk)).status_code == 403


def test_ending_a_site_and_the_campaign_at_the_desk(cast: Cast, open_surge: Surge) -> None:
    client = cast.coordinator.client
    client.post(at("close_site", open_surge.east.pk), {"reason": "场地停电"})
    open_surge.east.refresh_from_db()
    assert open_surge.east.closing_reason == "场地停电"
    client.post(at("close", open_surge.row.pk))
    assert open_surge.fresh().state == "closed"
    assert client.post(at("path", "flu")).status_code == 302
    assert Recruit.objects.count() == 0


def test_the_station_writes_down_an_elder(cast: Cast, open_surge: Surge) -> None:
    post = open_surge.posts()[0]
    number = "42010619500302124"
    typed = {
        "name": "何奶奶",
        "id_kind": "01",
        "id_number": number + id_check_sign(number),
        "has_pledged": "on",
        "shift": post.shift_id,
    }
    address = at("station", open_surge.row.pk)
    wrong = cast.coordinator.client.post(address, typed | {"id_number": f"{number}%"})
    assert "id_number" in wrong.context["form"].errors
    assert Recruit.objects.count() == 0
    assert cast.coordinator.client.post(address, typed).status_code == 302
    recruit = Recruit.objects.get()
    assert (recruit.through, recruit.person.birth_date) == ("station", date(1950, 3, 2))
    assert SignUp.objects.get().shift_id == post.shift_id
