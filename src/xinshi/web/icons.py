"""Icons of the lucide sprite, drawn into the page: no request, no script, the colour of the text around them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

SPRITE: Final = Path(__file__).parent / "static" / "vendor" / "lucide.svg"
SYMBOL: Final = re.compile(r'<symbol id="([a-z0-9-]+)"[^>]*>(.*?)</symbol>', re.DOTALL)
SPACE: Final = re.compile(r"\s*\n\s*")


@cache
def shapes() -> dict[str, str]:
    """The drawing of every icon by its name."""
    sprite = SPRITE.read_text(encoding="utf-8")
    return {name: SPACE.sub("", drawing) for name, drawing in SYMBOL.findall(sprite)}


def icon_markup(name: str) -> str:
    """An icon as SVG, hidden from screen readers: the words beside it say what it means."""
    drawing = shapes().get(name)
    assert drawing is not None, f"lucide has no icon “{name}”"
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{drawing}</svg>'
