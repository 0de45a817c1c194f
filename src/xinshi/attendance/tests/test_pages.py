"""The leader's list, approvals and records as people use them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from xinshi.activities.models import SignUp
from xinshi.activities.tests.conftest import Cast
from xinshi.attendance.actions import approve, refuse
from xinshi.attendance.models import ServiceRecord
from xinshi.attendance.tests.conftest import MoveTo, Service, at, record_of, written
from xinshi.bank.models import Deposit
from xinshi.people.models import Person

HTMX = {"HX-Request": "true"}
OF_THE_SESSION = ('FROM "django_session"', 'FROM "user_account"', 'FROM "role_grant"', "SAVEPOINT", "BEGIN")


def text(response: HttpResponse) -> str:
    return response.content.decode()


def url(name: str, *ids: int) -> str:
    return reverse(f"attendance:{name}", args=ids)


def asked(captured: CaptureQueriesContext) -> list[str]:
    """The statements beyond session, user, roles and the marks of transactions."""
    statements = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in statements if not any(mark in sql for mark in OF_THE_SESSION)]


def test_checking_in_and_out_takes_six_queries(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift(cast.people(30))
    browser = cast.leader.client
    browser.get(url("shift", shift.shift_id))
    with CaptureQueriesContext(connection) as coming:
        line = text(browser.post(url("check_in", shift.shift_id), {"signup": shift.signups[0]}, headers=HTMX))
    (record,) = ServiceRecord.objects.all()
    assert len(asked(coming)) <= 6, asked(coming)
    assert f'id="line-{shift.signups[0]}"' in line
    assert url("take_back", record.pk) in line
    frozen(at(10))
    with CaptureQueriesContext(connection) as leaving:
        line = text(
            browser.post(
                url("check_out", shift.shift_id),
                {"signup": shift.signups[0], "record": record.pk},
                headers=HTMX,
            )
        )
    assert len(asked(leaving)) <= 6, asked(leaving)
    assert url("record", record.pk) in line
    assert record_of(record.pk).credited_minutes == 60


def test_the_leaders_list_shows_counts_that_follow(cast: Cast, service: Service) -> None:
    shift = service.shift(cast.people(3))
    browser = cast.leader.client
    first = browser.post(url("check_in", shift.shift_id), {"signup": shift.signups[0]}, headers=HTMX)
    second = browser.post(url("check_in", shift.shift_id), {"signup": shift.signups[1]}, headers=HTMX)
    assert 'hx-swap-oob="true"' in text(second)
    counts = [(r.context["found"].expected, r.context["found"].present) for r in (first, second)]
    assert counts == [(2, 1), (1, 2)]
    whole = browser.get(url("shift", shift.shift_id)).context["found"]
    assert (whole.expected, whole.present, whole.left) == (1, 2, 0)
    taken_back = browser.post(url("take_back", ServiceRecord.objects.order_by("pk")[0].pk), headers=HTMX).context[
        "found"
    ]
    assert (taken_back.expected, taken_back.present) == (2, 1)


def test_minors_are_marked_for_who_leads(cast: Cast, service: Service) -> None:
    shift = service.shift(cast.people(2))
    address = url("shift", shift.shift_id)
    assert text(cast.leader.client.get(address)).count("未成年") == 0
    someone = SignUp.objects.get(pk=shift.signups[0]).person_id
    for birth_date, marks in ((date(2008, 3, 4), 1), (date(2008, 3, 3), 0)):
        Person.objects.filter(pk=someone).update(birth_date=birth_date)
        assert text(cast.leader.client.get(address)).count("未成年") == marks


def test_whom_to_call_is_offered_to_the_leader_around_the_service_only(
    cast: Cast, service: Service, frozen: MoveTo
) -> None:
    shift = service.shift(cast.people(1))
    address = url("shift", shift.shift_id)
    someone = SignUp.objects.get(pk=shift.signups[0]).person_id
    care = reverse("archive:person_care", args=[someone])
    assert care in text(cast.leader.client.get(address))
    frozen(at(9) + timedelta(days=2))
    assert care not in text(cast.leader.client.get(address))
    assert care in text(cast.coordinator.client.get(address))


def test_a_refusal_stands_on_the_persons_line(cast: Cast, service: Service) -> None:
    shift, _ = service.there()
    before = written()
    answer = cast.leader.client.post(url("check_in", shift.shift_id), {"signup": shift.signups[0]}, headers=HTMX)
    assert 'role="alert"' in text(answer)
    assert written() == before


def test_without_htmx_everybody_is_checked_in_and_out(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift(cast.people(4))
    browser = cast.leader.client
    answer = browser.post(url("check_in", shift.shift_id), {"everybody": "1"})
    assert answer.headers["Location"] == url("shift", shift.shift_id)
    assert ServiceRecord.objects.filter(state="open").count() == 4
    assert browser.post(url("check_in", shift.shift_id), {"everybody": "1"}, follow=True).status_code == 200
    frozen(at(11, 30))
    page = text(browser.get(url("shift", shift.shift_id)))
    assert 'value="11:00"' in page
    browser.post(url("check_out", shift.shift_id), {"everybody": "1", "at": "11:00"})
    assert list(ServiceRecord.objects.values_list("state", "credited_minutes")) == [("submitted", 120)] * 4
    assert browser.post(url("check_out", shift.shift_id), {"everybody": "1"}, follow=True).status_code == 200


def test_who_was_not_checked_in_in_time_is_by_the_time_typed(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([cast.volunteer.person_id])
    frozen(at(11, 5))
    browser = cast.leader.client
    assert f'id="came-{shift.signups[0]}"' in text(browser.get(url("shift", shift.shift_id)))
    browser.post(url("check_in", shift.shift_id), {"signup": shift.signups[0], "at": "9:15"})
    assert ServiceRecord.objects.get().checked_in_at == at(9, 15)
    for odd in ("25:00", "x", "\0"):
        answer = browser.post(url("check_in", shift.shift_id), {"signup": shift.signups[0], "at": odd})
        assert answer.status_code == 302
    assert ServiceRecord.objects.count() == 1


def test_the_list_is_for_who_leads(cast: Cast, service: Service) -> None:
    shift, (record,) = service.there()
    seen = {
        name: getattr(cast, name).client.get(url("shift", shift.shift_id)).status_code
        for name in ("volunteer", "clerk", "auditor", "other_leader", "leader", "coordinator", "administrator")
    }
    assert seen == {
        "volunteer": 403,
        "clerk": 403,
        "auditor": 403,
        "other_leader": 404,
        "leader": 200,
        "coordinator": 200,
        "administrator": 200,
    }
    before = written()
    for path, data in (
        (url("check_in", shift.shift_id), {"signup": shift.signups[0]}),
        (url("check_out", shift.shift_id), {"record": record}),
        (url("check_out", shift.shift_id), {"everybody": "1"}),
        (url("take_back", record), {}),
        (url("correct", record), {"came": "09:00", "left": "10:00", "reason": "x"}),
    ):
        assert cast.other_leader.client.post(path, data).status_code == 404
        assert cast.other_leader.client.post(path, data, headers=HTMX).status_code == 404
        assert cast.volunteer.client.post(path, data).status_code == 403
        assert Client().post(path, data).status_code == 302
    assert written() == before


def test_finds_somebody_on_the_list(cast: Cast, service: Service) -> None:
    shift = service.shift([cast.volunteer.person_id, cast.second.person_id])
    browser = cast.leader.client
    page = text(browser.get(url("shift", shift.shift_id), {"search": "王"}))
    assert "王芳" in page
    assert "李明" not in page
    assert 'class="empty"' in text(browser.get(url("shift", shift.shift_id), {"search": "没有此人\0"}))


def test_an_empty_list_offers_to_add_somebody(cast: Cast, service: Service) -> None:
    shift = service.shift([])
    page = text(cast.leader.client.get(url("shift", shift.shift_id)))
    assert 'class="empty"' in page
    assert reverse("activities:add_person", args=[shift.shift_id]) in page
    assert url("enter", shift.shift_id) not in page
    assert url("enter", shift.shift_id) in text(cast.coordinator.client.get(url("shift", shift.shift_id)))


def test_corrects_times_with_a_reason(cast: Cast, service: Service) -> None:
    _, (pk,) = service.submitted()
    browser = cast.leader.client
    page = text(browser.get(url("correct", pk)))
    assert 'value="09:00"' in page
    assert 'value="11:00"' in page
    for wrong in (
        {"came": "09:00", "left": "10:00", "reason": " "},
        {"came": "09:00", "left": "13:00", "reason": "x"},
        {"came": "x", "left": "10:00", "reason": "x"},
    ):
        assert browser.post(url("correct", pk), wrong).status_code == 200
    assert record_of(pk).credited_minutes == 120
    answer = browser.post(url("correct", pk), {"came": "09:00", "left": "10:00", "reason": "提前离开"})
    assert answer.headers["Location"] == url("record", pk)
    assert record_of(pk).credited_minutes == 60
    assert "提前离开" in text(browser.get(url("record", pk)))
    approve(actor=cast.coordinator.actor, record_ids=[pk])
    assert browser.get(url("correct", pk)).status_code == 404


def test_enters_service_afterwards(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift = service.shift([])
    frozen(at(12))
    browser = cast.coordinator.client
    good = {"volunteer_number": cast.volunteer.number, "came": "09:00", "left": "11:00", "reason": "手机没电"}
    for wrong in ({"volunteer_number": "123"}, {"left": "08:00"}, {"reason": ""}, {"volunteer_number": "a\0"}):
        answer = browser.post(url("enter", shift.shift_id), good | wrong)
        assert answer.status_code == 200
        assert 'value="09:00"' in text(answer)
    assert ServiceRecord.objects.count() == 0
    browser.post(url("enter", shift.shift_id), good)
    assert ServiceRecord.objects.get().hours_kind == "honorary"
    assert cast.leader.client.get(url("enter", shift.shift_id)).status_code == 403


def test_approves_what_is_ticked_and_then_everything(cast: Cast, service: Service) -> None:
    shift, records = service.submitted(*cast.people(3))
    browser = cast.coordinator.client
    page = text(browser.get(url("approvals")))
    assert "data-check-all" in page
    assert page.count('name="record"') == 3
    answer = browser.post(
        url("approve"), {"record": records[:1]}, headers={"Referer": f"http://testserver{url('approvals')}"}
    )
    assert answer.headers["Location"] == url("approvals")
    assert Deposit.objects.count() == 1
    browser.post(url("approve"), {"everything_of": shift.activity_id})
    assert Deposit.objects.count() == 3
    again = browser.post(url("approve"), {"everything_of": shift.activity_id}, follow=True)
    assert again.status_code == 200
    assert Deposit.objects.count() == 3
    assert 'class="empty"' in text(browser.get(url("approvals")))
    assert 'class="empty"' in text(browser.get(url("approvals_of", shift.activity_id)))


def test_approving_nothing_or_nonsense_changes_nothing(cast: Cast, service: Service) -> None:
    service.submitted()
    before = written()
    for data in ({}, {"record": ["x", "\0", "9" * 40]}, {"everything_of": "x"}, {"everything_of": "9" * 40}):
        assert cast.coordinator.client.post(url("approve"), data).status_code in (302, 404)
    assert cast.other_leader.client.post(url("approve"), {"record": 1}).status_code == 404
    assert cast.volunteer.client.post(url("approve"), {"record": 1}).status_code == 403
    assert written() == before


def test_refuses_with_a_reason_only(cast: Cast, service: Service) -> None:
    _, (pk,) = service.submitted()
    browser = cast.leader.client
    answer = browser.post(url("refuse"), {"record": pk, "reason": " "}, follow=True)
    assert record_of(pk).state == "submitted"
    assert answer.status_code == 200
    browser.post(url("refuse"), {"record": pk, "reason": "没有到场"})
    assert record_of(pk).state == "refused"
    assert "没有到场" in text(cast.volunteer.client.get(url("record", pk)))


def test_the_queue_takes_the_same_queries_for_few_and_many(cast: Cast, service: Service) -> None:
    service.submitted(*cast.people(2))
    browser = cast.coordinator.client
    browser.get(url("approvals"))
    with CaptureQueriesContext(connection) as few:
        browser.get(url("approvals"))
    for _ in range(3):
        service.move_to(at(9))
        service.submitted(*cast.people(8))
    with CaptureQueriesContext(connection) as many:
        browser.get(url("approvals"))
    assert len(asked(many)) == len(asked(few)) <= 12


def test_long_queues_are_read_page_by_page(cast: Cast, service: Service) -> None:
    shift, _ = service.many(240)
    browser = cast.coordinator.client
    page = text(browser.get(url("approvals")))
    assert page.count('name="record"') == 30
    assert url("approvals_of", shift.activity_id) in page
    assert text(browser.get(url("approvals_of", shift.activity_id))).count('name="record"') == 200
    assert text(browser.get(url("approvals_of", shift.activity_id), {"page": "2"})).count('name="record"') == 40


def test_forgotten_check_outs_are_shown_where_one_approves(cast: Cast, service: Service, frozen: MoveTo) -> None:
    shift, _ = service.there()
    assert url("shift", shift.shift_id) not in text(cast.leader.client.get(url("approvals")))
    frozen(at(8, days=1))
    assert url("shift", shift.shift_id) in text(cast.leader.client.get(url("approvals")))
    assert url("shift", shift.shift_id) not in text(cast.other_leader.client.get(url("approvals")))


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("volunteer", 200),
        ("leader", 200),
        ("coordinator", 200),
        ("auditor", 200),
        ("second", 404),
        ("other_leader", 404),
        ("clerk", 404),
    ],
)
def test_a_record_is_seen_by_whom_it_concerns(cast: Cast, service: Service, name: str, status: int) -> None:
    _, (pk,) = service.submitted()
    approve(actor=cast.coordinator.actor, record_ids=[pk])
    assert getattr(cast, name).client.get(url("record", pk)).status_code == status


def test_my_service_is_mine_alone(cast: Cast, service: Service) -> None:
    _, (pk,) = service.submitted()
    refuse(actor=cast.leader.actor, record_ids=[pk], reason="没来")
    assert url("record", pk) in text(cast.volunteer.client.get(url("mine")))
    other: Any = cast.second.client.get(url("mine"))
    assert url("record", pk) not in text(other)
    assert 'class="empty"' in text(other)
