"""Erasing somebody: who asks, what must be settled first, the two who decide, what the pages and programs show."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from xinshi.audit.models import AuditEntry
from xinshi.bank.erasing.actions import (
    accept_erasure,
    ask_to_be_erased,
    enter_erasure,
    erase_person,
    refuse_erasure,
    withdraw_erasure,
)
from xinshi.bank.erasing.domain import ErasureKnown, ErasureNotOpen, NotAcceptedYet, NotTheirs
from xinshi.bank.erasing.queries import erasing_obstacles
from xinshi.bank.models import ClosingWish, ErasureRequest, MergeProposal, Passbook
from xinshi.bank.obstacles import ObstaclesInTheWay
from xinshi.bank.registration.closing import close_account
from xinshi.bank.tests.conftest import SYSTEM, Cast, PutIn, bank_checks, cast, put_in
from xinshi.kernel import clock
from xinshi.kernel.actor import Role
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.ledger.actions import hold, system_account
from xinshi.ledger.domain import AccountKind
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message, OutgoingText
from xinshi.organizations.actions import create_organization, join_many
from xinshi.organizations.models import Membership, Organization
from xinshi.people.models import ApiToken, Guardianship, Person, RoleGrant, User

__all__ = ["bank_checks", "cast", "put_in"]
State = ErasureRequest.State


def close(cast: Cast) -> None:
    close_account(
        actor=cast.coordinator.actor,
        passbook_id=cast.volunteer.passbook.pk,
        hours=ClosingWish.Hours.LAPSE,
        reason="本人申请",
    )


def asked(cast: Cast) -> int:
    return ask_to_be_erased(actor=cast.volunteer.actor)


def accepted(cast: Cast) -> int:
    close(cast)
    made = asked(cast)
    accept_erasure(actor=cast.coordinator.actor, erasure_id=made)
    return made


def unchanged(cast: Cast) -> bool:
    person = Person.objects.get(pk=cast.volunteer.person_id)
    return person.erased_at is None and person.name == cast.volunteer.passbook.person.name and bool(person.name)


@pytest.mark.usefixtures("bank_checks")
def test_two_people_erase_and_the_book_keeps_every_line(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    made = accepted(cast)
    name = Person.objects.get(pk=cast.volunteer.person_id).name
    pseudonym = erase_person(actor=cast.administrator.actor, erasure_id=made)
    row = ErasureRequest.objects.get(pk=made)
    assert (row.state, row.pseudonym, row.note) == (State.DONE, pseudonym, "")
    assert (row.accepted_by_ref, row.decided_by_ref) == (
        cast.coordinator.actor.reference,
        cast.administrator.actor.reference,
    )
    person = Person.objects.get(pk=cast.volunteer.person_id)
    assert person.name == f"已注销 {pseudonym}" != name
    passbook = Passbook.objects.get(person=person)
    assert (passbook.state, passbook.certified_minutes) == ("closed", 90)
    user = User.objects.get(person=person)
    assert (user.is_active, user.username) == (False, f"erased-{pseudonym}-1")
    assert not user.has_usable_password()
    assert not RoleGrant.objects.filter(user=user).exists()
    assert not Message.objects.filter(recipient_ref=f"person:{person.pk}").exists()
    assert verify().ok


def test_open_hours_and_an_open_account_are_named_and_nothing_goes(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    hold(
        key="voucher:1",
        account_id=cast.volunteer.passbook.account_id,
        to_id=system_account(AccountKind.EXPIRY),
        minutes=30,
        kind="voucher",
        expires_at=clock.now() + timedelta(days=3),
        actor_ref="system:tests",
        memo="体检",
    )
    made = asked(cast)
    with pytest.raises(ObstaclesInTheWay) as refused:
        accept_erasure(actor=cast.coordinator.actor, erasure_id=made)
    assert "体检" in refused.value.parameters["obstacles"]
    assert "1.5" in refused.value.parameters["obstacles"]
    assert ErasureRequest.objects.get(pk=made).state == State.ASKED
    assert unchanged(cast)


def test_what_was_opened_after_the_first_yes_stops_the_second(cast: Cast) -> None:
    made = accepted(cast)
    user = User.objects.get(person_id=cast.volunteer.person_id)
    RoleGrant.objects.create(user=user, role=Role.LEADER.value, granted_by="x", granted_at=clock.now())
    with pytest.raises(ObstaclesInTheWay):
        erase_person(actor=cast.administrator.actor, erasure_id=made)
    assert unchanged(cast)
    assert ErasureRequest.objects.get(pk=made).state == State.ACCEPTED


def test_whoever_others_rely_on_is_replaced_first(cast: Cast) -> None:
    close(cast)
    person_id = cast.volunteer.person_id
    assert erasing_obstacles(person_id) == []
    organization_id = create_organization(actor=SYSTEM, name="东湖公司", kind=Organization.Kind.PARTNER)
    join_many(actor=SYSTEM, memberships=[(person_id, organization_id)])
    Membership.objects.filter(person_id=person_id).update(is_leader=True)
    Guardianship.objects.create(
        ward_id=cast.second.person_id,
        guardian_id=person_id,
        name="甲",
        relation="parent",
        id_number="x",
        named_at=clock.now(),
        named_by_ref="x",
        until=clock.today() + timedelta(days=400),
        consented_at=clock.now(),
        consented_through="text",
    )
    assert len(erasing_obstacles(person_id)) == 2


def test_neither_the_person_nor_one_alone_decides(cast: Cast) -> None:
    close(cast)
    made = asked(cast)
    with pytest.raises(NotAcceptedYet):
        erase_person(actor=cast.administrator.actor, erasure_id=made)
    for nobody in (cast.volunteer, cast.leader, cast.clerk, cast.auditor):
        with pytest.raises(NotAllowed):
            accept_erasure(actor=nobody.actor, erasure_id=made)
    accept_erasure(actor=cast.coordinator.actor, erasure_id=made)
    with pytest.raises(NotTheirs):
        erase_person(actor=cast.coordinator.actor, erasure_id=made)
    with pytest.raises(ErasureNotOpen):
        accept_erasure(actor=cast.administrator.actor, erasure_id=made)
    assert unchanged(cast)


def test_a_coordinator_does_not_decide_on_themselves(cast: Cast) -> None:
    made = ask_to_be_erased(actor=cast.coordinator.actor)
    with pytest.raises(NotTheirs):
        accept_erasure(actor=cast.coordinator.actor, erasure_id=made)
    with pytest.raises(NotTheirs):
        enter_erasure(actor=cast.coordinator.actor, person_id=cast.coordinator.person_id, note="签字")
    assert ErasureRequest.objects.get().state == State.ASKED


def test_it_is_asked_once_and_may_be_taken_back(cast: Cast) -> None:
    made = asked(cast)
    with pytest.raises(ErasureKnown):
        asked(cast)
    withdraw_erasure(actor=cast.volunteer.actor)
    assert ErasureRequest.objects.get(pk=made).state == State.WITHDRAWN
    with pytest.raises(NotFound):
        withdraw_erasure(actor=cast.volunteer.actor)
    with pytest.raises(ErasureNotOpen):
        refuse_erasure(actor=cast.coordinator.actor, erasure_id=made, reason="不必")
    assert asked(cast) != made


def test_a_refusal_is_told_with_its_reason(cast: Cast) -> None:
    made = asked(cast)
    refuse_erasure(actor=cast.coordinator.actor, erasure_id=made, reason="请先结清兑换券")
    assert ErasureRequest.objects.get(pk=made).answer == "请先结清兑换券"
    told = Message.objects.get(recipient_ref=f"person:{cast.volunteer.person_id}")
    assert told.parameters == {"reason": "请先结清兑换券"}
    assert AuditEntry.objects.filter(action="bank.refuse_erasure").count() == 1


def test_records_that_were_merged_go_together(cast: Cast) -> None:
    goes = cast.second.person_id
    Passbook.objects.filter(person_id=goes).update(state="closed")
    Person.objects.filter(pk=goes).update(merged_into=cast.volunteer.person_id)
    MergeProposal.objects.create(
        stays_id=cast.volunteer.person_id,
        goes_id=goes,
        reason="王二和李四是一个人",
        proposed_by_ref="x",
        proposed_at=clock.now(),
    )
    erase_person(actor=cast.administrator.actor, erasure_id=accepted(cast))
    assert Person.objects.filter(pk__in=[goes, cast.volunteer.person_id], erased_at=None).count() == 0
    assert MergeProposal.objects.get().reason == "—"


def test_who_has_a_phone_is_told_by_text(cast: Cast) -> None:
    Person.objects.filter(pk=cast.volunteer.person_id).update(phone="13900001234")
    erase_person(actor=cast.administrator.actor, erasure_id=accepted(cast))
    text = OutgoingText.objects.get()
    assert text.shown_to == "139****1234"
    assert "个人信息" in text.text


def test_pages_from_the_wish_to_the_end(cast: Cast) -> None:
    volunteer = cast.volunteer.client
    own = reverse("bank:erase_own")
    shown = volunteer.get(own).content.decode()
    assert "The account is open" in shown
    assert volunteer.post(own, {}).status_code == 200
    assert ErasureRequest.objects.count() == 0
    assert volunteer.post(own, {"is_understood": "on"}).status_code == 302
    made = ErasureRequest.objects.get().pk
    assert "Keep my data" in volunteer.get(own).content.decode()
    first, second = cast.coordinator.client, cast.administrator.client
    page = reverse("bank:erasure", args=[made])
    assert reverse("bank:accept_erasure", args=[made]) not in first.get(page).content.decode()
    close(cast)
    assert reverse("bank:accept_erasure", args=[made]) in first.get(page).content.decode()
    first.post(reverse("bank:accept_erasure", args=[made]))
    assert reverse("bank:erase_person", args=[made]) not in first.get(page).content.decode()
    assert reverse("bank:erase_person", args=[made]) in second.get(page).content.decode()
    assert "person wants their data deleted" in second.get(reverse("web:desk")).content.decode()
    second.post(reverse("bank:erase_person", args=[made]))
    assert "已注销" in second.get(page).content.decode()
    assert "已注销" in second.get(reverse("people:person", args=[cast.volunteer.person_id])).content.decode()
    assert volunteer.get(own).status_code == 302
    assert "their data deleted" not in second.get(reverse("web:desk")).content.decode()


def test_the_station_writes_it_down_and_refuses_it_by_page(cast: Cast) -> None:
    client = cast.coordinator.client
    address = reverse("bank:enter_erasure", args=[cast.volunteer.person_id])
    assert address in client.get(reverse("people:person", args=[cast.volunteer.person_id])).content.decode()
    assert client.post(address, {"note": ""}).status_code == 200
    answer = client.post(address, {"note": "申请书存二号柜"})
    row = ErasureRequest.objects.get()
    assert (answer.headers["Location"], row.note) == (reverse("bank:erasure", args=[row.pk]), "申请书存二号柜")
    client.post(reverse("bank:erasure", args=[row.pk]), {"reason": "请先结清"})
    assert ErasureRequest.objects.get().state == State.REFUSED
    assert "请先结清" in cast.volunteer.client.get(reverse("bank:erase_own")).content.decode()


def test_the_copy_is_a_zip_for_oneself_alone(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 90)
    answer = cast.volunteer.client.post(reverse("bank:own_copy"))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as found:  # type: ignore[attr-defined]  # a file
        data = json.loads(found.read("data.json"))
    assert data["bank"]["passbooks"][0]["certified_minutes"] == 90
    assert [row["name"] for row in data["people"]["basic_data"]] == [cast.volunteer.passbook.person.name]
    assert AuditEntry.objects.filter(action="bank.take_copy").count() == 1


def send(client: Client, path: str, **payload: str) -> tuple[int, dict[str, object]]:
    answer = client.post(f"/api/v1/bank{path}", json.dumps(payload), content_type="application/json")
    return answer.status_code, answer.json() if answer.content else {}


def test_programs_do_the_same(cast: Cast) -> None:
    volunteer, first, second = cast.volunteer.client, cast.coordinator.client, cast.administrator.client
    assert volunteer.get("/api/v1/bank/me/erasure").status_code == 404
    status, made = send(volunteer, "/me/erasure")
    assert (status, made["state"], len(made["obstacles"])) == (201, "asked", 1)  # type: ignore[arg-type]  # a list
    assert volunteer.get("/api/v1/bank/erasures").status_code == 403
    assert [row["id"] for row in first.get("/api/v1/bank/erasures").json()["items"]] == [made["id"]]
    assert send(first, f"/erasures/{made['id']}/acceptance")[1]["code"] == "obstacles_in_the_way"
    close(cast)
    assert send(first, f"/erasures/{made['id']}/acceptance")[1]["state"] == "accepted"
    assert send(first, f"/erasures/{made['id']}/execution")[0] == 403
    assert send(second, f"/erasures/{made['id']}/execution")[1]["state"] == "done"
    assert send(first, f"/people/{cast.second.person_id}/erasure", note="签字")[0] == 201
    assert cast.second.client.get("/api/v1/bank/me/erasure").json()["state"] == "asked"
    other = ErasureRequest.objects.get(person_id=cast.second.person_id)
    assert send(first, f"/erasures/{other.pk}/refusal", reason="请先结清")[1]["state"] == "refused"


def test_tokens_end_with_their_owner(cast: Cast) -> None:
    user = User.objects.get(person_id=cast.volunteer.person_id)
    ApiToken.objects.create(user=user, name="手机", digest="x" * 64, created_at=clock.now())
    erase_person(actor=cast.administrator.actor, erasure_id=accepted(cast))
    assert not ApiToken.objects.exists()
