"""`python -m tests.trust.bare NUMBER` or `serve`."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.trust.bare import Person, Record, Token
from xinshi.config.environment import environment
from xinshi.config.serving import BACKLOG, CONNECTIONS_MAX


def prepare(number: int) -> dict[str, Any]:
    from django.db import connection, connections

    with connection.schema_editor() as editor:
        for table in (Person, Token, Record):
            editor.create_model(table)
    people = Person._default_manager.bulk_create(Person(name=f"接种日志愿者{n}") for n in range(number + 1))
    tokens = [f"bare_{person.pk:064d}" for person in people]
    Token._default_manager.bulk_create(
        Token(person=person, key=token) for person, token in zip(people, tokens, strict=True)
    )
    connections.close_all()
    return {"shift": 1, "leader": tokens[0], "tokens": tokens[1:]}


def serve() -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    chosen = environment()
    Granian(
        "tests.trust.bare:application",
        address="127.0.0.1",
        port=chosen.port,
        interface=Interfaces.WSGI,
        workers=chosen.web_processes,
        blocking_threads=chosen.web_threads,
        backlog=BACKLOG,
        backpressure=CONNECTIONS_MAX,
        websockets=False,
        log_level=LogLevels("error"),
        respawn_failed_workers=True,
    ).serve()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        print(json.dumps(prepare(int(sys.argv[1]))))
