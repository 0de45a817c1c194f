"""What `bench.service` says about what it found, and the goals it holds against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bench.report import Report, median

NOTES: Final = [
    " ".join(lines)
    for lines in (
        (
            "The same hospital in each: 77 activities with 500 open shifts, one more with 20 shifts and 50 people,",
            "volunteers with sessions. PostgreSQL unless said otherwise; two server processes each. `floor` is a Django",
            "view without session, template or rule on Xinshi's server. ephios 0.27.1 runs on gunicorn, with its database",
            "connections kept open (by default it opens one per request, which costs it more).",
        ),
        (
            "A sign-up holds authorisation, CSRF and the audit line in both; Xinshi answers with the shift's card, ephios",
            "with a redirect whose page is not counted. `kB` is before compression. Statements are counted in one process,",
            "savepoints included. What happens after a sign-up outside its answer (messages, feeds) is the row “worker”.",
        ),
        ("A check-in is something that ephios does not have.",),
    )
]
BESIDE_EPHIOS: Final = {"list": 856 / 40, "activity": 1_269 / 25, "sign_ups": 59 / 8}
SIGN_UPS_BESIDE_EPHIOS: Final = 300 / 22.5
"""The goals over what ephios took where they were set: what they ask of a machine of any speed. There ephios connected to
its database at each request, here it need not, so that here they ask for a little more."""
NEWCOMER: Final[dict[str, dict[str, float | str]]] = {
    "xinshi": {"commands": 1, "settings to write": 0, "which": "./run"},
    "ephios": {
        "commands": 6,
        "settings to write": 9,
        "which": "as run here: venv, install, migrate, key, static files, server; its documentation has about 20 commands "
        "and four configurations, with mail, proxy and timer",
    },
}
Found = Mapping[tuple[str, str], Sequence[Mapping[str, float]]]
PAGES: Final = {
    "list": "list of shifts (a page of 60; ephios: all 77 events)",
    "all pages of the list": "all 500 shifts, page by page",
    "activity": "one activity, 20 shifts, 50 people",
    "desk": "desk",
    "desk_list": "table of activities",
}


def tell(report: Report, sql: Mapping[str, Mapping[str, int]], found: Found) -> None:
    for (site, what), rounds in found.items():
        if what in PAGES:
            counted = sql[site].get(what, "")
            report.row(PAGES[what], site, **_columns(rounds, "kB", "processor_ms", "per_second"), SQL=counted)
    for what, title, counted in (
        ("sign_ups", "Sign-up, 8 at once", "sign_up"),
        ("check_ins", "Check-in, 8 at once", "check_in"),
    ):
        for (site, named), rounds in found.items():
            if named == what:
                columns = _columns(rounds, "answers", "per_second", "p99_ms", "processor_ms", "errors")
                report.row(title, site, **columns, SQL=sql[site].get(counted, ""))
    for (site, named), rounds in found.items():
        if named == "rush":
            columns = _columns(rounds, "given", "overbooked", "a_shift_ms", "p99_ms", "processor_ms", "errors")
            report.row("20 shifts with one place, 24 claims at once for each", site, **columns)
        if named == "worker":
            report.row("Sign-up, 8 at once", f"{site}: worker afterwards, all of it", **dict(rounds[0]))
    _judge(report, sql, found)


def _columns(rounds: Sequence[Mapping[str, float]], *names: str) -> dict[str, float]:
    """Medians over the rounds; counts are summed."""
    return {
        name: sum(answer[name] for answer in rounds)
        if name in ("answers", "errors")
        else median([answer[name] for answer in rounds])
        for name in names
    }


def _judge(report: Report, sql: Mapping[str, Mapping[str, int]], found: Found) -> None:
    def value(site: str, what: str, figure: str) -> float:
        rounds = found[site, what]
        return _columns(rounds, figure)[figure]

    if ("xinshi", "list") in found:
        report.ratio("list of shifts: kB", value("xinshi", "list", "kB"), "<=", 150)
        report.ratio("list of shifts: processor ms", value("xinshi", "list", "processor_ms"), "<=", 40)
        report.ratio("all 500 shifts, page by page: kB", value("xinshi", "all pages of the list", "kB"))
        report.ratio(
            "all 500 shifts, page by page: processor ms", value("xinshi", "all pages of the list", "processor_ms")
        )
        report.ratio("one activity: processor ms", value("xinshi", "activity", "processor_ms"), "<=", 25)
        report.ratio("one activity: SQL", sql["xinshi"]["activity"], "<=", 12)
        report.ratio("one activity: kB", value("xinshi", "activity", "kB"), "<=", 60)
        report.ratio("sign-ups per second", value("xinshi", "sign_ups", "per_second"), ">=", 300)
        report.ratio("sign-up: p99 in ms", value("xinshi", "sign_ups", "p99_ms"), "<=", 100)
        report.ratio("sign-up: processor ms", value("xinshi", "sign_ups", "processor_ms"), "<=", 8)
        report.ratio("check-ins per second", value("xinshi", "check_ins", "per_second"))
        report.ratio("shifts overbooked", value("xinshi", "rush", "overbooked"), "<=", 0)
    for what, goal in BESIDE_EPHIOS.items():
        if ("ephios", what) in found:
            ours, theirs = (value(site, what, "processor_ms") for site in ("xinshi", "ephios"))
            report.ratio(f"{what.replace('_', '-')}: ephios' processor time / ours", theirs / ours, ">=", goal)
    if ("ephios", "sign_ups") in found:
        ours, theirs = (value(site, "sign_ups", "per_second") for site in ("xinshi", "ephios"))
        report.ratio("sign-ups: ours per second / ephios'", ours / theirs, ">=", SIGN_UPS_BESIDE_EPHIOS)
    if ("ephios", "rush") in found:
        ours, theirs = (value(site, "rush", "a_shift_ms") for site in ("xinshi", "ephios"))
        report.ratio("one place, 24 claims: ephios' time / ours", theirs / ours, ">=", 10)
    report.ratio("SQLite: shifts overbooked", value("xinshi on SQLite", "rush", "overbooked"), "<=", 0)
    errors = sum(value("xinshi on SQLite", what, "errors") for what in ("sign_ups", "check_ins", "rush"))
    report.ratio("SQLite: errors", errors, "<=", 0)
