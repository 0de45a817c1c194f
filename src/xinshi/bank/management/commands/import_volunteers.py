"""`xinshi import volunteers FILE`: open a passbook for everybody in a roster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from xinshi.bank.roster.importing import RosterReport, import_roster
from xinshi.doors.commands import DONE, FOUND_WRONG, XinshiCommand
from xinshi.doors.files import read_input, write_output
from xinshi.kernel.actor import Actor


class Command(XinshiCommand):
    help = "Open a passbook for every volunteer in a spreadsheet (xlsx, xls, ods, csv). Importing it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE", help="the roster")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
        parser.add_argument("--rejected-to", type=Path, metavar="OUT.xlsx", help="write the rejected rows to this file")

    def run(self, options: dict[str, Any]) -> int:
        path: Path = options["file"]
        data = read_input(path)
        with self.progress(path.name) as advance:
            report = import_roster(
                actor=Actor.system("import volunteers"),
                data=data,
                file_name=path.name,
                dry_run=options["dry_run"],
                progress=advance,
            )
        if options["rejected_to"] and report.rejected_workbook:
            write_output(options["rejected_to"], report.rejected_workbook)
        self._say(report, options)
        return FOUND_WRONG if report.rejected else DONE

    def _say(self, report: RosterReport, options: dict[str, Any]) -> None:
        if options["json"]:
            self.print_json(report.as_json())
            return
        verb = "would be opened" if options["dry_run"] else "opened"
        self.stdout.write(
            f"{report.rows} rows: {report.accounts} passbooks {verb}, {report.already_known} known before."
        )
        for one in report.rejected:
            self.stderr.write(f"row {one.row}, {one.column} ({one.code}): {one.message}")
        if report.rejected:
            hint = (
                "" if options["rejected_to"] else " Use --rejected-to OUT.xlsx to get them as a spreadsheet to correct."
            )
            self.stderr.write(f"{len(report.rejected)} rows rejected.{hint}")
