"""Who keeps one partner sees nothing of another: every address and every operation that names an organisation's things."""

from __future__ import annotations

from datetime import timedelta

from xinshi.kernel import clock
from xinshi.organizations.agreements.actions import Terms, add_files, draft_agreement, put_in_force
from xinshi.organizations.belonging.enrolling import enrol
from xinshi.organizations.designations.actions import NewDesignation, designate
from xinshi.organizations.models import (
    Agreement,
    AgreementFile,
    Designation,
    Enrolment,
    Invitation,
    Membership,
    MembershipConsent,
)
from xinshi.organizations.teams import invite
from xinshi.organizations.tests.conftest import SYSTEM, Partners, Somebody

SCAN = b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n"


def furnish(partners: Partners, organization_id: int, student: Somebody, keeper: Somebody) -> dict[str, int]:
    """An agreement with a scan, a designation, an invitation and an enrolment of a university."""
    today = clock.today()
    agreement = draft_agreement(
        actor=SYSTEM,
        organization_id=organization_id,
        terms=Terms(
            title="合作协议",
            covers="门诊导引",
            starts_on=today,
            ends_on=today + timedelta(days=60),
            signed_on=today,
            contact="李老师 13900000000",
        ),
    )
    put_in_force(actor=SYSTEM, agreement_id=agreement)
    add_files(actor=SYSTEM, agreement_id=agreement, files=[SCAN])
    designation = designate(
        actor=SYSTEM,
        organization_id=organization_id,
        new=NewDesignation(
            kind=Designation.Kind.BASE,
            title="爱心基地",
            measure=Designation.Measure.MINUTES,
            target_per_year=6_000,
            started_on=today,
            review_on=today + timedelta(days=30),
        ),
    )
    invite(actor=keeper.actor, organization_id=organization_id, places=3, days=3)
    asked = enrol(
        actor=SYSTEM,
        organization_id=organization_id,
        name=student.user.person.name,
        number=student.number,  # type: ignore[union-attr]
    )
    return {
        "o": organization_id,
        "a": agreement,
        "s": AgreementFile.objects.get(agreement_id=agreement).pk,
        "d": designation,
        "e": asked,
        "i": Invitation.objects.get(organization_id=organization_id).pk,
    }


PAGES = {
    "GET": (
        "/organizations/kept/{o}/",
        "/organizations/kept/{o}/export/",
        "/organizations/kept/{o}/enrol/",
        "/organizations/{o}/invite/",
        "/organizations/agreements/{a}/",
        "/organizations/agreements/files/{s}/",
        "/organizations/designations/{d}/",
        "/api/v1/organizations/{o}/kept-members",
        "/api/v1/organizations/{o}/enrolments",
        "/api/v1/organizations/{o}/roll-up",
        "/api/v1/organizations/{o}/reserved-shifts",
        "/api/v1/organizations/agreements/{a}",
        "/api/v1/organizations/agreements/{a}/history",
        "/api/v1/organizations/designations/{d}",
        "/api/v1/organizations/designations/{d}/reviews",
    ),
    "POST": (
        "/organizations/kept/{o}/members/{p}/phone/",
        "/organizations/kept/{o}/enrol/",
        "/organizations/kept/{o}/enrolments/{e}/withdraw/",
        "/organizations/{o}/members/{p}/leave/",
        "/organizations/{o}/invite/",
        "/organizations/{o}/invitations/{i}/end/",
        "/organizations/{o}/leave/",
        "/organizations/mine/{o}/consent/",
        "/organizations/mine/{o}/primary/",
        "/organizations/mine/enrolments/{e}/",
        "/api/v1/organizations/{o}/invitations",
        "/api/v1/organizations/{o}/joining",
        "/api/v1/organizations/{o}/leaving",
    ),
    "DELETE": (
        "/api/v1/organizations/{o}/enrolments/{e}",
        "/api/v1/organizations/{o}/members/{p}",
    ),
}
CASES = [(method, path) for method, paths in PAGES.items() for path in paths]


def state() -> list[object]:
    tables = (Membership, MembershipConsent, Enrolment, Invitation, Agreement, Designation)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_another_partners_things_are_just_not_there(partners: Partners) -> None:
    theirs = furnish(partners, partners.other, partners.student, partners.other_keeper)
    partners.consents(partners.other_student)
    before = state()
    client = partners.keeper.client
    sent = '{"name": "吴子涵", "number": "' + partners.student.number + '"}'
    for method, path in CASES:
        address = path.format(**theirs, p=partners.other_student.person_id)
        if path.startswith("/api/"):
            answer = client.generic(method, address, sent, content_type="application/json")
        else:
            answer = client.generic(method, address)
        assert answer.status_code == 404, (address, answer.content[:300])
        assert state() == before, address
        for word in ("王浩宇", "13800000003", partners.other_student.number, "13900000000"):
            assert word not in answer.content.decode(), address


def test_ones_own_things_are_there_and_for_no_other_volunteer(partners: Partners) -> None:
    own = furnish(partners, partners.university, partners.other_student, partners.keeper)
    partners.consents(partners.student)
    clients = {
        200: [partners.keeper.client, partners.cast.coordinator.client],
        404: [partners.other_keeper.client, partners.student.client],
    }
    for path in PAGES["GET"]:
        address = path.format(**own, p=partners.student.person_id)
        for status, asking in clients.items():
            for client in asking:
                assert client.get(address).status_code == status, (address, status)


def test_lists_show_a_keeper_only_their_own(partners: Partners) -> None:
    furnish(partners, partners.other, partners.student, partners.other_keeper)
    own = furnish(partners, partners.university, partners.other_student, partners.keeper)
    client = partners.keeper.client

    def ids(path: str) -> list[int]:
        found = client.get(f"/api/v1/organizations/{path}").json()
        return [item["id"] for item in (found["items"] if isinstance(found, dict) else found)]

    assert ids("agreements") == [own["a"]]
    assert ids("designations") == [own["d"]]
    assert ids("kept") == [partners.university]
    for path in ("/organizations/agreements/", "/organizations/designations/", "/organizations/export/"):
        assert client.get(path).status_code == 403
    detail = client.get(f"/organizations/{partners.other}/").content.decode()
    assert "合作协议" not in detail
    assert "王" not in detail


def test_a_keeper_writes_no_agreement_and_no_title(partners: Partners) -> None:
    own = furnish(partners, partners.university, partners.other_student, partners.keeper)
    before = state()
    client = partners.keeper.client
    for path in ("{o}/agreements/new/", "agreements/{a}/edit/", "agreements/{a}/end/", "designations/{d}/review/"):
        assert client.post(f"/organizations/{path.format(**own)}", {"because": "x"}).status_code == 403
    sent = {"because": "x"}
    ending = client.post(f"/api/v1/organizations/agreements/{own['a']}/ending", sent, content_type="application/json")
    assert ending.status_code == 403
    assert state() == before
