"""`./run bench NAME [--quick] [--json]`: run one measurement of `bench/`; without NAME, say which there are.

--quick ends within a minute and leaves RESULTS.md as it is; --json prints one object for programs.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def measurements() -> list[str]:
    """The modules of `bench/` that have a `main` of their own."""
    return sorted(path.stem for path in (ROOT / "bench").glob("*.py") if "\ndef main(" in path.read_text("utf-8"))


def main(arguments: list[str]) -> int:
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if name not in measurements():
        print(f"usage: ./run bench {{{' | '.join(measurements())}}} [--quick] [--json]", file=sys.stderr)
        return 2
    # The clients are processes of their own, started as modules of `bench`.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    sys.path.insert(0, str(ROOT))
    return int(importlib.import_module(f"bench.{name}").main(rest))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
