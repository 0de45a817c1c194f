"""What a measurement found: rows, ratios, goals, and whether they are met; as one JSON object or as a part of RESULTS.md."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

RESULTS: Final = Path(__file__).resolve().parent / "RESULTS.md"
HEADING: Final = (
    "# Results\n\nRenewed by `./run bench NAME`, each part by its own measurement. Compare ratios, not absolutes.\n"
)
Comparison = Literal[">=", "<="]


def machine() -> str:
    """Processors, memory and versions, without any name or path."""
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory_gib:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}; {busy:.1f} processes wanted a core when it began"
    )


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0


@dataclass
class Report:
    """One measurement's findings. `rows` share their columns within a `part`."""

    name: str
    title: str
    notes: list[str] = field(default_factory=list)
    machine: str = field(default_factory=machine)
    rows: list[dict[str, Any]] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)
    goals: dict[str, tuple[Comparison, float]] = field(default_factory=dict)

    def row(self, part: str, what: str, **figures: float | str) -> None:
        self.rows.append({"part": part, "what": what, **figures})

    def ratio(self, name: str, value: float, comparison: Comparison | None = None, goal: float = 0) -> None:
        """A figure to judge by; with a goal where there is one."""
        self.ratios[name] = round(value, 3)
        if comparison:
            self.goals[name] = (comparison, goal)

    def include(self, other: Report) -> None:
        """Add another measurement's findings to these."""
        self.notes += other.notes
        self.rows += other.rows
        self.ratios |= other.ratios
        self.goals |= other.goals

    @property
    def met(self) -> dict[str, bool]:
        return {
            name: self.ratios[name] >= goal if comparison == ">=" else self.ratios[name] <= goal
            for name, (comparison, goal) in self.goals.items()
        }

    def as_json(self) -> str:
        found = {
            "name": self.name,
            "machine": self.machine,
            "rows": self.rows,
            "ratios": self.ratios,
            "goals": {name: list(goal) for name, goal in self.goals.items()},
            "met": self.met,
        }
        return json.dumps(found, ensure_ascii=False)

    def as_markdown(self) -> str:
        lines = [f"## {self.title}", "", f"Machine: {self.machine}.", ""]
        for note in self.notes:
            lines += [note, ""]
        for part in dict.fromkeys(row["part"] for row in self.rows):
            lines += [f"### {part}", "", *_table([row for row in self.rows if row["part"] == part]), ""]
        lines += ["### Goals", "", "| ratio | found | goal | met |", "|---|---:|---:|---|"]
        met = self.met
        for name, value in self.ratios.items():
            comparison, goal = self.goals.get(name, ("", 0))
            wanted = f"{'≥' if comparison == '>=' else '≤'} {goal:g}" if comparison else ""
            lines.append(f"| {name} | {value:g} | {wanted} | {_verdict(name, met)} |")
        return "\n".join(lines) + "\n"


def _verdict(name: str, met: dict[str, bool]) -> str:
    return "" if name not in met else "yes" if met[name] else "**no**"


def _table(rows: Sequence[dict[str, Any]]) -> list[str]:
    columns = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in ("part", "what")]
    lines = [
        "| | " + " | ".join(name.replace("_", " ") for name in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    cells = [[str(row["what"]), *(_cell(row.get(name, "")) for name in columns)] for row in rows]
    return [*lines, *(f"| {' | '.join(row)} |" for row in cells)]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def renew(report: Report, path: Path = RESULTS) -> None:
    """Put the report in the place of the part of the same name, or at the end."""
    begin, end = f"<!-- begin {report.name} -->", f"<!-- end {report.name} -->"
    part = f"{begin}\n{report.as_markdown()}{end}"
    text = path.read_text(encoding="utf-8") if path.exists() else HEADING
    known = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    text = known.sub(lambda _: part, text) if known.search(text) else f"{text.rstrip()}\n\n{part}\n"
    path.write_text(text, encoding="utf-8")


def publish(report: Report, *, as_json: bool, quick: bool) -> int:
    """Print the findings; a measurement at full length also renews RESULTS.md. Returns the exit status."""
    print(report.as_json() if as_json else report.as_markdown(), flush=True)
    if not quick:
        renew(report)
    return 0
