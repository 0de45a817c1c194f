"""Somebody is erased: what was theirs is found nowhere any more, and what must stay stays under a pseudonym."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any, Final

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, models, transaction

from tests.conftest import PASSWORD, Cast
from xinshi.activities.actions import create_activity, sign_up_many
from xinshi.activities.domain import NewActivity, NewRole, NewShift
from xinshi.activities.models import CalendarAddress, SignUp, StandInSearch
from xinshi.appeals.models import CorrectionRequest, Evidence, RequestEvent
from xinshi.appeals.storing import EVIDENCE
from xinshi.archive.models import Profile, Qualification, QualificationKind, QualificationProof
from xinshi.archive.storing import PROOFS
from xinshi.attendance.models import Pin, ServiceRecord
from xinshi.audit.models import AuditEntry
from xinshi.bank.actions import NewDeposit, deposit_many, open_passbooks
from xinshi.bank.erasing.actions import accept_erasure, ask_to_be_erased, erase_person, take_copy
from xinshi.bank.models import ClosingWish, Passbook
from xinshi.bank.registration.closing import close_account
from xinshi.benefits.models import Benefit, Voucher
from xinshi.exchange.models import (
    HonoraryExport,
    HonoraryExportLine,
    ImportFile,
    ImportLine,
    Partner,
    PulledVolunteer,
)
from xinshi.giving.models import Gift, Relative
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.codes import HoursKind
from xinshi.messages.actions import NewMessage, send_many
from xinshi.organizations.actions import create_organization, join_many
from xinshi.organizations.models import Organization
from xinshi.people.access import actor_for
from xinshi.people.actions import (
    NewPerson,
    NewUser,
    choose_text,
    create_users,
    give_consent,
    issue_token,
    register_people,
)
from xinshi.people.models import Consent, Guardianship, Person, UnwantedText, User
from xinshi.people.tests.conftest import id_number

SYSTEM: Final = Actor.system("tests")
NAME, PHONE, NUMBER, VOLUNTEER_NUMBER = "慕容若兰", "13987650001", id_number(7), "970000000000000777"
SECRETS: Final = {
    NAME,
    PHONE,
    NUMBER,
    VOLUNTEER_NUMBER,
    "麻醉科护士长",
    "欧阳家属",
    "13987650002",
    "LIC-4711",
    "不便久站",
    "母亲住院所以迟到",
    "欧阳母亲",
    "两家人的心意",
    "murong-ruolan",
}
"""Words that stand somewhere about this one person."""
JPEG: Final = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
EMPTIED_BY_TIME: Final = {"outgoing_text", "one_time_code"}
"""Emptied once a text is sent or a code has run out (`messages.texting`, `messages.codes`)."""
OF_PEOPLE: Final = {
    "activity",
    "activity_note",
    "calendar_address",
    "campaign",
    "campaign_called_person",
    "campaign_recruit",
    "campaign_site",
    "consent",
    "correction_request",
    "course_enrolment",
    "donation",
    "enrolment",
    "erasure_request",
    "exchange_export_carry",
    "exchange_exported_deposit",
    "exchange_honorary_export_line",
    "exchange_import_line",
    "exchange_pulled_volunteer",
    "exchange_returned_difference",
    "gift",
    "guardianship",
    "interbank_overlap",
    "interbank_person_token",
    "interbank_transfer",
    "benefit_waiting",
    "kiosk_pin",
    "membership",
    "merge_proposal",
    "not_duplicates",
    "passbook",
    "person",
    "place_hold",
    "plan_assignment",
    "plan_edit",
    "plan_invitation",
    "pool_grant",
    "presence_anomaly",
    "presence_trace",
    "primary_organization",
    "qualification",
    "relative",
    "service_record",
    "service_record_approval",
    "service_request",
    "service_request_step",
    "signup",
    "stand_in_ask",
    "star_promotion",
    "suggestion_choice",
    "suggestion_declined_kind",
    "suggestion_declined_shift",
    "training_certificate",
    "training_place",
    "training_session",
    "unwanted_text",
    "user_account",
    "volunteer_profile",
    "voucher",
}
"""Tables whose rows are about a person: each was looked at by its room's `personal.py`. Whoever adds one looks there too."""


def test_every_table_about_people_was_thought_of() -> None:
    of_people = {
        model._meta.db_table
        for model in apps.get_models()
        if model.__module__.startswith("xinshi.")
        for column in model._meta.local_fields
        if column.is_relation and column.related_model is Person
    }
    assert of_people == OF_PEOPLE


def texts() -> Iterator[tuple[str, str]]:
    """(table.column, what stands there) of every column that holds words, sealed ones opened."""
    there = set(connection.introspection.table_names())  # Other tests define models without a table.
    for model in apps.get_models():
        if model._meta.db_table in EMPTIED_BY_TIME or model._meta.db_table not in there:
            continue
        for column in model._meta.local_concrete_fields:
            if isinstance(column, models.CharField | models.TextField | models.JSONField):
                for value in model._default_manager.values_list(column.name, flat=True):
                    yield f"{model._meta.db_table}.{column.name}", json.dumps(value, ensure_ascii=False, default=str)


def places_of_secrets() -> set[str]:
    return {place for place, text in texts() if any(secret in text for secret in SECRETS)}


def make_somebody() -> User:
    """A volunteer about whom something stands in every room."""
    (person_id,) = register_people(
        actor=SYSTEM,
        people=[
            NewPerson(
                name=NAME,
                phone=PHONE,
                id_kind="01",
                id_number=NUMBER,
                birth_date=date(1990, 5, 21),
                volunteer_number=VOLUNTEER_NUMBER,
                skills=("麻醉科护士长",),
                is_public=True,
            )
        ],
    )
    open_passbooks(actor=SYSTEM, person_ids=[person_id], opened_through="station")
    new = NewUser(username="murong-ruolan", password=PASSWORD, person_id=person_id, roles=frozenset({Role.VOLUNTEER}))
    (user_id,) = create_users(actor=SYSTEM, users=[new])
    user = User.objects.get(pk=user_id)
    actor = actor_for(user)
    issue_token(actor=actor, name="欧阳家属")
    give_consent(actor=actor, person_id=person_id, purpose="exchange:zhiyuanhui")
    choose_text(actor=actor, person_id=person_id, purpose="call", wanted=False)
    message = NewMessage(
        recipient_ref=f"person:{person_id}", text="Hello %(name)s", parameters={"name": NAME}, key="hello:1"
    )
    send_many([message])
    return user


def fill_archive(person_id: int, at: Any) -> None:
    Profile.objects.create(
        person_id=person_id,
        profession="麻醉科护士长",
        emergency_name="欧阳家属",
        emergency_phone="13987650002",
        emergency_relation="parent",
        health_remark="不便久站",
        changed_at=at,
        changed_by_ref="system:tests",
    )
    Guardianship.objects.create(
        ward_id=person_id,
        name="欧阳家属",
        relation="parent",
        phone="13987650002",
        id_number=id_number(9),
        named_at=at,
        named_by_ref="system:tests",
        until=date(2008, 5, 21),
    )
    kind = QualificationKind.objects.order_by("pk").first() or QualificationKind.objects.create(
        code="test-licence", name="护士执业证", category="licence"
    )
    held = Qualification.objects.create(
        person_id=person_id,
        kind=kind,
        state="verified",
        number="LIC-4711",
        issued_on=date(2020, 1, 1),
        submitted_at=at,
        submitted_by_ref="system:tests",
        decided_at=at,
        decided_by_ref="system:tests",
    )
    with PROOFS.stored([JPEG]) as files:
        QualificationProof.objects.create(
            qualification=held,
            content_type=files[0].content_type,
            size_bytes=files[0].size_bytes,
            sha256=files[0].sha256,
            path=files[0].path,
            added_at=at,
            added_by_ref="system:tests",
        )


def serve(person_id: int, leader_id: int, at: Any) -> ServiceRecord:
    """A shift that is over, with a note, and its approved record; hours in the passbook."""
    organization_id = create_organization(actor=SYSTEM, name="门诊部", kind=Organization.Kind.DEPARTMENT)
    join_many(actor=SYSTEM, memberships=[(person_id, organization_id)])
    starts_at = clock.at_local(clock.today() - timedelta(days=3), time(9))
    made = create_activity(
        actor=SYSTEM,
        activity=NewActivity(
            title="门诊导诊",
            category="0004",
            place="门诊大厅",
            organizer_id=organization_id,
            person_in_charge_id=leader_id,
            roles=(NewRole(),),
            shifts=(NewShift(starts_at=starts_at, ends_at=starts_at + timedelta(hours=3), places=5),),
            state="finished",
        ),
    )
    (signup_id,) = sign_up_many(actor=SYSTEM, signups=[(made.shift_ids[0], person_id)])
    SignUp.objects.filter(pk=signup_id).update(note="母亲住院所以迟到", attended_at=starts_at)
    StandInSearch.objects.create(
        signup_id=signup_id, state="ended", reason="母亲住院所以迟到", begun_at=at, begun_by_ref="x", ended_at=at
    )
    CalendarAddress.objects.create(person_id=person_id, digest="d" * 64, made_at=at)
    Pin.objects.create(person_id=person_id, digest="p", set_at=at)
    told = NewMessage(
        recipient_ref=f"person:{leader_id}",
        text="%(name)s may not come in",
        parameters={"name": NAME},
        object_ref=f"activity:{made.activity_id}",
        key="told:1",
    )
    send_many([told])
    record = ServiceRecord.objects.create(
        signup_id=signup_id,
        person_id=person_id,
        shift_id=made.shift_ids[0],
        hours_kind="honorary",
        state="refused",
        scheduled_minutes=180,
        present_minutes=180,
        credited_minutes=180,
        checked_in_at=starts_at,
        checked_in_by_ref="system:tests",
        checked_in_through="entered",
        entry_reason="母亲住院所以迟到",
        checked_out_at=starts_at + timedelta(hours=3),
        checked_out_by_ref="system:tests",
        checked_out_through="entered",
        submitted_at=at,
        due_on=clock.today(),
        decided_at=at,
        decided_by_ref="system:tests",
        refusal_reason="母亲住院所以迟到",
    )
    deposit = NewDeposit(
        person_id=person_id,
        kind=HoursKind.VERIFIED,
        category="0004",
        title="门诊导诊",
        organizer="门诊部",
        raw_minutes=180,
        worked_on=clock.local_day(starts_at),
        source_ref="test:1",
    )
    deposit_many(actor=SYSTEM, deposits=[deposit])
    return record


def complain(person_id: int, at: Any) -> None:
    row = CorrectionRequest.objects.create(
        kind="missing",
        subject_ref="missing:1",
        person_id=person_id,
        asker_ref=f"person:{person_id}",
        asked_by_ref=f"person:{person_id}",
        text="母亲住院所以迟到",
        state="refused",
        level=1,
        asked_at=at,
        due_on=clock.today(),
        decided_at=at,
        decided_by_ref="system:tests",
        answer="欧阳家属来过电话",
    )
    RequestEvent.objects.create(
        request=row, at=at, what="asked", actor_ref=f"person:{person_id}", actor_role="asker", text="母亲住院所以迟到"
    )
    with EVIDENCE.stored([JPEG]) as files:
        Evidence.objects.create(
            request=row,
            content_type=files[0].content_type,
            size_bytes=files[0].size_bytes,
            sha256=files[0].sha256,
            path=files[0].path,
            added_by_ref="system:tests",
            added_at=at,
        )


def redeem_and_give(person_id: int, other_id: int, at: Any) -> None:
    benefit = Benefit.objects.create(
        name="健康体检",
        kind="other",
        price_minutes=60,
        stock=5,
        created_at=at,
        created_by_ref="system:tests",
        supply="stock",
    )
    Voucher.objects.create(
        person_id=person_id,
        benefit=benefit,
        minutes=60,
        short_code="ABCDEFGH23",
        key="k1",
        state="cancelled",
        expires_at=at,
        reserved_at=at,
        reserved_by_ref="x",
        ended_at=at,
        ended_by_ref="x",
        reason="母亲住院所以迟到",
        relation="parent",
        beneficiary_name="欧阳母亲",
        counts_on=clock.today(),
    )
    bond = Relative.objects.create(
        asker_id=person_id, other_id=other_id, relation="sibling", asked_at=at, asked_by_ref="x", answered_at=at,
        state="accepted",
    )  # fmt: skip
    Gift.objects.create(
        giver_id=other_id,
        receiver_id=person_id,
        relative=bond,
        minutes=10,
        note="两家人的心意",
        key="g1",
        policy_version=apps.get_model("bank", "PolicyVersion").objects.order_by("pk").first(),
        given_on=clock.today(),
        given_at=at,
        given_by_ref="x",
    )


def exchange(person_id: int, at: Any) -> None:
    """What came from 志愿汇 about them, with a line that found nobody, and what went there."""
    partner = Partner.objects.filter(code="zhiyuanhui").first() or Partner.objects.create(
        code="zhiyuanhui", name="志愿汇", kind="platform", created_at=at
    )
    file = ImportFile.objects.create(
        partner=partner,
        kind="honorary",
        content_hash="h" * 64,
        file_name="月表.xlsx",
        first_imported_at=at,
        first_imported_by_ref="x",
        row_count=2,
        last_imported_at=at,
    )
    for number, who in enumerate((person_id, None)):
        ImportLine.objects.create(
            file=file,
            sheet="1",
            row_number=number + 2,
            row_key=f"r{number}",
            occurrence=1,
            name=NAME,
            volunteer_number=VOLUNTEER_NUMBER,
            person_id=who,
            hours_kind="honorary",
            title="社区服务",
            minutes=60,
            state="no_sign_out" if who else "unmatched",
            code="not_found",
            cells={"name": NAME},
        )
    export = HonoraryExport.objects.create(
        from_day=clock.today(), to_day=clock.today(), exported_at=at, exported_by_ref="x", partner=partner
    )
    HonoraryExportLine.objects.create(
        export=export,
        person_id=person_id,
        name=NAME,
        volunteer_number=VOLUNTEER_NUMBER,
        reason="门诊导诊",
        minutes=60,
        carry_before=0,
        tenths=10,
        carry_after=0,
    )
    PulledVolunteer.objects.create(
        partner=partner, person_id=person_id, volunteer_number=VOLUNTEER_NUMBER, id_index="i" * 32, seen_at=at
    )


@pytest.fixture
def somebody(cast: Cast) -> User:
    """The cast's volunteer is their relative, its leader was in charge."""
    user = make_somebody()
    person_id, at = user.person_id, clock.now()
    assert person_id is not None
    volunteer, leader = cast.actors[Role.VOLUNTEER].person_id, cast.actors[Role.LEADER].person_id
    assert volunteer is not None
    assert leader is not None
    fill_archive(person_id, at)
    serve(person_id, leader, at)
    complain(person_id, at)
    redeem_and_give(person_id, volunteer, at)
    exchange(person_id, at)
    return user


def test_nothing_of_theirs_is_found_any_more_and_lines_stay(
    cast: Cast, somebody: User, django_capture_on_commit_callbacks: Any
) -> None:
    person_id = somebody.person_id
    assert person_id is not None
    before = places_of_secrets()
    assert len(before) > 25, "the test would show little if little stood there"
    files = [
        *QualificationProof.objects.values_list("path", flat=True),
        *Evidence.objects.values_list("path", flat=True),
    ]
    assert all(default_storage.exists(path) for path in files)
    coordinator, administrator = cast.actors[Role.COORDINATOR], cast.actors[Role.ADMINISTRATOR]
    browser = cast.client(None)
    browser.force_login(somebody, "xinshi.people.authentication.UserNameOrPhoneBackend")
    assert browser.get("/people/me/").status_code == 200
    lines = AuditEntry.objects.count()

    asked = ask_to_be_erased(actor=actor_for(somebody))
    close_account(
        actor=coordinator,
        passbook_id=Passbook.objects.get(person_id=person_id).pk,
        hours=ClosingWish.Hours.LAPSE,
        reason="本人申请",
    )
    accept_erasure(actor=coordinator, erasure_id=asked)
    with django_capture_on_commit_callbacks(execute=True):
        pseudonym = erase_person(actor=administrator, erasure_id=asked)

    assert places_of_secrets() == set()
    person = Person.objects.get(pk=person_id)
    assert (person.name, person.phone, person.id_number, person.birth_date) == (f"已注销 {pseudonym}", "", "", None)
    assert person.erased_at is not None
    assert not any(default_storage.exists(path) for path in files)
    assert browser.get("/people/me/").status_code == 302, "the session ended"
    assert not User.objects.get(pk=somebody.pk).is_active
    assert not Consent.objects.filter(person_id=person_id, withdrawn_at=None).exists()
    assert not UnwantedText.objects.filter(person_id=person_id).exists()
    record = ServiceRecord.objects.get(person_id=person_id)
    assert (record.credited_minutes, record.state, record.entry_reason) == (180, "refused", "—")
    assert Passbook.objects.get(person_id=person_id).certified_minutes == 180
    trail = AuditEntry.objects.filter(action="bank.erase_person")
    assert list(trail.values_list("actor_ref", "object_ref")) == [(administrator.reference, f"person:{person_id}")]
    assert AuditEntry.objects.count() > lines


def test_the_number_is_free_for_a_new_account(cast: Cast, somebody: User) -> None:
    asked = ask_to_be_erased(actor=actor_for(somebody))
    close_account(
        actor=cast.actors[Role.COORDINATOR],
        passbook_id=Passbook.objects.get(person_id=somebody.person_id).pk,
        hours=ClosingWish.Hours.LAPSE,
        reason="本人申请",
    )
    accept_erasure(actor=cast.actors[Role.COORDINATOR], erasure_id=asked)
    erase_person(actor=cast.actors[Role.ADMINISTRATOR], erasure_id=asked)
    new = NewPerson(name=NAME, id_kind="01", id_number=NUMBER, phone=PHONE, volunteer_number=VOLUNTEER_NUMBER)
    (again,) = register_people(actor=SYSTEM, people=[new])
    assert again != somebody.person_id


def test_a_copy_holds_what_every_room_knows(somebody: User) -> None:
    with zipfile.ZipFile(io.BytesIO(take_copy(actor=actor_for(somebody)).read())) as found:
        data = json.loads(found.read("data.json"))
        papers = [name for name in found.namelist() if name != "data.json"]
        assert found.read(papers[0]) == JPEG
    assert len(papers) == 2
    assert data["people"]["basic_data"][0]["id_number"] == NUMBER
    assert data["archive"]["profile"][0]["emergency_name"] == "欧阳家属"
    assert data["attendance"]["service_records"][0]["credited_minutes"] == 180
    assert data["bank"]["deposits"][0]["raw_minutes"] == 180
    assert [line["is_in"] for line in data["bank"]["book_lines"]] == [True]
    said = json.dumps(data, ensure_ascii=False)
    assert {secret for secret in SECRETS if secret not in said} == set()
    assert AuditEntry.objects.filter(action="bank.take_copy").count() == 1


@pytest.mark.parametrize(("table", "words", "column"), [("correction_event", "text", "what"), ("gift", "note", "key")])
def test_the_database_lets_words_go_and_nothing_else(somebody: User, table: str, words: str, column: str) -> None:
    def tried(statement: str) -> bool:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        except DatabaseError:
            return False
        return True

    assert not tried(f"UPDATE {table} SET {words} = 'other'")
    assert not tried(f"UPDATE {table} SET {column} = 'other'")
    assert not tried(f"UPDATE {table} SET {words} = '', {column} = 'other'")
    assert not tried(f"DELETE FROM {table}")
    assert tried(f"UPDATE {table} SET {words} = ''")
