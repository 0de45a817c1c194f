"""Many arrive at the same moment for too few places: nobody meets an error, no post is overfull, no place stays empty."""

from __future__ import annotations

from collections import Counter

import pytest
from django.test import Client

from xinshi.activities.models import Shift, SignUp
from xinshi.campaigns import actions
from xinshi.campaigns.tests.conftest import SYSTEM, Cast, Surge, all_at_once
from xinshi.kernel.actor import Role
from xinshi.people.actions import NewUser, create_users
from xinshi.people.models import User

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE, PLACES, THREADS = 60, 20, 12


def test_sixty_phones_and_twenty_places(cast: Cast, surge: Surge) -> None:
    needs = [surge.need(site=site, role=role, places=5) for site in (surge.east, surge.west) for role in (0, 1)]
    actions.set_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk, needs=needs)
    actions.publish_posts(actor=cast.coordinator.actor, campaign_id=surge.row.pk)
    people = cast.people(PEOPLE)
    actions.recruit_many(actor=cast.coordinator.actor, campaign_id=surge.row.pk, person_ids=people, has_pledged=True)
    users = create_users(
        actor=SYSTEM,
        users=[
            NewUser(username=f"rush-{pk}", password=None, person_id=pk, roles=frozenset({Role.VOLUNTEER}))
            for pk in people
        ],
    )
    clients = []
    for user in User.objects.filter(pk__in=users).order_by("pk"):
        client = Client()
        client.force_login(user, "xinshi.people.authentication.UserNameOrPhoneBackend")
        clients.append(client)
    address = "/campaigns/join/flu/"

    def arrive(client: Client) -> tuple[int, str]:
        assert client.get(address).status_code == 200
        choice = client.get(f"{address}shifts/")
        assert choice.status_code == 200
        answer = choice
        for offered in [one.shift.id for one in choice.context["choice"].posts if one.shift.refusal is None]:
            answer = client.post(f"{address}shifts/", {"shift": offered})
            if answer["Location"].endswith("/done/"):
                break
        return answer.status_code, answer.headers.get("Location", "")

    answers = all_at_once([lambda client=client: arrive(client) for client in clients], threads=THREADS)  # type: ignore[misc]
    assert all(isinstance(answer, tuple) and answer[0] in (200, 302) for answer in answers), answers
    done = [answer for answer in answers if isinstance(answer, tuple) and answer[1].endswith("/done/")]
    assert len(done) == PLACES
    held = Counter(SignUp.objects.filter(state=SignUp.State.CONFIRMED).values_list("shift_id", flat=True))
    assert set(held.values()) == {5}
    assert set(Shift.objects.values_list("taken", "places")) == {(5, 5)}
    assert SignUp.objects.values("person").distinct().count() == PLACES
