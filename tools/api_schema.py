"""`python tools/api_schema.py write|check`: the committed snapshot of the API's schema, docs/api/openapi.json."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

SNAPSHOT = Path(__file__).resolve().parent.parent / "docs" / "api" / "openapi.json"


def current() -> str:
    os.environ["DJANGO_SETTINGS_MODULE"] = "xinshi.config.settings"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XINSHI_DATA_DIR"] = folder
        import django

        django.setup()
        from xinshi.api.shell import api

        return json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=1, default=str) + "\n"


def main(arguments: list[str]) -> None:
    schema = current()
    if arguments[:1] == ["write"]:
        SNAPSHOT.parent.mkdir(parents=True, exist_ok=True)
        SNAPSHOT.write_text(schema, encoding="utf-8")
    elif not SNAPSHOT.exists() or SNAPSHOT.read_text(encoding="utf-8") != schema:
        raise SystemExit(
            "The API's schema differs from docs/api/openapi.json; if you mean it, run: tools/api_schema.py write"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
