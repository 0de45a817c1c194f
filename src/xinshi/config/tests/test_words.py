"""Every sentence of a room is said as a room translates it, whatever the libraries make of the same English."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from babel.messages.pofile import read_po
from django.utils.translation import gettext, override

XINSHI = Path(__file__).parents[2]


def translated() -> dict[str, set[str]]:
    """The Chinese that the rooms give for each English sentence; messages with a plural or a context are left out."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in XINSHI.glob("*/locale/zh_Hans/LC_MESSAGES/django.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and isinstance(message.id, str) and message.string and not message.context:
                    found[message.id].add(str(message.string))
    return found


def test_no_library_says_our_words_otherwise() -> None:
    ours = translated()
    assert len(ours) > 1_000
    with override("zh-hans"):
        said_otherwise = {english: gettext(english) for english, own in ours.items() if gettext(english) not in own}
    assert said_otherwise == {}
