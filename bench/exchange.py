"""`./run bench exchange`: files of 志愿汇 taken in: rows a second parsed and matched, and credited; the memory it takes.

A hospital of 4,000 volunteers takes a file of verified hours by segment: first only tried (read, matched with people and
with service known of the same days, judged), then imported (lines, deposits, ledger, audit trail, events), each portion of
rows in a transaction of its own. Memory is what this process and its parser hold at most beyond what stood before.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bench.databases import postgres_is_reachable, scratch_folder, scratch_postgres
from bench.memory import peak_memory
from bench.report import Report, publish

PEOPLE: Final = 4_000
SIZES: Final = (10_000, 100_000)
QUICK_SIZES: Final = (10_000, 30_000)
MATCHED_MIN, CREDITED_MIN, MEMORY_MIB_MAX = 20_000, 5_000, 100
HEADERS: Final = ("活动名称", "姓名", "志愿者编号", "签到时间", "签退时间", "信用时数")


def main(arguments: list[str]) -> int:
    quick = "--quick" in arguments
    report = Report(name="exchange", title="Hours from elsewhere")
    _files(report, QUICK_SIZES if quick else SIZES)
    if postgres_is_reachable():
        _banks(report, quick=quick)
    return publish(report, as_json="--json" in arguments, quick=quick)


def _files(report: Report, sizes: tuple[int, ...]) -> None:
    """The first part: files. Engines prepare side by side and are timed one after the other."""
    with ExitStack() as stack:
        running = {}
        for engine in ["PostgreSQL", "SQLite"] if postgres_is_reachable() else ["SQLite"]:
            environment = {
                **os.environ,
                "XINSHI_DATABASE_URL": stack.enter_context(scratch_postgres("exchange")) if engine != "SQLite" else "",
                "XINSHI_DATA_DIR": str(stack.enter_context(scratch_folder())),
                "XINSHI_LOG_LEVEL": "ERROR",
                "DJANGO_SETTINGS_MODULE": "xinshi.config.settings",
                "BENCH_SIZES": ",".join(map(str, sizes)),
            }
            command = [sys.executable, "-m", "bench.exchange"]
            running[engine] = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
            )
        for process in running.values():
            assert process.stdout is not None
            process.stdout.readline()
        for engine, process in running.items():
            found: dict[str, dict[str, float]] = json.loads(process.communicate("go\n")[0])
            _tell(report, engine, {int(size): figures for size, figures in found.items()})


def _banks(report: Report, *, quick: bool) -> None:
    """The second part: two instances on this machine."""
    from bench.interbank import transfers

    for row in transfers(quick):
        part, what = row.pop("part"), row.pop("what")
        report.row(part, what, **row)


def _tell(report: Report, engine: str, found: dict[int, dict[str, float]]) -> None:
    for size, figures in found.items():
        report.row(
            engine,
            f"{size:,} rows",
            matched_rows_a_second=size / figures["tried seconds"],
            credited_rows_a_second=size / figures["imported seconds"],
            known_rows_a_second=size / figures["again seconds"],
            peak_MiB=figures["peak MiB"],
        )
    largest = max(found)
    figures = found[largest]
    is_judged = engine == "PostgreSQL"
    matched, credited = largest / figures["tried seconds"], largest / figures["imported seconds"]
    report.ratio(f"{engine}: rows parsed and matched a second", matched, *_goal(MATCHED_MIN, is_judged=is_judged))
    report.ratio(f"{engine}: rows credited a second", credited, *_goal(CREDITED_MIN, is_judged=is_judged))
    report.ratio(f"{engine}: peak MiB beyond what stood before", figures["peak MiB"], "<=", MEMORY_MIB_MAX)


def _goal(goal: float, *, is_judged: bool) -> tuple[Any, ...]:
    return (">=", goal) if is_judged else ()


def _prepare() -> None:
    from django.core.management import call_command

    from xinshi.bank.actions import open_passbooks
    from xinshi.kernel.actor import Actor
    from xinshi.people.actions import NewPerson, register_people

    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    system = Actor.system("bench")
    people = [NewPerson(name=f"志愿者{n}", volunteer_number=f"9{n:017d}") for n in range(PEOPLE)]
    open_passbooks(actor=system, person_ids=register_people(actor=system, people=people), opened_through="station")


def _workbook(size: int, first_day: datetime, path: Path) -> bytes:
    """Segments of all volunteers, day by day, as 志愿汇 exports them."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("信用时数明细")
    sheet.write_row(0, 0, HEADERS)
    for index in range(size):
        who, day = index % PEOPLE, index // PEOPLE
        start = first_day + timedelta(days=day, minutes=who % 600)
        times = (f"{start:%Y-%m-%d %H:%M:%S}", f"{start + timedelta(hours=2):%Y-%m-%d %H:%M:%S}")
        for column, text in enumerate((f"活动{index % 60}", f"志愿者{who}", f"9{who:017d}", *times, "2.0")):
            sheet.write_string(index + 1, column, text)
    book.close()
    return path.read_bytes()


def _measured(data: bytes, size: int) -> dict[str, float]:
    from xinshi.exchange.actions import import_zhiyuanhui
    from xinshi.kernel.actor import Actor

    found: dict[str, float] = {}
    with peak_memory(found):
        for name, dry_run in (("tried", True), ("imported", False), ("again", False)):
            began = time.perf_counter()
            report = import_zhiyuanhui(actor=Actor.system("bench"), data=data, file_name="明细.xlsx", dry_run=dry_run)
            found[f"{name} seconds"] = time.perf_counter() - began
            wanted = (0, size) if name == "again" else (size, 0)
            assert (report.credited, report.already_known) == wanted, report
    return found


def probe() -> None:
    """One engine's measurement, in a process of its own: prepare, wait for the word, then every size."""
    import django
    from django.conf import settings

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    django.setup()
    _prepare()
    sizes = [int(size) for size in os.environ["BENCH_SIZES"].split(",")]
    first_day = datetime(2020, 1, 1, 8, tzinfo=UTC)
    files = {
        size: _workbook(size, first_day + timedelta(days=400 * place), Path(settings.DATA_DIR) / f"{size}.xlsx")
        for place, size in enumerate(sizes)
    }
    print("ready", file=answers, flush=True)
    sys.stdin.readline()
    found = {size: _measured(data, size) for size, data in files.items()}
    print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    probe()
