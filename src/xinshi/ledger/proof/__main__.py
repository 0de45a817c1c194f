"""`python -m xinshi.ledger.proof FILE`: check a receipt on any machine that has this package."""

from __future__ import annotations

import sys

from xinshi.ledger.proof.command import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
