"""The short path: least data, minors stopped before anything is kept, accounts active within the campaign's limit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from xinshi.activities.actions import sign_up
from xinshi.activities.domain import ShiftFull
from xinshi.activities.models import Shift, SignUp
from xinshi.archive.actions import ensure_kinds, grant_many
from xinshi.archive.domain import INSURANCE, PLEDGE, Category, Grant, NewKind
from xinshi.archive.models import Qualification
from xinshi.audit.models import AuditEntry
from xinshi.bank.models import Passbook
from xinshi.campaigns import actions
from xinshi.campaigns.actions.joining import Joined
from xinshi.campaigns.domain import (
    CampaignNotOpen,
    GuardianFirst,
    HasSignIn,
    NotOfAge,
    Progress,
    Step,
    StepMissing,
    next_step,
)
from xinshi.campaigns.lessons import lesson_of
from xinshi.campaigns.models import Recruit
from xinshi.campaigns.queries.path import path
from xinshi.campaigns.tasks import on_course_passed
from xinshi.campaigns.tests.conftest import ADULT, PHONE, SYSTEM, Cast, MakeSurge, Surge, last_code, recruits
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.messages.codes import CodeWrong
from xinshi.messages.models import Message, OutgoingText
from xinshi.people.access import actor_for
from xinshi.people.actions import NewPerson
from xinshi.people.models import Person, User, phone_index
from xinshi.training.events import CoursePassed


def join(surge: Surge, *, phone: str = PHONE, name: str = "赵新", born: date = ADULT) -> Joined:
    campaign = surge.fresh()
    code_id = actions.ask_for_code(campaign=campaign, phone=phone, born=born, address="192.0.2.1")
    return actions.join_by_phone(campaign=campaign, code_id=code_id, typed=last_code(), born=born, name=name)


def acting(joined: Joined) -> Actor:
    return actor_for(User.objects.get(pk=joined.user_id))


def test_a_newcomer_joins_with_phone_name_and_birthday(open_surge: Surge) -> None:
    joined = join(open_surge)
    person = Person.objects.get(pk=joined.person_id)
    assert (person.name, person.phone, person.id_number, person.birth_date) == ("赵新", PHONE, "", ADULT)
    assert joined.is_active
    recruit = Recruit.objects.get(person=person)
    assert (recruit.through, recruit.was_activated) == ("phone", True)
    entry = AuditEntry.objects.get(action="campaigns.join")
    assert entry.detail["reason"] == "接种高峰三天内需要五十人"
    assert acting(joined).roles == {Role.VOLUNTEER}
    assert not User.objects.get(pk=joined.user_id).has_usable_password()


def test_accounts_are_active_at_once_only_within_the_limit(open_surge: Surge) -> None:
    joined = [join(open_surge, phone=f"1390000{n:04d}", name=f"新人{n}") for n in range(4)]
    assert [one.is_active for one in joined] == [True, True, True, False]
    states = Passbook.objects.filter(person_id__in=[one.person_id for one in joined]).order_by("person_id")
    assert list(states.values_list("state", flat=True)) == ["active", "active", "active", "pending"]
    last = acting(joined[-1])
    actions.pledge(actor=last, campaign=open_surge.fresh())
    assert path(last, open_surge.fresh()).step == Step.STATION


@pytest.mark.parametrize(("years", "refusal"), [(17, NotOfAge), (10, NotOfAge)])
def test_a_minor_is_stopped_before_anything_is_kept(open_surge: Surge, years: int, refusal: type[Exception]) -> None:
    people, texts = Person.objects.count(), OutgoingText.objects.count()
    born = clock.today() - timedelta(days=365 * years + years // 4)
    with pytest.raises(refusal):
        actions.ask_for_code(campaign=open_surge.fresh(), phone=PHONE, born=born, address="192.0.2.1")
    assert (Person.objects.count(), OutgoingText.objects.count()) == (people, texts)


def test_who_needs_a_guardian_is_sent_to_open_an_account_with_one(cast: Cast, make_surge: MakeSurge) -> None:
    surge = make_surge(age_min=16)
    actions.set_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk, needs=surge.everywhere())
    actions.publish_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk)
    born = clock.today() - timedelta(days=365 * 17)
    with pytest.raises(GuardianFirst):
        actions.ask_for_code(campaign=surge.fresh(), phone=PHONE, born=born, address="192.0.2.1")
    assert not OutgoingText.objects.exists()


def test_a_wrong_code_opens_nothing(open_surge: Surge) -> None:
    campaign, people = open_surge.fresh(), Person.objects.count()
    code_id = actions.ask_for_code(campaign=campaign, phone=PHONE, born=ADULT, address="192.0.2.1")
    wrong = "000000" if last_code() != "000000" else "111111"
    with pytest.raises(CodeWrong):
        actions.join_by_phone(campaign=campaign, code_id=code_id, typed=wrong, born=ADULT, name="赵新")
    assert Person.objects.count() == people


def test_a_draft_takes_nobody(surge: Surge) -> None:
    with pytest.raises(CampaignNotOpen):
        actions.ask_for_code(campaign=surge.row, phone=PHONE, born=ADULT, address="192.0.2.1")
    assert not OutgoingText.objects.exists()


def test_the_document_is_asked_for_only_where_the_campaign_needs_it(cast: Cast, make_surge: MakeSurge) -> None:
    surge = make_surge(asks_identity=True)
    actions.set_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk, needs=[surge.need()])
    actions.publish_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk)
    with pytest.raises(Invalid):
        join(surge)
    assert not Recruit.objects.exists()


def test_coming_back_with_the_same_phone_goes_on_and_opens_nothing_twice(open_surge: Surge) -> None:
    first = join(open_surge)
    actions.pledge(actor=acting(first), campaign=open_surge.fresh())
    again = join(open_surge)
    assert (again.person_id, again.user_id, again.is_new) == (first.person_id, first.user_id, False)
    assert Recruit.objects.count() == 1
    assert path(acting(again), open_surge.fresh()).step == Step.SHIFT
    other = join(open_surge, name="赵新之妹")
    assert other.person_id != first.person_id


def test_the_phone_alone_signs_nobody_in_who_has_a_password_or_a_role(cast: Cast, open_surge: Surge) -> None:
    first = join(open_surge)
    user = User.objects.get(pk=first.user_id)
    user.set_password("a long enough password 26")
    user.save(update_fields=["password"])
    with pytest.raises(HasSignIn):
        join(open_surge)
    Person.objects.filter(pk=cast.coordinator.person_id).update(birth_date=ADULT)
    coordinator = Person.objects.get(pk=cast.coordinator.person_id)
    coordinator.phone = "13900002222"
    coordinator.phone_index = phone_index("13900002222")
    coordinator.save(update_fields=["phone", "phone_index"])
    with pytest.raises(HasSignIn):
        join(open_surge, phone="13900002222", name="周敏")
    assert Recruit.objects.count() == 1


def test_the_pledge_brings_the_insurance_once(cast: Cast, make_surge: MakeSurge) -> None:
    until = clock.today() + timedelta(days=30)
    surge = make_surge(is_dangerous=True, risks="人员密集", insurer="示范财险 2026-1", insurance_until=until)
    actions.set_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk, needs=surge.everywhere())
    actions.publish_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk)
    joined = join(surge)
    for _ in range(2):
        actions.pledge(actor=acting(joined), campaign=surge.fresh())
    held = Qualification.objects.filter(person_id=joined.person_id).order_by("kind__code")
    assert list(held.values_list("kind__code", "expires_on")) == [(INSURANCE, until), (PLEDGE, None)]
    assert AuditEntry.objects.filter(action="campaigns.pledge").count() == 1


def test_a_shift_comes_after_all_steps_before_it(cast: Cast, open_surge: Surge) -> None:
    shift_id = open_surge.posts()[0].shift_id
    assert shift_id is not None
    campaign = open_surge.fresh()
    actions.join(actor=cast.volunteer.actor, campaign=campaign)
    with pytest.raises(StepMissing):
        actions.take_shift(actor=cast.volunteer.actor, campaign=campaign, shift_id=shift_id)
    actions.pledge(actor=cast.volunteer.actor, campaign=campaign)
    actions.take_shift(actor=cast.volunteer.actor, campaign=campaign, shift_id=shift_id)
    assert Shift.objects.get(pk=shift_id).taken == 1
    assert Recruit.objects.get(person_id=cast.volunteer.person_id).placed_at is not None
    assert path(cast.volunteer.actor, campaign).step == Step.DONE
    with pytest.raises(NotFound):
        actions.take_shift(actor=cast.volunteer.actor, campaign=campaign, shift_id=shift_id + 100_000)


def test_the_lesson_stands_between_pledge_and_shift(cast: Cast, make_surge: MakeSurge) -> None:
    surge = make_surge(lesson_code="infection-control")
    actions.set_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk, needs=[surge.need()])
    actions.publish_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk)
    campaign, actor = surge.fresh(), cast.volunteer.actor
    actions.join(actor=actor, campaign=campaign)
    actions.pledge(actor=actor, campaign=campaign)
    assert path(actor, campaign).step == Step.LESSON
    shift_id = surge.posts()[0].shift_id
    assert shift_id is not None
    with pytest.raises(StepMissing):
        actions.take_shift(actor=actor, campaign=campaign, shift_id=shift_id)
    assert not SignUp.objects.exists()


def test_the_station_writes_down_somebody_without_a_phone(cast: Cast, open_surge: Surge) -> None:
    post = open_surge.posts()[0]
    elder = NewPerson(name="何奶奶", birth_date=date(1950, 3, 2))
    with pytest.raises(NotAllowed):
        actions.enter_at_station(actor=cast.leader.actor, campaign_id=open_surge.row.pk, person=elder, was_taught=False)
    done = actions.enter_at_station(
        actor=cast.coordinator.actor,
        campaign_id=open_surge.row.pk,
        person=elder,
        was_taught=True,
        shift_id=post.shift_id,
    )
    recruit = Recruit.objects.get(person_id=done.person_id)
    assert (recruit.through, recruit.placed_at is not None, recruit.pledged_at is not None) == ("station", True, True)
    assert done.is_active
    assert Shift.objects.get(pk=post.shift_id).taken == 1


def test_the_station_keeps_nobody_where_the_place_is_gone(cast: Cast, open_surge: Surge) -> None:
    post = open_surge.posts()[0]
    assert post.shift_id is not None
    for person_id in recruits(cast, open_surge, 2):
        sign_up(actor=cast.coordinator.actor, shift_id=post.shift_id, person_id=person_id)
    people = Person.objects.count()
    with pytest.raises(ShiftFull):
        actions.enter_at_station(
            actor=cast.coordinator.actor,
            campaign_id=open_surge.row.pk,
            person=NewPerson(name="何奶奶", birth_date=date(1950, 3, 2)),
            was_taught=False,
            shift_id=post.shift_id,
        )
    assert Person.objects.count() == people


def test_every_progress_has_one_next_step() -> None:
    def step(**done: bool) -> Step:
        nothing = {
            "has_joined": True,
            "is_active": True,
            "has_pledged": True,
            "needs_lesson": False,
            "has_place": False,
        }
        return next_step(Progress(**{**nothing, **done}))

    assert step(has_joined=False, has_place=True) == Step.JOIN
    assert step(has_pledged=False, needs_lesson=True, is_active=False) == Step.PLEDGE
    assert step(needs_lesson=True, is_active=False) == Step.LESSON
    assert step(is_active=False) == Step.STATION
    assert step() == Step.SHIFT
    assert step(has_place=True, needs_lesson=True) == Step.DONE


def test_whoever_passed_the_lesson_is_told_to_choose_a_shift_once(cast: Cast, make_surge: MakeSurge) -> None:
    surge = make_surge(lesson_code="infection-control")
    actions.set_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk, needs=[surge.need()])
    actions.publish_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk)
    [person, other] = recruits(cast, surge, 2)
    for code in ("first-aid", "infection-control", "infection-control"):
        on_course_passed([CoursePassed(enrolment_id=1, course_id=1, person_id=person, qualification=code)])
    told = Message.objects.filter(object_ref="campaign-path:flu")
    assert [message.recipient_ref for message in told] == [f"person:{person}"]
    ensure_kinds(
        actor=SYSTEM, kinds=[NewKind(code="infection-control", name="感染防控上岗课", category=Category.COURSE)]
    )
    grant = Grant(person_id=person, code="infection-control", issued_on=clock.today(), source_ref="course-enrolment:1")
    grant_many(actor=SYSTEM, grants=[grant])
    learned = Actor(reference=f"person:{person}", person_id=person, roles=frozenset({Role.VOLUNTEER}))
    assert path(learned, surge.fresh()).step == Step.SHIFT
    waiting = Actor(reference=f"person:{other}", person_id=other, roles=frozenset({Role.VOLUNTEER}))
    assert path(waiting, surge.fresh()).step == Step.LESSON
    assert lesson_of("infection-control").title == "感染防控上岗课"
