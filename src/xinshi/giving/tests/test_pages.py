"""The way of members, of two coordinators and of an auditor through the pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from xinshi.bank.rules import Rules
from xinshi.giving import actions
from xinshi.giving.domain import Decision
from xinshi.giving.models import Donation, Gift, Grant, GroupHoursEntry, Relative, TakenBack
from xinshi.giving.tests.conftest import (
    Cast,
    befriend,
    earn,
    fill_pool,
    give_beyond_cap,
    give_hours,
    group,
    pool_minutes,
    propose,
    put_rules,
)
from xinshi.kernel import clock

pytestmark = pytest.mark.django_db
KEY = re.compile(r'name="key" value="([0-9a-f]{32})"')
FORMS = (
    "/giving/relatives/new/",
    "/giving/gifts/new/",
    "/giving/donations/new/",
    "/giving/station/",
    "/giving/grants/new/",
    "/giving/group-hours/new/",
)


def text_of(response: Any) -> str:
    return response.content.decode()


def key_in(response: Any) -> str:
    found = KEY.search(text_of(response))
    assert found is not None
    return found[1]


def test_from_asking_a_relative_to_giving_and_back(cast: Cast) -> None:
    give_hours(cast.volunteer, minutes=600)
    giver, receiver = cast.volunteer.client, cast.second.client
    typed = {"passbook_number": cast.second.number, "name": "王芳", "relation": "spouse"}
    giver.post("/giving/relatives/new/", typed)
    relative = Relative.objects.get()
    assert "李明" in text_of(receiver.get("/giving/"))
    assert "Is 李明 your relative?" in text_of(receiver.get(f"/giving/relatives/{relative.pk}/"))
    receiver.post(f"/giving/relatives/{relative.pk}/answer/", {"answer": "accept"})
    form = {
        "relative": relative.pk,
        "hours": "２.5",
        "note": "生日快乐",
        "key": key_in(giver.get("/giving/gifts/new/")),
    }
    shown = text_of(giver.post("/giving/gifts/new/", form))
    assert "Give 2.5 hours to 王芳?" in shown
    assert re.search(r"Hours to spend</th><td[^>]*>10</td><td[^>]*><b>7.5</b>", shown)
    assert re.search(r"Lifetime certified hours</th><td[^>]*>10</td><td[^>]*><b>10</b>", shown)
    assert Gift.objects.count() == 0
    done = [giver.post("/giving/gifts/new/", form | {"confirmed": "1"}) for _ in range(2)]
    gift = Gift.objects.get()
    assert {response.headers["Location"] for response in done} == {f"/giving/gifts/{gift.pk}/"}
    assert (cast.volunteer.balance.posted, cast.second.balance.posted) == (450, 150)
    seen = text_of(receiver.get(f"/giving/gifts/{gift.pk}/"))
    assert "A gift from 李明" in seen
    assert "生日快乐" in seen
    assert cast.stranger.client.get(f"/giving/gifts/{gift.pk}/").status_code == 404
    address = f"/giving/take-back/gift/{gift.pk}/"
    assert giver.get(address).status_code == 403
    keeper = cast.coordinator.client
    assert "生日快乐" not in text_of(keeper.get(f"/giving/gifts/{gift.pk}/"))
    assert "Reverse 2.5 hours?" in text_of(keeper.get(address))
    keeper.post(address, {"reason": " "})
    assert TakenBack.objects.count() == 0
    keeper.post(address, {"reason": "点错了人"})
    assert "点错了人" in text_of(giver.get(f"/giving/gifts/{gift.pk}/"))
    assert (cast.volunteer.balance.posted, cast.second.balance.posted) == (600, 0)


def test_what_would_be_refused_is_said_before_anybody_confirms(cast: Cast) -> None:
    put_rules(Rules(gifts=True, gift_year_cap_minutes=120))
    give_hours(cast.volunteer, minutes=60)
    relative = befriend(cast.volunteer, cast.second)
    client = cast.volunteer.client
    for hours, why in (("3", "Left: 2."), ("1.5", "not enough"), ("0", "above 0"), ("x", "is not a number of hours")):
        shown = text_of(client.post("/giving/gifts/new/", {"relative": relative, "hours": hours, "key": "k"}))
        assert why in shown, hours
        assert "confirmed" not in shown
    foreign = client.post("/giving/gifts/new/", {"relative": 999, "hours": "1", "key": "k", "confirmed": "1"})
    assert foreign.status_code == 200
    assert Gift.objects.count() == 0


def test_whoever_has_no_relatives_reads_how_to_get_one(cast: Cast) -> None:
    page = text_of(cast.volunteer.client.get("/giving/gifts/new/"))
    assert "/giving/relatives/new/" in page
    assert '<input type="text" name="hours"' not in page


def test_a_member_declines_and_one_ends_it(cast: Cast) -> None:
    typed = {"passbook_number": cast.second.number, "name": "王芳", "relation": "spouse"}
    cast.volunteer.client.post("/giving/relatives/new/", typed)
    row = Relative.objects.get()
    assert cast.stranger.client.post(f"/giving/relatives/{row.pk}/answer/", {"answer": "accept"}).status_code == 404
    cast.second.client.post(f"/giving/relatives/{row.pk}/answer/", {"answer": "decline"})
    assert Relative.objects.get().state == "declined"
    other = befriend(cast.volunteer, cast.stranger)
    cast.stranger.client.post(f"/giving/relatives/{other}/end/")
    assert Relative.objects.get(pk=other).state == "ended"
    wrong = text_of(cast.volunteer.client.post("/giving/relatives/new/", typed | {"name": "王方"}))
    assert "No member has this passbook number together with this name" in wrong


def test_from_the_form_to_the_pool_with_thanks(cast: Cast) -> None:
    give_hours(cast.volunteer, minutes=600)
    client = cast.volunteer.client
    form = {"source": "spendable", "hours": "4", "key": key_in(client.get("/giving/donations/new/"))}
    shown = text_of(client.post("/giving/donations/new/", form))
    assert re.search(r"The pool</th><td[^>]*>0</td><td[^>]*><b>4</b>", shown)
    done = client.post("/giving/donations/new/", form | {"confirmed": "1"}, follow=True)
    assert "Thank you" in text_of(done)
    assert (pool_minutes(), Donation.objects.get().minutes) == (240, 240)
    public = text_of(Client(headers={"accept-language": "en"}).get("/giving/pool/"))
    assert "<b>4</b><span>hours in the pool</span>" in public
    assert "A volunteer" in public
    assert "李明" not in public


def test_hours_beyond_the_cap_are_offered_first(cast: Cast) -> None:
    give_beyond_cap(cast.volunteer, minutes=120)
    client = cast.volunteer.client
    page = text_of(client.get("/giving/donations/new/"))
    assert page.index("beyond_cap") < page.index("spendable")
    form = {"source": "beyond_cap", "hours": "2", "key": "k", "confirmed": "1", "is_anonymous": "on"}
    client.post("/giving/donations/new/", form)
    assert (Donation.objects.get().source, Donation.objects.get().is_anonymous) == ("beyond_cap", True)


def test_help_is_proposed_sent_back_changed_and_approved(cast: Cast) -> None:
    fill_pool(cast.volunteer, minutes=600)
    first, second = cast.coordinator.client, cast.colleague.client
    form = {
        "passbook_number": cast.second.number,
        "hours": "3",
        "reason": "术后独居",
        "key": key_in(first.get("/giving/grants/new/")),
    }
    wrong = first.post("/giving/grants/new/", form | {"passbook_number": "1"})
    assert "No member has this passbook number" in text_of(wrong)
    first.post("/giving/grants/new/", form)
    grant = Grant.objects.get()
    address = f"/giving/grants/{grant.pk}/"
    assert "somebody else decides on it" in text_of(first.get(address))
    assert "Approve and book" not in text_of(first.get(address))
    assert cast.second.client.get(address).status_code == 404
    missing = second.post(f"{address}decide/", {"decision": "return", "reason": ""})
    assert "Say why" in text_of(missing)
    second.post(f"{address}decide/", {"decision": "return", "reason": "请写明用途"})
    assert "请写明用途" in text_of(first.get(f"{address}change/"))
    first.post(f"{address}change/", {"hours": "2", "reason": "体检陪护"})
    assert second.post(f"{address}decide/", {"decision": "nonsense"}).status_code == 404
    second.post(f"{address}decide/", {"decision": "approve", "reason": ""})
    assert (cast.second.balance.posted, pool_minutes()) == (120, 480)
    own = text_of(cast.second.client.get(address))
    assert "Volunteers gave these hours" in own
    assert "体检陪护" not in own
    assert "周敏" not in own
    auditor = text_of(cast.auditor.client.get(address))
    assert "周敏" in auditor
    assert "体检陪护" not in auditor
    assert cast.auditor.client.post(f"{address}decide/", {"decision": "approve"}).status_code == 403
    listed = text_of(second.get("/giving/grants/", {"state": "approved"}))
    assert "王芳" in listed
    assert "王芳" not in text_of(second.get("/giving/grants/", {"state": "refused"}))


def test_a_proposal_that_the_pool_cannot_pay_says_so_at_the_form(cast: Cast) -> None:
    grant = propose(cast, cast.second, minutes=60)
    shown = text_of(cast.colleague.client.post(f"/giving/grants/{grant}/decide/", {"decision": "approve"}))
    assert "The pool holds 0 hours" in shown
    cast.coordinator.client.post(f"/giving/grants/{grant}/withdraw/")
    assert Grant.objects.get().state == "withdrawn"


def test_hours_of_a_group_are_entered_approved_and_donated(cast: Cast) -> None:
    team = group()
    first, second = cast.coordinator.client, cast.colleague.client
    form = {
        "organization": team,
        "title": "敬老院义务劳动",
        "worked_on": clock.today().isoformat(),
        "hours": "36",
        "evidence": "签到表两页",
        "key": key_in(first.get("/giving/group-hours/new/")),
    }
    first.post("/giving/group-hours/new/", form)
    entry = GroupHoursEntry.objects.get()
    assert "敬老院义务劳动" in text_of(second.get("/giving/desk/"))
    second.post(f"/giving/group-hours/{entry.pk}/decide/", {"decision": "approve"})
    key = key_in(first.get(f"/giving/groups/{team}/donate/"))
    first.post(f"/giving/groups/{team}/donate/", {"hours": "30", "reason": "队委会决定", "key": key})
    assert pool_minutes() == 1_800
    page = text_of(cast.auditor.client.get(f"/giving/groups/{team}/"))
    assert "<b>6</b>" in page
    assert "队委会决定" in page
    assert "南城公交巾帼志愿队" in text_of(Client().get("/giving/pool/"))


def test_the_station_registers_two_people(cast: Cast) -> None:
    typed = {
        "passbook_number": cast.volunteer.number,
        "name": "李明",
        "other_passbook_number": cast.second.number,
        "other_name": "王芳",
        "relation": "child",
        "reason": "出示户口本",
    }
    cast.coordinator.client.post("/giving/station/", typed)
    assert Relative.objects.get().is_from_station
    assert cast.volunteer.client.get("/giving/station/").status_code == 403


def test_with_everything_off_pages_say_so_and_menus_offer_nothing(cast: Cast) -> None:
    team = group()
    earn(cast, team, minutes=60)
    put_rules(Rules())
    for address in ("/giving/", "/giving/pool/", "/giving/desk/", *FORMS, f"/giving/groups/{team}/donate/"):
        page = text_of(cast.coordinator.client.get(address))
        assert "has not switched on" in page, address
        assert "/giving/desk/" not in page.split("</nav>")[0], address
    assert "/giving/" not in text_of(cast.volunteer.client.get("/start/"))
    put_rules(Rules(gifts=True))
    assert 'href="/giving/desk/"' in text_of(cast.coordinator.client.get("/giving/"))
    assert 'href="/giving/"' in text_of(cast.volunteer.client.get("/start/"))


def test_with_everything_off_nothing_that_is_posted_changes_anything(cast: Cast) -> None:
    give_hours(cast.volunteer, minutes=600)
    relative = befriend(cast.volunteer, cast.second)
    grant = propose(cast, cast.second, minutes=60)
    put_rules(Rules())
    client = cast.volunteer.client
    client.post("/giving/gifts/new/", {"relative": relative, "hours": "1", "key": "k", "confirmed": "1"})
    client.post("/giving/donations/new/", {"source": "spendable", "hours": "1", "key": "k", "confirmed": "1"})
    cast.colleague.client.post(f"/giving/grants/{grant}/decide/", {"decision": "approve"})
    assert (Gift.objects.count(), Donation.objects.count(), Grant.objects.get().state) == (0, 0, "proposed")
    assert cast.volunteer.balance.posted == 600


def test_lists_for_auditors_and_nobody_else(cast: Cast) -> None:
    fill_pool(cast.volunteer, minutes=60)
    give_hours(cast.volunteer, minutes=60)
    actions.give(actor=cast.volunteer.actor, relative_id=befriend(cast.volunteer, cast.second), minutes=60, key="k")
    for address in ("/giving/gifts/", "/giving/donations/", "/giving/desk/"):
        assert "李明" in text_of(cast.auditor.client.get(address))
        assert cast.volunteer.client.get(address).status_code == 403
        assert cast.clerk.client.get(address).status_code == 403


def test_every_page_speaks_chinese(cast: Cast) -> None:
    give_hours(cast.volunteer, minutes=600)
    grant = propose(cast, cast.second, minutes=60)
    fill_pool(cast.stranger, minutes=60)
    actions.decide_grant(actor=cast.colleague.actor, grant_id=grant, decision=Decision.APPROVE)
    chinese = {"accept-language": "zh-hans"}
    assert "可转赠的时长" in text_of(cast.volunteer.client.get("/giving/", headers=chinese))
    assert "公益池帮扶" in text_of(cast.second.client.get(f"/giving/grants/{grant}/", headers=chinese))
    assert "困难帮扶公益池" in text_of(Client().get("/giving/pool/", headers=chinese))
