"""A write sent twice under one key is answered the second time by the first answer, to the last digit."""

from __future__ import annotations

from tests.conftest import Cast
from xinshi.kernel.actor import Role
from xinshi.people.models import Consent


def test_a_replayed_answer_equals_the_first(cast: Cast) -> None:
    client = cast.client(Role.VOLUNTEER)
    sent = {"purpose": "publicity", "given": True}
    answers = [
        client.post(
            "/api/v1/people/me/consents", sent, content_type="application/json", headers={"Idempotency-Key": "one"}
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["given_at"]
    assert answers[0].json() == answers[1].json()
    assert "Idempotency-Replayed" not in answers[0].headers
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert Consent.objects.filter(person_id=cast.actors[Role.VOLUNTEER].person_id, purpose="publicity").count() == 1
