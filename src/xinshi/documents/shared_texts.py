"""The texts of a workbook that its cells name by number, kept small: one block of bytes, at most 32 MiB."""

from __future__ import annotations

from array import array
from typing import Final

from xinshi.documents.xml_stream import TEXT_SIGNS_MAX, Reader, Source, read_xml

BYTES_MAX: Final = 32 * 1024 * 1024
TEXT_BYTES: Final = 12
"""What each text is counted for besides its own bytes."""


class SharedTexts:
    """By number from 0."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("I")

    def add(self, text: str) -> None:
        """MemoryError where they are more than `BYTES_MAX` together."""
        self._bytes += text.encode()
        self._ends.append(len(self._bytes))
        if len(self._bytes) + TEXT_BYTES * len(self._ends) > BYTES_MAX:
            raise MemoryError

    def __getitem__(self, number: int) -> str:
        """IndexError for a number that no text has."""
        if number < 0:
            raise IndexError(number)
        start = self._ends[number - 1] if number else 0
        return self._bytes[start : self._ends[number]].decode()


class _TextsReader(Reader):
    """`si` is a text: of `t`, or of runs `r` with a `t` each. What stands in `rPh` says how to pronounce it."""

    def __init__(self, texts: SharedTexts) -> None:
        super().__init__()
        self._texts = texts
        self._text = ""
        self._is_spoken = False

    def begin(self, name: str, _attributes: dict[str, str]) -> None:
        if name == "t":
            self.words.clear()
            self.keeps_words = True
        elif name == "rPh":
            self._is_spoken = True
        elif name == "si":
            self._text = ""

    def finish(self, name: str) -> None:
        if name == "t":
            self.keeps_words = False
            if not self._is_spoken:
                self._text = (self._text + self.text())[:TEXT_SIGNS_MAX]
        elif name == "rPh":
            self._is_spoken = False
        elif name == "si":
            self._texts.add(self._text)


def shared_texts(source: Source) -> SharedTexts:
    """Read the part of a workbook in which they stand."""
    texts = SharedTexts()
    read_xml(source, _TextsReader(texts))
    return texts
