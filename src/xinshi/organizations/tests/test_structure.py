"""The tree, roll-ups over it, designations with their targets and reviews."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from xinshi.kernel import clock
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.organizations import figures
from xinshi.organizations.actions import change_organization, create_organization, join_many
from xinshi.organizations.designations.actions import DesignationKnown, NewDesignation, designate, review
from xinshi.organizations.designations.queries import designation, designations, reached, reviews
from xinshi.organizations.domain import DesignationOver, ReviewDateWrong, progress
from xinshi.organizations.figures import Achieved
from xinshi.organizations.models import Designation, DesignationReview, Membership, Organization
from xinshi.organizations.structure import CircleOfOrganizations, TooDeep, roll_up
from xinshi.organizations.tests.conftest import SYSTEM, Partners

Kind = Organization.Kind
Result = DesignationReview.Result


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[int], date, date]]:
    """Whoever stands above has counted 90 minutes in 3 services of 2 people for everybody; what it was asked."""
    asked: list[tuple[list[int], date, date]] = []

    def counter(ids: Sequence[int], first: date, last: date) -> dict[int, Achieved]:
        asked.append((list(ids), first, last))
        return dict.fromkeys(ids, Achieved(minutes=90, person_times=3, people=2))

    monkeypatch.setattr(figures, "_COUNTERS", {"tests": counter})
    return asked


def below(name: str, parent_id: int | None) -> int:
    return create_organization(actor=SYSTEM, name=name, kind=Kind.TEAM, parent_id=parent_id)


def move(organization_id: int, parent_id: int | None) -> list[str]:
    row = Organization.objects.get(pk=organization_id)
    return change_organization(
        actor=SYSTEM,
        organization_id=organization_id,
        name=row.name,
        kind=Kind(row.kind),
        contact="",
        is_active=True,
        parent_id=parent_id,
    )


def test_an_organisation_never_stands_below_itself(db: None) -> None:
    top = below("一", None)
    middle = below("二", top)
    bottom = below("三", middle)
    for parent in (top, middle, bottom):
        with pytest.raises(CircleOfOrganizations):
            move(top, parent)
    with pytest.raises(NotFound):
        move(top, 10**9)
    assert move(bottom, top) == ["parent_id"]
    assert move(bottom, None) == ["parent_id"]
    assert move(top, bottom) == ["parent_id"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Organization.objects.filter(pk=top).update(parent_id=top)


def test_the_tree_is_at_most_eight_deep(db: None) -> None:
    last: int | None = None
    for place in range(8):
        last = below(f"第{place}层", last)
    with pytest.raises(TooDeep):
        below("第九层", last)
    alone = below("另一棵", None)
    below("另一棵之下", alone)
    seventh = Organization.objects.get(name="第6层").pk
    with pytest.raises(TooDeep):
        move(alone, seventh)
    assert move(Organization.objects.get(name="另一棵之下").pk, seventh) == ["parent_id"]


def test_a_roll_up_counts_everybody_below_once(partners: Partners, counted: list[tuple[list[int], date, date]]) -> None:
    society = below("青年志愿者协会", partners.university)
    group = below("手语组", society)
    both = [(partners.student.person_id, group), (partners.other_student.person_id, society)]
    join_many(actor=SYSTEM, memberships=[*both, (partners.cast.volunteer.person_id, group)])
    Membership.objects.filter(organization_id=partners.university).update(since=clock.today() - timedelta(days=30))
    found = roll_up(partners.keeper.actor, partners.university)
    assert (found.organizations, found.members, found.students, found.citizens) == (3, 4, 3, 1)
    assert (found.newcomers, found.active, found.staff) == (2, 2, 0)
    assert (found.minutes_this_year, found.person_times_this_year) == (90, 3)
    today = clock.today()
    assert counted == [
        ([partners.university], today - timedelta(days=89), today),
        ([partners.university], date(today.year, 1, 1), today),
    ]
    for stranger in (partners.student, partners.other_keeper):
        with pytest.raises(NotFound):
            roll_up(stranger.actor, partners.university)


def new(*, title: str = "爱心基地", target: int = 6_000, review_in: int = 30) -> NewDesignation:
    return NewDesignation(
        kind=Designation.Kind.BASE,
        title=title,
        measure=Designation.Measure.MINUTES,
        target_per_year=target,
        started_on=clock.today() - timedelta(days=400),
        review_on=clock.today() + timedelta(days=review_in),
    )


@given(
    target=st.integers(1, 10**6),
    begun=st.integers(0, 1_000),
    done=st.integers(0, 10**7),
)
def test_a_years_target_is_shared_by_its_days(target: int, begun: int, done: int) -> None:
    today = date(2026, 7, 1)
    started = today - timedelta(days=begun)
    found = progress(achieved=done, target_per_year=target, started_on=started, today=today)
    assert 1 <= found.target <= target
    assert (found.target == target) or started > date(2026, 1, 1)
    assert 0 <= found.expected <= target
    assert found.is_behind == (done < found.expected)


def test_a_base_has_a_target_reviews_and_an_end(
    partners: Partners, counted: list[tuple[list[int], date, date]]
) -> None:
    coordinator, university = partners.cast.coordinator.actor, partners.university
    made = designate(actor=coordinator, organization_id=university, new=new())
    with pytest.raises(DesignationKnown):
        designate(actor=coordinator, organization_id=university, new=new())
    [found] = reached(designations(partners.keeper.actor))
    assert found.progress is not None
    assert (found.progress.achieved, found.progress.target, found.is_due) == (90, 6_000, False)
    assert designations(partners.other_keeper.actor).count() == 0
    later = clock.today() + timedelta(days=300)
    review(
        actor=coordinator,
        designation_id=made,
        result=Result.IMPROVE,
        remark="人次不足",
        next_review_on=later,
        target_per_year=3_000,
    )
    row = designation(coordinator, made)
    assert (row.review_on, row.target_per_year) == (later, 3_000)
    review(actor=coordinator, designation_id=made, result=Result.ENDED, remark="合作结束")
    row = designation(coordinator, made)
    assert (row.review_on, row.ended_on) == (None, clock.today())
    with pytest.raises(DesignationOver):
        review(actor=coordinator, designation_id=made, result=Result.KEPT, remark="x", next_review_on=later)
    last, first = reviews(row)
    assert (first.target_per_year, first.achieved_minutes, first.achieved_person_times) == (6_000, 90, 3)
    assert (last.result, (last.counted_until - last.counted_from).days) == ("ended", 364)
    with pytest.raises(DatabaseError), transaction.atomic():
        DesignationReview.objects.update(remark="改了")
    designate(actor=coordinator, organization_id=university, new=new())


def test_refuses_targets_and_dates_that_are_none(partners: Partners) -> None:
    coordinator, university = partners.cast.coordinator.actor, partners.university
    for wrong, refusal in (
        (new(target=0), Invalid),
        (new(title=" "), Invalid),
        (new(review_in=0), ReviewDateWrong),
        (new(review_in=2_000), ReviewDateWrong),
    ):
        with pytest.raises(refusal):
            designate(actor=coordinator, organization_id=university, new=wrong)
    with pytest.raises(NotAllowed):
        designate(actor=partners.keeper.actor, organization_id=university, new=new())
    assert not Designation.objects.exists()
    made = designate(actor=coordinator, organization_id=university, new=new())
    for wrong_review, expected in (
        ({"remark": " "}, Invalid),
        ({"remark": "好", "next_review_on": None}, Invalid),
        ({"remark": "好", "next_review_on": clock.today()}, ReviewDateWrong),
    ):
        with pytest.raises(expected):
            review(actor=coordinator, designation_id=made, result=Result.KEPT, **wrong_review)  # type: ignore[arg-type]
    assert not DesignationReview.objects.exists()


def test_the_desk_names_and_reviews_by_page_and_by_program(partners: Partners) -> None:
    client, today = partners.cast.coordinator.client, clock.today()
    sent = {
        "kind": "point",
        "title": "示范点",
        "measure": "minutes",
        "target": 100,
        "started_on": today - timedelta(days=20),
        "review_on": today + timedelta(days=200),
    }
    page = client.post(f"/organizations/{partners.university}/designations/new/", sent).headers["Location"]
    assert Designation.objects.get().target_per_year == 6_000
    again = client.post(f"/organizations/{partners.university}/designations/new/", sent)
    assert "This organisation carries this title already." in again.content.decode()
    wrong = client.post(f"{page}review/", {"result": "kept", "remark": "很好"})
    assert "Say when it is looked at next." in wrong.content.decode()
    client.post(f"{page}review/", {"result": "kept", "remark": "很好", "next_review_on": today + timedelta(days=300)})
    assert "很好" in client.get(page).content.decode()
    assert len(client.get("/organizations/designations/?kind=point").context["reached"]) == 1
    assert client.get("/organizations/designations/?due=on").context["reached"] == []
    body = {"result": "ended", "remark": "结束"}
    root = "/api/v1/organizations/designations"
    pk = Designation.objects.get().pk
    ended = client.post(f"{root}/{pk}/reviews", body, content_type="application/json").json()
    assert (ended["ended_on"], ended["achieved_this_year"]) == (today.isoformat(), None)
    assert [one["result"] for one in client.get(f"{root}/{pk}/reviews").json()] == ["ended", "kept"]
    assert client.get("/organizations/export/").status_code == 200
