"""`./run bench size [--entries N]`: what reading and booking cost in books of ten thousand, a million, ten million entries.

Apart from `bench ledger`, because making the greatest book takes minutes.
"""

from __future__ import annotations

from typing import Final

from bench.growth import measure_growth
from bench.report import Report, publish

QUICK_SIZES: Final = (10_000, 100_000)
SIZES: Final = (10_000, 1_000_000)
ENTRIES_MAX: Final = 10_000_000
NOTES: Final = [
    "Milliseconds: the newest 50 lines of a statement, a balance, one deposit, and the whole reconciliation.",
    "The same book in several sizes, with 10,000 accounts each, read and written through the product.",
]


def main(arguments: list[str]) -> int:
    quick = "--quick" in arguments
    most = int(arguments[arguments.index("--entries") + 1]) if "--entries" in arguments else ENTRIES_MAX
    report = Report(name="size", title="The cost against the size of the book", notes=NOTES)
    measure_growth(report, sizes=QUICK_SIZES if quick else (*SIZES, most), rounds=5, seconds=1.0)
    return publish(report, as_json="--json" in arguments, quick=quick)
