"""`xinshi verify receipt FILE`: offline, without settings or a database; also as `python -m xinshi.ledger.proof FILE`."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from xinshi.ledger.proof.checking import Anchors, Outcome, Report, check_receipt
from xinshi.ledger.proof.receipts import RECEIPT_BYTES_MAX, Receipt
from xinshi.ledger.proof.seal_list import SEALS_BYTES_MAX, NotASealList, SealList, read_seals
from xinshi.ledger.proof.wording import sentence, verdict

HELP: Final = (
    "Check a receipt, offline: no database, no network. Exit status 0 it holds, 1 it does not, 2 it cannot be said."
)
STATUSES: Final = {Outcome.HOLDS: 0, Outcome.FAILS: 1, Outcome.OPEN: 2}
MARKS: Final = {Outcome.HOLDS: "✓", Outcome.FAILS: "✗", Outcome.OPEN: "?", Outcome.NOTED: "·"}
NOT_DONE: Final = 2


def published_head(text: str) -> tuple[int, str]:
    """`N:HASH` as printed on statements and shown on the bank's page of seals."""
    found = re.fullmatch(r"(\d{1,18}):([0-9a-fA-F]{64})", text.strip())
    if found is None:
        raise argparse.ArgumentTypeError("write it as N:HASH, the seal's number and its 64 signs")
    return int(found.group(1)), found.group(2).lower()


def key_text(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text.strip()):
        raise argparse.ArgumentTypeError("a public key has 64 hex signs")
    return text.strip().lower()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the receipt (JSON); - reads standard input")
    parser.add_argument("--head", type=published_head, metavar="N:HASH", help="a seal that the bank published")
    parser.add_argument("--seals", type=Path, metavar="SEALS", help="a list of seals, by `xinshi export seals`")
    parser.add_argument("--public-key", type=key_text, metavar="KEY", help="the key that the bank published")


def main(arguments: Sequence[str]) -> int:
    """The exit status; prints what was found."""
    parser = argparse.ArgumentParser(prog="xinshi verify receipt", description=HELP)
    add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return run(vars(parser.parse_args(list(arguments))), sys.stdout, sys.stderr)


def run(options: dict[str, Any], out: TextIO, err: TextIO) -> int:
    """Check as the options say, print, and return the exit status."""
    try:
        data = _read(options["file"], RECEIPT_BYTES_MAX)
        seals = _seals(options["seals"])
    except OSError as trouble:
        err.write(f"The file {trouble.filename} cannot be read. 无法读取文件 {trouble.filename}。\n")
        return NOT_DONE
    except NotASealList:
        err.write(f"{options['seals']} is no list of seals. {options['seals']} 不是封印清单。\n")
        return NOT_DONE
    report = check_receipt(data, Anchors(head=options["head"], seals=seals, public_key=options["public_key"] or ""))
    if options["json"]:
        out.write(json.dumps(as_json(report), ensure_ascii=False) + "\n")
    else:
        out.write("\n".join(_lines(report)) + "\n")
    return STATUSES[report.outcome]


def _read(path: Path, bytes_max: int) -> bytes:
    """At most one byte more than may be, so that the reader refuses what is larger."""
    if str(path) == "-":
        return sys.stdin.buffer.read(bytes_max + 1)
    with path.open("rb") as stream:
        return stream.read(bytes_max + 1)


def _seals(path: Path | None) -> SealList | None:
    return read_seals(_read(path, SEALS_BYTES_MAX)) if path else None


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs."""
    english, chinese = verdict(report)
    return {
        "outcome": report.outcome.value,
        "holds": report.outcome is Outcome.HOLDS,
        "sentence": {"en": english, "zh": chinese},
        "steps": [
            {
                "code": step.code,
                "outcome": step.outcome.value,
                "sentence": dict(zip(("en", "zh"), sentence(step), strict=True)),
            }
            for step in report.steps
        ],
        "line": report.receipt.line if report.receipt else None,
        "seal": _short(report.receipt, "seal"),
        "head": _short(report.receipt, "head"),
    }


def _short(receipt: Receipt | None, which: str) -> dict[str, Any] | None:
    if receipt is None:
        return None
    header = receipt.seal if which == "seal" else receipt.head
    return {"n": header.n, "hash": header.hash, "sealed_at": header.sealed_at}


def _lines(report: Report) -> list[str]:
    english, chinese = verdict(report)
    lines = [f"{MARKS[report.outcome]} {english} {chinese}"]
    for step in report.steps:
        said = sentence(step)
        lines += [f"  {MARKS[step.outcome]} {said[0]}", f"    {said[1]}"]
    if report.receipt:
        line, seal, head = report.receipt.line, report.receipt.seal, report.receipt.head
        lines += [
            f"  {line['minutes']} minutes 分钟 · {line['kind']} · {line['worked_on']} · booking 账目 {line['id']}",
            f"  seal 封印 {seal.n}:{seal.hash}",
            f"  head 最新 {head.n}:{head.hash}",
        ]
    return lines
