"""The OpenAPI document says of every operation what it takes and gives."""

from __future__ import annotations

from typing import Any

import pytest

from xinshi.api.schema import Document
from xinshi.api.shell import api


class Watched(Document):
    """Ninja keeps the last of two schemas of one name; this one remembers of which there were two, enumerations too."""

    def __init__(self) -> None:
        self.clashes: set[str] = set()
        super().__init__(api, "/api/v1/")

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        for name, definition in definitions.items():
            if self.schemas.get(name, definition) != definition:
                self.clashes.add(name)
        super().add_schema_definitions(definitions)


@pytest.mark.any_database
def test_every_name_means_one_object_or_enumeration() -> None:
    document = Watched()
    assert len(document["components"]["schemas"]) > 300
    assert document.clashes == set()
    assert document["components"] == api.get_openapi_schema()["components"]


@pytest.mark.any_database
def test_the_document_is_written_once_for_each_address() -> None:
    assert api.get_openapi_schema() is api.get_openapi_schema()
    elsewhere = api.get_openapi_schema(path_prefix="/elsewhere/")
    assert all(path.startswith("/elsewhere/") for path in elsewhere["paths"])


@pytest.mark.any_database
def test_an_enumeration_inside_a_model_carries_the_models_name() -> None:
    schemas = api.get_openapi_schema()["components"]["schemas"]
    assert schemas["ActivityState"]["enum"] == ["draft", "published", "cancelled", "finished"]
    assert schemas["ServiceRecordState"]["enum"][0] == "open"
    assert schemas["ActivityOut"]["properties"]["state"]["$ref"].endswith("/ActivityState")
    for name, schema in schemas.items():
        assert not {ref for ref in _references(schema) if ref not in schemas}, name


def _references(part: Any) -> set[str]:
    """The names that a part of the document refers to."""
    if isinstance(part, dict):
        own = {part["$ref"].rpartition("/")[2]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(_references(value) for value in part.values()))
    return set().union(*(_references(value) for value in part)) if isinstance(part, list) else set()
