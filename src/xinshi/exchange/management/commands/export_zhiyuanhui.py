"""`xinshi export zhiyuanhui OUT.xlsx --from DAY --to DAY`: the honorary template of 志愿汇."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from xinshi.doors.commands import DONE, XinshiCommand
from xinshi.doors.files import write_output
from xinshi.exchange.actions import export_zhiyuanhui
from xinshi.kernel.actor import Actor
from xinshi.kernel.clock import day_from_text


def day(text: str) -> date:
    found = day_from_text(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it like 2026-11-24")
    return found


class Command(XinshiCommand):
    help = "Write the hours served here as the honorary template of 志愿汇; each hour once, never what came from there."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="OUT.xlsx", help="where the file is written")
        parser.add_argument(
            "--from", type=day, required=True, dest="from_day", metavar="DAY", help="first day of service"
        )
        parser.add_argument("--to", type=day, required=True, dest="to_day", metavar="DAY", help="last day of service")

    def run(self, options: dict[str, Any]) -> int:
        path: Path = options["file"]
        report = export_zhiyuanhui(
            actor=Actor.system("export zhiyuanhui"), from_day=options["from_day"], to_day=options["to_day"]
        )
        for number, workbook in enumerate(report.workbooks, start=1):
            write_output(path if number == 1 else path.with_stem(f"{path.stem}-{number}"), workbook)
        if options["json"]:
            self.print_json(report.as_json())
            return DONE
        figures = report.as_json()
        again = "" if report.is_new or report.export_id is None else " (written again)"
        self.stdout.write(
            f"{path.name}{again}: {report.people} people, {figures['hours']} hours; "
            f"{report.carried_minutes} minutes carried to the next file; files to hand in: {len(report.workbooks)}."
        )
        if report.without_consent or report.without_number:
            self.stderr.write(
                f"Not in the file: {report.without_consent} people who did not consent to the exchange, "
                f"{report.without_number} without a volunteer number."
            )
        return DONE
