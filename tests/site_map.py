"""Every address of the site, read from the URL configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

SAMPLES = {"int": "1", "str": "ABCD2345", "slug": "abcd", "uuid": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "path": "x"}
"""What stands in for an argument of each converter."""


@dataclass(frozen=True)
class Address:
    """`path` has sample arguments in it, `route` their names: `/people/<person_id>/`."""

    path: str
    route: str
    name: str
    view: Callable[..., Any]

    def __str__(self) -> str:
        return self.path


def addresses() -> list[Address]:
    return list(_walk(get_resolver(), "/", "/", ""))


def _walk(resolver: URLResolver, path: str, route: str, namespace: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        further_path, further_route = path + _filled(pattern, SAMPLES), route + _filled(pattern, None)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern, further_path, further_route, inner)
        elif isinstance(pattern, URLPattern):
            yield Address(further_path, further_route, f"{namespace}{pattern.name}", pattern.callback)


def _filled(pattern: URLPattern | URLResolver, samples: dict[str, str] | None) -> str:
    """The pattern's text with samples in the place of its arguments, or with their bare names."""
    text = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        stand_in = samples[kind] if samples else f"<{name}>"
        text = text.replace(f"<{kind}:{name}>", stand_in)
        if samples:
            text = text.replace(f"<{name}>", samples["str"])
    return text
