"""Parses one workbook in a process of its own, within limits of memory and time, and prints its rows as lines of JSON.

A few hundred bytes of a workbook can claim a million columns, or one long text in a million cells. No count made beforehand
sees all of that, so the parser may fail alone: `sheets.py` starts `python -m xinshi.documents.parsing` and reads the answer.
Nothing of the site is loaded here.

The answer: `{"ask": [place, count]}` for bytes of the file, which come on standard input; `{"sheet": name, "merged": areas}`
and then that sheet's rows by the hundred, `[[cell, …], …]`, and `{"hidden_rows": count}` where some of them are hidden;
`{"hidden_sheet": name}` for one that is hidden as a whole; at the very end `{"end": true}`, or `{"error": code}` wherever
reading came to its end. An xlsx is read as a stream, so that its length costs no memory; others stand here as a whole.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Final

from xinshi.documents.other_workbooks import PasswordError, say_other_workbook
from xinshi.documents.xlsx import BOOK, Archive, say_workbook
from xinshi.documents.xlsx_rows import Limits, TooWide

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MEMORY_BYTES_MAX: Final = 103 * 1024 * 1024
"""Of address space: some 20 MiB are mapped and never used."""
CPU_SECONDS_MAX: Final = 30
ASKED_BYTES: Final = 512 * 1024
"""Whoever hands it over is busy with rows when it is asked, so it is asked seldom."""


class AskedFile(io.RawIOBase):
    """The workbook, of which the other process hands over what is asked for."""

    def __init__(self, size: int, answers: IO[bytes]) -> None:
        self._size = size
        self._place = 0
        self._answers = answers

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        before = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, before + offset)
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        count = max(0, min(len(view), self._size - self._place))
        if count:
            _say({"ask": [self._place, count]})
            sys.stdout.flush()
            view[:count] = self._answers.read(count)
            self._place += count
        return count


def main() -> None:
    rows_max, columns_max, size = (int(argument) for argument in sys.argv[1:4])
    stream = io.BufferedReader(AskedFile(size, sys.stdin.buffer), ASKED_BYTES)
    _limit_this_process()
    try:
        _parse(stream, Limits(rows_max, columns_max))
        _say({"end": True})
    except PasswordError:
        _say({"error": "encrypted"})
    except TooWide:
        _say({"error": "too_wide"})
    except MemoryError:
        _say({"error": "too_large"})
    except (KeyError, ValueError, ArithmeticError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        _say({"error": "unreadable"})


def _parse(stream: IO[bytes], limits: Limits) -> None:
    """Say the sheets and rows of the workbook; MemoryError where it is too much, anything else where it cannot be read."""
    archive = _archive(stream)
    if archive is not None and BOOK in archive:
        say_workbook(archive, limits, _say)
        return
    stream.seek(0)
    say_other_workbook(stream.read(), limits, _say)


def _archive(stream: IO[bytes]) -> Archive | None:
    try:
        return Archive(stream)
    except zipfile.BadZipFile:
        return None


def _say(part: object) -> None:
    sys.stdout.write(json.dumps(part, ensure_ascii=False, separators=(",", ":")) + "\n")


def _limit_this_process() -> None:
    """Where the platform knows such limits; the parent's time-out stands everywhere."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # Not on every platform.

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
