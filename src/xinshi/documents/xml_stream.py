"""XML read as a stream by the platform's own parser. What hostile files bring is refused: document types and with them every
entity, tags and comments without end, depth without end."""

from __future__ import annotations

import re
from typing import Final, Protocol
from xml.parsers import expat  # nosec B405  # Document types are refused below, and no entity comes without one.

from xinshi.documents.cleaning import CELL_SIGNS_MAX

PIECE_BYTES: Final = 64 * 1024
TOKEN_BYTES_MAX: Final = 1024 * 1024
"""No tag or comment of a workbook is longer; the parser would read it from its beginning again with every piece."""
DEPTH_MAX: Final = 100
NAMES_KEPT_MAX: Final = 1_000
TEXT_SIGNS_MAX: Final = 2 * CELL_SIGNS_MAX
"""Of one text; more is cut off before it is cleaned."""
ENTITY: Final = re.compile("&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));|&")
ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
"""Which every XML has; others come with a document type only."""
ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""A sign that XML cannot say, as spreadsheet programs write it."""
OUT_OF_MEMORY: Final = 1
"""The parser's own code for it."""


class XmlRefused(ValueError):
    """This is no XML that a spreadsheet program writes."""


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class LocalNames(dict[str, str]):
    """Names of elements without their prefix."""

    def __missing__(self, name: str) -> str:
        if len(self) >= NAMES_KEPT_MAX:
            self.clear()
        self[name] = local = name.rpartition(":")[2]
        return local


class Reader:
    """Is told of elements by their local names, and collects text while it is wanted."""

    def __init__(self) -> None:
        self.local = LocalNames()
        self.depth = 0
        self.words: list[str] = []
        """The text since the list was last cleared, in pieces."""
        self.keeps_words = False
        """False between texts: what stands there is forgotten with each piece of the file."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.go_down()
        self.begin(self.local[name], attributes)

    def end(self, name: str) -> None:
        self.depth -= 1
        self.finish(self.local[name])

    def go_down(self) -> None:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise XmlRefused

    def text(self) -> str:
        """What was collected since `words` was cleared."""
        return without_escapes("".join(self.words)[:TEXT_SIGNS_MAX])

    def begin(self, name: str, attributes: dict[str, str], /) -> None:
        """An element begins."""

    def finish(self, name: str) -> None:
        """An element ends."""


class Feed:
    """Hands pieces of a file to a reader; XmlRefused, or MemoryError where the parser has too little of it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._fed = 0
        self._parser = parser = expat.ParserCreate()
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.words.append
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse

    def take(self, piece: bytes) -> None:
        self._parse(piece, is_last=False)
        self._fed += len(piece)
        if self._fed - self._parser.CurrentByteIndex > TOKEN_BYTES_MAX:
            raise XmlRefused
        _shorten(self._reader)

    def end(self) -> None:
        self._parse(b"", is_last=True)

    def _parse(self, piece: bytes, *, is_last: bool) -> None:
        try:
            self._parser.Parse(piece, is_last)
        except expat.ExpatError as fault:
            if fault.code == OUT_OF_MEMORY:
                raise MemoryError from None
            raise XmlRefused from None


def read_xml(source: Source, reader: Reader) -> None:
    """Read to the end; the refusals of `Feed`."""
    feed = Feed(reader)
    while piece := source.read(PIECE_BYTES):
        feed.take(piece)
    feed.end()


def _shorten(reader: Reader) -> None:
    """No text, however long, stands in memory as a whole."""
    if len(reader.words) > 1 or not reader.keeps_words:
        kept = "".join(reader.words)[: 2 * TEXT_SIGNS_MAX] if reader.keeps_words else ""
        reader.words[:] = [kept] if kept else []


def without_escapes(text: str) -> str:
    """A cell's text as people see it."""
    return ESCAPED.sub(_sign, text) if "_x" in text else text


def without_entities(text: str) -> str:
    """What the parser makes of text between tags; XmlRefused for an entity that XML itself does not have."""
    return ENTITY.sub(_entity, text) if "&" in text else text


def _entity(found: re.Match[str]) -> str:
    name, decimal, digits = found.groups()
    if name:
        return ENTITIES[name]
    code = int(decimal) if decimal else int(digits or "0", 16)
    if code == 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise XmlRefused
    return chr(code)


def _sign(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return "" if 0xD800 <= code <= 0xDFFF else chr(code)


def _refuse(*_: object) -> None:
    raise XmlRefused
