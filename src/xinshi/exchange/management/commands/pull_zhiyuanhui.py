"""`xinshi pull zhiyuanhui`: take in what is new at 志愿汇's partner interface."""

from __future__ import annotations

from typing import Any

from xinshi.doors.commands import DONE, FOUND_WRONG, NOT_DONE, XinshiCommand
from xinshi.doors.pages import refusal_text
from xinshi.exchange.pulling.actions import PullReport, pull_zhiyuanhui
from xinshi.kernel.actor import Actor


class Command(XinshiCommand):
    help = "Pull what is new from 志愿汇's partner interface. Interrupted or refused, it goes on there the next time."

    def run(self, options: dict[str, Any]) -> int:
        with self.progress("志愿汇") as advance:
            report = pull_zhiyuanhui(actor=Actor.system("pull zhiyuanhui"), progress=advance)
        if options["json"]:
            self.print_json(report.as_json())
        else:
            self._print_figures(report)
        if report.refusal:
            return NOT_DONE
        return FOUND_WRONG if report.figures["rejected"] or report.figures["unmatched"] else DONE

    def _print_figures(self, report: PullReport) -> None:
        count = report.figures
        self.stdout.write(
            f"{report.pages} pages, {report.rows} rows: {count['credited']} credited ({count['minutes']} minutes), "
            f"{count['no_sign_out']} without sign-out, {count['held_back']} held back, {count['already_known']} known "
            f"before, {count['unmatched']} of unknown people, {count['rejected']} rejected."
        )
        if report.refusal:
            self.stderr.write(f"Stopped at {report.resource}: {refusal_text(report.refusal)}")
