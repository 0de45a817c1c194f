"""`xinshi verify`: reconcile the whole book."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from xinshi.doors.commands import DONE, FOUND_WRONG, XinshiCommand
from xinshi.ledger.verification import verify


class Command(XinshiCommand):
    help = "Reconcile the whole book; exit status 1 and the first difference if anything disagrees."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="HASH",
            help="a seal's hash that was kept outside the database: it must still stand; may be given again",
        )

    def run(self, options: dict[str, Any]) -> int:
        with self.progress("verify") as advance:
            report = verify(advance, published=options["head"])
        if options["json"]:
            self.print_json(
                {
                    "ok": report.ok,
                    "counts": report.counts,
                    "checks": report.checks,
                    "first_difference": report.first_difference,
                    "seal_head": report.seal_head,
                    "heads": report.heads,
                }
            )
        else:
            for name, number in report.counts.items():
                self.stdout.write(f"{name:>12} {number:>12,}")
            for name, head in report.heads.items():
                self.stdout.write(f"head of {name}: {head}")
            self.stdout.write("ok" if report.ok else f"DIFFERENCE {report.first_difference}")
        return DONE if report.ok else FOUND_WRONG
