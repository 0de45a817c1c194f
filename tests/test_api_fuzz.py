"""Whatever a program sends to the API, it never breaks: schemathesis invents requests from the schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from tests.conftest import Cast
from xinshi.config.wsgi import application
from xinshi.kernel.actor import Actor, Role
from xinshi.people.actions import grant_role, issue_token

ON_SQLITE = connection.vendor == "sqlite"
"""What the API itself refuses is refused on every database: SQLite sees invented requests, PostgreSQL, which refuses more
(NUL bytes, huge integers), those at the bounds of each field. Both on both would be a third of all that the tests cost."""
PHASES = {"fuzzing": {"enabled": ON_SQLITE}, "coverage": {"enabled": not ON_SQLITE}}
schema = schemathesis.openapi.from_wsgi(
    "/api/v1/openapi.json", application, config=schemathesis.Config.from_dict({"phases": PHASES})
)


@pytest.fixture(scope="module")
def token(standing_cast: Cast, django_db_blocker: Any) -> str:
    """Of somebody with a passbook and every role, so that no request ends at a missing right."""
    coordinator = standing_cast.actors[Role.COORDINATOR]
    assert coordinator.user_id is not None
    with django_db_blocker.unblock():
        for role in set(Role) - coordinator.roles:
            grant_role(actor=Actor.system("tests"), user_id=coordinator.user_id, role=role)
        return issue_token(actor=coordinator, name="fuzz")


@pytest.fixture
def one_connection(db: None) -> Iterator[None]:
    """Requests share the test's connection, as in Django's own test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_the_api(case: schemathesis.Case, token: str, one_connection: None) -> None:
    response = case.call(headers={"Authorization": f"Bearer {token}"})
    case.validate_response(response, checks=(not_a_server_error,))
    if response.status_code >= 400:
        assert response.headers["content-type"] == ["application/problem+json"]
