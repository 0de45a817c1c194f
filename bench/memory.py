"""`python -m bench.memory PID`: the most memory that a process and its parser hold at once, until standard input ends.

Watched from outside, and told as JSON: a watch in the process itself took a tenth of the time that was being measured.
Pages of files are left out: SQLite maps its database into memory, and the machine takes such pages back at will.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

EVERY_SECONDS: Final = 0.01
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


@contextmanager
def peak_memory(into: dict[str, float]) -> Iterator[None]:
    """Note under `peak MiB` by how much the caller and its parser went beyond what the caller held before."""
    command = [sys.executable, "-m", "bench.memory", str(os.getpid())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        watch.stdout.readline()
        try:
            yield
        finally:
            into["peak MiB"] = json.loads(watch.communicate()[0])


def main(process: int) -> None:
    before = most = _own_bytes(process)
    print("watching", flush=True)
    while not select.select([sys.stdin], [], [], EVERY_SECONDS)[0]:
        most = max(most, _own_bytes(process) + sum(map(_own_bytes, _parsers(process))))
    print(json.dumps((most - before) / 2**20))


def _own_bytes(process: int) -> int:
    try:
        resident, of_files = Path(f"/proc/{process}/statm").read_text().split()[1:3]
        return (int(resident) - int(of_files)) * PAGE_BYTES
    except (OSError, IndexError):
        return 0


def _parsers(process: int) -> Iterator[int]:
    """The process's children that parse a workbook."""
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            try:
                if b"parsing" in Path(f"/proc/{child}/cmdline").read_bytes():
                    yield int(child)
            except OSError:
                continue


if __name__ == "__main__":
    main(int(sys.argv[1]))
