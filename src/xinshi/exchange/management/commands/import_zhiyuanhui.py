"""`xinshi import zhiyuanhui FILE…`: credit the hours in files of 志愿汇."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from xinshi.doors.commands import DONE, FOUND_WRONG, NOT_DONE, XinshiCommand
from xinshi.doors.files import read_input, write_output
from xinshi.doors.pages import refusal_text
from xinshi.exchange.actions import ImportReport, import_zhiyuanhui
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError


class Command(XinshiCommand):
    help = "Credit the hours in spreadsheets of 志愿汇 (xlsx, xls, csv). The same file or rows again credit nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="honorary or verified hours")
        parser.add_argument(
            "--sender", default="", metavar="NAME", help="who handed the files over; 志愿汇 itself where it is left out"
        )
        parser.add_argument(
            "--columns-as",
            default="",
            metavar="NAME",
            help="columns explained for files of this other sender hold for this one's, too, and are remembered for it",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
        parser.add_argument(
            "--resume",
            action="store_true",
            help="go on with an import of the same file that was interrupted; its figures are then those of both",
        )
        parser.add_argument(
            "--to-correct", type=Path, metavar="OUT.xlsx", help="write the rows to correct to this file"
        )

    def run(self, options: dict[str, Any]) -> int:
        files: list[Path] = options["files"]
        if options["to_correct"] and len(files) > 1:
            self.stderr.write("--to-correct goes with one FILE only.")
            return NOT_DONE
        if len(files) > 1:
            return self._run_many(files, options)
        try:
            return self._say(files[0], self._import(files[0], options), options)
        except KeyboardInterrupt:
            self.stderr.write("Interrupted. What was credited stays; the same command with --resume goes on.")
            return NOT_DONE

    def _run_many(self, files: list[Path], options: dict[str, Any]) -> int:
        """Each file by itself: what is wrong with one keeps no other out."""
        status = DONE
        answers: list[dict[str, Any]] = []
        for path in files:
            try:
                report = self._import(path, options)
            except DomainError as refusal:
                status = NOT_DONE
                text = refusal_text(refusal)
                self.stderr.write(f"{path.name}: {text}")
                answers.append({"file": path.name, "error": {"code": refusal.code, "message": text}})
                continue
            if options["json"]:
                answers.append({"file": path.name, **report.as_json()})
            status = max(status, self._say(path, report, {**options, "json": False, "quiet": options["json"]}))
        if options["json"]:
            self.print_json({"files": answers})
        return status

    def _import(self, path: Path, options: dict[str, Any]) -> ImportReport:
        data = read_input(path)
        with self.progress(path.name) as advance:
            return import_zhiyuanhui(
                actor=Actor.system("import zhiyuanhui"),
                data=data,
                file_name=path.name,
                sender=options["sender"],
                columns_as=options["columns_as"],
                dry_run=options["dry_run"],
                resume=options["resume"],
                progress=advance,
            )

    def _say(self, path: Path, report: ImportReport, options: dict[str, Any]) -> int:
        if options["to_correct"] and (wrong := report.to_correct):
            write_output(options["to_correct"], wrong)
        if options["json"]:
            self.print_json(report.as_json())
        elif not options.get("quiet"):
            self._print_figures(path, report, dry_run=options["dry_run"])
        return FOUND_WRONG if report.rejected or report.unmatched else DONE

    def _print_figures(self, path: Path, report: ImportReport, *, dry_run: bool) -> None:
        verb = "would be credited" if dry_run else "credited"
        self.stdout.write(
            f"{path.name} ({report.kind.value}): {report.rows} rows: {report.credited} {verb} ({report.minutes} minutes), "
            f"{report.no_sign_out} without sign-out, {report.held_back} held back, {report.already_known} known before, "
            f"{report.unmatched} of unknown people, {len(report.rejected)} rejected."
        )
        if report.skipped:
            rows = ", ".join(map(str, report.skipped_rows))
            self.stdout.write(
                f"Passed over, because they say nobody's hours (totals, notes): {report.skipped} rows: {rows}."
            )
        if report.all_time:
            self.stdout.write(
                f"The column “{report.all_time}” sums up all time: hours that an earlier file brought are in it once more. "
                "Import it once at most, or the hours of each period instead."
            )
        if report.passed_over:
            names = ", ".join(report.passed_over)
            self.stdout.write(
                f"Sheets that are hidden or have no table of hours, so that nothing of them was read: {names}."
            )
        if report.hidden_rows:
            self.stdout.write(f"Rows that are hidden in the file and were read like all others: {report.hidden_rows}.")
        if report.left_out:
            self.stdout.write(
                f"The column “{report.left_out}” is left out: a file brings hours of one kind. To bring the honorary hours, "
                "too, save a copy without the verified hours and import that."
            )
        for one in report.rejected:
            self.stderr.write(f"row {one.row}, {one.column} ({one.code}): {one.message}")
