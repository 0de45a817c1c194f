"""A department asks, a coordinator answers; both see the history, and nobody else sees anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from xinshi.activities.actions import cancel_activity, publish, unpublish
from xinshi.activities.domain import ReasonMissing
from xinshi.activities.models import Activity, RequestStep, ServiceRequest
from xinshi.activities.recordable import RisksMissing
from xinshi.activities.requests import actions, queries
from xinshi.activities.requests.domain import (
    NewServiceRequest,
    RequestPast,
    RequestPlanned,
    RequestSettled,
    answer_due,
)
from xinshi.activities.tests.conftest import Cast, Somebody, all_at_once, tomorrow_at
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message
from xinshi.organizations.models import Membership


@pytest.fixture
def keeper(cast: Cast) -> Somebody:
    """李明 keeps the department that asks."""
    Membership.objects.create(
        person_id=cast.volunteer.person_id, organization=cast.department, since=clock.today(), is_leader=True
    )
    return cast.volunteer


def wish(cast: Cast, **more: object) -> NewServiceRequest:
    values: dict[str, object] = {
        "department_id": cast.department.pk,
        "title": "接种日引导",
        "category": "0004",
        "place": "预防接种门诊",
        "starts_at": tomorrow_at(8, days=3),
        "ends_at": tomorrow_at(11, days=3),
        "people_number": 4,
        "key": "form-12345678",
        "contact": "林护士长 13800001234",
    }
    return NewServiceRequest(**values | more)


def written() -> tuple[object, ...]:
    return (
        list(ServiceRequest.objects.order_by("pk").values_list("state", "activity_id", "reason", "decided_at")),
        [table.objects.count() for table in (Activity, RequestStep, Message)],
    )


def refused(error: type[DomainError], action: Callable[[], object]) -> None:
    before = written()
    with pytest.raises(error):
        action()
    assert written() == before


def kinds(request_id: int) -> list[str]:
    return list(RequestStep.objects.filter(request_id=request_id).order_by("pk").values_list("kind", flat=True))


def told(somebody: Somebody) -> list[str]:
    return list(Message.objects.filter(recipient_ref=somebody.reference).order_by("pk").values_list("text", flat=True))


def test_asked_adjusted_published_called_off(cast: Cast, keeper: Somebody) -> None:
    planner = cast.coordinator.actor
    pk = actions.ask(actor=keeper.actor, request=wish(cast))
    assert actions.ask(actor=keeper.actor, request=wish(cast)) == pk, "a second click is the same request"
    actions.take_up(actor=planner, request_id=pk)
    actions.take_up(actor=planner, request_id=pk)
    adjusted = replace(actions.as_asked(ServiceRequest.objects.get()), title="接种日引导（上午）", risks="人多")
    made = actions.plan(actor=planner, request_id=pk, activity=adjusted)
    refused(RequestPlanned, lambda: actions.plan(actor=planner, request_id=pk, activity=adjusted))
    assert actions.grant(actor=planner, request_id=pk) == made.activity_id
    row = ServiceRequest.objects.get()
    assert (row.state, row.activity.state, row.activity.organizer_id) == ("granted", "published", cast.department.pk)
    refused(RequestSettled, lambda: actions.grant(actor=planner, request_id=pk))
    refused(RequestSettled, lambda: actions.withdraw(actor=keeper.actor, request_id=pk))
    unpublish(actor=planner, activity_id=made.activity_id)
    assert ServiceRequest.objects.get().state == "planning"
    publish(actor=planner, activity_id=made.activity_id)
    assert ServiceRequest.objects.get().state == "granted"
    cancel_activity(actor=planner, activity_id=made.activity_id, reason="台风")
    steps = ["asked", "taken_up", "planned", "granted", "reopened", "granted", "called_off"]
    assert kinds(pk) == steps
    assert len(told(keeper)) == 4, "being planned, published twice, called off"
    assert [step.kind for step in queries.request_detail(keeper.actor, pk).steps] == steps


def test_one_button_publishes_exactly_what_was_asked(cast: Cast, keeper: Somebody) -> None:
    pk = actions.ask(actor=keeper.actor, request=wish(cast, qualifications=("nurse",)))
    activity = Activity.objects.get(pk=actions.grant(actor=cast.coordinator.actor, request_id=pk))
    shift = activity.shifts.get()
    assert (activity.title, activity.state, shift.places, shift.is_open) == ("接种日引导", "published", 4, True)
    assert shift.role.requirements == {"qualifications": ["nurse"]}
    assert activity.person_in_charge_id == keeper.person_id


def test_one_button_is_refused_as_publishing_is(cast: Cast, keeper: Somebody) -> None:
    risky = actions.ask(actor=keeper.actor, request=wish(cast, category="3201"))
    refused(RisksMissing, lambda: actions.grant(actor=cast.coordinator.actor, request_id=risky))
    with time_machine.travel(tomorrow_at(9, days=3), tick=False):
        refused(RequestPast, lambda: actions.grant(actor=cast.coordinator.actor, request_id=risky))


def test_declined_with_the_reason_and_withdrawn(cast: Cast, keeper: Somebody) -> None:
    planner = cast.coordinator.actor
    pk = actions.ask(actor=keeper.actor, request=wish(cast))
    refused(ReasonMissing, lambda: actions.decline(actor=planner, request_id=pk, reason=" "))
    actions.decline(actor=planner, request_id=pk, reason="当天志愿者都在义诊")
    message = Message.objects.get(recipient_ref=keeper.reference)
    assert message.parameters == {"title": "接种日引导", "reason": "当天志愿者都在义诊"}
    refused(RequestSettled, lambda: actions.decline(actor=planner, request_id=pk, reason="再说一次"))
    other = actions.ask(actor=keeper.actor, request=wish(cast, key="another-form"))
    actions.withdraw(actor=keeper.actor, request_id=other)
    assert (kinds(pk), kinds(other)) == (["asked", "declined"], ["asked", "withdrawn"])


def test_only_who_keeps_the_department_asks_and_only_planners_answer(cast: Cast, keeper: Somebody) -> None:
    for somebody in (cast.second, cast.leader, cast.auditor, cast.clerk):
        refused(NotFound, lambda who=somebody: actions.ask(actor=who.actor, request=wish(cast)))
    pk = actions.ask(actor=keeper.actor, request=wish(cast))
    for somebody in (keeper, cast.leader, cast.clerk):
        actor = somebody.actor
        refused(NotAllowed, lambda who=actor: actions.grant(actor=who, request_id=pk))
        refused(NotAllowed, lambda who=actor: actions.decline(actor=who, request_id=pk, reason="不"))
        refused(NotAllowed, lambda who=actor: actions.take_up(actor=who, request_id=pk))
    refused(NotFound, lambda: actions.withdraw(actor=cast.second.actor, request_id=pk))
    for somebody, status in ((keeper, 200), (cast.coordinator, 200), (cast.auditor, 200), (cast.second, 404)):
        page = somebody.client.get(reverse("activities:request", args=[pk]))
        assert page.status_code == status
        assert ("13800001234" in page.content.decode()) is (status == 200)


@pytest.mark.parametrize(
    "more",
    [
        {"title": " "},
        {"place": ""},
        {"category": "9999"},
        {"people_number": 0},
        {"ends_at": tomorrow_at(8, days=3)},
        {"starts_at": tomorrow_at(8, days=-3), "ends_at": tomorrow_at(9, days=-3)},
    ],
)
def test_refuses_what_nobody_could_plan(cast: Cast, keeper: Somebody, more: dict[str, object]) -> None:
    refused(Invalid, lambda: actions.ask(actor=keeper.actor, request=wish(cast, **more)))


def test_the_answer_is_due_after_three_working_days_but_not_after_the_day_itself() -> None:
    assert answer_due(date(2026, 9, 29), date(2026, 12, 1)) == date(2026, 10, 9), "round the National Day"
    assert answer_due(date(2026, 11, 26), date(2026, 11, 27)) == date(2026, 11, 27)


def test_what_waits_is_counted_for_the_desk(cast: Cast, keeper: Somebody) -> None:
    actions.ask(
        actor=keeper.actor, request=wish(cast, starts_at=tomorrow_at(8, days=40), ends_at=tomorrow_at(9, days=40))
    )
    found = queries.waiting_requests()
    assert (found.count, found.overdue) == (1, 0)
    assert 'href="/activities/requests/"' in cast.coordinator.client.get("/desk/").content.decode()
    with time_machine.travel(clock.now() + timedelta(days=14), tick=False):
        assert queries.waiting_requests().overdue == 1


def test_the_form_on_a_phone_and_the_pages_of_the_answer(cast: Cast, keeper: Somebody) -> None:
    browser, desk = keeper.client, cast.coordinator.client
    assert cast.second.client.get(reverse("activities:ask")).status_code == 403
    page = browser.get(reverse("activities:ask"))
    day = clock.local_day(tomorrow_at(8, days=3)).isoformat()
    data = {
        "key": page.context["form"]["key"].value(),
        "department": cast.department.pk,
        "title": "陪诊",
        "day": day,
        "starts": "08:00",
        "ends": "07:00",
        "people_number": 3,
        "place": "门诊楼",
        "contact": "林护士长",
        "category": "0004",
    }
    assert browser.post(reverse("activities:ask"), data).status_code == 200
    assert ServiceRequest.objects.count() == 0
    data["ends"] = "10:00"
    for _click in range(2):
        answer = browser.post(reverse("activities:ask"), data)
        assert answer.status_code == 302
    row = ServiceRequest.objects.get()
    planning = desk.get(reverse("activities:plan_request", args=[row.pk]))
    assert 'value="陪诊"' in planning.content.decode()
    assert desk.post(reverse("activities:grant_request", args=[row.pk])).status_code == 302
    row.refresh_from_db()
    assert row.state == "granted"
    assert "陪诊" in cast.second.client.get(reverse("activities:offers")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_coordinators_at_once_make_one_activity(cast: Cast, keeper: Somebody) -> None:
    pk = actions.ask(actor=keeper.actor, request=wish(cast))
    planner = cast.coordinator.actor
    results = all_at_once([lambda: actions.grant(actor=planner, request_id=pk)] * 4, threads=4)
    assert sum(isinstance(one, int) for one in results) == 1
    assert all(isinstance(one, int | RequestSettled) for one in results)
    assert Activity.objects.filter(state="published").count() == 1
