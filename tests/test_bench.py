"""The benches run and say what they found; how fast anything is, is never asserted here."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

from bench.crew import crews
from bench.report import Report, renew

ROOT = Path(__file__).resolve().parent.parent


def report(name: str, found: float) -> Report:
    made = Report(name=name, title=name.title(), machine="one machine")
    made.row("Part", "ours", per_second=12_345.6)
    made.ratio("ours / theirs", found, ">=", 2)
    made.ratio("p99 in ms", 30.0, "<=", 25)
    made.ratio("just said", 7)
    return made


def test_a_report_says_which_goals_are_met() -> None:
    found = json.loads(report("one", 2.5).as_json())
    assert found == {
        "name": "one",
        "machine": "one machine",
        "rows": [{"part": "Part", "what": "ours", "per_second": 12345.6}],
        "ratios": {"ours / theirs": 2.5, "p99 in ms": 30.0, "just said": 7},
        "goals": {"ours / theirs": [">=", 2], "p99 in ms": ["<=", 25]},
        "met": {"ours / theirs": True, "p99 in ms": False},
    }


def test_a_measurement_renews_its_own_part_of_the_results(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    for name, found in (("one", 1.0), ("two", 2.0), ("one", 3.0)):
        renew(report(name, found), results)
    text = results.read_text(encoding="utf-8")
    assert text.count("<!-- begin one -->") == text.count("<!-- begin two -->") == 1
    assert "| ours / theirs | 3 | ≥ 2 | yes |" in text
    assert "| ours / theirs | 1 |" not in text
    assert text.index("## One") < text.index("## Two")


def test_a_competitor_answers_its_tasks(tmp_path: Path) -> None:
    environment = {"BENCH_DATABASE": str(tmp_path / "floor.sqlite3"), "PYTHONPATH": str(ROOT)}
    with crews({"floor": ([sys.executable, "-m", "bench.competitor_floor"], environment)}) as teams:
        repeated = teams["floor"].run("hot", clients=1, seconds=0.01)
        once = teams["floor"].run("batch", rows=20)
    assert repeated["done"] >= 1
    assert once["done"] == 20


def test_every_measurement_is_found_by_its_name() -> None:
    spec = importlib.util.spec_from_file_location("bench_tool", ROOT / "tools" / "bench.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert {"ledger", "approvals"} <= set(tool.measurements())
    assert tool.main(["no-such-measurement"]) == 2
