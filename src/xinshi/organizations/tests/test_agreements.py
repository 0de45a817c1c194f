"""Agreements: their terms stay once signed, their end is told in time, nothing of them is ever lost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from xinshi.audit.models import AuditEntry
from xinshi.kernel import clock
from xinshi.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message
from xinshi.organizations.agreements.actions import (
    Terms,
    add_files,
    change_contact,
    change_draft,
    draft_agreement,
    end_agreement,
    put_in_force,
    tend_agreements,
)
from xinshi.organizations.agreements.queries import agreements, ending_count, scan
from xinshi.organizations.domain import (
    AgreementNotSigned,
    AgreementOver,
    AgreementPast,
    AgreementStanding,
    AgreementStands,
    DatesOutOfOrder,
    reminder_due,
    standing,
)
from xinshi.organizations.models import Agreement, AgreementEvent, AgreementFile
from xinshi.organizations.tests.conftest import SYSTEM, Partners

TODAY = date(2026, 11, 26)
DAYS = st.integers(-400, 400)
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n"


def terms(*, first: int = 0, last: int = 60, signed: bool = False, title: str = "合作协议") -> Terms:
    today = clock.today()
    return Terms(
        title=title,
        covers="门诊导引与陪诊",
        starts_on=today + timedelta(days=first),
        ends_on=today + timedelta(days=last),
        signed_on=today if signed else None,
        contact="李老师 13900000000",
    )


def drafted(partners: Partners, wanted: Terms | None = None) -> int:
    return draft_agreement(
        actor=partners.cast.coordinator.actor, organization_id=partners.university, terms=wanted or terms()
    )


def in_force(partners: Partners, *, last: int = 60) -> int:
    made = drafted(partners, terms(last=last, signed=True))
    put_in_force(actor=SYSTEM, agreement_id=made)
    return made


def events(agreement_id: int) -> list[str]:
    return list(AgreementEvent.objects.filter(agreement_id=agreement_id).order_by("pk").values_list("what", flat=True))


@given(state=st.sampled_from(["draft", "in_force", "ended"]), first=DAYS, length=st.integers(0, 400))
def test_an_agreement_stands_in_one_way_on_any_day(state: str, first: int, length: int) -> None:
    starts, ends = TODAY + timedelta(days=first), TODAY + timedelta(days=first + length)
    found = standing(state, starts_on=starts, ends_on=ends, today=TODAY)
    assert (found == AgreementStanding.DRAFT) == (state == "draft")
    assert (found == AgreementStanding.ENDED) == (state == "ended" or (state == "in_force" and ends < TODAY))
    if found in (AgreementStanding.IN_FORCE, AgreementStanding.ENDING):
        assert starts <= TODAY <= ends
        assert (found == AgreementStanding.ENDING) == ((ends - TODAY).days <= 90)


@given(left=DAYS)
def test_two_reminders_come_in_time(left: int) -> None:
    due = reminder_due(TODAY + timedelta(days=left), today=TODAY)
    assert due == (None if left < 0 or left > 90 else 30 if left <= 30 else 90)


def test_from_draft_to_in_force_to_ended_each_step_on_record(partners: Partners) -> None:
    coordinator = partners.cast.coordinator.actor
    made = drafted(partners)
    assert change_draft(actor=coordinator, agreement_id=made, terms=terms(title="共建协议")) == ["title"]
    assert change_draft(actor=coordinator, agreement_id=made, terms=terms(title="共建协议")) == []
    with pytest.raises(AgreementNotSigned):
        put_in_force(actor=coordinator, agreement_id=made)
    with pytest.raises(AgreementNotSigned):
        put_in_force(actor=coordinator, agreement_id=made, signed_on=clock.today() + timedelta(days=1))
    for _ in range(2):
        put_in_force(actor=coordinator, agreement_id=made, signed_on=clock.today())
    with pytest.raises(AgreementStands):
        change_draft(actor=coordinator, agreement_id=made, terms=terms())
    change_contact(actor=coordinator, agreement_id=made, contact="王老师")
    with pytest.raises(Invalid):
        end_agreement(actor=coordinator, agreement_id=made, because="  ")
    end_agreement(actor=coordinator, agreement_id=made, because="双方协商终止")
    for again in (
        lambda: end_agreement(actor=coordinator, agreement_id=made, because="x"),
        lambda: put_in_force(actor=coordinator, agreement_id=made, signed_on=clock.today()),
        lambda: change_contact(actor=coordinator, agreement_id=made, contact=""),
    ):
        with pytest.raises(AgreementOver):
            again()
    assert events(made) == ["drafted", "changed", "signed", "changed", "ended"]
    assert AuditEntry.objects.filter(object_ref=f"agreement:{made}").count() == 5
    assert "13900000000" not in str(list(AuditEntry.objects.values()))
    following = draft_agreement(actor=coordinator, organization_id=partners.university, terms=terms(), renews_id=made)
    assert Agreement.objects.get(pk=following).renews_id == made
    with pytest.raises(NotFound):
        draft_agreement(actor=coordinator, organization_id=partners.other, terms=terms(), renews_id=made)


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"first": 5, "last": 4}, DatesOutOfOrder),
        ({"last": 366 * 22}, DatesOutOfOrder),
        ({"title": " "}, Invalid),
        ({"title": "a\0b"}, Invalid),
    ],
)
def test_refuses_terms_that_are_none(partners: Partners, wanted: dict[str, object], refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        drafted(partners, terms(**wanted))  # type: ignore[arg-type]
    assert not Agreement.objects.exists()
    with pytest.raises(NotAllowed):
        draft_agreement(actor=partners.keeper.actor, organization_id=partners.university, terms=terms())


def test_refuses_to_put_in_force_what_is_over(partners: Partners) -> None:
    made = drafted(partners, terms(first=-40, last=-1, signed=True))
    with pytest.raises(AgreementPast):
        put_in_force(actor=SYSTEM, agreement_id=made)
    assert events(made) == ["drafted"]


@pytest.mark.parametrize(
    "change", [{"title": "x"}, {"ends_on": date(2030, 1, 1)}, {"state": "draft"}, {"signed_on": None}]
)
def test_the_database_itself_keeps_the_terms(partners: Partners, change: dict[str, object]) -> None:
    made = in_force(partners)
    with pytest.raises(DatabaseError), transaction.atomic():
        Agreement.objects.filter(pk=made).update(**change)
    for table in (Agreement, AgreementEvent):
        with pytest.raises(DatabaseError), transaction.atomic():
            table.objects.all()._raw_delete(using="default")  # type: ignore[attr-defined]  # past Django's own checks


def test_its_end_is_told_twice_and_booked_once(partners: Partners) -> None:
    made = in_force(partners, last=100)
    told = Message.objects.filter(key__startswith=f"agreement:{made}:")

    def tend(days: int) -> tuple[int, int]:
        with time_machine.travel(clock.now() + timedelta(days=days)):
            ended = tend_agreements(actor=SYSTEM)
            assert tend_agreements(actor=SYSTEM) == 0
            return ended, told.count()

    people = {f"person:{who.person_id}" for who in (partners.keeper, partners.cast.coordinator)}
    assert tend(9) == (0, 0)
    assert tend(10) == (0, 2)
    assert set(told.values_list("recipient_ref", flat=True)) == people
    assert tend(40) == (0, 2)
    assert tend(75) == (0, 4)
    assert tend(100) == (0, 4)
    assert tend(101) == (1, 4)
    row = Agreement.objects.get(pk=made)
    assert (row.state, row.ended_on) == ("ended", row.ends_on)
    assert events(made) == ["drafted", "signed", "ran_out"]


def test_the_desk_counts_what_ends_soon(partners: Partners) -> None:
    coordinator = partners.cast.coordinator.actor
    soon = in_force(partners, last=30)
    in_force(partners, last=300)
    drafted(partners)
    assert ending_count(coordinator) == (1, clock.today() + timedelta(days=30))
    found = {state: agreements(coordinator, state=state).count() for state in ("", *AgreementStanding)}
    assert found == {"": 3, "draft": 1, "to_begin": 0, "in_force": 2, "ending": 1, "ended": 0}
    [shown] = agreements(coordinator, state=AgreementStanding.ENDING)
    assert shown.pk == soon
    assert agreements(partners.keeper.actor).count() == 2
    page = partners.cast.coordinator.client.get("/organizations/agreements/?state=ending")
    assert [one.row.pk for one in page.context["rows"]] == [soon]
    assert partners.cast.auditor.client.get("/organizations/agreements/").status_code == 200


def test_a_scan_is_sealed_and_kept_once(partners: Partners) -> None:
    made = in_force(partners)
    assert add_files(actor=SYSTEM, agreement_id=made, files=[PDF, PDF]) == 1
    assert add_files(actor=SYSTEM, agreement_id=made, files=[PDF]) == 0
    file = AgreementFile.objects.get()
    assert scan(partners.keeper.actor, file.pk)[1] == PDF
    answer = partners.keeper.client.get(reverse("organizations:scan", args=[file.pk]))
    assert answer.content == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    with pytest.raises(NotFound):
        scan(partners.other_keeper.actor, file.pk)
    with pytest.raises(DomainError):
        add_files(actor=SYSTEM, agreement_id=made, files=[b"<html>"])
    assert events(made) == ["drafted", "signed", "file_added"]


def test_the_desk_does_all_of_it_by_page(partners: Partners) -> None:
    client, today = partners.cast.coordinator.client, clock.today()
    sent = {"title": "协议", "covers": "导引", "starts_on": today, "ends_on": today + timedelta(days=90)}
    drafting = reverse("organizations:draft_agreement", args=[partners.university])
    wrong = client.post(drafting, sent | {"ends_on": today - timedelta(days=1)})
    assert "The last day cannot come before the first" in wrong.content.decode()
    page = client.post(drafting, sent).headers["Location"]
    assert client.post(f"{page}edit/", sent | {"covers": "导引与陪诊"}).headers["Location"] == page
    assert client.post(f"{page}force/", {"signed_on": "x"}).status_code == 200
    client.post(f"{page}force/", {"signed_on": today.isoformat()})
    client.post(f"{page}files/", {"file": SimpleUploadedFile("scan.pdf", PDF)})
    bad = client.post(f"{page}files/", {"file": SimpleUploadedFile("scan.pdf", b"x")})
    assert "Only photos (JPEG, PNG, WebP) and PDF files can be evidence." in bad.content.decode()
    assert client.get(f"{drafting}?renews={page.split('/')[-2]}").context["form"].initial["title"] == "协议"
    client.post(f"{page}contact/", {"contact": "李老师"})
    client.post(f"{page}end/", {"because": "更换单位"})
    text = client.get(page).content.decode()
    assert "更换单位" in text
    assert events(Agreement.objects.get().pk) == ["drafted", "changed", "signed", "file_added", "changed", "ended"]


def test_the_api_covers_the_same(partners: Partners) -> None:
    client, today = partners.cast.coordinator.client, clock.today()
    sent = {"title": "协议", "covers": "导引", "starts_on": str(today), "ends_on": str(today + timedelta(days=9))}
    root = "/api/v1/organizations"

    def post(path: str, body: object) -> dict[str, object]:
        return client.post(f"{root}{path}", body, content_type="application/json").json()

    made = post(f"/{partners.university}/agreements", sent)["id"]
    assert post(f"/agreements/{made}/signing", {"signed_on": str(today)})["standing"] == "ending"
    scanned = client.post(f"{root}/agreements/{made}/files", {"file": SimpleUploadedFile("s.pdf", PDF)}).json()
    assert len(scanned["files"]) == 1
    assert post(f"/agreements/{made}/ending", {"because": "结束"})["standing"] == "ended"
    assert client.get(f"{root}/agreements?standing=ended").json()["items"][0]["id"] == made
    refused = client.put(f"{root}/agreements/{made}", sent, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "agreement_stands")
