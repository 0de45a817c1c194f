"""Plain text of a lesson as HTML: headings, lists, bold words. Everything else that people write stays text.

`# ` and `## ` begin headings, `- ` and `1. ` items of a list, an empty line a new paragraph, `**…**` is bold.
"""

from __future__ import annotations

import html
import re
from typing import Final

BOLD: Final = re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*")
ITEM: Final = re.compile(r"(?:[-•]|(\d{1,3})[.、])\s+(.*)")
HEADING: Final = re.compile(r"(#{1,2})\s+(.*)")


def as_html(text: str) -> str:
    """The text as HTML of `h2`, `h3`, `ul`, `ol`, `li`, `p`, `br` and `strong` only; every other sign is escaped."""
    made: list[str] = []
    paragraph: list[str] = []
    items: list[str] = []
    kind = ""

    def close() -> None:
        nonlocal kind
        if paragraph:
            made.append(f"<p>{'<br>'.join(paragraph)}</p>")
            paragraph.clear()
        if items:
            made.append(f"<{kind}>{''.join(f'<li>{item}</li>' for item in items)}</{kind}>")
            items.clear()
        kind = ""

    for line in text.replace("\0", "").splitlines():
        stripped = line.strip()
        heading, item = HEADING.fullmatch(stripped), ITEM.fullmatch(stripped)
        if not stripped:
            close()
        elif heading:
            close()
            level = len(heading[1]) + 1
            made.append(f"<h{level}>{_inline(heading[2])}</h{level}>")
        elif item:
            wanted = "ol" if item[1] else "ul"
            if wanted != kind:
                close()
            kind = wanted
            items.append(_inline(item[2]))
        else:
            if items:
                close()
            paragraph.append(_inline(stripped))
    close()
    return "\n".join(made)


def _inline(text: str) -> str:
    return BOLD.sub(r"<strong>\1</strong>", html.escape(text))
