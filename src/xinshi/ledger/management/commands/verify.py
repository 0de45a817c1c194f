"""`xinshi verify`: reconcile the whole book."""

from __future__ import annotations

from typing import Any

from xinshi.doors.commands import DONE, FOUND_WRONG, XinshiCommand
from xinshi.ledger.verification import verify


class Command(XinshiCommand):
    help = "Reconcile the whole book; exit status 1 and the first difference if anything disagrees."

    def run(self, options: dict[str, Any]) -> int:
        with self.progress("verify") as advance:
            report = verify(advance)
        if options["json"]:
            self.print_json(
                {
                    "ok": report.ok,
                    "counts": report.counts,
                    "checks": report.checks,
                    "first_difference": report.first_difference,
                    "seal_head": report.seal_head,
                }
            )
        else:
            for name, number in report.counts.items():
                self.stdout.write(f"{name:>12} {number:>12,}")
            self.stdout.write("ok" if report.ok else f"DIFFERENCE {report.first_difference}")
        return DONE if report.ok else FOUND_WRONG
