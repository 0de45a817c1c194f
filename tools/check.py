"""`./run check`: everything a commit must pass besides the tests. Each step says its name; the first failure ends it."""

from __future__ import annotations

import subprocess
import sys
import time

STEPS: tuple[tuple[str, list[str]], ...] = (
    ("format", ["ruff", "format", "--check", "."]),
    ("lint", ["ruff", "check", "."]),
    ("floors", ["lint-imports", "--no-logo"]),
    ("sizes", [sys.executable, "tools/sizes.py"]),
    ("types", ["mypy"]),
    ("security", ["bandit", "-q", "-r", "src/xinshi", "-x", "*/tests/*", "-ll"]),
    ("migrations", ["xinshi", "makemigrations", "--check", "--dry-run"]),
    ("translations", [sys.executable, "tools/translations.py", "check"]),
    ("API snapshot", [sys.executable, "tools/api_schema.py", "check"]),
)


def main() -> None:
    for name, command in STEPS:
        started = time.monotonic()
        outcome = subprocess.run(command, check=False, capture_output=True, text=True)
        print(
            f"{'ok  ' if outcome.returncode == 0 else 'FAIL'} {name} ({time.monotonic() - started:.1f} s)",
            flush=True,
        )
        if outcome.returncode:
            print(outcome.stdout, outcome.stderr, sep="\n")
            raise SystemExit(1)


if __name__ == "__main__":
    main()
