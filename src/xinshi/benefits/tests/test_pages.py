"""The way of a volunteer, a clerk and a coordinator through the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.test import Client

from xinshi.benefits.models import Benefit, Slot, Voucher
from xinshi.benefits.tests.conftest import Cast, make, take
from xinshi.documents.qr import qr_svg, site_address
from xinshi.kernel import clock
from xinshi.kernel.ids import grouped_code

pytestmark = pytest.mark.django_db
KEY = re.compile(r'name="key" value="([0-9a-f]{32})"')


def text_of(response: object) -> str:
    return response.content.decode()


def test_from_the_catalogue_to_a_voucher_and_over_the_desk(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    made = make(hours=10, places=(1, 2), in_days=0)
    volunteer, clerk = cast.volunteer.client, cast.clerk.client
    shown = text_of(volunteer.get("/benefits/"))
    assert "健康体检" in shown
    assert "25" in shown
    page = text_of(volunteer.get(f"/benefits/{made.id}/"))
    form = {"key": KEY.search(page)[1], "slot": str(made.slots[0])}
    first, again = (volunteer.post(f"/benefits/{made.id}/reserve/", form) for _ in range(2))
    voucher = Voucher.objects.get()
    assert first.headers["Location"] == again.headers["Location"] == f"/benefits/vouchers/{voucher.pk}/"
    ticket = text_of(volunteer.get(first.headers["Location"]))
    assert grouped_code(voucher.short_code) in ticket
    assert '<svg role="img"' in ticket
    assert "style=" not in ticket
    typed = clerk.get("/benefits/desk/", {"code": grouped_code(voucher.short_code).lower()})
    assert "verdict good" in text_of(typed)
    done = clerk.post(f"/benefits/vouchers/{voucher.pk}/fulfil/", follow=True)
    assert "Redeemed: 健康体检 for 李明, 10 hours." in text_of(done)
    assert cast.volunteer.balance.posted == 900
    assert "verdict bad" in text_of(clerk.get(f"/benefits/v/{voucher.short_code}/"))
    assert "Redeemed: 健康体检" in text_of(clerk.post(f"/benefits/vouchers/{voucher.pk}/fulfil/", follow=True))
    Voucher.objects.update(ended_at=clock.now() - timedelta(seconds=11))
    assert "It counts once" in text_of(clerk.post(f"/benefits/vouchers/{voucher.pk}/fulfil/", follow=True))
    assert cast.volunteer.balance.posted == 900


def test_the_qr_code_leads_the_clerk_to_the_verdict_and_the_owner_to_the_voucher(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    made = take(cast.volunteer, make())
    address = f"/benefits/v/{made.short_code}/"
    assert "verdict good" in text_of(cast.clerk.client.get(address))
    assert cast.volunteer.client.get(address).headers["Location"] == f"/benefits/vouchers/{made.voucher_id}/"
    assert cast.second.client.get(address).status_code == 404
    assert Client().get(address).headers["Location"].startswith("/account/login/")


def test_the_whole_address_that_a_hand_scanner_types_is_understood(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    made = take(cast.volunteer, make())
    typed = site_address(f"/benefits/v/{made.short_code}/")
    assert "verdict good" in text_of(cast.clerk.client.get("/benefits/desk/", {"code": typed}))


@pytest.mark.parametrize("typed", ["AAAAA-AAAAA", "x", "\0", "九" * 10, "A" * 5_000, "%00"])
def test_an_unknown_code_is_a_clear_no(cast: Cast, typed: str) -> None:
    response = cast.clerk.client.get("/benefits/desk/", {"code": typed})
    assert response.status_code == 200
    assert "There is no voucher with this code" in text_of(response)


def test_the_desk_lists_what_is_due_today(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    today, later, anyday = (
        make(name="今日体检", places=(1,), in_days=0),
        make(name="明日体检", places=(1,)),
        make(name="午餐"),
    )
    for made in (anyday, later, today):
        take(cast.volunteer, made)
    shown = text_of(cast.clerk.client.get("/benefits/desk/"))
    assert shown.index("今日体检") < shown.index("午餐")
    assert "明日体检" not in shown


def test_who_has_too_few_hours_reads_how_many_are_missing_and_gets_no_button(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=7)
    made = make(hours=10, stock=1)
    for address in ("/benefits/", f"/benefits/{made.id}/"):
        assert "Hours missing: 3." in text_of(cast.volunteer.client.get(address))
    page = text_of(cast.volunteer.client.get(f"/benefits/{made.id}/"))
    assert "/reserve/" not in page
    refused = cast.volunteer.client.post(f"/benefits/{made.id}/reserve/", {"key": "k"}, follow=True)
    assert "Hours missing: 3." in text_of(refused)
    assert Voucher.objects.count() == 0


@pytest.mark.parametrize(
    "form", [{}, {"key": "k" * 65}, {"key": "k", "slot": "x"}, {"key": "k", "slot": "9" * 30}, {"key": "k"}]
)
def test_a_form_that_does_not_fit_reserves_nothing(cast: Cast, form: dict[str, str]) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make(places=(1,))
    assert cast.volunteer.client.post(f"/benefits/{made.id}/reserve/", form).status_code == 302
    assert (Voucher.objects.count(), Slot.objects.get().taken) == (0, 0)


def test_looking_reserves_redeems_and_cancels_nothing(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    made = make()
    voucher_id = take(cast.volunteer, made).voucher_id
    assert cast.volunteer.client.get(f"/benefits/{made.id}/reserve/").status_code == 405
    assert cast.clerk.client.get(f"/benefits/vouchers/{voucher_id}/fulfil/").status_code == 405
    assert cast.volunteer.client.get(f"/benefits/vouchers/{voucher_id}/cancel/").status_code == 200
    assert Voucher.objects.get().state == "reserved"


def test_the_owner_cancels_after_a_look(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    voucher_id = take(cast.volunteer, make(places=(1,))).voucher_id
    client = cast.volunteer.client
    assert "10 hours come back" in text_of(client.get(f"/benefits/vouchers/{voucher_id}/cancel/"))
    client.post(f"/benefits/vouchers/{voucher_id}/cancel/")
    assert cast.volunteer.balance.held == 0
    shown = text_of(client.get(f"/benefits/vouchers/{voucher_id}/"))
    assert "Cancelled" in shown
    assert "<svg role" not in shown


def test_a_clerk_cancels_with_a_reason_only(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    voucher_id = take(cast.volunteer, make(places=(1,), in_days=0)).voucher_id
    client = cast.clerk.client
    assert client.post(f"/benefits/vouchers/{voucher_id}/cancel/", {"reason": " "}).status_code == 200
    assert Voucher.objects.get().state == "reserved"
    client.post(f"/benefits/vouchers/{voucher_id}/cancel/", {"reason": "医生生病"})
    assert (Voucher.objects.get().state, Voucher.objects.get().reason) == ("cancelled", "医生生病")


def test_staff_see_a_voucher_without_what_redeems_it(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    made = take(cast.volunteer, make())
    address = f"/benefits/vouchers/{made.voucher_id}/"
    shown = text_of(cast.auditor.client.get(address))
    assert "李明" in shown
    assert made.short_code not in shown
    assert grouped_code(made.short_code) not in shown
    assert cast.second.client.get(address).status_code == 404
    assert cast.second.client.get(f"{address}cancel/").status_code == 404
    assert cast.coordinator.client.post(f"{address}cancel/", {"reason": "x"}).status_code == 404
    assert Voucher.objects.get().state == "reserved"


def test_ones_vouchers_are_ones_own(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=100)
    made = make()
    for _ in range(3):
        take(cast.volunteer, made)
    assert len(cast.volunteer.client.get("/benefits/vouchers/").context["cards"]) == 3
    assert cast.second.client.get("/benefits/vouchers/").context["cards"] == []


def test_the_catalogue_asks_the_database_ten_times_however_much_is_offered(
    cast: Cast, django_assert_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    cast.give(cast.volunteer, hours=100)
    client = cast.volunteer.client
    for number in (1, 5):
        for _ in range(number):
            take(cast.volunteer, make(hours=1, places=(2, 3)))
        with django_assert_num_queries(10):
            client.get("/benefits/")


def test_desk_and_management_are_closed_to_volunteers(cast: Cast) -> None:
    made = make(places=(1,))
    for address in ("/benefits/desk/", "/benefits/manage/", "/benefits/manage/new/", f"/benefits/manage/{made.id}/"):
        assert cast.volunteer.client.get(address).status_code == 403
        assert Client().get(address).status_code == 302
    assert cast.coordinator.client.get("/benefits/desk/").status_code == 403
    assert cast.clerk.client.get("/benefits/manage/").status_code == 403


def test_a_coordinator_offers_a_dated_benefit(cast: Cast) -> None:
    client, first = cast.coordinator.client, clock.today() + timedelta(days=1)
    form = {
        "name": "健康体检",
        "kind": "health_check",
        "price": "７.5",
        "stars_min": "2",
        "supply": "dated",
        "valid_days": "30",
        "is_active": "on",
    }
    made = client.post("/benefits/manage/new/", form)
    benefit = Benefit.objects.get()
    assert (benefit.price_minutes, benefit.stars_min, benefit.stock) == (450, 2, None)
    assert made.headers["Location"] == f"/benefits/manage/{benefit.pk}/slots/"
    days = {
        "first": first.isoformat(),
        "last": (first + timedelta(days=13)).isoformat(),
        "places": "8",
        "starts": "08:30",
    }
    client.post(f"/benefits/manage/{benefit.pk}/slots/", days | {"weekdays": ["0", "2"]})
    assert (Slot.objects.count(), {slot.day.weekday() for slot in Slot.objects.all()}) == (4, {0, 2})
    slot = Slot.objects.order_by("day").first()
    client.post(f"/benefits/manage/slots/{slot.pk}/change/", {"places": "3"})
    client.post(f"/benefits/manage/slots/{slot.pk}/change/", {"places": "x"})
    slot.refresh_from_db()
    assert slot.places == 3
    assert "健康体检" in text_of(client.get("/benefits/manage/"))
    assert client.get(f"/benefits/manage/{benefit.pk}/slots/").status_code == 200
    client.post(f"/benefits/manage/{benefit.pk}/", form | {"price": "8"})
    benefit.refresh_from_db()
    assert benefit.price_minutes == 480


def test_a_coordinator_sees_who_comes_and_calls_the_day_off_with_a_reason(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=25)
    made = make(places=(3,))
    voucher_id = take(cast.volunteer, made).voucher_id
    client, address = cast.coordinator.client, f"/benefits/manage/slots/{made.slots[0]}/"
    assert "李明" in text_of(client.get(address))
    assert client.get(f"{address}call-off/").status_code == 200
    client.post(f"{address}call-off/", {"reason": " "})
    assert Voucher.objects.get().state == "reserved"
    done = client.post(f"{address}call-off/", {"reason": "医生生病"}, follow=True)
    assert "People told: 1." in text_of(done)
    assert Voucher.objects.get(pk=voucher_id).state == "cancelled"
    for somebody in (cast.volunteer, cast.clerk, cast.auditor):
        assert somebody.client.get(address).status_code == 403


@pytest.mark.parametrize("price", ["", "a lot", "0", "-3", "1e9", "20000"])
def test_a_price_that_is_none_is_said_at_the_form(cast: Cast, price: str) -> None:
    form = {"name": "午餐", "kind": "meal", "price": price, "stars_min": "0", "supply": "unlimited", "valid_days": "30"}
    response = cast.coordinator.client.post("/benefits/manage/new/", form)
    assert (response.status_code, Benefit.objects.count()) == (200, 0)
    assert response.context["form"].errors


@pytest.mark.parametrize(
    "days",
    [
        {"first": "2020-01-01"},
        {"first": "9999-12-31"},
        {"first": "9999-12-01", "last": "9999-12-31"},
        {"first": "2027-01-05", "last": "2027-01-01"},
        {"first": "2027-01-04", "last": "2027-01-05", "weekdays": ["6"]},
        {"first": "2027-01-04", "last": "2028-12-31"},
        {"first": "no day"},
    ],
)
def test_days_that_do_not_fit_are_said_at_the_form(cast: Cast, days: dict[str, object]) -> None:
    made = make(places=(1,))
    response = cast.coordinator.client.post(f"/benefits/manage/{made.id}/slots/", days | {"places": "5"})
    assert (response.status_code, Slot.objects.count()) == (200, 1)
    assert response.context["form"].errors


def test_every_page_speaks_chinese(cast: Cast) -> None:
    cast.give(cast.volunteer, hours=7)
    make(hours=10, stock=1)
    shown = cast.volunteer.client.get("/benefits/", headers={"accept-language": "zh-hans"}).content.decode()
    assert "还差 3 小时" in shown


def test_a_qr_code_holds_an_absolute_address_and_no_style(settings: object) -> None:
    settings.BASE_URL = "https://bank.example"
    assert site_address("/benefits/v/ABC/") == "https://bank.example/benefits/v/ABC/"
    markup = qr_svg("/benefits/v/ABC/", label='say "<hi>"')
    assert markup.startswith('<svg role="img" viewBox=')
    assert "<hi>" not in markup
    assert "style=" not in markup
