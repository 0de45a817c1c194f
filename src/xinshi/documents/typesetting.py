"""PDFs, set by typst with fonts that come with the program: no system library, no network, the same page everywhere.

A template is a `.typ` file of the room that prints. What people wrote reaches it as data (`sys.inputs.data`, JSON) and is
never part of its source, so that no name and no title can be a command of the typesetter.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import typst

FONT_PACKAGES: Final = ("pylopdf_fonts_zh_cn", "manimgx_fonts_cjk")
"""Noto Sans and Serif SC; Noto Sans CJK in every weight."""

_thread = threading.local()


@cache
def _fonts() -> typst.Fonts:
    """The fonts of the program only: a document looks the same on every machine. Loaded once per process (70 ms)."""
    specs = [find_spec(package) for package in FONT_PACKAGES]
    folders = [str(Path(spec.origin).parent) for spec in specs if spec and spec.origin]
    assert len(folders) == len(FONT_PACKAGES), "the font packages are dependencies of the program"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def _compiler() -> typst.Compiler:
    """One compiler per thread: it keeps state while it works."""
    if not hasattr(_thread, "compiler"):
        _thread.compiler = typst.Compiler(font_paths=_fonts(), ignore_system_fonts=True)
    compiler: typst.Compiler = _thread.compiler
    return compiler


@cache
def _source(template: Path) -> bytes:
    return template.read_bytes()


def typeset(template: Path, data: Mapping[str, Any]) -> bytes:
    """The PDF (tagged for screen readers) that `template` makes of `data`; texts, numbers, lists and mappings only."""
    made = _compiler().compile(
        input=_source(template),
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    assert isinstance(made, bytes), "a PDF is one file"
    return made
