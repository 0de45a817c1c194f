"""Writes of the exchange."""

from __future__ import annotations

from xinshi.exchange.actions.deciding import accept_lines, discard_lines
from xinshi.exchange.actions.exporting import ExportReport, export_zhiyuanhui
from xinshi.exchange.actions.importing import import_zhiyuanhui
from xinshi.exchange.actions.inbox import lines_not_ours, look_again, match_lines
from xinshi.exchange.actions.mapping import change_columns, forget_columns, remember_columns
from xinshi.exchange.actions.runs import continue_run, go_on_with_imports, start_run, stop_run
from xinshi.exchange.reporting import ImportReport

__all__ = [
    "ExportReport",
    "ImportReport",
    "accept_lines",
    "change_columns",
    "continue_run",
    "discard_lines",
    "export_zhiyuanhui",
    "forget_columns",
    "go_on_with_imports",
    "import_zhiyuanhui",
    "lines_not_ours",
    "look_again",
    "match_lines",
    "remember_columns",
    "start_run",
    "stop_run",
]
