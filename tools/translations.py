"""`./run translations update [ROOM…]|check|compile`: the Chinese catalogues, one per room, without GNU gettext.

English stands in the code. `check` fails on a missing, fuzzy or obsolete message, on broken placeholders, and where one
message has two translations in two rooms (the last room loaded would win).
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "xinshi"
LOCALE = "zh_Hans"
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
HOMELESS = {"kernel": "doors", "vault": "doors"}
"""Rooms that are no Django app keep their messages in another room's catalogue."""
HEADER = """msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")


def rooms() -> list[str]:
    return sorted(p.parent.name for p in PACKAGE.glob("*/__init__.py"))


def catalogue_path(room: str) -> Path:
    return PACKAGE / room / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


def messages_of(path: Path) -> Iterator[tuple[object, object]]:
    """(message id or pair, context) of one source file."""
    if path.suffix == ".py":
        stream, keywords = io.BytesIO(path.read_bytes()), KEYWORDS
    else:
        from django.conf import settings

        if not settings.configured:
            settings.configure(USE_I18N=True)
        from django.utils.translation.template import templatize

        stream = io.BytesIO(templatize(path.read_text(encoding="utf-8"), origin=str(path)).encode())
        keywords = KEYWORDS | {"pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3)}
    for _, message, _, context in extract("python", stream, keywords=keywords, options={"encoding": "utf-8"}):
        if message and message != ("", ""):
            yield message, context


def extracted(room: str) -> Catalog:
    catalog = Catalog(locale=LOCALE, project="xinshi", charset="utf-8")
    homes = [room, *(homeless for homeless, home in HOMELESS.items() if home == room)]
    for home in homes:
        folder = PACKAGE / home
        for path in sorted(
            [*folder.rglob("*.py"), *folder.rglob("templates/**/*.html"), *folder.rglob("templates/**/*.txt")]
        ):
            if "tests" in path.relative_to(folder).parts or "migrations" in path.relative_to(folder).parts:
                continue
            for message, context in messages_of(path):
                catalog.add(message, context=context)
    return catalog


def stored(room: str) -> Catalog:
    path = catalogue_path(room)
    if not path.exists():
        return Catalog(locale=LOCALE, charset="utf-8")
    with path.open("rb") as stream:
        return read_po(stream, locale=LOCALE)


def identity(message: Message) -> tuple[object, object]:
    return (tuple(message.id) if isinstance(message.id, list | tuple) else message.id, message.context)


def own_rooms() -> list[str]:
    return [room for room in rooms() if room not in HOMELESS]


def update(wanted_rooms: list[str]) -> None:
    """New messages take the translation that another room has for them already."""
    elsewhere = {identity(m): m.string for room in own_rooms() for m in stored(room) if m.id and m.string}
    for room in wanted_rooms or own_rooms():
        wanted, have = extracted(room), {identity(m): m for m in stored(room) if m.id}
        if not any(m.id for m in wanted):
            continue
        result = Catalog(locale=LOCALE, project="xinshi", charset="utf-8", fuzzy=False)
        for message in wanted:
            if message.id:
                known = have.get(identity(message))
                result.add(
                    message.id,
                    known.string if known and known.string else elsewhere.get(identity(message), ""),
                    context=message.context,
                )
        path = catalogue_path(room)
        path.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        write_po(buffer, result, width=120, omit_header=True, sort_output=True, no_location=True)
        path.write_text(HEADER + buffer.getvalue().decode(), encoding="utf-8")


def faults() -> Iterator[str]:
    everywhere: dict[object, tuple[object, str]] = {}
    for room in own_rooms():
        wanted = {identity(m): m for m in extracted(room) if m.id}
        have = {identity(m): m for m in stored(room) if m.id}
        for key in wanted.keys() - have.keys():
            yield f"{room}: missing: {key[0]!r}"
        for key in have.keys() - wanted.keys():
            yield f"{room}: obsolete: {key[0]!r}"
        for key in wanted.keys() & have.keys():
            yield from faults_of(room, have[key])
            text = have[key].string
            known = everywhere.setdefault(key, (text, room))
            if known[0] != text:
                yield f"{room}: {key[0]!r} is {text!r} here and {known[0]!r} in {known[1]}"


def faults_of(room: str, message: Message) -> Iterator[str]:
    texts = [message.string] if isinstance(message.string, str) else list(message.string)
    source = message.id if isinstance(message.id, str) else message.id[-1]
    if message.fuzzy:
        yield f"{room}: fuzzy: {source!r}"
    for text in texts[:1]:
        if not text:
            yield f"{room}: not translated: {source!r}"
        elif set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(source)):
            yield f"{room}: placeholders differ: {source!r}"


def compile_all() -> None:
    for path in PACKAGE.glob("*/locale/*/LC_MESSAGES/*.po"):
        compiled = path.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        with path.open("rb") as source:
            catalog = read_po(source, locale=LOCALE)
        with compiled.open("wb") as target:
            write_mo(target, catalog)


def main(arguments: list[str]) -> None:
    verb = arguments[0] if arguments else "check"
    if verb == "update":
        update(arguments[1:])
    elif verb == "compile":
        compile_all()
    elif verb == "check":
        found = sorted(faults())
        if found:
            raise SystemExit("\n".join(found[:200]) + f"\n{len(found)} faults")
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
