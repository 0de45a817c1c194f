"""docs/peers.md says for each feature where it is: the rooms it names are there, and a “no” has its reason."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

HOUSE: Final = Path(__file__).parents[1]
ROOMS: Final = HOUSE / "src/xinshi"
NAMED: Final = re.compile(r"`([a-z]+(?:[./][a-z_]+)*)`")
ANSWERS_MIN: Final = 45


def rows() -> list[list[str]]:
    """Feature, answer, where; without the tables' heads."""
    lines = (HOUSE / "docs/peers.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in cells if row[0] != "there"]


@pytest.mark.any_database
def test_every_feature_of_the_peers_has_its_place_or_its_reason() -> None:
    assert len(rows()) >= ANSWERS_MIN
    for feature, answer, where in rows():
        if answer == "no" or (answer.startswith("no") and ":" not in answer):
            pytest.fail(f"{feature}: a no without its reason")
        for name in NAMED.findall(where):
            assert is_there(name), f"{feature}: {name}"


def is_there(name: str) -> bool:
    """A folder or file of the program or beside it, or something that a file of this name's room defines."""
    path = name.removesuffix(".py").replace(".", "/")
    if any((base / path).is_dir() or (base / f"{path}.py").is_file() for base in (ROOMS, HOUSE)):
        return True
    room, _, verb = path.rpartition("/")
    files = [*(ROOMS / room).rglob("*.py")] if room else []
    return any(re.search(rf"(def|class) {verb}\b", file.read_text(encoding="utf-8")) for file in files)
