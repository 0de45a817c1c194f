"""docs/complaints.md names a test for each answer: the tests are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

HOUSE: Final = Path(__file__).parents[1]
NAMED: Final = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
COMPLAINTS: Final = 18


def rows() -> list[str]:
    """The table's rows, without its head."""
    lines = (HOUSE / "docs/complaints.md").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("| ")][1:]


def names_in(path: str) -> set[str]:
    tree = ast.parse((HOUSE / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.any_database
def test_every_complaint_has_an_answer_and_a_test_that_is_there() -> None:
    assert len(rows()) == COMPLAINTS
    for row in rows():
        complaint, answer, page, shown_by = (cell.strip() for cell in row.strip("|").split("|"))
        named = NAMED.findall(shown_by)
        assert complaint
        assert answer
        assert page
        assert named, complaint
        for path, test in named:
            assert test in names_in(path), f"{complaint}: {path}::{test}"
