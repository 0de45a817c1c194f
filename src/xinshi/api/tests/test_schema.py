"""The OpenAPI document says of every operation what it takes and gives."""

from __future__ import annotations

from typing import Any

import pytest
from ninja.openapi.schema import OpenAPISchema

from xinshi.api.shell import api


class Watched(OpenAPISchema):
    """Ninja keeps the last of two schemas of one name; this one remembers of which objects there were two.

    Enumerations are named after their classes, of which many are called State and Kind; they are not looked at here.
    """

    def __init__(self) -> None:
        self.clashes: set[str] = set()
        super().__init__(api, "/api/v1/")

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        for name, definition in definitions.items():
            if "properties" in definition and self.schemas.get(name, definition) != definition:
                self.clashes.add(name)
        super().add_schema_definitions(definitions)


@pytest.mark.any_database
def test_every_name_means_one_object() -> None:
    document = Watched()
    assert len(document["components"]["schemas"]) > 300
    assert document.clashes == set()
