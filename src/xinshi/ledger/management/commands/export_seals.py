"""`xinshi export seals FILE`: the seals' headers, an anchor to be kept outside the bank."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from xinshi.doors.commands import DONE, XinshiCommand
from xinshi.doors.files import write_output
from xinshi.kernel import clock
from xinshi.ledger import receipts
from xinshi.ledger.proof.seal_list import as_csv, as_json
from xinshi.ledger.proof.seals import moment_text
from xinshi.ledger.signing import signing_key


class Command(XinshiCommand):
    help = (
        "Write every seal of the book (JSON, or CSV by the file's ending): keep it elsewhere, check receipts with it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE", help="seals.json or seals.csv")

    def run(self, options: dict[str, Any]) -> int:
        path: Path = options["file"]
        seals = list(receipts.headers())
        bank = asdict(receipts.bank_identity(signing_key()))
        is_csv = path.suffix.lower() == ".csv"
        content = as_csv(seals) if is_csv else as_json(seals, bank=bank, exported_at=moment_text(clock.now()))
        write_output(path, content)
        head = f"{seals[-1].n}:{seals[-1].hash}" if seals else ""
        if options["json"]:
            self.print_json({"seals": len(seals), "head": head, "public_key": bank["public_key"]})
        else:
            self.stdout.write(f"{path.name}: {len(seals)} seals, head {head or 'none yet'}")
        return DONE
