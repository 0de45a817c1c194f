"""Organisations and membership: kept by coordinators, seen as far as one may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from xinshi.audit.models import AuditEntry
from xinshi.kernel import clock
from xinshi.kernel.actor import ANONYMOUS
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.organizations.actions import (
    MemberUnknown,
    OrganizationKnown,
    change_organization,
    create_organization,
    ensure_departments,
    join,
    join_many,
    leave,
)
from xinshi.organizations.membership import AlreadyMember
from xinshi.organizations.models import Membership, Organization
from xinshi.organizations.queries import belongings, organization, organizations
from xinshi.organizations.tests.conftest import SYSTEM, Cast

Kind = Organization.Kind


def made(name: str = "门诊部", kind: Kind = Kind.DEPARTMENT) -> int:
    return create_organization(actor=SYSTEM, name=name, kind=kind)


def state() -> tuple[list[tuple[object, ...]], list[tuple[object, ...]], int]:
    return (
        list(Organization.objects.order_by("id").values_list("name", "kind", "contact", "is_active", "parent")),
        list(Membership.objects.order_by("id").values_list("person", "organization", "since", "until")),
        AuditEntry.objects.count(),
    )


def test_a_coordinator_creates_an_organisation_on_the_record(cast: Cast) -> None:
    parent = made("医院", Kind.HOSPITAL)
    new = create_organization(
        actor=cast.coordinator.actor, name="  湘江 志愿队 ", kind=Kind.PARTNER, contact="王", parent_id=parent
    )
    card = organization(cast.coordinator.actor, new)
    assert (card.name, card.kind, card.contact, card.parent_name, card.members) == (
        "湘江 志愿队",
        "partner",
        "王",
        "医院",
        0,
    )
    assert AuditEntry.objects.filter(action="organizations.create", object_ref=f"organization:{new}").count() == 1


@pytest.mark.parametrize("name", ["", "   ", "长" * 101, "a\0b"])
def test_refuses_a_name_that_is_none(cast: Cast, name: str) -> None:
    before = state()
    with pytest.raises(Invalid):
        create_organization(actor=cast.coordinator.actor, name=name, kind=Kind.PARTNER)
    assert state() == before


def test_refuses_a_name_twice_and_a_parent_that_is_not_there(cast: Cast) -> None:
    first, second = made("甲"), made("乙")
    before = state()
    with pytest.raises(OrganizationKnown):
        create_organization(actor=cast.coordinator.actor, name="甲", kind=Kind.PARTNER)
    with pytest.raises(OrganizationKnown):
        change_organization(
            actor=cast.coordinator.actor,
            organization_id=second,
            name="甲",
            kind=Kind.DEPARTMENT,
            contact="",
            is_active=True,
        )
    with pytest.raises(NotFound):
        create_organization(actor=cast.coordinator.actor, name="丙", kind=Kind.PARTNER, parent_id=first + 999)
    assert state() == before


def test_others_change_nothing(cast: Cast) -> None:
    identifier = made()
    before = state()
    for actor in (cast.volunteer.actor, cast.auditor.actor, ANONYMOUS):
        with pytest.raises(NotAllowed):
            create_organization(actor=actor, name="x", kind=Kind.PARTNER)
        with pytest.raises(NotAllowed):
            join(actor=actor, organization_id=identifier, volunteer_number=cast.volunteer.number)
        with pytest.raises(NotFound):
            leave(actor=actor, organization_id=identifier, person_id=cast.volunteer.person_id)
    assert state() == before


def test_a_change_names_what_changed_and_none_leaves_no_trace(cast: Cast) -> None:
    identifier = made()

    def change(**values: object) -> list[str]:
        wanted = {"name": "门诊部", "kind": Kind.DEPARTMENT, "contact": "", "is_active": True} | values
        return change_organization(actor=cast.coordinator.actor, organization_id=identifier, **wanted)

    before = state()
    assert change() == []
    assert state() == before
    assert change(name="急诊部", is_active=False) == ["is_active", "name"]
    assert Organization.objects.get(pk=identifier).name == "急诊部"


def test_departments_are_made_once(cast: Cast) -> None:
    first = ensure_departments(actor=cast.coordinator.actor, names=["内科", "外科", "", "内科"])
    again = ensure_departments(actor=cast.coordinator.actor, names=["外科", "儿科"])
    assert sorted(first) == ["内科", "外科"]
    assert again["外科"] == first["外科"]
    assert Organization.objects.count() == 3


def test_people_join_once_leave_and_may_come_back(cast: Cast) -> None:
    actor, identifier, person = cast.coordinator.actor, made(), cast.volunteer.person_id
    assert join(actor=actor, organization_id=identifier, volunteer_number=f" {cast.volunteer.number} ") == person
    before = state()
    with pytest.raises(AlreadyMember):
        join(actor=actor, organization_id=identifier, volunteer_number=cast.volunteer.number)
    with pytest.raises(MemberUnknown):
        join(actor=actor, organization_id=identifier, volunteer_number="1")
    join_many(actor=actor, memberships=[(person, identifier)])
    assert state()[:2] == before[:2]
    leave(actor=actor, person_id=person, organization_id=identifier)
    with pytest.raises(NotFound):
        leave(actor=actor, person_id=person, organization_id=identifier)
    assert organization(actor, identifier).members == 0
    join(actor=actor, organization_id=identifier, volunteer_number=cast.volunteer.number)
    assert Membership.objects.count() == 2
    assert organization(actor, identifier).members == 1


def test_one_sees_ones_own_membership_and_not_that_of_others(cast: Cast) -> None:
    identifier = made()
    for somebody in (cast.volunteer, cast.auditor):
        join(actor=SYSTEM, organization_id=identifier, volunteer_number=somebody.number)
    person = cast.volunteer.person_id
    assert [one.name for one in belongings(cast.volunteer.actor, person)] == ["门诊部"]
    assert [one.name for one in belongings(cast.auditor.actor, person)] == ["门诊部"]
    assert belongings(cast.volunteer.actor, cast.auditor.person_id) == []
    assert belongings(ANONYMOUS, person) == []


def test_what_takes_no_part_is_hidden_from_volunteers(cast: Cast) -> None:
    Organization.objects.filter(pk=made()).update(is_active=False)
    assert organizations(cast.volunteer.actor).count() == 0
    assert organizations(cast.coordinator.actor).count() == 1
    assert organizations(ANONYMOUS).count() == 0


def test_the_list_finds_by_name_and_kind(cast: Cast) -> None:
    made("门诊部")
    made("湘江大学", Kind.UNIVERSITY)
    client = cast.volunteer.client
    assert len(client.get("/organizations/").context["cards"]) == 2
    [(card, _)] = client.get("/organizations/?q=大学&kind=university").context["cards"]
    assert card.name == "湘江大学"
    assert client.get("/organizations/?q=大学&kind=department").context["cards"] == []
    assert client.get("/organizations/?kind=nonsense&page=x").status_code == 200


def test_members_are_shown_to_staff_only(cast: Cast) -> None:
    identifier = made()
    join(actor=SYSTEM, organization_id=identifier, volunteer_number=cast.volunteer.number)
    url = f"/organizations/{identifier}/"
    assert cast.volunteer.number in cast.coordinator.client.get(url).content.decode()
    assert cast.volunteer.number in cast.auditor.client.get(url).content.decode()
    page = cast.volunteer.client.get(url).content.decode()
    assert cast.volunteer.number not in page
    assert "Members" not in page
    assert Client().get(url).status_code == 302


def test_a_coordinator_does_all_of_it_by_page(cast: Cast) -> None:
    client = cast.coordinator.client
    assert client.get("/organizations/new/").status_code == 200
    answer = client.post("/organizations/new/", {"name": "湘江大学", "kind": "university", "contact": ""})
    identifier = Organization.objects.get().pk
    assert answer.headers["Location"] == f"/organizations/{identifier}/"
    again = client.post("/organizations/new/", {"name": "湘江大学", "kind": "university"})
    assert "There is an organisation of this name already." in again.content.decode()
    assert client.get(f"/organizations/{identifier}/edit/").context["form"].initial["name"] == "湘江大学"
    client.post(f"/organizations/{identifier}/edit/", {"name": "湘江学院", "kind": "university", "is_active": "on"})
    assert organization(SYSTEM, identifier).name == "湘江学院"
    unknown = client.post(f"/organizations/{identifier}/members/", {"volunteer_number": "7"})
    assert "Nobody with this number is in the archive." in unknown.content.decode()
    client.post(f"/organizations/{identifier}/members/", {"volunteer_number": cast.volunteer.number})
    assert organization(SYSTEM, identifier).members == 1
    client.post(f"/organizations/{identifier}/members/{cast.volunteer.person_id}/leave/")
    assert organization(SYSTEM, identifier).members == 0
    assert Membership.objects.get().until == clock.today()


def test_volunteers_write_nothing_by_page(cast: Cast) -> None:
    identifier = made()
    client, before = cast.volunteer.client, state()
    for path in ("new/", f"{identifier}/edit/", f"{identifier}/members/"):
        assert client.post(f"/organizations/{path}", {"name": "x", "kind": "partner"}).status_code == 403
    assert client.post(f"/organizations/{identifier}/members/1/leave/").status_code == 404
    assert state() == before


def test_the_api_covers_the_same(cast: Cast) -> None:
    client = cast.coordinator.client
    sent = {"name": "湘江大学", "kind": "university", "contact": "李老师"}

    def post(path: str, body: object, key: str = "") -> object:
        headers = {"Idempotency-Key": key} if key else {}
        return client.post(f"/api/v1/organizations{path}", body, content_type="application/json", headers=headers)

    first = post("", sent, "k")
    assert first.json() == post("", sent, "k").json()
    assert Organization.objects.count() == 1
    identifier = first.json()["id"]
    assert post("", sent).json()["code"] == "organization_known"
    assert post(f"/{identifier}/members", {"volunteer_number": cast.volunteer.number}).json()["is_member"] is True
    listed = client.get(f"/api/v1/organizations/{identifier}/members").json()["items"]
    assert [item["person_id"] for item in listed] == [cast.volunteer.person_id]
    changed = client.put(
        f"/api/v1/organizations/{identifier}", sent | {"name": "湘江学院"}, content_type="application/json"
    )
    assert (changed.json()["name"], changed.json()["members"]) == ("湘江学院", 1)
    ended = client.delete(f"/api/v1/organizations/{identifier}/members/{cast.volunteer.person_id}")
    assert ended.json()["is_member"] is False
    assert [item["name"] for item in client.get("/api/v1/organizations?q=湘").json()["items"]] == ["湘江学院"]


def test_the_api_tells_volunteers_no_membership(cast: Cast) -> None:
    identifier = made()
    client, before = cast.volunteer.client, state()
    assert client.get(f"/api/v1/organizations/{identifier}").json()["members"] is None
    assert client.get(f"/api/v1/organizations/{identifier}/members").status_code == 403
    refused = client.post("/api/v1/organizations", {"name": "x", "kind": "partner"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert client.get(f"/api/v1/organizations/{identifier + 1}").status_code == 404
    assert client.get(f"/api/v1/organizations/{10**30}").status_code == 422
    assert state() == before


def test_erased_people_are_no_members(cast: Cast) -> None:
    identifier = made()
    join(actor=SYSTEM, organization_id=identifier, volunteer_number=cast.volunteer.number)
    person = Membership.objects.get().person
    person.erased_at = clock.now() - timedelta(days=1)
    person.save(update_fields=["erased_at"])
    assert organization(cast.coordinator.actor, identifier).members == 0
    assert cast.coordinator.client.get(f"/organizations/{identifier}/").context["page"].paginator.count == 0
