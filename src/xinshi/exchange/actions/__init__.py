"""Writes of the exchange."""

from __future__ import annotations

from xinshi.exchange.actions.deciding import accept_lines, discard_lines
from xinshi.exchange.actions.exporting import ExportReport, export_zhiyuanhui
from xinshi.exchange.actions.importing import import_zhiyuanhui
from xinshi.exchange.reporting import ImportReport

__all__ = [
    "ExportReport",
    "ImportReport",
    "accept_lines",
    "discard_lines",
    "export_zhiyuanhui",
    "import_zhiyuanhui",
]
