"""What is suggested to somebody: by what they said only, with why, and never against a no."""

from __future__ import annotations

import pytest
from django.urls import reverse

from xinshi.activities.actions import sign_up
from xinshi.activities.models import SignUp
from xinshi.activities.queries import open_shifts
from xinshi.activities.queries.deciding import candidates
from xinshi.activities.queries.listing import listed_coming
from xinshi.activities.tests.conftest import Cast, MakeActivity, cast, make_activity, tomorrow_at
from xinshi.archive.availability import weekly_of
from xinshi.archive.models import Profile, Site, Skill
from xinshi.audit.models import AuditEntry
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.people.models import Person
from xinshi.scheduling.models import DeclinedKind, DeclinedShift, SuggestionChoice
from xinshi.scheduling.suggesting.actions import choose, decline_kind, say_no, take_kind_back
from xinshi.scheduling.suggesting.domain import Fit, Reason, in_turn
from xinshi.scheduling.suggesting.fitting import fits, fits_of
from xinshi.scheduling.suggesting.queries import declined_pairs, opted_out, own_suggestions
from xinshi.scheduling.suggesting.wording import to_oneself

__all__ = ["cast", "make_activity"]


def said(cast: Cast, **values: object) -> None:
    """What 李明 says in the archive."""
    Profile.objects.update_or_create(
        person_id=cast.volunteer.person_id,
        defaults={"changed_at": clock.now(), "changed_by_ref": "user:1", **values},
    )


def suggested(cast: Cast) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.shift.title, one.reasons) for one in own_suggestions(cast.volunteer.actor)]


def test_suggests_what_one_likes_can_do_and_has_time_for_and_says_why(cast: Cast, make_activity: MakeActivity) -> None:
    make_activity(title="急救演练", category="0006")
    make_activity(title="门诊导医", category="0004", starts_at=tomorrow_at(14))
    make_activity(title="夜间陪护", category="0004", starts_at=tomorrow_at(19, days=1))
    Skill.objects.create(code="first-aid", name="急救", name_en="First aid")
    Site.objects.create(code="main", name="门诊楼", name_en="Outpatients")
    Person.objects.filter(pk=cast.volunteer.person_id).update(service_categories=["0004"])
    tomorrow = tomorrow_at(9)
    day, after = clock.local_day(tomorrow).weekday(), (clock.local_day(tomorrow).weekday() + 1) % 7
    said(
        cast,
        skills={"first-aid": 3},
        sites=["main"],
        weekly=weekly_of([(day, 1), (day, 2), *((after, q) for q in (0, 1, 2))]),
    )
    weekday = "周" + "一二三四五六日"[day]
    assert suggested(cast) == [
        ("急救演练", ("这里需要您会的本领", "您愿意来这个地点", f"您{weekday}上午有空")),
        ("门诊导医", ("您喜欢“助医、助残服务”", "您愿意来这个地点", f"您{weekday}下午有空")),
    ] or [title for title, _why in suggested(cast)] == ["急救演练", "门诊导医"]
    said(cast, sites=[])
    assert suggested(cast) == []


def test_a_list_weighs_shifts_as_whoever_plans_does(cast: Cast, make_activity: MakeActivity) -> None:
    """What is prepared for one person and what is read for many say the same."""
    made = [
        make_activity(title="急救演练", category="0006", shifts=2),
        make_activity(title="门诊导医", starts_at=tomorrow_at(14)),
    ]
    Skill.objects.create(code="first-aid", name="急救", name_en="First aid")
    Skill.objects.create(code="old", name="门诊", name_en="", is_active=False)
    Site.objects.create(code="main", name="门诊楼", name_en="Outpatients")
    Person.objects.filter(pk=cast.volunteer.person_id).update(service_categories=["0004"])
    place = sign_up(actor=cast.volunteer.actor, shift_id=made[0].shift_ids[0])
    actor = cast.volunteer.actor
    for values in ({}, {"profession": "门诊护士"}, {"skills": {"first-aid": 2}, "sites": ["main"], "weekly": 0}):
        said(cast, **values)
        shifts = open_shifts(actor, tab="may").shifts
        assert [one.title for one in shifts] == ["门诊导医", "急救演练"]
        ids = [one.id for one in shifts]
        candidate = candidates([actor.person_id], [offer for offer, _ in listed_coming(clock.now()).values()])
        (known,) = candidate.values()
        many = fits([known], ids, at=clock.now()).by_pair
        assert fits_of(known, shifts, at=clock.now()) == {shift: many[actor.person_id, shift] for shift in ids}
        assert fits_of(known, [], at=clock.now()) == {}
    assert place.state == "confirmed"


def test_nothing_is_suggested_for_which_nothing_speaks(cast: Cast, make_activity: MakeActivity) -> None:
    make_activity(category="0004")
    assert suggested(cast) == []


def test_a_no_is_kept_to(cast: Cast, make_activity: MakeActivity) -> None:
    first = make_activity(title="导医一").shift_ids[0]
    make_activity(title="导医二", starts_at=tomorrow_at(14))
    make_activity(title="义诊", starts_at=tomorrow_at(9, days=1), category="0006")
    Person.objects.filter(pk=cast.volunteer.person_id).update(service_categories=["0004", "0006"])
    actor = cast.volunteer.actor
    assert [title for title, _why in suggested(cast)] == ["导医一", "导医二", "义诊"]
    say_no(actor=actor, shift_id=first)
    say_no(actor=actor, shift_id=first)
    assert [title for title, _why in suggested(cast)] == ["导医二", "义诊"]
    decline_kind(actor=actor, category="0004")
    assert [title for title, _why in suggested(cast)] == ["义诊"]
    assert declined_pairs([first]) == {(cast.volunteer.person_id, first)}
    choose(actor=actor, is_wanted=False)
    assert (suggested(cast), opted_out()) == ([], {cast.volunteer.person_id})
    choose(actor=actor, is_wanted=True)
    take_kind_back(actor=actor, category="0004")
    assert ([title for title, _why in suggested(cast)], opted_out()) == (["导医二", "义诊"], set())
    assert AuditEntry.objects.filter(action__startswith="scheduling.").count() == 5


def test_who_was_merged_has_still_said_no(cast: Cast) -> None:
    choose(actor=cast.second.actor, is_wanted=False)
    Person.objects.filter(pk=cast.second.person_id).update(merged_into=cast.volunteer.person_id)
    assert opted_out() == {cast.second.person_id, cast.volunteer.person_id}


@pytest.mark.any_database
def test_everybody_decides_for_themself_only(cast: Cast, make_activity: MakeActivity) -> None:
    draft = make_activity(state="draft").shift_ids[0]
    nobody = Actor(reference="user:0", user_id=0)
    with pytest.raises(NotAllowed):
        choose(actor=nobody, is_wanted=False)
    with pytest.raises(NotFound):
        say_no(actor=cast.volunteer.actor, shift_id=draft)
    with pytest.raises(NotFound):
        decline_kind(actor=cast.volunteer.actor, category="9999")
    assert not SuggestionChoice.objects.exists()
    assert not DeclinedShift.objects.exists()
    assert not DeclinedKind.objects.exists()


def test_the_page_says_why_and_takes_yes_no_and_not_this_kind(cast: Cast, make_activity: MakeActivity) -> None:
    yes = make_activity(title="导医一").shift_ids[0]
    no = make_activity(title="导医二", starts_at=tomorrow_at(14)).shift_ids[0]
    make_activity(title="义诊", starts_at=tomorrow_at(9, days=1), category="0006")
    Person.objects.filter(pk=cast.volunteer.person_id).update(service_categories=["0004", "0006"])
    client = cast.volunteer.client
    for address in (reverse("scheduling:mine"), reverse("activities:offers"), reverse("web:start")):
        page = client.get(address, headers={"accept-language": "en"}).content.decode()
        assert "Why:" in page
        assert "you said you like" in page
    client.post(reverse("activities:sign_up", args=[yes]))
    client.post(reverse("scheduling:answer_suggestion", args=[no]), {"answer": "not_this_kind"})
    assert list(DeclinedKind.objects.values_list("category", flat=True)) == ["0004"]
    assert list(SignUp.objects.values_list("shift_id", "state")) == [(yes, "confirmed")]
    assert [title for title, _why in suggested(cast)] == ["义诊"]
    client.post(reverse("scheduling:take_kind_back"), {"category": "0004"})
    client.post(reverse("scheduling:choose_suggestions"), {"wanted": "no"})
    assert SuggestionChoice.objects.get().is_wanted is False
    assert "导医二" not in client.get(reverse("scheduling:mine")).content.decode()
    choice = client.post(
        "/api/v1/scheduling/suggestions/choice", {"is_wanted": True}, content_type="application/json"
    ).json()
    assert (choice["is_wanted"], [one["title"] for one in choice["items"]]) == (True, ["导医二", "义诊"])


@pytest.mark.any_database
def test_equals_are_asked_by_fewer_shifts_lately_and_then_by_lot() -> None:
    fits = {person: Fit({"interest": 25}, 30) for person in range(1, 7)}
    order = in_turn(fits, {1: 2, 2: 1}, shift_id=5)
    assert order[-2:] == [2, 1]
    assert order != in_turn(fits, {1: 2, 2: 1}, shift_id=6)
    assert order == in_turn(dict(reversed(fits.items())), {1: 2, 2: 1}, shift_id=5)
    assert in_turn({**fits, 9: Fit({"interest": 26}, 30)}, {}, shift_id=5)[0] == 9


@pytest.mark.any_database
def test_reasons_are_the_three_strongest() -> None:
    fit = Fit({"skill": 30, "interest": 25, "nearness": 15, "wished_hour": 0}, 28)
    assert fit.reasons == (Reason("skill", 30), Reason("seldom", 28), Reason("interest", 25))
    assert len(to_oneself(fit.reasons, category="0004", starts_at=tomorrow_at(9))) == 3
