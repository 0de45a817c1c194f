"""PDFs: what people wrote stays data, every thread sets its own, the fonts are the program's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from xinshi.documents import typesetting
from xinshi.documents.typesetting import typeset

ECHO = "#let d = json(bytes(sys.inputs.data))\n#set page(width: 90mm, height: 40mm)\n#text(font: d.font)[#d.text]"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "echo.typ"
    path.write_text(ECHO, encoding="utf-8")
    return path


def set_text(template: Path, text: str, font: str = "Noto Sans CJK SC") -> bytes:
    return typeset(template, {"text": text, "font": font})


@pytest.mark.parametrize(
    "text",
    [
        '#panic("executed")',
        '"] #panic("executed") #["',
        "\\u{0} \\ // /* $x$ *bold* _under_ @label <label> `raw`",
        '#read("/etc/passwd")',
        '#import "@preview/evil:1.0.0": *',
        "\x00\x01\x1b[31m\u202e\ufeff",
        "😀👨‍👩‍👧",
        "字" * 5_000,
    ],
)
def test_no_text_is_ever_a_command(template: Path, text: str) -> None:
    assert set_text(template, text).startswith(b"%PDF-")


def test_what_differs_is_set_differently(template: Path) -> None:
    assert set_text(template, "李明") != set_text(template, "王芳")


@pytest.mark.parametrize("font", ["Noto Sans SC", "Noto Serif SC", "Noto Sans CJK SC"])
def test_the_fonts_come_with_the_program(template: Path, font: str) -> None:
    assert font in typesetting._fonts().families()
    assert b"Noto" in set_text(template, "爱心时间银行", font)


def test_threads_do_not_share_a_compiler(template: Path) -> None:
    texts = [f"第{number}页" for number in range(40)]
    alone = [len(set_text(template, text)) for text in texts]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda text: len(set_text(template, text)), texts))
    assert together == alone
