"""The process in which a plan is made: problems of a folder in, plans out, progress on standard output. No Django.

`python -m xinshi.scheduling.child FOLDER SECONDS SEED GAP` solves every `NAME.problem` of the folder in the order of
names and writes `NAME.plan`. It ends by itself once whoever started it is gone, and gives its best so far when it is
told to end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

from xinshi.scheduling.solver import files, plan

TELL_SECONDS: Final = 0.2


class Watch:
    """Tells how far it is, and whether to end."""

    def __init__(self) -> None:
        self.parent, self.is_stopped, self.told_at = os.getppid(), False, 0.0
        self.name = ""

    def stop(self, *_: object) -> None:
        self.is_stopped = True

    def cancelled(self) -> bool:
        return self.is_stopped or os.getppid() != self.parent

    def tell(self, stage: str, fraction: float, filled: int, gap: float) -> None:
        """One line of JSON, at most a few a second."""
        if time.monotonic() - self.told_at < TELL_SECONDS:
            return
        self.told_at = time.monotonic()
        print(
            json.dumps({"name": self.name, "stage": stage, "fraction": fraction, "filled": filled, "gap": gap}),
            flush=True,
        )


def main(arguments: list[str]) -> int:
    folder, seconds, seed, gap = Path(arguments[0]), float(arguments[1]), int(arguments[2]), float(arguments[3])
    watch = Watch()
    signal.signal(signal.SIGTERM, watch.stop)
    for path in sorted(folder.glob("*.problem")):
        watch.name = path.stem
        found = plan(
            files.problem_from_bytes(path.read_bytes()),
            time_limit_seconds=seconds,
            gap=gap,
            seed=seed,
            progress=watch.tell,
            cancelled=watch.cancelled,
        )
        part = path.with_suffix(".part")
        part.write_bytes(files.plan_bytes(found))
        part.replace(path.with_suffix(".plan"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
