"""Profiles: by oneself, by the station, how complete they are, whom to call, erased, merged; lists and the pledge."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinshi.archive.access import register_leading
from xinshi.archive.actions import (
    add_exception,
    carry_over,
    change_profile,
    enter_profiles,
    forget_person,
    grant_many,
    publish_pledge_text,
    remove_exception,
    reveal_care,
    save_kind,
    save_line,
    sign_pledge,
    submit,
)
from xinshi.archive.availability import AvailabilityException, weekly_of
from xinshi.archive.completeness import ITEMS, Item, completeness
from xinshi.archive.domain import (
    PLEDGE,
    Category,
    CodeTaken,
    Grant,
    InclusionCircle,
    Limits,
    NewKind,
    PledgeTextChanged,
    PledgeTextMissing,
    PledgeTextTaken,
)
from xinshi.archive.models import Inclusion, PledgeText, Profile, Qualification, QualificationKind, QualificationProof
from xinshi.archive.profile import Emergency, Health, OwnLimits, Sites, Skills, Times, Work
from xinshi.archive.queries import Wanted, facts, inclusions, lines, matching, profile_view
from xinshi.archive.tests.conftest import JPEG, everything
from xinshi.audit.models import AuditEntry
from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.people.actions import ReasonMissing
from xinshi.people.models import Person
from xinshi.people.tests.conftest import SYSTEM, Cast

SECRET_PHONE, SECRET_NAME, SECRET_REMARK = "19900000077", "王秘密", "青霉素过敏秘密"


@pytest.fixture
def house(db: None) -> None:
    for table, code, name in (("skill", "first-aid", "急救"), ("skill", "sign", "手语"), ("site", "east", "东院区")):
        save_line(actor=SYSTEM, table=table, code=code, name=name)


WHOLE = [
    Work(profession="护士", professional_title="护师", employer="示范医院", languages=("普通话",)),
    Skills(levels={"first-aid": 2}, interests=("0004",)),
    Times(weekly=weekly_of([(5, 1)])),
    OwnLimits(limits=Limits(minutes_a_week_max=240, takes_nights=False)),
    Sites(codes=("east",)),
    Emergency(name=SECRET_NAME, phone=SECRET_PHONE, relation="spouse"),
    Health(remark=SECRET_REMARK),
]


def fill(cast: Cast) -> None:
    change_profile(actor=cast.li.actor, person_id=cast.li.person_id, parts=WHOLE)


def test_a_profile_is_sealed_where_it_is_personal(cast: Cast, house: None) -> None:
    fill(cast)
    with connection.cursor() as cursor:
        for table in ("volunteer_profile", "audit_entry"):
            cursor.execute(f"SELECT * FROM {table}")
            held = str(cursor.fetchall())
            assert not [secret for secret in (SECRET_PHONE, SECRET_NAME, SECRET_REMARK) if secret in held]
    seen = str(profile_view(cast.coordinator.actor, cast.li.person_id))
    assert not [secret for secret in (SECRET_PHONE, SECRET_NAME, SECRET_REMARK) if secret in seen]
    assert profile_view(cast.li.actor, cast.li.person_id).health_remark == SECRET_REMARK


def test_the_station_writes_on_behalf_and_the_trail_says_so(cast: Cast, house: None) -> None:
    fill(cast)
    change_profile(actor=cast.coordinator.actor, person_id=cast.li.person_id, parts=[Times(weekly=0)])
    entries = AuditEntry.objects.filter(action="archive.change_profile").order_by("pk")
    assert [entry.detail["on_behalf"] for entry in entries] == [False, True]
    assert entries.last().detail["columns"] == ["weekly"]
    change_profile(actor=cast.coordinator.actor, person_id=cast.li.person_id, parts=[Times(weekly=0)])
    assert entries.count() == 2, "what changes nothing is no change"


@pytest.mark.parametrize("who", ["wang", "chen", "clerk", "auditor"])
def test_nobody_else_changes_a_profile(cast: Cast, house: None, who: str) -> None:
    before = everything()
    with pytest.raises(NotFound):
        change_profile(actor=getattr(cast, who).actor, person_id=cast.li.person_id, parts=[Times(weekly=0)])
    if who != "auditor":
        with pytest.raises(NotFound):
            profile_view(getattr(cast, who).actor, cast.li.person_id)
    assert everything() == before


@pytest.mark.parametrize(
    "part",
    [
        Work(profession="长" * 61),
        Work(languages=tuple(str(n) for n in range(13))),
        Skills(levels={"first-aid": 4}),
        Skills(levels={"flying": 1}),
        Skills(interests=("9998",)),
        Times(weekly=2**28),
        OwnLimits(limits=Limits(minutes_a_week_max=1)),
        OwnLimits(limits=Limits(shifts_a_day_max=0)),
        Sites(codes=("mars",)),
        Emergency(name="王", phone="110"),
        Emergency(name="", phone="19900000001"),
        Emergency(name="王", phone="19900000001", relation="boss"),
        Health(remark="长" * 501),
    ],
)
def test_what_does_not_fit_changes_nothing(cast: Cast, house: None, part: object) -> None:
    before = everything()
    with pytest.raises(Invalid):
        change_profile(actor=cast.li.actor, person_id=cast.li.person_id, parts=[Times(weekly=1), part])
    assert everything() == before


def test_skills_are_told_to_the_basic_data_beside_what_is_in_no_catalogue(cast: Cast, house: None) -> None:
    Person.objects.filter(pk=cast.li.person_id).update(skills=["急救", "木工"])
    fill(cast)
    assert Person.objects.get(pk=cast.li.person_id).skills == ["急救", "木工"]
    change_profile(actor=cast.li.actor, person_id=cast.li.person_id, parts=[Skills(levels={"sign": 1})])
    assert Person.objects.get(pk=cast.li.person_id).skills == ["手语", "木工"]


def test_what_was_taken_off_the_list_stays_with_who_has_it(cast: Cast, house: None) -> None:
    fill(cast)
    save_line(actor=SYSTEM, table="skill", code="first-aid", name="急救", is_active=False)
    parts = [Skills(levels={"first-aid": 3}, interests=("0004",))]
    change_profile(actor=cast.li.actor, person_id=cast.li.person_id, parts=parts)
    with pytest.raises(Invalid):
        change_profile(actor=cast.wang.actor, person_id=cast.wang.person_id, parts=parts)


def test_exceptions_are_kept_in_order_and_taken_back(cast: Cast, house: None) -> None:
    today = clock.today()
    exam = AvailabilityException(today + timedelta(days=9), today + timedelta(days=15), note="考试周")
    trip = AvailabilityException(today + timedelta(days=2), today + timedelta(days=3))
    for one in (exam, trip, trip):
        add_exception(actor=cast.li.actor, person_id=cast.li.person_id, exception=one)
    assert profile_view(cast.li.actor, cast.li.person_id).exceptions == [trip, exam]
    remove_exception(actor=cast.coordinator.actor, person_id=cast.li.person_id, exception=trip)
    assert facts([cast.li.person_id])[cast.li.person_id].availability.exceptions == (exam,)
    before = everything()
    for wrong in (
        AvailabilityException(today - timedelta(days=3), today - timedelta(days=1)),
        AvailabilityException(today, today - timedelta(days=1)),
        AvailabilityException(today, today + timedelta(days=400)),
        AvailabilityException(today, today, note="长" * 41),
    ):
        with pytest.raises(Invalid):
            add_exception(actor=cast.li.actor, person_id=cast.li.person_id, exception=wrong)
    with pytest.raises(NotFound):
        add_exception(actor=cast.wang.actor, person_id=cast.li.person_id, exception=exam)
    assert everything() == before


@given(filled=st.sets(st.sampled_from(ITEMS)))
def test_completeness_grows_with_what_is_filled(filled: set[Item]) -> None:
    found = completeness(filled)
    assert found.percent == len(filled) * 10
    assert set(found.missing) == set(ITEMS) - filled
    assert found.is_complete == (len(filled) == len(ITEMS))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(chosen=st.sets(st.integers(0, len(WHOLE) - 1)), has_pledge=st.booleans(), is_basic=st.booleans())
def test_the_desk_finds_exactly_who_lacks_something(
    cast: Cast, house: None, chosen: set[int], has_pledge: bool, is_basic: bool
) -> None:
    """The list's condition in the database and the page of one say the same of everybody."""
    point = transaction.savepoint()
    actor = cast.coordinator.actor
    Person.objects.filter(pk=cast.li.person_id).update(
        birth_date=clock.today() if is_basic else None, service_categories=[]
    )
    change_profile(actor=cast.li.actor, person_id=cast.li.person_id, parts=[WHOLE[index] for index in sorted(chosen)])
    if has_pledge:
        save_kind(actor=SYSTEM, kind=NewKind(code=PLEDGE, name="承诺", category=Category.PLEDGE))
        grant = Grant(person_id=cast.li.person_id, code=PLEDGE, issued_on=clock.today(), source_ref="test:pledge")
        grant_many(actor=SYSTEM, grants=[grant])
    people = list(Person.objects.order_by("pk"))
    by_line = {line.person_id: set(line.completeness.missing) for line in lines(actor, people)}
    for item in ITEMS:
        found = set(matching(actor, Wanted(missing=item)).values_list("pk", flat=True))
        assert found == {pk for pk, missing in by_line.items() if item in missing}, item
    assert set(profile_view(actor, cast.li.person_id).completeness.missing) == by_line[cast.li.person_id]
    transaction.savepoint_rollback(point)


def test_the_desk_narrows_by_skill_qualification_and_time(cast: Cast, house: None, kinds: dict[str, int]) -> None:
    fill(cast)
    grant = Grant(person_id=cast.wang.person_id, code="first-aid", issued_on=clock.today(), source_ref="test:1")
    grant_many(actor=SYSTEM, grants=[grant])
    actor = cast.auditor.actor

    def names(**wanted: object) -> list[str]:
        return sorted(matching(actor, Wanted(**wanted)).values_list("name", flat=True))

    assert names() == ["李明兰", "王芳", "陈静"]
    assert names(skill="first-aid") == ["李明兰"]
    assert names(skill="sign") == []
    assert names(kind_code="first-aid") == ["王芳"]
    assert names(free=(5, 1)) == ["李明兰"]
    assert names(free=(5, 2)) == []
    with pytest.raises(NotAllowed):
        matching(cast.li.actor, Wanted())


def test_whom_to_call_is_shown_to_who_needs_it_and_each_look_is_on_record(cast: Cast, house: None) -> None:
    fill(cast)
    with pytest.raises(ReasonMissing):
        reveal_care(actor=cast.coordinator.actor, person_id=cast.li.person_id, reason=" ")
    for who in (cast.wang, cast.auditor, cast.clerk, cast.chen):
        with pytest.raises(NotFound):
            reveal_care(actor=who.actor, person_id=cast.li.person_id, reason="突发晕倒")
    assert not AuditEntry.objects.filter(action="archive.reveal_care").exists()
    found = reveal_care(actor=cast.coordinator.actor, person_id=cast.li.person_id, reason="突发晕倒")
    assert (found.emergency_phone, found.health_remark) == (SECRET_PHONE, SECRET_REMARK)
    assert AuditEntry.objects.filter(action="archive.reveal_care").count() == 1
    register_leading("tests", lambda actor, person_id: actor == cast.chen.actor and person_id == cast.li.person_id)
    try:
        assert reveal_care(actor=cast.chen.actor, person_id=cast.li.person_id, reason="突发晕倒") == found
        with pytest.raises(NotFound):
            reveal_care(actor=cast.wang.actor, person_id=cast.li.person_id, reason="突发晕倒")
    finally:
        register_leading("tests", lambda actor, person_id: False)


def test_an_erased_person_leaves_no_profile_no_number_and_no_proof(
    cast: Cast, house: None, kinds: dict[str, int], django_capture_on_commit_callbacks
) -> None:
    fill(cast)
    row = submit(
        actor=cast.li.actor,
        person_id=cast.li.person_id,
        kind_id=kinds["nurse"],
        number="201244010012345",
        issued_by="卫健委",
        issued_on=clock.today(),
        expires_on=None,
        proofs=[JPEG],
    )
    path = QualificationProof.objects.get().path
    with pytest.raises(NotAllowed):
        forget_person(actor=cast.li.actor, person_id=cast.li.person_id)
    with django_capture_on_commit_callbacks(execute=True):
        forget_person(actor=cast.administrator.actor, person_id=cast.li.person_id)
    from django.core.files.storage import default_storage

    assert not default_storage.exists(path)
    assert not Profile.objects.filter(pk=cast.li.person_id).exists()
    kept = Qualification.objects.get(pk=row)
    assert (kept.number, kept.issued_by, kept.state) == ("", "", "refused")
    assert not QualificationProof.objects.exists()


def test_a_merge_keeps_what_either_record_knew(cast: Cast, house: None, kinds: dict[str, int]) -> None:
    fill(cast)
    change_profile(
        actor=cast.wang.actor, person_id=cast.wang.person_id, parts=[Work(profession="医师"), Times(weekly=7)]
    )
    given = {"number": "", "issued_by": "", "issued_on": clock.today(), "expires_on": None, "proofs": [JPEG]}
    for who in (cast.li, cast.wang):
        submit(actor=who.actor, person_id=who.person_id, kind_id=kinds["nurse"], **given)
    submit(actor=cast.li.actor, person_id=cast.li.person_id, kind_id=kinds["first-aid"], **given)
    stays, goes = (Person.objects.get(pk=who.person_id) for who in (cast.wang, cast.li))
    assert carry_over(actor=cast.coordinator.actor, stays=stays, goes=goes) == 2
    row = Profile.objects.get()
    assert (row.pk, row.profession, row.weekly) == (stays.pk, "医师", 7)
    assert (row.employer, row.emergency_phone, row.minutes_a_week_max) == ("示范医院", SECRET_PHONE, 240)
    states = Qualification.objects.order_by("pk").values_list("person_id", "kind_id", "state")
    assert list(states) == [
        (stays.pk, kinds["nurse"], "refused"),
        (stays.pk, kinds["nurse"], "submitted"),
        (stays.pk, kinds["first-aid"], "submitted"),
    ]


def test_many_profiles_are_entered_at_once_and_once(cast: Cast, house: None) -> None:
    fill(cast)
    wanted = {who.person_id: WHOLE for who in (cast.li, cast.wang, cast.chen)}
    assert enter_profiles(actor=SYSTEM, profiles=wanted) == 2
    assert enter_profiles(actor=SYSTEM, profiles=wanted) == 0
    assert Profile.objects.filter(profession="护士", emergency_relation="spouse").count() == 3
    assert Person.objects.get(pk=cast.wang.person_id).skills == ["急救"]
    with pytest.raises(NotAllowed):
        enter_profiles(actor=cast.li.actor, profiles=wanted)


codes = st.sampled_from(("a", "b", "c", "d"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(st.tuples(codes, st.sets(codes, max_size=3)), max_size=8))
def test_no_kind_ever_includes_itself_whatever_is_saved(db: None, steps: list[tuple[str, set[str]]]) -> None:
    point = transaction.savepoint()
    for code in "abcd":
        save_kind(actor=SYSTEM, kind=NewKind(code=code, name=f"种类{code}", category=Category.COURSE))
    model: dict[str, set[str]] = {code: set() for code in "abcd"}

    def reaches(graph: dict[str, set[str]], start: str, goal: str) -> bool:
        seen: set[str] = set()
        todo = list(graph[start])
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo.extend(graph[one])
        return goal in seen

    for code, includes in steps:
        kind = NewKind(code=code, name=f"种类{code}", category=Category.COURSE, includes=tuple(includes))
        after = {**model, code: includes}
        if any(reaches(after, one, one) for one in after):
            with pytest.raises(InclusionCircle):
                save_kind(actor=SYSTEM, kind=kind)
        else:
            save_kind(actor=SYSTEM, kind=kind)
            model = after
    assert {code: set(found) for code, found in inclusions().items()} == {c: i for c, i in model.items() if i}
    transaction.savepoint_rollback(point)


def test_the_database_refuses_a_circle_behind_the_programs_back(kinds: dict[str, int]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Inclusion.objects.create(kind_id=kinds["first-aid"], included_id=kinds["nurse"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Inclusion.objects.update(kind_id=kinds["first-aid"], included_id=kinds["first-aid"])
    assert Inclusion.objects.count() == 1


def test_kinds_are_kept_by_the_station_and_counted(
    cast: Cast, kinds: dict[str, int], django_assert_num_queries
) -> None:
    actor = cast.coordinator.actor
    before = everything()
    for who in (cast.li, cast.auditor, cast.clerk):
        with pytest.raises(NotAllowed):
            save_kind(actor=who.actor, kind=NewKind(code="x", name="某证", category=Category.LICENCE))
    with pytest.raises(CodeTaken):
        save_kind(actor=actor, kind=NewKind(code="x", name="急救员证", category=Category.LICENCE))
    for wrong in (
        NewKind(code="大写", name="某证", category=Category.LICENCE),
        NewKind(code="x", name=" ", category=Category.LICENCE),
        NewKind(code="x", name="某证", category=Category.LICENCE, valid_months=0),
    ):
        with pytest.raises(Invalid):
            save_kind(actor=actor, kind=wrong)
    with pytest.raises(NotFound):
        save_kind(actor=actor, kind=NewKind(code="x", name="某证", category=Category.LICENCE, includes=("nothing",)))
    assert everything() == before
    save_kind(actor=actor, kind=NewKind(code="nurse", name="护士执业证", category=Category.LICENCE, valid_months=60))
    assert inclusions() == {}
    from xinshi.archive import queries

    with django_assert_num_queries(2):
        found = {line.code: line for line in queries.kinds(on=clock.today())}
    assert (found["nurse"].valid_months, found["nurse"].includes) == (60, [])
    assert QualificationKind.objects.count() == 5


TEXT = "我自愿成为志愿者，尊重患者，保守隐私，守时守信，服从安排。"


def test_the_pledge_is_signed_by_one_tap_and_stands_once(cast: Cast, time_machine_clock) -> None:
    with pytest.raises(PledgeTextMissing):
        sign_pledge(actor=cast.li.actor, text_id=1)
    with pytest.raises(NotAllowed):
        publish_pledge_text(actor=cast.li.actor, effective_from=clock.today(), text=TEXT)
    first = publish_pledge_text(actor=cast.coordinator.actor, effective_from=clock.today(), text=TEXT)
    later = publish_pledge_text(
        actor=cast.coordinator.actor, effective_from=clock.today() + timedelta(days=3), text=TEXT + "不收礼品。"
    )
    for day in (0, -1, 3):
        with pytest.raises(PledgeTextTaken):
            publish_pledge_text(
                actor=cast.coordinator.actor, effective_from=clock.today() + timedelta(days=day), text=TEXT
            )
    row = sign_pledge(actor=cast.li.actor, text_id=first)
    assert sign_pledge(actor=cast.li.actor, text_id=first) == row
    assert facts([cast.li.person_id])[cast.li.person_id].has(PLEDGE, clock.today())
    with pytest.raises(PledgeTextChanged):
        sign_pledge(actor=cast.wang.actor, text_id=later)
    time_machine_clock.shift(timedelta(days=3))
    assert sign_pledge(actor=cast.li.actor, text_id=later) > row
    with pytest.raises(PledgeTextChanged):
        sign_pledge(actor=cast.wang.actor, text_id=first)
    with pytest.raises(NotFound):
        sign_pledge(actor=cast.coordinator.actor, text_id=later)
    assert Qualification.objects.count() == 2


def test_what_people_signed_is_never_changed(cast: Cast) -> None:
    publish_pledge_text(actor=cast.coordinator.actor, effective_from=clock.today(), text=TEXT)
    for change in (lambda: PledgeText.objects.update(text="别的"), lambda: PledgeText.objects.all().delete()):
        with pytest.raises(Exception, match="never changed"), transaction.atomic():
            change()
    assert PledgeText.objects.get().text == TEXT
