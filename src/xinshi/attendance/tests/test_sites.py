"""Places: distance, GCJ-02, inside and outside; nothing of a position is kept but the verdict."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains

from xinshi.activities.tests.conftest import Cast
from xinshi.attendance.codes.actions import arrive_by_code
from xinshi.attendance.codes.domain import Outcome, code_from
from xinshi.attendance.codes.models import Trace
from xinshi.attendance.codes.signing import new_code
from xinshi.attendance.models import ActivitySite, ServiceRecord, Site
from xinshi.attendance.sites.actions import NewSite, SiteNameTaken, put_activity_at, save_site
from xinshi.attendance.sites.domain import (
    OutsidePlace,
    PlaceUnknown,
    Position,
    Verdict,
    distance_metres,
    judge,
    position_from,
    wgs84,
)
from xinshi.attendance.tests.conftest import MoveTo, Service, at
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed, NotFound

HALL = NewSite(name="门诊楼", latitude=Decimal("39.915000"), longitude=Decimal("116.404000"), datum="wgs84")
THERE, NEAR, FAR = (Position(39.915 + by, 116.404, 20) for by in (0, 0.002, 0.02))


def test_distances_are_those_of_the_globe() -> None:
    assert distance_metres(Position(0, 0), Position(0, 1)) == pytest.approx(111_195, abs=1)
    beijing, shanghai = Position(39.9042, 116.4074), Position(31.2304, 121.4737)
    assert distance_metres(beijing, shanghai) == pytest.approx(1_067_000, rel=0.001)
    assert distance_metres(beijing, beijing) == 0


def test_chinese_maps_are_half_a_kilometre_beside_gps() -> None:
    shown = Position(39.91640428150164, 116.41024449916938)  # What a map in GCJ-02 shows of 39.915, 116.404.
    real = wgs84(shown.latitude, shown.longitude, datum="gcj02")
    assert distance_metres(real, Position(39.915, 116.404)) < 1
    assert 500 < distance_metres(shown, real) < 600
    assert wgs84(39.915, 116.404, datum="wgs84") == Position(39.915, 116.404)
    assert wgs84(52.52, 13.4, datum="gcj02") == Position(52.52, 13.4)


def test_a_verdict_is_in_favour_of_who_is_there() -> None:
    place = Position(39.915, 116.404)
    assert judge(THERE, place, radius_metres=100) == Verdict("inside", 0)
    assert judge(NEAR, place, radius_metres=200) == Verdict("outside", 2)
    assert judge(NEAR, place, radius_metres=203) == Verdict("inside", 2)
    assert judge(Position(39.917, 116.404, 100), place, radius_metres=130) == Verdict("inside", 2)
    assert judge(FAR, place, radius_metres=300) == Verdict("outside", 22)
    assert judge(None, place, radius_metres=300) == judge(Position(39.915, 116.404, 301), place, radius_metres=300)
    for typed in (
        ("x", "1", ""),
        ("91", "1", ""),
        ("1", "181", "5"),
        ("NaN", "1", ""),
        ("1", "1", "-5"),
        ("1e999", "0", ""),
    ):
        assert position_from(*typed) is None
    assert position_from("39.9", "116.4", "") == Position(39.9, 116.4, 0)


def test_sites_are_for_planners_and_where_an_activity_is_held_for_who_leads(cast: Cast, service: Service) -> None:
    shift = service.shift([])
    for who in (cast.volunteer, cast.leader, cast.clerk):
        with pytest.raises(NotAllowed):
            save_site(actor=who.actor, site=HALL)
    site = save_site(actor=cast.coordinator.actor, site=HALL)
    with pytest.raises(SiteNameTaken):
        save_site(actor=cast.coordinator.actor, site=HALL)
    with pytest.raises(NotFound):
        save_site(actor=cast.coordinator.actor, site=HALL, site_id=site + 1)
    with pytest.raises(NotFound):
        put_activity_at(actor=cast.other_leader.actor, activity_id=shift.activity_id, site_id=site)
    with pytest.raises(NotFound):
        put_activity_at(actor=cast.leader.actor, activity_id=shift.activity_id, site_id=site + 1)
    put_activity_at(actor=cast.leader.actor, activity_id=shift.activity_id, site_id=site, is_demanded=True)
    assert ActivitySite.objects.get().is_demanded
    put_activity_at(actor=cast.leader.actor, activity_id=shift.activity_id, site_id=None)
    assert not ActivitySite.objects.exists()
    assert Site.objects.count() == 1


def test_outside_is_flagged_and_refused_only_where_the_activity_demands(
    cast: Cast, service: Service, frozen: MoveTo
) -> None:
    shift = service.shift([cast.volunteer.person_id, cast.second.person_id])
    site = save_site(actor=cast.coordinator.actor, site=HALL)

    def come(who: object, position: Position | None) -> Outcome:
        code = code_from(new_code(f"a{shift.activity_id}", clock.now()))
        return arrive_by_code(actor=who.actor, code=code, position=position).outcome

    def demand(is_demanded: bool) -> None:
        put_activity_at(actor=cast.leader.actor, activity_id=shift.activity_id, site_id=site, is_demanded=is_demanded)

    demand(True)
    with pytest.raises(OutsidePlace) as far:
        come(cast.volunteer, FAR)
    assert far.value.parameters == {"metres": 2_200}
    with pytest.raises(PlaceUnknown):
        come(cast.volunteer, None)
    assert not ServiceRecord.objects.exists()
    assert come(cast.volunteer, THERE) is Outcome.IN
    demand(False)
    assert come(cast.second, FAR) is Outcome.IN
    frozen(at(10, 55))
    assert come(cast.second, None) is Outcome.OUT
    kept = Trace.objects.order_by("pk").values_list("place", "distance_hectometres")
    assert list(kept) == [("inside", 0), ("outside", 22), ("unknown", None)]


def test_the_pages_of_sites(cast: Cast, service: Service) -> None:
    shift = service.shift([])
    typed = {
        "name": "急诊楼",
        "latitude": "30.274085",
        "longitude": "120.155070",
        "datum": "gcj02",
        "radius_metres": "200",
    }
    client = cast.coordinator.client
    assert client.post(reverse("attendance:sites"), typed | {"latitude": "95"}).status_code == 200
    assert not Site.objects.exists()
    assert client.post(reverse("attendance:sites"), typed).status_code == 302
    assert "已有同名" in client.post(reverse("attendance:sites"), typed).content.decode()
    site = Site.objects.get()
    assert client.post(reverse("attendance:site", args=[site.pk]), typed | {"radius_metres": "250"}).status_code == 302
    assert client.get(reverse("attendance:site", args=[site.pk + 1])).status_code == 404
    address = reverse("attendance:activity_site", args=[shift.activity_id])
    assert cast.other_leader.client.get(address).status_code == 404
    leader = cast.leader.client
    option = f'<option value="{site.pk}">急诊楼</option>'
    assertContains(leader.get(address), option, html=True)
    assertContains(client.get(reverse("attendance:kiosks")), option, html=True)
    assert leader.post(address, {"site": site.pk, "is_demanded": "on"}).status_code == 302
    asked = cast.volunteer.client.get(
        reverse("attendance:scanned", args=[new_code(f"a{shift.activity_id}", clock.now())])
    )
    assert "急诊楼" in asked.content.decode()
    assert leader.post(address, {"site": ""}).status_code == 302
    assert not ActivitySite.objects.exists()
