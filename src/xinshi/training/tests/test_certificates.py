"""Certificates: on paper, checked by anybody, revoked with a reason, renewed in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from xinshi.archive.queries import facts
from xinshi.bank.merging.actions import confirm_merge, propose_merge
from xinshi.kernel.errors import NotAllowed
from xinshi.messages.models import Message
from xinshi.training import actions
from xinshi.training.domain import CertificateEnded, ReasonTooShort
from xinshi.training.models import Certificate
from xinshi.training.queries import checked_certificate, own_certificates, training_record
from xinshi.training.tests.conftest import (
    SYSTEM,
    Cast,
    Clock,
    MadeCourse,
    MakeCourse,
    everything,
)


def test_anybody_checks_a_certificate_and_sees_no_name(cast: Cast, course: MadeCourse, frozen: Clock) -> None:
    certificate = course.passed_by(cast.volunteer)
    page = Client().get(f"/training/check/{certificate.number}/")
    assert (page.status_code, "李*" in page.text, "李明" in page.text) == (200, True, False)
    typed = f"{certificate.number[:4]}-{certificate.number[4:9].lower()} {certificate.number[9:]}"
    found = checked_certificate(typed)
    assert found is not None
    assert found.state == "valid"
    forwarded = Client().get("/training/check/", {"number": typed})
    assert forwarded.headers["Location"] == f"/training/check/{certificate.number}/"
    assert Client().get("/training/check/2026ZZZZZZZZZZ/").status_code == 404
    frozen.shift(timedelta(days=400))
    expired = checked_certificate(certificate.number)
    assert expired is not None
    assert expired.state == "expired"


def test_a_revoked_certificate_takes_the_qualification_along(cast: Cast, course: MadeCourse) -> None:
    certificate = course.passed_by(cast.volunteer)
    before = everything()
    with pytest.raises(NotAllowed):
        actions.revoke_certificate(actor=cast.leader.actor, certificate_id=certificate.pk, reason="代考，已核实")
    with pytest.raises(ReasonTooShort):
        actions.revoke_certificate(actor=cast.coordinator.actor, certificate_id=certificate.pk, reason="否")
    assert everything() == before
    actions.revoke_certificate(actor=cast.coordinator.actor, certificate_id=certificate.pk, reason="代考，已核实")
    assert facts([cast.volunteer.person_id])[cast.volunteer.person_id].qualifications == {}
    with pytest.raises(CertificateEnded):
        actions.revoke_certificate(actor=cast.coordinator.actor, certificate_id=certificate.pk, reason="代考，已核实")
    assert Message.objects.filter(key=f"certificate:{certificate.pk}:revoked").count() == 1
    checked = checked_certificate(certificate.number)
    assert checked is not None
    assert checked.state == "revoked"
    again = course.passed_by(cast.volunteer)
    assert again.pk != certificate.pk
    own = course.passed_by(cast.coordinator)
    with pytest.raises(NotAllowed):
        actions.revoke_certificate(actor=cast.coordinator.actor, certificate_id=own.pk, reason="不能撤销自己的")


def test_the_paper_is_for_its_owner_and_who_keeps_courses(cast: Cast, course: MadeCourse) -> None:
    certificate = course.passed_by(cast.volunteer)
    address = f"/training/certificates/{certificate.pk}/paper/"
    paper = cast.volunteer.client.get(address)
    assert (paper.status_code, paper["Content-Type"], paper.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert cast.coordinator.client.get(address).status_code == 200
    for stranger in (cast.second, cast.leader):
        assert stranger.client.get(address).status_code == 404
        assert stranger.client.get(f"/training/certificates/{certificate.pk}/").status_code == 404


def test_the_archive_reminds_of_qualifications_and_this_room_of_the_rest(
    cast: Cast, make_course: MakeCourse, frozen: Clock
) -> None:
    make_course().passed_by(cast.volunteer)
    make_course(code="no-qualification", qualification="").passed_by(cast.second)
    frozen.shift(timedelta(days=270))
    assert actions.remind_of_expiry(actor=SYSTEM) == 0
    for shifted in (10, 0, 60, 23, 5):
        frozen.shift(timedelta(days=shifted))
        actions.remind_of_expiry(actor=SYSTEM)
    told = Message.objects.filter(key__contains=":ends:").order_by("pk").values_list("recipient_ref", "key")
    assert {ref for ref, _ in told} == {cast.second.reference}
    assert [key.rpartition(":")[2] for _, key in told] == ["90", "30", "7"]


def test_what_a_merged_record_learned_is_the_one_persons(cast: Cast, course: MadeCourse) -> None:
    certificate = course.passed_by(cast.second)
    merge_id = propose_merge(
        actor=cast.coordinator.actor,
        stays_id=cast.volunteer.person_id,
        goes_id=cast.second.person_id,
        reason="同一人重复登记，已核对证件",
    )
    confirm_merge(actor=cast.administrator.actor, merge_id=merge_id)
    assert [found.row.pk for found in own_certificates(cast.volunteer.actor)] == [certificate.pk]
    assert [line.minutes for line in training_record(cast.volunteer.person_id)] == [45]
    assert Certificate.objects.get().person_id == cast.second.person_id
