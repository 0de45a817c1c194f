"""Places in sessions: never one too many, the waiting list moves up by itself, and coming counts for the course."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connections

from xinshi.bank.obstacles import obstacles_of
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message
from xinshi.training import actions
from xinshi.training.actions import Mark
from xinshi.training.domain import (
    AlreadySignedUp,
    NewSession,
    NotPossibleYet,
    Part,
    PlacesTaken,
    PresenceCounted,
    SessionClosed,
    SessionFull,
    SessionMarked,
    SessionNotBegun,
    SessionOver,
    SessionOverlaps,
)
from xinshi.training.models import Certificate, Enrolment, Place, Session
from xinshi.training.queries import minutes_of_year, session_view, training_record
from xinshi.training.tests.conftest import (
    SYSTEM,
    Cast,
    Clock,
    MadeCourse,
    MakeCourse,
    MakeSession,
    all_at_once,
    everything,
)


def volunteer(person_id: int) -> Actor:
    return Actor(reference=f"person:{person_id}", person_id=person_id, roles=frozenset({Role.VOLUNTEER}))


def states(session_id: int) -> list[str]:
    return list(Place.objects.filter(session_id=session_id).order_by("pk").values_list("state", flat=True))


def test_places_then_the_waiting_list_then_a_refusal(cast: Cast, make_session: MakeSession) -> None:
    session_id = make_session(places=2, reserve=1)
    people = [volunteer(pk) for pk in cast.people(4)]
    taken = [actions.sign_up(actor=one, session_id=session_id) for one in people[:3]]
    assert [one.is_waiting for one in taken] == [False, False, True]
    before = everything()
    with pytest.raises(SessionFull):
        actions.sign_up(actor=people[3], session_id=session_id)
    with pytest.raises(AlreadySignedUp):
        actions.sign_up(actor=people[0], session_id=session_id)
    assert everything() == before
    actions.give_up(actor=people[0], place_id=taken[0].place_id)
    actions.give_up(actor=people[0], place_id=taken[0].place_id)
    assert states(session_id) == ["cancelled", "confirmed", "confirmed"]
    assert Session.objects.get().taken == 2
    told = Message.objects.get(key=f"training-place:{taken[2].place_id}:promoted")
    assert told.recipient_ref == people[2].reference
    with pytest.raises(NotFound):
        actions.give_up(actor=people[3], place_id=taken[1].place_id)


@pytest.mark.django_db(transaction=True)
def test_never_one_too_many_in_a_rush(cast: Cast, make_session: MakeSession) -> None:
    session_id = make_session(places=3, reserve=2)
    people = [volunteer(pk) for pk in cast.people(12)]
    jobs = [lambda one=one: actions.sign_up(actor=one, session_id=session_id) for one in people]
    results = all_at_once(jobs, threads=6)
    connections.close_all()
    refused = [one for one in results if isinstance(one, DomainError)]
    assert (len(refused), {type(one) for one in refused}) == (7, {SessionFull})
    assert sorted(states(session_id)) == ["confirmed"] * 3 + ["waiting"] * 2
    assert Session.objects.get(pk=session_id).taken == 3


def test_nobody_is_in_two_sessions_at_once_not_even_waiting(cast: Cast, make_session: MakeSession) -> None:
    first, second = make_session(places=1), make_session(places=1, title="另一场")
    people = [volunteer(pk) for pk in cast.people(2)]
    actions.sign_up(actor=people[0], session_id=first)
    actions.sign_up(actor=people[1], session_id=first)
    before = everything()
    for one in people:
        with pytest.raises(SessionOverlaps):
            actions.sign_up(actor=one, session_id=second)
    assert everything() == before


def test_coming_is_a_part_of_passing(
    cast: Cast, make_course: MakeCourse, make_session: MakeSession, frozen: Clock
) -> None:
    course = make_course(parts=[Part.LESSONS, Part.QUIZ, Part.SESSION, Part.PRACTICAL])
    session_id = make_session(course_id=course.course_id)
    who = cast.volunteer
    taken = actions.sign_up(actor=who.actor, session_id=session_id)
    assert Enrolment.objects.filter(person_id=who.person_id, course_id=course.course_id).count() == 1
    course.read_all(who)
    assert course.try_quiz(who, right=True).certificate_id is None
    marks = {taken.place_id: Mark.CAME}
    with pytest.raises(SessionNotBegun):
        actions.mark(actor=cast.leader.actor, session_id=session_id, marks=marks)
    frozen.shift(timedelta(days=1, minutes=10))
    for stranger in (cast.other_leader, cast.second, who):
        with pytest.raises(NotFound):
            actions.mark(actor=stranger.actor, session_id=session_id, marks=marks)
    assert actions.mark(actor=cast.leader.actor, session_id=session_id, marks=marks) == 1
    assert actions.mark(actor=cast.leader.actor, session_id=session_id, marks=marks) == 0
    assert not Certificate.objects.exists(), "the practical judgement is missing"
    with pytest.raises(NotFound):
        actions.judge_practical(actor=cast.other_leader.actor, person_id=who.person_id, course_id=course.course_id)
    judged = actions.judge_practical(actor=cast.leader.actor, person_id=who.person_id, course_id=course.course_id)
    assert judged == Certificate.objects.get().pk
    with pytest.raises(NotPossibleYet):
        actions.judge_practical(actor=cast.leader.actor, person_id=who.person_id, course_id=course.course_id)
    before = everything()
    with pytest.raises(PresenceCounted):
        actions.mark(actor=cast.leader.actor, session_id=session_id, marks={taken.place_id: Mark.ABSENT})
    assert everything() == before
    actions.revoke_certificate(actor=cast.coordinator.actor, certificate_id=judged, reason="签到有误，当日未到")
    actions.mark(actor=cast.leader.actor, session_id=session_id, marks={taken.place_id: Mark.ABSENT})
    assert Place.objects.get().presence == "absent"


def test_in_and_out_count_the_time_between_within_the_session(
    cast: Cast, make_session: MakeSession, frozen: Clock
) -> None:
    session_id = make_session()
    taken = actions.sign_up(actor=cast.volunteer.actor, session_id=session_id)
    frozen.shift(timedelta(days=1, minutes=-10))

    def marked(mark: Mark) -> tuple[str, int]:
        actions.mark(actor=cast.leader.actor, session_id=session_id, marks={taken.place_id: mark})
        return Place.objects.values_list("presence", "attended_minutes").get()

    assert marked(Mark.CAME) == ("present", 120)
    frozen.shift(timedelta(minutes=70))
    assert marked(Mark.LEFT) == ("present", 60)
    assert minutes_of_year(cast.volunteer.person_id, clock.today().year) == 60
    line = training_record(cast.volunteer.person_id)[0]
    assert (line.is_meeting, line.way, line.kind, line.minutes) == (True, "2", "1", 60)
    assert marked(Mark.ABSENT) == ("absent", 0)
    assert marked(Mark.PRESENT) == ("present", 120)
    assert marked(Mark.CLEAR) == ("", 0)
    with pytest.raises(SessionOver):
        actions.give_up(actor=cast.volunteer.actor, place_id=taken.place_id)


def test_nobody_marks_or_judges_themself(cast: Cast, make_session: MakeSession, frozen: Clock) -> None:
    session_id = make_session()
    taken = actions.sign_up(actor=cast.leader.actor, session_id=session_id)
    frozen.shift(timedelta(days=1, minutes=1))
    before = everything()
    with pytest.raises(NotAllowed):
        actions.mark(actor=cast.leader.actor, session_id=session_id, marks={taken.place_id: Mark.PRESENT})
    with pytest.raises(NotAllowed):
        actions.judge_practical(actor=cast.coordinator.actor, person_id=cast.coordinator.person_id, course_id=1)
    assert everything() == before
    assert actions.mark(actor=cast.coordinator.actor, session_id=session_id, marks={taken.place_id: Mark.PRESENT}) == 1


def described(session_id: int, **changes: object) -> NewSession:
    row = Session.objects.get(pk=session_id)
    names = ("course_id", "title", "topic", "place", "starts_at", "ends_at", "trainer_id", "places", "reserve")
    return NewSession(**{**{name: getattr(row, name) for name in names}, **changes})  # type: ignore[arg-type]


def test_more_places_let_in_who_waits_and_changes_are_told(cast: Cast, make_session: MakeSession) -> None:
    session_id = make_session(places=1, reserve=2)
    people = [volunteer(pk) for pk in cast.people(3)]
    for one in people:
        actions.sign_up(actor=one, session_id=session_id)
    before = everything()
    with pytest.raises(NotAllowed):
        actions.change_session(actor=cast.leader.actor, session_id=session_id, session=described(session_id, places=9))
    with pytest.raises(Invalid):
        actions.change_session(
            actor=cast.coordinator.actor, session_id=session_id, session=described(session_id, title="")
        )
    assert everything() == before
    actions.change_session(
        actor=cast.coordinator.actor, session_id=session_id, session=described(session_id, places=2, place="礼堂")
    )
    assert states(session_id) == ["confirmed", "confirmed", "waiting"]
    assert Message.objects.filter(key__contains=f"session:{session_id}:changed").count() == 3
    with pytest.raises(PlacesTaken):
        actions.change_session(
            actor=cast.coordinator.actor, session_id=session_id, session=described(session_id, places=1)
        )


def test_a_cancelled_session_takes_nobody_and_everybody_is_told(cast: Cast, make_session: MakeSession) -> None:
    session_id = make_session()
    actions.sign_up(actor=cast.volunteer.actor, session_id=session_id)
    assert len(obstacles_of(cast.volunteer.person_id)) == 1
    assert len(obstacles_of(cast.leader.person_id)) == 1
    actions.cancel_session(actor=cast.coordinator.actor, session_id=session_id, reason="培训师生病，另行安排")
    assert obstacles_of(cast.volunteer.person_id) == []
    assert Message.objects.filter(key__contains=f"session:{session_id}:cancelled").count() == 1
    with pytest.raises(SessionClosed):
        actions.sign_up(actor=cast.second.actor, session_id=session_id)


def test_reminders_once_within_a_day(cast: Cast, make_session: MakeSession, frozen: Clock) -> None:
    session_id = make_session(starts_at=clock.now() + timedelta(days=3), places=1, reserve=1)
    actions.sign_up(actor=cast.volunteer.actor, session_id=session_id)
    actions.sign_up(actor=cast.second.actor, session_id=session_id)
    assert actions.remind_of_sessions(actor=SYSTEM) == 0
    frozen.shift(timedelta(days=2, hours=1))
    assert (actions.remind_of_sessions(actor=SYSTEM), actions.remind_of_sessions(actor=SYSTEM)) == (1, 0)
    assert Message.objects.get(key__contains="reminder").recipient_ref == cast.volunteer.reference


def test_minutes_of_a_meeting_are_read_by_who_was_there(cast: Cast, make_session: MakeSession, frozen: Clock) -> None:
    session_id = make_session(title="导医经验交流会")
    taken = actions.sign_up(actor=cast.volunteer.actor, session_id=session_id)
    with pytest.raises(SessionNotBegun):
        actions.write_minutes(actor=cast.leader.actor, session_id=session_id, text="纪要")
    frozen.shift(timedelta(days=1, hours=1))
    with pytest.raises(NotFound):
        actions.write_minutes(actor=cast.second.actor, session_id=session_id, text="纪要")
    actions.write_minutes(actor=cast.leader.actor, session_id=session_id, text="早高峰加一人")
    actions.mark(actor=cast.leader.actor, session_id=session_id, marks={taken.place_id: Mark.PRESENT})
    assert session_view(cast.volunteer.actor, session_id).reads_minutes
    assert not session_view(cast.second.actor, session_id).reads_minutes
    with pytest.raises(SessionMarked):
        actions.cancel_session(actor=cast.coordinator.actor, session_id=session_id, reason="不应能取消")


def test_a_signed_paper_list_is_entered_afterwards(
    cast: Cast, make_course: MakeCourse, make_session: MakeSession
) -> None:
    course: MadeCourse = make_course(parts=[Part.SESSION])
    yesterday = clock.now() - timedelta(days=1)
    people = cast.people(3)
    session = NewSession(
        course_id=course.course_id,
        title="急救实操",
        place="示教室",
        starts_at=yesterday,
        ends_at=yesterday + timedelta(hours=2),
        trainer_id=cast.leader.person_id,
        places=20,
    )
    with pytest.raises(NotAllowed):
        actions.enter_held(actor=cast.leader.actor, session=session, person_ids=people)
    with pytest.raises(NotFound):
        actions.enter_held(actor=cast.coordinator.actor, session=session, person_ids=[*people, 10**9])
    assert not Place.objects.exists()
    actions.enter_held(actor=cast.coordinator.actor, session=session, person_ids=people)
    assert Certificate.objects.filter(person_id__in=people).count() == 3


def test_a_place_that_a_voucher_pays_for(cast: Cast, make_session: MakeSession) -> None:
    session_id = make_session(places=1, reserve=5)
    who = cast.volunteer
    reserve = {"actor": who.actor, "session_id": session_id, "person_id": who.person_id, "source_ref": "voucher:7"}
    place_id = actions.reserve_place(**reserve)  # type: ignore[arg-type]
    assert actions.reserve_place(**reserve) == place_id  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        actions.give_up(actor=who.actor, place_id=place_id)
    with pytest.raises(SessionFull):
        actions.reserve_place(
            actor=cast.second.actor, session_id=session_id, person_id=cast.second.person_id, source_ref="voucher:8"
        )
    actions.release_place(actor=who.actor, source_ref="voucher:7")
    actions.release_place(actor=who.actor, source_ref="voucher:7")
    assert (states(session_id), Session.objects.get().taken) == (["cancelled"], 0)
