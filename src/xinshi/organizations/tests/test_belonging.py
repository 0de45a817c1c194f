"""Consent, enrolment, primary organisation: whoever keeps an organisation sees what its members let them see, no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from xinshi.audit.models import AuditEntry
from xinshi.documents.sheets import read_sheets
from xinshi.kernel import clock
from xinshi.kernel.errors import NotFound
from xinshi.messages.models import Message
from xinshi.organizations import membership
from xinshi.organizations.actions import change_organization, create_organization, join, join_many, leave
from xinshi.organizations.belonging.deciding import (
    EnrolmentAnswered,
    answer_enrolment,
    set_consent,
    set_primary,
)
from xinshi.organizations.belonging.enrolling import NobodyFits, enrol, enrol_sheet, withdraw_enrolment
from xinshi.organizations.belonging.looking import member_sheet, whole_phone
from xinshi.organizations.belonging.queries import (
    kept_members,
    kept_organizations,
    member_line,
    own_enrolments,
    own_memberships,
)
from xinshi.organizations.membership import AlreadyMember, KeeperStays
from xinshi.organizations.models import (
    Enrolment,
    Membership,
    MembershipConsent,
    Organization,
    PrimaryOrganization,
)
from xinshi.organizations.teams import (
    StationKeepsStaff,
    invite,
    join_by_invitation,
    join_by_oneself,
    leave_by_oneself,
)
from xinshi.organizations.tests.conftest import SYSTEM, Partners, Somebody
from xinshi.people.actions import NewPerson, register_people


def shown(partners: Partners, keeper: Somebody | None = None) -> dict[str, tuple[str, str]]:
    """What the first university's keeper sees: {shown name: (number, phone)}."""
    rows = kept_members((keeper or partners.keeper).actor, partners.university)
    return {line.shown_name: (line.volunteer_number, line.masked_phone) for line in map(member_line, rows)}


def test_a_keeper_sees_a_member_only_while_they_consent(partners: Partners) -> None:
    assert shown(partners) == {"周**": ("", ""), "吴**": ("", "")}
    partners.consents(partners.student)
    assert shown(partners) == {"周**": ("", ""), "吴子涵": (partners.student.number, "138****0001")}
    partners.consents(partners.student, is_given=False)
    assert shown(partners) == {"周**": ("", ""), "吴**": ("", "")}
    partners.consents(partners.student)
    assert MembershipConsent.objects.count() == 2
    actions = AuditEntry.objects.filter(object_ref=f"person:{partners.student.person_id}")
    assert actions.filter(action="organizations.consent").count() == 2
    assert actions.filter(action="organizations.withdraw_consent").count() == 1


def test_consent_given_or_withdrawn_twice_stands_once(partners: Partners) -> None:
    for is_given in (True, True, False, False):
        partners.consents(partners.student, is_given=is_given)
    assert MembershipConsent.objects.count() == 1
    with pytest.raises(NotFound):
        set_consent(actor=partners.student.actor, organization_id=partners.other, is_given=True)


def test_a_search_never_finds_who_may_not_be_seen(partners: Partners) -> None:
    def found(term: str) -> int:
        return kept_members(partners.keeper.actor, partners.university, term=term).count()

    assert (found("吴子涵"), found(partners.student.number), found("吴")) == (0, 0, 0)
    partners.consents(partners.student)
    assert (found("吴子涵"), found(partners.student.number), found("\0")) == (1, 1, 2)


def test_a_phone_is_shown_with_consent_only_and_the_look_is_on_record(partners: Partners) -> None:
    keeper, student = partners.keeper.actor, partners.student.person_id

    def look() -> str:
        return whole_phone(actor=keeper, organization_id=partners.university, person_id=student)

    with pytest.raises(NotFound):
        look()
    partners.consents(partners.student)
    assert look() == "13800000001"
    assert AuditEntry.objects.filter(action="organizations.see_phone").count() == 1
    partners.consents(partners.student, is_given=False)
    with pytest.raises(NotFound):
        look()
    with pytest.raises(NotFound):
        whole_phone(actor=partners.other_keeper.actor, organization_id=partners.university, person_id=student)


def test_the_exported_list_says_no_more_than_the_page(partners: Partners) -> None:
    partners.consents(partners.student)
    data = member_sheet(
        actor=partners.keeper.actor,
        organization_id=partners.university,
        headers=("a", "b", "c", "d", "e"),
        masked="masked",
    )
    [sheet] = read_sheets(data, file_name="x.xlsx")
    today = clock.today().isoformat()
    assert sheet.rows[1:] == [
        ["周**", "", "", today, "masked"],
        ["吴子涵", partners.student.number, "13800000001", today, ""],
    ]
    assert AuditEntry.objects.filter(action="organizations.export_members").count() == 1


def test_consent_ends_with_the_membership_and_is_asked_anew(partners: Partners) -> None:
    partners.consents(partners.student)
    leave(actor=partners.keeper.actor, organization_id=partners.university, person_id=partners.student.person_id)
    assert not MembershipConsent.objects.filter(withdrawn_at=None).exists()
    join(actor=SYSTEM, organization_id=partners.university, volunteer_number=partners.student.number)
    assert "吴**" in shown(partners)


def test_a_keeper_ends_memberships_but_not_another_keepers(partners: Partners) -> None:
    second = partners.student
    Membership.objects.filter(person_id=second.person_id).update(is_leader=True)
    with pytest.raises(KeeperStays):
        leave(actor=partners.keeper.actor, organization_id=partners.university, person_id=second.person_id)
    with pytest.raises(NotFound):
        leave(actor=partners.keeper.actor, organization_id=partners.other, person_id=partners.other_student.person_id)
    assert Membership.objects.filter(until=None).count() == 4
    leave(actor=partners.keeper.actor, organization_id=partners.university, person_id=partners.keeper.person_id)
    assert not kept_organizations(partners.keeper.actor)


def test_nobody_is_made_a_member_by_another(partners: Partners) -> None:
    student = partners.other_student
    asked = enrol(
        actor=partners.keeper.actor, organization_id=partners.university, name=" 王浩宇 ", number=student.number
    )
    again = enrol(
        actor=partners.keeper.actor, organization_id=partners.university, name="王浩宇", number=student.number
    )
    assert asked == again
    assert Message.objects.filter(recipient_ref=f"person:{student.person_id}").count() == 1
    assert len(shown(partners)) == 2
    [waiting] = own_enrolments(student.actor)
    with pytest.raises(NotFound):
        answer_enrolment(actor=partners.student.actor, enrolment_id=waiting.enrolment_id, accepts=True)
    joined = answer_enrolment(actor=student.actor, enrolment_id=asked, accepts=True, consents=True)
    assert joined == partners.university
    assert "王浩宇" in shown(partners)
    with pytest.raises(EnrolmentAnswered):
        answer_enrolment(actor=student.actor, enrolment_id=asked, accepts=False)
    with pytest.raises(AlreadyMember):
        enrol(actor=partners.keeper.actor, organization_id=partners.university, name="王浩宇", number=student.number)


def test_an_enrolment_is_declined_or_taken_back(partners: Partners) -> None:
    student, keeper = partners.other_student, partners.keeper.actor

    def ask() -> int:
        return enrol(actor=keeper, organization_id=partners.university, name="王浩宇", number=student.number)

    first = ask()
    answer_enrolment(actor=student.actor, enrolment_id=first, accepts=False)
    second = ask()
    assert second != first
    with pytest.raises(NotFound):
        withdraw_enrolment(actor=partners.other_keeper.actor, organization_id=partners.university, enrolment_id=second)
    with pytest.raises(NotFound):
        withdraw_enrolment(actor=partners.other_keeper.actor, organization_id=partners.other, enrolment_id=second)
    withdraw_enrolment(actor=keeper, organization_id=partners.university, enrolment_id=second)
    with pytest.raises(NotFound):
        withdraw_enrolment(actor=keeper, organization_id=partners.university, enrolment_id=second)
    assert own_enrolments(student.actor) == []
    assert len(shown(partners)) == 2


@pytest.mark.parametrize(("name", "number"), [("王浩", ""), ("王浩宇", "1"), ("吴子涵", "")])
def test_a_name_and_a_number_must_fit_each_other(partners: Partners, name: str, number: str) -> None:
    wanted = number or partners.other_student.number
    with pytest.raises(NobodyFits):
        enrol(actor=partners.keeper.actor, organization_id=partners.university, name=name, number=wanted)
    assert not Enrolment.objects.exists()


def sheet(partners: Partners) -> bytes:
    rows = [
        "姓名,志愿者编号,备注",
        f"王浩宇,{partners.other_student.number},一班",
        f"王浩宇,{partners.other_student.number},重复",
        f"吴子涵,{partners.student.number},",
        f"郑文,{partners.other_keeper.number},",
        f",{partners.other_keeper.number},",
        "李四,,",
        "赵六,9.9E+17,",
    ]
    return "\n".join(rows).encode()


def test_a_sheet_asks_who_fits_and_says_what_is_wrong_with_the_others(partners: Partners) -> None:
    def hand_in(*, dry_run: bool) -> Any:
        return enrol_sheet(
            actor=partners.keeper.actor,
            organization_id=partners.university,
            data=sheet(partners),
            file_name="名单.csv",
            dry_run=dry_run,
        )

    planned = hand_in(dry_run=True)
    assert not Enrolment.objects.exists()
    done = hand_in(dry_run=False)
    assert (planned.as_json(), planned.asked, planned.already) == (done.as_json(), 1, 1)
    assert [(one.row, one.code) for one in done.rejected] == [
        (3, "same_person"),
        (5, "nobody_fits"),
        (6, "name_missing"),
        (7, "number_missing"),
        (8, "number_rounded"),
    ]
    assert done.rows == 7
    [rejected] = read_sheets(done.rejected_workbook, file_name="x.xlsx")
    assert len(rejected.rows) == 6
    again = hand_in(dry_run=False)
    assert (again.asked, again.already) == (0, 2)
    assert Enrolment.objects.count() == 1
    assert Message.objects.filter(key__startswith="enrolment:").count() == 1


def test_the_pages_preview_ask_and_give_back_what_was_wrong(partners: Partners) -> None:
    client = partners.keeper.client
    upload = SimpleUploadedFile("名单.csv", sheet(partners))
    enrolling = reverse("organizations:enrol", args=[partners.university])
    preview = client.post(enrolling, {"sheet": "yes", "file": upload}).headers["Location"]
    assert client.get(preview).context["answer"]["asked"] == 1
    assert client.get(f"{preview}rejected/").status_code == 200
    assert partners.other_keeper.client.get(preview).status_code == 404
    result = client.post(preview).headers["Location"]
    answer = client.get(result).context["answer"]
    assert (answer["asked"], len(answer["rejected"])) == (1, 5)
    kept = reverse("organizations:enrol_rejected", args=[partners.university, answer["rejected_key"]])
    assert client.get(kept).headers["Content-Disposition"].endswith('"rejected-rows.xlsx"')
    bad = client.post(enrolling, {"sheet": "yes", "file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")})
    assert "No row with the column names" in bad.content.decode()
    wrong = client.post(enrolling, {"name": "没有", "number": "123"})
    assert "Nobody with this name and number" in wrong.content.decode()


def test_one_joins_what_is_open_and_leaves_again(partners: Partners) -> None:
    actor = partners.other_student.actor
    with pytest.raises(NotFound):
        join_by_oneself(actor=actor, organization_id=partners.university)
    change_organization(
        actor=SYSTEM,
        organization_id=partners.university,
        name="甲大学",
        kind=Organization.Kind.UNIVERSITY,
        contact="",
        is_active=True,
        is_open=True,
    )
    join_by_oneself(actor=actor, organization_id=partners.university, consents=True)
    with pytest.raises(AlreadyMember):
        join_by_oneself(actor=actor, organization_id=partners.university)
    assert "王浩宇" in shown(partners)
    leave_by_oneself(actor=actor, organization_id=partners.university)
    assert "王浩宇" not in shown(partners)
    department = create_organization(actor=SYSTEM, name="门诊部", kind=Organization.Kind.DEPARTMENT)
    join_many(actor=SYSTEM, memberships=[(partners.other_student.person_id, department)])
    with pytest.raises(StationKeepsStaff):
        leave_by_oneself(actor=actor, organization_id=department)
    assert [one.organization_id for one in own_memberships(actor)] == [partners.other, department]


def counted_for(somebody: Somebody) -> list[tuple[int, bool]]:
    rows = PrimaryOrganization.objects.filter(person_id=somebody.person_id).order_by("pk")
    return [(row.organization_id, row.until is None) for row in rows]


def test_of_several_organisations_one_is_primary_with_its_history(partners: Partners) -> None:
    student, first, second = partners.student, partners.university, partners.other
    assert counted_for(student) == [(first, True)]
    with pytest.raises(NotFound):
        set_primary(actor=student.actor, person_id=student.person_id, organization_id=second)
    join(actor=SYSTEM, organization_id=second, volunteer_number=student.number)
    with pytest.raises(NotFound):
        set_primary(actor=partners.keeper.actor, person_id=student.person_id, organization_id=second)
    assert set_primary(actor=student.actor, person_id=student.person_id, organization_id=second)
    assert not set_primary(actor=student.actor, person_id=student.person_id, organization_id=second)
    assert counted_for(student) == [(first, False), (second, True)]
    with time_machine.travel(clock.now() + timedelta(days=3)):
        leave_by_oneself(actor=student.actor, organization_id=second)
        assert counted_for(student) == [(first, False), (second, False), (first, True)]
        leave_by_oneself(actor=student.actor, organization_id=first)
    assert [is_now for _, is_now in counted_for(student)] == [False, False, False]


def test_an_invitation_asks_for_consent_and_answers_an_enrolment(partners: Partners) -> None:
    word = invite(actor=partners.keeper.actor, organization_id=partners.university, places=5, days=3)
    asked = enrol(
        actor=partners.keeper.actor,
        organization_id=partners.university,
        name="王浩宇",
        number=partners.other_student.number,
    )
    page = partners.other_student.client.get(f"/organizations/join/{word}/").content.decode()
    assert 'name="consents"' in page
    assert "checked" not in page
    join_by_invitation(actor=partners.other_student.actor, word=word)
    assert "王**" in shown(partners)
    assert Enrolment.objects.get(pk=asked).state == Enrolment.State.ACCEPTED


def test_a_merge_moves_membership_consent_keeping_and_questions(partners: Partners) -> None:
    student, keeper = partners.student, partners.keeper
    partners.consents(student)
    partners.consents(keeper)
    asked = enrol(
        actor=partners.other_keeper.actor, organization_id=partners.other, name="吴子涵", number=student.number
    )
    [stays] = register_people(actor=SYSTEM, people=[NewPerson(name="吴子涵", volunteer_number="6" * 18)])
    since = Membership.objects.get(person_id=student.person_id).since
    membership.move_all(stays_id=stays, goes_id=student.person_id)
    moved = Membership.objects.get(person_id=stays)
    assert (moved.organization_id, moved.since, moved.until) == (partners.university, since, None)
    assert MembershipConsent.objects.filter(membership=moved, withdrawn_at=None).count() == 1
    assert PrimaryOrganization.objects.get(person_id=stays, until=None).organization_id == partners.university
    assert not PrimaryOrganization.objects.filter(person_id=student.person_id, until=None).exists()
    assert Enrolment.objects.get(pk=asked).person_id == stays
    membership.move_all(stays_id=stays, goes_id=keeper.person_id)
    assert Membership.objects.get(person_id=stays, until=None).is_leader
    assert Membership.objects.filter(person_id=stays).count() == 1


def test_the_pages_take_few_queries_however_many_there_are(partners: Partners) -> None:
    client = partners.keeper.client

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    kept = reverse("organizations:kept", args=[partners.university])
    before = (queries("/organizations/mine/"), queries(kept))
    ids = register_people(
        actor=SYSTEM,
        people=[NewPerson(name=f"学生{'甲乙丙丁'[n % 4]}", volunteer_number=f"5{n:017d}") for n in range(40)],
    )
    join_many(actor=SYSTEM, memberships=[(pk, partners.university) for pk in ids])
    more = [create_organization(actor=SYSTEM, name=f"社{n}", kind=Organization.Kind.TEAM) for n in range(4)]
    join_many(actor=SYSTEM, memberships=[(partners.keeper.person_id, pk) for pk in more])
    assert (queries("/organizations/mine/"), queries(kept)) == before
    assert before[0] <= 8
    assert before[1] <= 11
