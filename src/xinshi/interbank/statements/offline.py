"""`xinshi verify statement FILE`: offline, without settings, data folder or database."""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from xinshi.interbank.protocol.canonical import Malformed
from xinshi.interbank.statements.figures import FILE_BYTES_MAX, Opened, number_of, opened

HELP: Final = (
    "Check a statement between two banks, offline. Exit status 0 it holds, 1 it does not, 2 it cannot be said."
)
HOLDS, FAILS, NOT_DONE = 0, 1, 2
NOT_READABLE: Final = ("The file cannot be read as a statement.", "无法把此文件读作对账单。")
NOT_SIGNED: Final = ("The signature does not fit: something was changed.", "签名不符：内容已被改动。")
NOT_ADDED: Final = ("The figures do not add up.", "各项数字合计不符。")
NO_KEY: Final = (
    "The signature fits the key in the file. Give --public-key to prove whose key it is.",
    "签名与文件内的公钥相符。请用 --public-key 证明公钥属于谁。",
)
OTHER_KEY: Final = ("It was signed by another key than the one given.", "它由另一把密钥签署，与所给公钥不符。")
FITS: Final = ("The statement is as it was issued.", "对账单与签发时一致。")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the statement (JSON); - reads standard input")
    parser.add_argument("--public-key", metavar="KEY", default="", help="the bank's public key, base64 or hex")


def main(arguments: Sequence[str]) -> int:
    """The exit status; prints what was found."""
    parser = argparse.ArgumentParser(prog="xinshi verify statement", description=HELP)
    add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return run(vars(parser.parse_args(list(arguments))), sys.stdout)


def run(options: dict[str, Any], out: Any) -> int:
    path: Path = options["file"]
    try:
        data = sys.stdin.buffer.read(FILE_BYTES_MAX + 1) if str(path) == "-" else _read(path)
        found = opened(data)
    except (OSError, Malformed):
        return _say(out, options, NOT_DONE, NOT_READABLE, None)
    wanted = _key(options["public_key"])
    if options["public_key"] and wanted is None:
        return _say(out, options, NOT_DONE, OTHER_KEY, found)
    if not found.is_signed_by(found.public_key):
        return _say(out, options, FAILS, NOT_SIGNED, found)
    if wanted is not None and wanted != found.public_key:
        return _say(out, options, FAILS, OTHER_KEY, found)
    if not found.adds_up:
        return _say(out, options, FAILS, NOT_ADDED, found)
    return _say(out, options, HOLDS, FITS if wanted else NO_KEY, found)


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(FILE_BYTES_MAX + 1)


def _key(text: str) -> bytes | None:
    """32 raw bytes from 64 hex digits or base64; None for anything else."""
    try:
        raw = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return raw if len(raw) == 32 else None


def _say(out: Any, options: dict[str, Any], status: int, said: tuple[str, str], found: Opened | None) -> int:
    body = found.body if found else {}
    if options["json"]:
        answer = {
            "outcome": {HOLDS: "holds", FAILS: "fails", NOT_DONE: "open"}[status],
            "holds": status == HOLDS,
            "sentence": dict(zip(("en", "zh"), said, strict=True)),
            "number": number_of(body) if found else "",
            "statement": body,
        }
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        return status
    out.write(f"{'✓✗?'[status]} {said[0]} {said[1]}\n")
    if found:
        out.write(
            f"  {body['from']} → {body['to']} · {body['month']} · {number_of(body)}\n"
            f"  {body['opening_minutes']} + {body['in_minutes']} − {body['out_minutes']} "
            f"+ {body['correction_minutes']} = {body['closing_minutes']} minutes 分钟\n"
        )
    return status
