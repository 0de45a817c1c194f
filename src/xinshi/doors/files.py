"""Files that a command is told to read or write; what is wrong with them is said as a refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from xinshi.kernel.errors import DomainError, gettext_noop

INPUT_BYTES_MAX: Final = 256 * 1024 * 1024


class InputMissing(DomainError):
    code = "input_missing"
    message = gettext_noop("The file %(path)s cannot be read. Check its name and whether you may read it.")


class OutputRefused(DomainError):
    code = "output_refused"
    message = gettext_noop(
        "The file %(path)s cannot be written. Check that its folder exists and that you may write there."
    )


def read_input(path: Path) -> bytes:
    """The file's bytes, at most INPUT_BYTES_MAX and one more, so that a reader's own limit refuses what is larger."""
    try:
        with path.open("rb") as stream:
            return stream.read(INPUT_BYTES_MAX + 1)
    except OSError:
        raise InputMissing(path=path) from None


def write_output(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError:
        raise OutputRefused(path=path) from None
