"""Pages and endpoints of conditions, waiting lists, missed days, refunds and statements."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from xinshi.benefits.actions import cancel, draft_settlement, fulfil, join_waiting_list
from xinshi.benefits.domain import Period
from xinshi.benefits.models import Benefit, Settlement, Voucher, Waiting
from xinshi.benefits.tests.conftest import SYSTEM, Cast, make, take
from xinshi.kernel import clock
from xinshi.organizations.actions import create_organization
from xinshi.organizations.models import Organization

pytestmark = pytest.mark.django_db
API = "/api/v1/benefits"


def text_of(response: object) -> str:
    return response.content.decode()


def post(client: Client, path: str, body: object = None) -> object:
    return client.post(f"{API}{path}", body or {}, content_type="application/json")


@pytest.fixture
def provider(cast: Cast) -> int:
    return create_organization(actor=SYSTEM, name="体检中心", kind=Organization.Kind.DEPARTMENT)


def test_the_catalogue_tells_what_is_possible_from_what_is_missing_and_filters(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=5)
    make(name="午餐", kind="meal", hours=2, stock=5)
    make(name="体检", hours=20, stock=5)
    client = cast.volunteer.client
    shown = client.get("/benefits/")
    assert [offer.name for offer in shown.context["now"]] == ["午餐"]
    assert [offer.name for offer in shown.context["later"]] == ["体检"]
    assert "5 of 20 hours" in text_of(shown)
    only = text_of(client.get("/benefits/", {"now": "1"}))
    assert "Show also what is not possible yet (1)" in only
    assert [offer.name for offer in client.get("/benefits/", {"kind": "health_check"}).context["later"]] == ["体检"]
    assert len(client.get("/benefits/", {"kind": "nothing\0"}).context["later"]) == 1


def test_every_setting_comes_from_the_form_and_goes_back_into_it(cast: Cast, provider: int) -> None:
    form = {
        "name": "体检",
        "kind": "health_check",
        "provider": str(provider),
        "handout": "体检单",
        "price": "2.5",
        "supply": "dated",
        "offered_from": "2026-01-01",
        "offered_until": "2030-12-31",
        "is_active": "on",
        "stars_min": "1",
        "age_min": "18",
        "age_max": "70",
        "groups": ["student", "staff"],
        "for_relatives": "on",
        "limit_pieces": "2",
        "limit_period": "year",
        "budget_hours": "100",
        "budget_pieces": "40",
        "budget_period": "quarter",
        "cancel_hours": "12",
        "offer_hours": "6",
        "no_show_keeps_minutes": "on",
        "no_show_max": "2",
        "no_show_days": "90",
        "no_show_pause_days": "14",
    }
    client = cast.coordinator.client
    assert client.post("/benefits/manage/new/", form).status_code == 302
    row = Benefit.objects.get()
    values = (row.price_minutes, row.groups, row.age_min, row.age_max, row.for_relatives, row.provider_id)
    assert values == (150, "staff student", 18, 70, True, provider)
    assert (row.limit_pieces, row.limit_period, row.budget_minutes, row.budget_period) == (2, "year", 6000, "quarter")
    assert (row.cancel_hours, row.offer_hours, row.no_show_max, row.no_show_pause_days) == (12, 6, 2, 14)
    page = client.get(f"/benefits/manage/{row.pk}/")
    again = {name: value for name, value in page.context["form"].initial.items() if value not in (None, False)}
    assert "Nothing was different" in text_of(client.post(f"/benefits/manage/{row.pk}/", again, follow=True))
    wrong = client.post(f"/benefits/manage/{row.pk}/", form | {"limit_period": ""})
    assert "Enter a number and choose a period" in text_of(wrong)


def test_from_the_waiting_list_to_a_voucher_by_pages(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    cast.give(cast.second, hours=10)
    made = make(hours=4, places=(1,), for_relatives=True)
    voucher_id = take(cast.volunteer, made).voucher_id
    client = cast.second.client
    assert "Wait for a full day" in text_of(client.get(f"/benefits/{made.id}/"))
    joined = client.post(f"/benefits/{made.id}/wait/", {"slot": str(made.slots[0])})
    entry = Waiting.objects.get()
    address = f"/benefits/waiting/{entry.pk}/"
    assert joined.headers["Location"] == address
    assert "your number on the list" in text_of(client.get(address))
    assert cast.volunteer.client.get(address).status_code == 404
    cancel(actor=cast.volunteer.actor, voucher_id=voucher_id)
    for shown in ("/benefits/", "/benefits/waiting/", address):
        assert "Kept for you until" in text_of(client.get(shown))
    assert "王芳" in text_of(cast.coordinator.client.get(f"/benefits/manage/slots/{made.slots[0]}/"))
    bad = client.post(f"{address}accept/", {"relation": "parent", "relative_name": ""})
    assert (bad.status_code, Voucher.objects.count()) == (200, 1)
    done = client.post(
        f"{address}accept/", {"relation": "parent", "relative_name": "王建国", "relative_digits": "0017"}
    )
    voucher = Voucher.objects.latest("pk")
    assert done.headers["Location"] == f"/benefits/vouchers/{voucher.pk}/"
    ticket = text_of(client.get(f"/benefits/vouchers/{voucher.pk}/"))
    assert "王*" in ticket
    assert "王建国" not in ticket
    assert "王建国" not in text_of(cast.auditor.client.get(f"/benefits/vouchers/{voucher.pk}/"))


def test_leaving_and_the_list_of_a_benefit_without_days(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=4, stock=1)
    take(cast.volunteer, made)
    client = cast.second.client
    client.post(f"/benefits/{made.id}/wait/")
    entry = Waiting.objects.get()
    assert "王芳" in text_of(cast.coordinator.client.get(f"/benefits/manage/{made.id}/waiting/"))
    assert client.get(f"/benefits/manage/{made.id}/waiting/").status_code == 403
    client.post(f"/benefits/waiting/{entry.pk}/leave/")
    entry.refresh_from_db()
    assert entry.state == "left"
    assert "You are on no waiting list" in text_of(client.get("/benefits/waiting/"))


def test_the_desk_shows_a_relative_what_to_hand_over_and_the_last_20_with_undo(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(hours=1, stock=60, pieces_max=3, handout="餐券")
    client = cast.clerk.client
    for number in range(22):
        fulfil(actor=cast.clerk.actor, voucher_id=take(cast.volunteer, made, pieces=1 + number % 3).voucher_id)
        Voucher.objects.filter(pk=Voucher.objects.latest("pk").pk).update(
            ended_at=clock.now() - timedelta(seconds=number)
        )
    last = take(cast.volunteer, make(hours=1, handout="餐券", pieces_max=3), pieces=3)
    verdict = client.get("/benefits/desk/", {"code": last.short_code})
    assert "餐券" in text_of(verdict)
    assert "× 3" in text_of(verdict)
    assert "'wasm-unsafe-eval'" in verdict.headers["Content-Security-Policy"]
    assert "'unsafe-eval'" not in verdict.headers["Content-Security-Policy"]
    assert "wasm" not in client.get("/benefits/").headers["Content-Security-Policy"]
    client.post(f"/benefits/vouchers/{last.voucher_id}/fulfil/")
    shown = client.get("/benefits/desk/", {"done": str(last.voucher_id)})
    assert len(shown.context["handled"]) == 20
    assert shown.context["handled"][0].can_undo
    assert shown.context["done"].id == last.voucher_id
    for odd in ("x", "²", "9" * 30, "0"):
        assert client.get("/benefits/desk/", {"done": odd}).context["done"] is None
    assert client.post(f"/benefits/vouchers/{last.voucher_id}/undo/", {"reason": " "}).status_code == 200
    client.post(f"/benefits/vouchers/{last.voucher_id}/undo/", {"reason": "扫错了"})
    assert Voucher.objects.get(pk=last.voucher_id).state == "refunded"


def test_missed_excused_and_refunded_by_pages(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(hours=4, places=(5,), in_days=0, no_show_keeps_minutes=True)
    missed, redeemed = (take(cast.volunteer, made).voucher_id for _ in range(2))
    cast.clerk.client.post(f"/benefits/vouchers/{missed}/no-show/")
    assert "it can be excused" in text_of(cast.volunteer.client.get(f"/benefits/vouchers/{missed}/"))
    coordinator = cast.coordinator.client
    assert "/excuse/" in text_of(coordinator.get(f"/benefits/vouchers/{missed}/"))
    coordinator.post(f"/benefits/vouchers/{missed}/excuse/", {"reason": "住院"})
    fulfil(actor=cast.clerk.actor, voucher_id=redeemed)
    coordinator.post(f"/benefits/vouchers/{redeemed}/refund/", {"reason": "设备故障"})
    assert dict(Voucher.objects.values_list("pk", "state")) == {missed: "excused", redeemed: "refunded"}
    assert cast.volunteer.balance.posted == 6000
    for door in ("refund", "excuse"):
        assert cast.clerk.client.post(f"/benefits/vouchers/{missed}/{door}/", {"reason": "x"}).status_code == 403


def test_a_statement_by_pages_and_as_a_spreadsheet(cast: Cast, provider: int) -> None:
    cast.give(cast.volunteer, hours=10)
    with time_machine.travel("2026-10-20T12:00:00+08:00", tick=False):
        made = make(name="午餐", kind="meal", hours=2, stock=9, provider_id=provider)
        fulfil(actor=cast.clerk.actor, voucher_id=take(cast.volunteer, made).voucher_id)
    with time_machine.travel("2026-11-25T12:00:00+08:00", tick=False):
        coordinator, administrator = cast.coordinator.client, cast.administrator.client
        drawn = coordinator.post("/benefits/statements/", {"provider": str(provider), "month": "2026-10"})
        address = drawn.headers["Location"]
        assert "午餐" in text_of(coordinator.get(address))
        coordinator.post(f"{address}confirm/")
        assert "Settle the statement" not in text_of(coordinator.get(address))
        administrator.post(f"{address}settle/")
        sheet = coordinator.get(f"{address}statement.xlsx")
        assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(sheet.content)).namelist()
        assert cast.volunteer.client.get(address).status_code == 403
        assert "2026-10" in text_of(cast.auditor.client.get("/benefits/statements/"))
        assert (
            cast.auditor.client.post("/benefits/statements/", {"provider": provider, "month": "2026-10"}).status_code
            == 403
        )
    assert Settlement.objects.get().state == "settled"


def test_conditions_waiting_and_refunds_by_the_api(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=10)
    cast.give(cast.second, hours=10)
    volunteer, second = cast.volunteer.client, cast.second.client
    body = {
        "name": "午餐",
        "kind": "meal",
        "supply": "stock",
        "stock": 2,
        "price_minutes": 60,
        "pieces_max": 2,
        "groups": ["citizen", "staff"],
        "limit_pieces": 2,
        "limit_period": "month",
        "budget_pieces": 9,
        "budget_period": "year",
        "for_relatives": True,
    }
    benefit_id = post(cast.coordinator.client, "", body).json()["benefit_id"]
    shown = volunteer.get(f"{API}/{benefit_id}").json()
    assert (shown["groups"], shown["limit_period"], shown["pieces_max"]) == (["staff", "citizen"], "month", 2)
    relative = {"relation": "child", "name": "李小明", "digits": "1234"}
    made = post(volunteer, f"/{benefit_id}/reserve", {"pieces": 2, "relative": relative}).json()
    mine = volunteer.get(f"{API}/vouchers/{made['voucher_id']}").json()
    assert (mine["pieces"], mine["minutes"], mine["for_whom"]) == (2, 120, "李**")
    desk = cast.clerk.client.get(f"{API}/vouchers/by-code/{made['short_code']}").json()
    assert (desk["beneficiary_name"], desk["beneficiary_digits"]) == ("李小明", "1234")
    waiting = post(second, f"/{benefit_id}/wait").json()
    assert (waiting["state"], waiting["position"]) == ("waiting", 1)
    assert post(second, f"/{benefit_id}/wait").json()["code"] == "already_waiting"
    assert volunteer.get(f"{API}/waiting/{waiting['id']}").status_code == 404
    post(cast.clerk.client, f"/vouchers/{made['voucher_id']}/fulfil")
    back = post(cast.coordinator.client, f"/vouchers/{made['voucher_id']}/refund", {"reason": "凉了"}).json()
    assert (back["state"], back["undone_reason"]) == ("refunded", "凉了")
    assert [card["state"] for card in second.get(f"{API}/waiting").json()] == ["offered"]
    accepted = post(second, f"/waiting/{waiting['id']}/accept").json()
    assert accepted["is_new"]
    assert post(second, f"/waiting/{waiting['id']}/leave").json()["code"] == "not_waiting"
    assert post(cast.clerk.client, f"/vouchers/{accepted['voucher_id']}/no-show").json()["code"] == "nothing_missed"


def test_missed_days_and_statements_by_the_api(cast: Cast, provider: int) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=2, places=(3,), in_days=0, provider_id=provider)
    voucher_id = take(cast.volunteer, made).voucher_id
    assert post(cast.clerk.client, f"/vouchers/{voucher_id}/no-show").json()["state"] == "no_show"
    assert (
        post(cast.coordinator.client, f"/vouchers/{voucher_id}/excuse", {"reason": "住院"}).json()["state"] == "excused"
    )
    coordinator = cast.coordinator.client
    drawn = post(coordinator, "/statements", {"provider_id": provider, "month": clock.today().isoformat()}).json()
    (line,) = drawn["lines"]
    assert (drawn["state"], line["no_shows"], line["corrections"]) == ("draft", 0, 1)
    assert post(coordinator, f"/statements/{drawn['id']}/confirm").json()["code"] == "month_not_over"
    assert post(coordinator, f"/statements/{drawn['id']}/settle").status_code == 403
    assert [row["id"] for row in cast.auditor.client.get(f"{API}/statements").json()["items"]] == [drawn["id"]]
    assert cast.volunteer.client.get(f"{API}/statements/{drawn['id']}").status_code == 404


def test_what_others_wait_for_and_settle_is_not_there(cast: Cast, provider: int) -> None:
    cast.give(cast.volunteer, hours=10)
    made = make(hours=2, stock=1, provider_id=provider, limit_pieces=1, limit_period=Period.EVER)
    take(cast.volunteer, made)
    entry = join_waiting_list(actor=cast.second.actor, benefit_id=made.id)
    statement = draft_settlement(actor=cast.coordinator.actor, provider_id=provider, month=date(2026, 1, 1))
    volunteer = cast.volunteer.client
    for path in (f"waiting/{entry}/accept/", f"waiting/{entry}/leave/"):
        assert volunteer.post(f"/benefits/{path}").status_code == 404
    assert volunteer.get(f"/benefits/statements/{statement}/").status_code == 403
    assert Waiting.objects.get().state == "waiting"
