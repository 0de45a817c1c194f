"""How long a hospital's week takes to become a problem: `python -m bench.scheduling_building PEOPLE SHIFTS`.

In the database that the settings name, tables are made straight from the models, as no trigger matters here, and filled
with invented people and shifts; then the week is read and built several times. One line of JSON: the processor time of
this process (a server of PostgreSQL works besides), and what was built.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

TIMES = 3


class NoMigrations:
    """For every app: none, so that its tables are made at once."""

    def __contains__(self, _app: str) -> bool:
        return True

    def __getitem__(self, _app: str) -> None:
        return None


def main_of_child(people: int, shifts: int) -> dict[str, Any]:
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    django.setup()
    settings.MIGRATION_MODULES = NoMigrations()
    from xinshi.bank.models import PolicyVersion
    from xinshi.bank.rules import Rules
    from xinshi.kernel import clock
    from xinshi.scheduling.building import build, read
    from xinshi.scheduling.domain import PlanSettings
    from xinshi.scheduling.tests.invented import invent

    call_command("migrate", run_syncdb=True, verbosity=0, interactive=False, skip_checks=True)
    now = clock.now()
    PolicyVersion.objects.create(
        number=1,
        effective_from=now.date(),
        rules=Rules().to_json(),
        proposed_by_ref="bench",
        proposed_at=now,
        enforced_by_ref="bench",
        enforced_at=now,
    )
    period = invent(1, people=people, shifts=shifts).period()
    spent: list[tuple[float, float]] = []
    for _ in range(TIMES):
        at = clock.now()
        wall, processor = time.perf_counter(), time.process_time()
        known = read(period, at=at)
        problem = build(period, PlanSettings(), at=at, known=known).problem
        spent.append((time.process_time() - processor, time.perf_counter() - wall))
    with CaptureQueriesContext(connection) as queries:
        read(period, at=clock.now())
    processor_seconds, seconds = sorted(spent)[TIMES // 2]
    return {
        "seconds": seconds,
        "processor_seconds": processor_seconds,
        "queries": len(queries),
        "people": int(problem.person_ids.size),
        "shifts": int(problem.shift_ids.size),
        "pairs": int(problem.pair_person.size),
    }


if __name__ == "__main__":
    print(json.dumps(main_of_child(int(sys.argv[1]), int(sys.argv[2]))))
