"""The OpenAPI document: Ninja's own, in which every name means one thing.

Ninja names an enumeration after its class alone and keeps the last of two of one name, and a dozen rooms have a model with
a `State` of its own. Here an enumeration inside a model carries the model's name too: `ActivityState`.
"""

from __future__ import annotations

import re
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.schema import NinjaGenerateJsonSchema

INSIDE_A_CLASS = re.compile(r"([A-Z]\w*)\.(?=[A-Z]\w*:)")


class NamedByOwner(NinjaGenerateJsonSchema):
    def get_defs_ref(self, core_mode_ref: Any) -> Any:
        reference, mode = core_mode_ref
        return super().get_defs_ref((type(reference)(INSIDE_A_CLASS.sub(r"\1", reference)), mode))


class _Model:
    """A model of Ninja's that describes itself by `NamedByOwner`."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def model_json_schema(self, **how: Any) -> Any:
        return self._model.model_json_schema(**how | {"schema_generator": NamedByOwner})


class Document(OpenAPISchema):
    def _extract_parameters(self, model: Any) -> list[dict[str, Any]]:
        return super()._extract_parameters(_Model(model))  # type: ignore[type-var]  # asked for its description alone

    def _create_schema_from_model(self, model: Any, *how: Any, **more: Any) -> tuple[dict[str, Any], bool]:
        return super()._create_schema_from_model(_Model(model), *how, **more)  # type: ignore[type-var]  # as above


class HospitalAPI(NinjaAPI):
    def __init__(self, *how: Any, **more: Any) -> None:
        super().__init__(*how, **more)
        self._documents: dict[str, Document] = {}

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Written once for each address that it is asked at: that takes seconds, and it changes with the program alone."""
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        if prefix not in self._documents:
            self._documents[prefix] = Document(self, prefix)
        return self._documents[prefix]
