"""The page of one activity: its reads, who sees it, and the cards that stand on it and answer what one does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from xinshi.activities import access, queries
from xinshi.activities.actions import create_activity, sign_up
from xinshi.activities.domain import NewRole, NewShift
from xinshi.activities.models import Activity, ActivityNote, ActivityRole, Shift
from xinshi.activities.notes.access import audiences_of, notes_for, part_in
from xinshi.activities.notes.actions import write_note
from xinshi.activities.notes.domain import NoteAudience
from xinshi.activities.notes.queries import notes_on
from xinshi.activities.queries.detail import roles_of
from xinshi.activities.requirements import Requirements
from xinshi.activities.tests.conftest import SYSTEM, Cast, MakeActivity, tomorrow_at
from xinshi.activities.tests.test_planning import new_activity
from xinshi.kernel import clock
from xinshi.kernel.actor import ANONYMOUS
from xinshi.kernel.errors import NotFound

ENGLISH = {"Accept-Language": "en"}
HTMX = {"HX-Request": "true", **ENGLISH}


def two_roles(cast: Cast) -> tuple[int, list[int]]:
    """An activity with a shift for each of two roles at the same time: its id and theirs."""
    roles = (
        NewRole(name="引导", description="带人到诊室", requirements=Requirements(age_min=16, is_heavy=True)),
        NewRole(name="问询"),
    )
    shifts = tuple(
        NewShift(starts_at=tomorrow_at(9), ends_at=tomorrow_at(11), places=3, reserve=2, role=role.name)
        for role in roles
    )
    made = create_activity(
        actor=SYSTEM, activity=new_activity(cast, roles=roles, shifts=shifts, description="说明", state="published")
    )
    return made.activity_id, list(made.shift_ids)


def comparable(shifts: Sequence[queries.OfferedShift]) -> list[tuple[object, ...]]:
    return [(replace(shift, refusal=None), str(shift.refusal)) for shift in shifts]


def test_its_reads_say_what_the_orm_says(cast: Cast) -> None:
    activity_id, shifts = two_roles(cast)
    Activity.objects.filter(pk=activity_id).update(team_id=cast.department.pk)
    sign_up(actor=cast.volunteer.actor, shift_id=shifts[1])
    for audience in NoteAudience:
        write_note(actor=cast.leader.actor, activity_id=activity_id, text=audience.value, audience=audience)
    stored = Activity.objects.get(pk=activity_id)
    for _ in range(2):
        found = queries.activity_detail(cast.volunteer.actor, activity_id)
        for column in Activity._meta.concrete_fields:
            assert getattr(found.activity, column.attname) == getattr(stored, column.attname), column.attname
        assert found.activity.organizer.name == stored.organizer.name
        assert found.activity.person_in_charge.name == stored.person_in_charge.name
        assert found.activity.team is not None
        assert found.activity.team.name == cast.department.name
        assert found.activity.programme is None
        rows = Shift.objects.filter(activity_id=activity_id).order_by("starts_at", "pk")
        expected = comparable(queries.offered(cast.volunteer.actor, list(rows)))
        assert comparable(found.shifts) == expected
        assert comparable([queries.offered_shift(cast.volunteer.actor, row.pk) for row in rows]) == expected
        assert [
            (role.id, role.name, role.description, role.asks.as_stored()) for role in roles_of(activity_id)
        ] == list(
            ActivityRole.objects.filter(activity_id=activity_id)
            .order_by("pk")
            .values_list("pk", "name", "description", "requirements")
        )
        for reader in (cast.volunteer.actor, cast.second.actor, cast.leader.actor, ANONYMOUS):
            part = part_in(reader, stored)
            assert queries.activity_detail(reader, activity_id).own_states == part
            asked = notes_for(activity_id, reader.person_id or 0, audiences_of(reader, stored, part))
            assert [note.id for note in notes_on(reader, stored, part).rows] == list(
                asked.order_by("-written_at", "-pk").values_list("pk", flat=True)
            )
    assert ActivityNote.objects.count() == 3


@pytest.mark.parametrize("state", ["draft", "published", "cancelled", "finished"])
@pytest.mark.parametrize("was_published", [True, False])
def test_it_is_there_for_those_who_see_it_in_lists(
    cast: Cast, make_activity: MakeActivity, state: str, was_published: bool
) -> None:
    made = make_activity()
    published_at = clock.now() if was_published else None
    Shift.objects.update(is_open=False)
    Activity.objects.filter(pk=made.activity_id).update(
        state=state, published_at=published_at, cancelled_at=clock.now(), cancellation_reason="停电"
    )
    people = (cast.volunteer, cast.leader, cast.other_leader, cast.coordinator, cast.auditor, cast.clerk)
    for reader in (ANONYMOUS, *(somebody.actor for somebody in people)):
        may_see = access.visible_to(reader).filter(pk=made.activity_id).exists()
        for read, number in ((queries.activity_detail, made.activity_id), (queries.offered_shift, made.shift_ids[0])):
            if may_see:
                read(reader, number)
            else:
                with pytest.raises(NotFound):
                    read(reader, number)


def test_it_is_few_statements_for_whoever_comes(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(shifts=5)
    sign_up(actor=cast.volunteer.actor, shift_id=made.shift_ids[0])
    address = reverse("activities:detail", args=[made.activity_id])
    browser = cast.volunteer.client
    browser.get(address)
    with CaptureQueriesContext(connection) as statements:
        assert browser.get(address).status_code == 200
    assert len(statements) == 8, "session, user, activity, shifts, person, what they hold, notes, roles"


def test_the_answer_is_the_card_that_stood_there(cast: Cast) -> None:
    activity_id, (guide, _desk) = two_roles(cast)
    address = reverse("activities:detail", args=[activity_id])
    browser = cast.volunteer.client

    def card() -> str:
        page = browser.get(address, headers=ENGLISH).text
        return page[page.index(f'<li class="card shift" id="shift-{guide}"') :].split("</li>")[0]

    def without_what_was_said(answer: str) -> str:
        return re.sub(r'<p class="notice.*?</p>|value="[^"]{40,}"|\s', "", answer.split("</li>")[0])

    before = card()
    assert "<h3>引导</h3>" in before
    assert 'name="card" value="role"' in before
    answer = browser.post(reverse("activities:sign_up", args=[guide]), {"card": "role"}, headers=HTMX).text
    assert 'role="status"' in answer
    assert "You have a place" in answer
    assert without_what_was_said(answer) == without_what_was_said(card())
    signup = queries.coming_shifts(cast.volunteer.person_id)[0].signup_id
    back = browser.post(reverse("activities:cancel_sign_up", args=[signup]), {"card": "role"}, headers=HTMX).text
    assert without_what_was_said(back) == without_what_was_said(before)


def test_each_card_says_what_one_has_and_what_one_may_do(cast: Cast, make_activity: MakeActivity) -> None:
    made = make_activity(shifts=4, places=1)
    own, waited, full, free = made.shift_ids
    Shift.objects.filter(pk=waited).update(reserve=1)
    sign_up(actor=cast.volunteer.actor, shift_id=own)
    for shift in (waited, full):
        sign_up(actor=cast.second.actor, shift_id=shift)
    address = reverse("activities:detail", args=[made.activity_id])
    page = cast.volunteer.client.get(address, headers=ENGLISH).text
    cards = {int(number): text for number, text in re.findall(r'id="shift-(\d+)">(.*?)</li>', page, flags=re.DOTALL)}
    assert list(cards) == list(made.shift_ids)
    assert '<span class="pill good">You have a place</span>' in cards[own]
    assert 'data-confirm="Give your place back?"' in cards[own]
    assert reverse("activities:shift_file", args=[own]) in cards[own]
    for shift in (waited, full):
        assert '<span class="pill">Full</span>' in cards[shift]
        assert "1 of 1 places taken" in cards[shift]
        assert reverse("activities:sign_up", args=[shift]) not in cards[shift]
    assert f'hx-post="{reverse("activities:wait", args=[waited])}"' in cards[waited]
    assert "Join the waiting list" in cards[waited]
    assert "Choose another shift." in cards[full]
    assert '<span class="pill info">Places left: 1</span>' in cards[free]
    assert f'hx-post="{reverse("activities:sign_up", args=[free])}"' in cards[free]
    assert reverse("activities:group", args=[free]) not in cards[free], "there is room for one"
    visitor = Client().get(address, headers=ENGLISH).text
    assert visitor.count(f'href="/account/login/?next={address}"') == 1, "the shift with a free place"
    assert "hx-post" not in visitor
    leader = cast.leader.client.get(address, headers=ENGLISH).text
    for shift in made.shift_ids:
        assert reverse("attendance:shift", args=[shift]) in leader
        assert reverse("activities:people", args=[shift]) in leader
