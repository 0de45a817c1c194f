"""`./run format`: let ruff rewrite the source and fix what it can."""

from __future__ import annotations

import subprocess

if __name__ == "__main__":
    subprocess.run(["ruff", "check", "--fix", "."], check=False)
    subprocess.run(["ruff", "format", "."], check=True)
