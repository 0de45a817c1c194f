"""Files have at most 600 lines, functions at most 70, the style sheet at most 1,200; without exceptions."""

from __future__ import annotations

import ast
from pathlib import Path

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
STYLE_LINES_MAX = 1200
ROOT = Path(__file__).resolve().parent.parent


def too_long(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    found = []
    if (lines := text.count("\n")) > FILE_LINES_MAX:
        found.append(f"{path.relative_to(ROOT)}: {lines} lines")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has {length} lines")
    return found


def main() -> None:
    sources = [path for top in ("src", "tests", "tools", "bench") for path in (ROOT / top).rglob("*.py")]
    found = [line for path in [*sources, ROOT / "run"] for line in too_long(path)]
    style = sum(path.read_text().count("\n") for path in (ROOT / "src/xinshi/web/static/web").rglob("*.css"))
    if style > STYLE_LINES_MAX:
        found.append(f"style sheets: {style} lines")
    if found:
        raise SystemExit("\n".join(found))


if __name__ == "__main__":
    main()
